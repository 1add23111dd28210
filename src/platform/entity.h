/* entity.h: declare a record once; the rest is walked.
 *
 * An entity is a plain struct and a const table of its fields. From the table come: the check of a request's
 * body (422 naming every fault), INSERT, UPDATE and SELECT, the reply's JSON with personal fields masked,
 * list filters and sorting, CSV and XLSX columns, the API description, and the labels of forms. The
 * handwritten MODULE.sql and the table are asserted equal at start.
 *
 *   struct appliance { int64_t id, household_id, version; enum appliance_kind kind; const char *maker; struct
 * date made_on; }; static const struct field appliance_fields[] = { FIELD(appliance, id, "编号", .flags =
 * BY_SERVER), FIELD(appliance, kind, "设备种类", .flags = REQUIRED, .choices = appliance_kinds),
 *           FIELD(appliance, maker, "厂家", .at_most = 60),
 *   };
 *   const struct entity appliance_entity = ENTITY(appliance, "燃气设备", appliance_fields, .fence =
 * "org_id");
 *
 * Member = column = JSON key. Kinds are read from the member's C type:
 *   int64_t NUMBER · bool FLAG · const char * TEXT · struct money MONEY · struct volume VOLUME · struct
 * instant INSTANT · struct date DATE · an enum or int CHOICE (stored and sent as its code; needs .choices; 0
 * is "none")
 */
#ifndef QIFU_PLATFORM_ENTITY_H
#define QIFU_PLATFORM_ENTITY_H

#include <stddef.h>

#include "platform/db.h"
#include "platform/json.h"

enum field_kind {
	FIELD_NUMBER,
	FIELD_FLAG,
	FIELD_TEXT,
	FIELD_MONEY,
	FIELD_VOLUME,
	FIELD_INSTANT,
	FIELD_DATE,
	FIELD_CHOICE
};

#define FIELD_KIND(object, member)                                                                           \
	_Generic(((object *)0)->member,                                                                       \
		int64_t: FIELD_NUMBER,                                                                        \
		bool: FIELD_FLAG,                                                                             \
		const char *: FIELD_TEXT,                                                                     \
		struct money: FIELD_MONEY,                                                                    \
		struct volume: FIELD_VOLUME,                                                                  \
		struct instant: FIELD_INSTANT,                                                                \
		struct date: FIELD_DATE,                                                                      \
		default: FIELD_CHOICE)

enum field_flags {
	REQUIRED = 1,	/* a body must have it, not blank; the column is NOT NULL */
	BY_SERVER = 2,	/* never taken from a body (id, version, times, status …): naming it is a fault */
	FIXED = 4,	/* taken when opening, refused in an edit */
	NOT_STORED = 8, /* no column: worked out for the reply, or an instruction in the body */
	FILTERED = 16,	/* a list may be filtered by equality (?class=resident); with instants and dates also
			 * ?NAME_from= and ?NAME_to= (half open) */
	SORTED = 32,	/* a list may be sorted by it (?sort=-due_at) */
	LONG_TEXT = 64, /* a form shows several lines */
	IN_LIST = 128,	/* a column of the generic list screen */
	SECRET = 256	/* stored, never sent */
};

/* What a field tells about a person; masked in replies unless the request unmasks (auth.h). */
enum personal {
	NOT_PERSONAL,
	PERSONAL_NAME,
	PERSONAL_PHONE,
	PERSONAL_IDENTITY,
	PERSONAL_ACCOUNT,
	PERSONAL_ADDRESS
};

struct choice {
	int value;	   /* 1 … n */
	const char *code;  /* stored and sent */
	const char *label; /* Chinese */
};
/* Ends in a zeroed entry. CHOICES makes one from an X-macro: #define KINDS(X) X(KIND_STOVE, "stove", "灶具")
 * … */
#define CHOICE_ENTRY(name, code_, label_) { name, code_, label_ },
#define CHOICE_NAME(name, code_, label_) name,
#define CHOICE_ENUM(tag, LIST) enum tag { tag##_none = 0, LIST(CHOICE_NAME) tag##_count }
#define CHOICE_TABLE(table, LIST) const struct choice table[] = { LIST(CHOICE_ENTRY){ 0, NULL, NULL } }
const char *choice_code(const struct choice *choices, int value);   /* NULL for 0 */
const char *choice_label(const struct choice *choices, int value);  /* "" for 0 */
int choice_of_code(const struct choice *choices, const char *code); /* 0 when unknown */

struct field {
	const char *name;
	const char *label;
	enum field_kind kind;
	size_t offset;
	unsigned flags;
	int64_t at_least,
		at_most; /* characters of text (0: FIELD_TEXT_LIMIT), value of numbers (both 0: 0 … 2^53-1) */
	const struct choice *choices;
	enum personal personal;
	/* A finer check of a text already known to be valid and not blank; the fault's detail, or NULL when
	 * good. */
	const char *(*check)(const char *text);
	const char *refers; /* name of the entity whose id this is: forms offer a picker */
	const char *help;   /* one line under the form field */
};
enum { FIELD_TEXT_LIMIT = 200 };
#define FIELD(object, member, label_, ...)                                                                   \
	{                                                                                                    \
		.name = #member, .label = label_, .kind = FIELD_KIND(struct object, member),                 \
		.offset = offsetof(struct object, member), __VA_ARGS__                                       \
	}

struct entity {
	const char *name;  /* table name and JSON schema name */
	const char *label; /* Chinese */
	size_t size;
	const struct field *fields;
	size_t field_count;
	const char *fence;	  /* column with the organisation's id; NULL: not fenced by a column */
	const char *default_sort; /* "-created_at"; the id is always added as the last key */
	const char *title;	  /* the field that names a record to people ("number") */
};
#define ENTITY(object, label_, table, ...)                                                                   \
	{                                                                                                    \
		.name = #object, .label = label_, .size = sizeof(struct object), .fields = table,            \
		.field_count = sizeof(table) / sizeof(*table), __VA_ARGS__                                   \
	}

/* ---- JSON
 * ---------------------------------------------------------------------------------------------------- */

enum entity_mode { ENTITY_OPEN, ENTITY_EDIT };

/* Fills `record` (entity->size bytes) from a JSON object. Unknown members, wrong types, missing required
 * fields, too long texts, unknown choices: every one a fault. In ENTITY_EDIT absent members keep what
 * `record` holds. */
bool entity_from_json(struct ctx *c, const struct entity *entity, const json_t *object, enum entity_mode mode,
	void *record);

/* A record with nothing in it: zeroes, and NO_DATE for dates. What call->record and call->reply are at first.
 */
void entity_blank(const struct entity *entity, void *record);

/* `unmasked`: personal fields in full. Members only, no braces, so that a caller can add its own. */
void entity_members(
	struct ctx *c, const struct entity *entity, const void *record, bool unmasked, struct json_out *out);
void entity_to_json(
	struct ctx *c, const struct entity *entity, const void *record, bool unmasked, struct json_out *out);
/* One personal text masked by its kind, in ctx's arena. */
const char *personal_mask(struct ctx *c, enum personal kind, const char *text);

/* ---- SQL
 * ------------------------------------------------------------------------------------------------------ */

/* All stored fields, in table order. */
bool entity_insert(struct ctx *c, const struct entity *entity, const void *record);

/* All stored fields by id; entities with a `version` member are guarded by it: the row must still have
 * record->version, the new row and record get version + 1; otherwise STALE with the present record. */
bool entity_update(struct ctx *c, const struct entity *entity, void *record);

/* By id; NOT_FOUND ("没有这条…记录") when there is none. */
bool entity_read(struct ctx *c, const struct entity *entity, int64_t id, void *record);

/* `*found` false instead of a failure. `where` is a literal such as "number = $1 AND org_id = $2". */
bool entity_find(struct ctx *c, const struct entity *entity, void *record, bool *found, const char *where,
	const struct value *values, size_t count);

/* Rows of "SELECT <stored columns> FROM entity <tail>"; `tail` is a literal (WHERE … ORDER BY … LIMIT …). */
bool entity_query(struct ctx *c, const struct entity *entity, struct rows **rows, const char *tail,
	const struct value *values, size_t count);
/* Fills `record` from the row that rows_next() stands on; stored columns start at `column`. */
void entity_row(struct rows *rows, int column, const struct entity *entity, void *record);
/* "h.id, h.number, …" in the arena, with an alias or NULL: for joins. */
const char *entity_columns(struct ctx *c, const struct entity *entity, const char *alias);
/* How many columns that is. */
int entity_column_count(const struct entity *entity);

/* Values in a call: VALUES(V(a), V(b)) expands to array and count. */
#define VALUES(...)                                                                                          \
	((const struct value[]){ __VA_ARGS__ }),                                                             \
		(sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value))
#define NO_VALUES NULL, 0

/* ---- at start
 * --------------------------------------------------------------------------------------------------- */

/* The table of the database has exactly the stored fields. The difference goes to the log and fails. */
bool entity_check_table(struct ctx *c, const struct entity *entity);

/* JSON schema (2020-12) of the entity, with x-label, x-personal, x-filter, x-sort, x-list, x-choices. */
void entity_describe(const struct entity *entity, struct json_out *out);

#endif
