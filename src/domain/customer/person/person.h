/* person.h: a human or a legal person, with the phones under which one is reached. */
#ifndef QIFU_PERSON_H
#define QIFU_PERSON_H

#include "platform/entity.h"

#define PERSON_KINDS(X)                                                                                      \
	X(PERSON_HUMAN, "human", "个人")                                                                      \
	X(PERSON_ORGANISATION, "organisation", "单位")
CHOICE_ENUM(person_kind, PERSON_KINDS);
extern const struct choice person_kinds[];

struct person {
	int64_t id, org_id;          /* the company whose customer it is */
	enum person_kind kind;
	const char *name;
	const char *identity_number; /* resident identity or unified credit code; NULL unknown */
	const char *phone;           /* the first phone, as written */
	bool is_key_account;         /* 大客户 */
	bool is_vulnerable;          /* 独居老人、残疾等 */
	int64_t merged_into_id;      /* not 0: merged; kept for undo */
	struct instant created_at;
	int64_t version;
};
extern const struct entity person_entity;

struct contact {
	int64_t id, person_id;
	const char *phone, *phone_form; /* as written; digits only, for finding */
	const char *label;              /* 本人、家属、租户 … */
	bool is_first;
};
extern const struct entity contact_entity;

bool person_open(struct ctx *c, struct person *person);
bool person_edit(struct ctx *c, struct person *person);
/* Merges `from` into `into` (never automatic): everything that points at `from` points at `into`; counts before = after. */
bool person_merge(struct ctx *c, int64_t into, int64_t from, const char *reason, int64_t *merge_id);
bool person_merge_undo(struct ctx *c, int64_t merge_id);

/* Modules that point at a person say so, so that a merge forgets nothing. */
struct person_reference {
	const char *table, *column;
};

#endif
