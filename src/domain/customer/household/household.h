/* household.h: one household, one file (一户一档, article 12): number, address to the room, class of use,
 * state, risk. */
#ifndef QIFU_HOUSEHOLD_H
#define QIFU_HOUSEHOLD_H

#include "platform/entity.h"

#define USER_CLASSES(X)                                                                                      \
	X(CLASS_RESIDENT, "resident", "居民")                                                                \
	X(CLASS_HEATING, "heating", "采暖")                                                                  \
	X(CLASS_COMMERCIAL, "commercial", "商业")                                                            \
	X(CLASS_INDUSTRIAL, "industrial", "工业")                                                            \
	X(CLASS_PUBLIC, "public", "公福")                                                                    \
	X(CLASS_OTHER, "other", "其他")
CHOICE_ENUM(user_class, USER_CLASSES);
extern const struct choice user_classes[];

#define HOUSEHOLD_STATUSES(X)                                                                                \
	X(HOUSEHOLD_REGISTERED, "registered", "已开户未通气")                                                \
	X(HOUSEHOLD_ACTIVE, "active", "正常用气")                                                            \
	X(HOUSEHOLD_SUSPENDED, "suspended", "报停")                                                          \
	X(HOUSEHOLD_STOPPED, "stopped", "停气")                                                              \
	X(HOUSEHOLD_CLOSED, "closed", "销户")
CHOICE_ENUM(household_status, HOUSEHOLD_STATUSES);
extern const struct choice household_statuses[];

struct household {
	int64_t id, org_id; /* the service centre */
	int64_t company_id;
	const char *number; /* 户号, unique in the company */
	int64_t person_id;
	const char *name;				/* 户名, as in the contract */
	const char *phone;				/* first phone of the person, kept here for lists */
	const char *identity_number;			/* NOT_STORED: of the person */
	const char *community, *building, *unit, *room; /* 小区 楼栋 单元 室 */
	const char *address;				/* the four together, as printed */
	int64_t place_id;				/* unit level of the address tree */
	enum user_class user_class;
	enum household_status status;
	int64_t population; /* 用气人口 */
	const char *risk;   /* risk marks, codes separated by commas: "elder_alone,old_hose"; NULL none */
	bool no_stop;	    /* 不可停气 */
	const char *meter_number; /* of the meter in use; NULL none */
	struct date opened_on;
	const char *remark;
	struct instant created_at;
	int64_t version;
};
extern const struct entity household_entity;

bool household_open(struct ctx *c, struct household *household);
bool household_edit(struct ctx *c, struct household *household);
bool household_read(struct ctx *c, int64_t id, struct household *household);
/* By number within a company; `*found` false instead of a failure. */
bool household_of_number(
	struct ctx *c, int64_t company_id, const char *number, struct household *household, bool *found);
/* Those reached under a phone (any writing), within the actor's fence. At most `limit`. */
bool household_of_phone(struct ctx *c, const char *phone, int64_t *ids, size_t limit, size_t *count);
/* Those of a person, by id. */
bool household_of_person(struct ctx *c, int64_t person_id, int64_t *ids, size_t limit, size_t *count);

/* The meter module tells which meter is in use now; NULL none. */
bool household_set_meter(struct ctx *c, int64_t id, const char *meter_number);

/* ---- for the import: the same as open and edit, its checks done already
 * ------------------------------------------- */

/* What an import has learnt of places and address parts, so that it need not ask again. Empty it after a
 * rollback. */
struct address_cache;
struct address_cache *address_cache_new(struct arena *arena);
void address_cache_clear(struct address_cache *cache);

/* Organisation, company, person and status are set. `cache` NULL: none. */
bool household_enter(struct ctx *c, struct household *household, struct address_cache *cache);
/* Writes what differs from `before` to the file's history and brings the indexes after it. */
bool household_store(struct ctx *c, const struct household *before, struct household *after,
	const char *reason, struct address_cache *cache);

/* ---- its life
 * -------------------------------------------------------------------------------------------------------- */

#define HOUSEHOLD_STEPS(X)                                                                                   \
	X(HOUSEHOLD_IGNITE, "ignite", "通气")                                                                \
	X(HOUSEHOLD_SUSPEND, "suspend", "报停")                                                              \
	X(HOUSEHOLD_RESUME, "resume", "启用")                                                                \
	X(HOUSEHOLD_STOP, "stop", "停气")                                                                    \
	X(HOUSEHOLD_RESTORE, "restore", "恢复供气")                                                          \
	X(HOUSEHOLD_CLOSE, "close", "销户")
CHOICE_ENUM(household_step, HOUSEHOLD_STEPS);
extern const struct choice household_steps[];
bool household_take_step(
	struct ctx *c, struct household *household, enum household_step step, const char *reason);

/* ---- address (household_address.c)
 * -------------------------------------------------------------------------------------- */

enum address_level { LEVEL_COMMUNITY, LEVEL_BUILDING, LEVEL_UNIT, LEVEL_ROOM, ADDRESS_LEVELS };

/* How one level is printed: a bare "3" as 3号楼, 3单元, 3室. NULL and blank give "". */
const char *address_part_print(struct arena *arena, enum address_level level, const char *text);
/* The four together; NULL when all are blank. */
const char *address_print(struct arena *arena, const struct household *household);
bool address_place(
	struct ctx *c, const struct household *household, struct address_cache *cache, int64_t *place_id);
bool address_index(struct ctx *c, const struct household *household, struct address_cache *cache);
bool address_unindex(struct ctx *c, const struct household *household);
/* [{"id","level","name","has_children"}…] below a place (0: the communities). */
bool address_children_write(struct ctx *c, int64_t company_id, int64_t parent_id, struct json_out *out);

/* ---- finding (household_find.c)
 * ------------------------------------------------------------------------------------------- */

/* Where a search looks: one company, or only some of its units. */
struct find_scope {
	int64_t company_id;
	bool whole;		/* everything in the company */
	const int64_t *org_ids; /* else these, ascending */
	size_t org_count;
};
bool find_scope_has(const struct find_scope *scope, int64_t org_id);
/* The scopes that the actor's grants of `permission` make, one for each company, by company. */
enum { FIND_SCOPES_MOST = 200 };
bool find_scopes(struct ctx *c, int permission, struct find_scope *scopes, size_t *count);

/* Hits in the order in which they were found, each household once. */
struct household_hits {
	int64_t *ids;
	size_t count, limit;
	int64_t work; /* index rows looked at so far */
	bool more;    /* there are further ones, or the work's bound was reached: ask for a longer fragment */
};
enum { FIND_WORK_MOST = 6000 };
bool household_find_number(
	struct ctx *c, const struct find_scope *scope, const char *prefix, struct household_hits *hits);
/* `form` in search form: every household whose printed address (search form) contains it. */
bool household_find_address(
	struct ctx *c, const struct find_scope *scope, const char *form, struct household_hits *hits);
/* Households of persons reached under a phone in any writing, or by its last digits. */
bool household_find_phone(
	struct ctx *c, const struct find_scope *scope, const char *phone, struct household_hits *hits);
void household_hit(struct household_hits *hits, int64_t id);

/* [{"at","actor","field","label","before","after","reason"}…], newest first. */
bool household_changes_write(
	struct ctx *c, int64_t household_id, bool unmasked, struct json_out *out, int64_t *count);
/* Whether the company has household numbers that begin with 0; and one that is `number` with up to 8 zeros
 * before it. */
bool household_zeros_known(struct ctx *c, int64_t company_id, bool *known);
bool household_with_zeros(struct ctx *c, int64_t company_id, const char *number, const char **known);
bool household_change_note(struct ctx *c, int64_t household_id, const char *field, const char *before,
	const char *after, const char *reason);

#endif
