/* person.h: a human or a legal person, with the phones under which one is reached. */
#ifndef QIFU_PERSON_H
#define QIFU_PERSON_H

#include "platform/entity.h"

#define PERSON_KINDS(X)                                                                                      \
	X(PERSON_HUMAN, "human", "个人")                                                                     \
	X(PERSON_ORGANISATION, "organisation", "单位")
CHOICE_ENUM(person_kind, PERSON_KINDS);
extern const struct choice person_kinds[];

struct person {
	int64_t id, org_id; /* the centre (or company) that looks after this customer */
	int64_t company_id;
	enum person_kind kind;
	const char *name;
	const char *identity_number; /* resident identity or unified credit code; NULL unknown */
	const char *phone;	     /* the first phone, as written */
	bool is_key_account;	     /* 大客户 */
	bool is_vulnerable;	     /* 独居老人、残疾等 */
	int64_t merged_into_id;	     /* not 0: merged; kept for undo */
	struct instant created_at;
	int64_t version;
};
extern const struct entity person_entity;

struct contact {
	int64_t id, person_id, company_id;
	const char *phone, *phone_form; /* as written; digits only, for finding */
	const char *phone_back;		/* the digits from the last to the first */
	const char *label;		/* 本人、家属、租户 … */
	bool is_first;
};
extern const struct entity contact_entity;

struct person_merge {
	int64_t id, org_id, into_id, from_id;
	const char *reason;
	int64_t moved; /* rows that changed hands */
	struct instant merged_at;
	const char *merged_by;
	struct instant undone_at;
	const char *undone_by;
};
extern const struct entity person_merge_entity;

/* Checks shared with the import: the fault's sentence, or NULL when good. */
const char *person_name_fault(const char *text);
const char *person_phone_fault(const char *text); /* one number or several, parted by / 、 ， ； */
const char *person_phone_fault_in(
	struct arena *arena, const char *text); /* the same, without an arena of its own */
const char *person_identity_fault(
	const char *text); /* resident, credit code, old 15 digits, passport and the like */
enum { PERSON_PHONES_MOST = 8 };
/* The single numbers of a text with several, in the arena. */
size_t person_phones(struct arena *arena, const char *text, const char *phones[PERSON_PHONES_MOST]);

/* Sets id, kind, times and version; enters the phones (`person->phone` may hold several) and the name's
 * index. */
bool person_open(struct ctx *c, struct person *person);
/* As person_open for a customer whose household carries the name's index already (import). */
bool person_enter(struct ctx *c, struct person *person);
bool person_edit(struct ctx *c, struct person *person);
bool person_read(struct ctx *c, int64_t id, struct person *person);
/* Follows the customer to another centre of the same company. */
bool person_move(struct ctx *c, int64_t id, int64_t org_id);

bool contact_open(struct ctx *c, int64_t person_id, struct contact *contact);
/* The person's first phone changes place; refused for the last one. */
bool contact_edit(struct ctx *c, struct contact *contact);
bool contact_drop(struct ctx *c, int64_t id);
bool contact_read(struct ctx *c, int64_t id, struct contact *contact);
/* Makes the phones of a text known: new ones are entered, the text's first becomes the first; none is taken
 * away.
 * `*changed` tells whether anything did. */
bool person_reach(struct ctx *c, int64_t person_id, const char *phones, bool *changed);
/* "13900000000/0539-1234567", first phone first, in the arena; NULL when there is none. */
bool person_phones_text(struct ctx *c, int64_t person_id, const char **text);
bool person_contacts_write(
	struct ctx *c, int64_t person_id, bool unmasked, struct json_out *out, int64_t *count);

/* Persons of a company reached under a phone in any writing, or by its last digits (4 at least), in a fixed
 * order. */
enum { PHONE_DIGITS_LEAST = 4 };
bool person_of_phone(
	struct ctx *c, int64_t company_id, const char *phone, int64_t *ids, size_t limit, size_t *count);

/* Merges `from` into `into` (never automatic): everything that points at `from` points at `into`; counts
 * before = after. */
bool person_merge(struct ctx *c, int64_t into, int64_t from, const char *reason, int64_t *merge_id);
bool person_merge_undo(struct ctx *c, int64_t merge_id);

/* Modules that point at a person say so at start, so that a merge forgets nothing: ("household",
 * "person_id"). Both are literals; the table has an id. */
bool person_referred_by(struct ctx *c, const char *table, const char *column);

/* Kinds under which this wing's names are kept in the search index (search.h). */
enum customer_search_kind { SEARCH_HOUSEHOLD_NAME = 1, SEARCH_PERSON_NAME = 2 };

#endif
