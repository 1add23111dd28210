/* org.h: the organisation tree, 集团 → 大区 → 公司 → 客服中心 → 营业厅/班组. Articles 3 and 4 of the
 * regulation. */
#ifndef QIFU_ORG_H
#define QIFU_ORG_H

#include "platform/entity.h"

#define ORG_KINDS(X)                                                                                         \
	X(ORG_GROUP, "group", "集团")                                                                        \
	X(ORG_REGION, "region", "大区")                                                                      \
	X(ORG_COMPANY, "company", "公司")                                                                    \
	X(ORG_CENTRE, "centre", "客服中心")                                                                  \
	X(ORG_HALL, "hall", "营业厅")                                                                        \
	X(ORG_TEAM, "team", "班组")
CHOICE_ENUM(org_kind, ORG_KINDS);
extern const struct choice org_kinds[];

struct org {
	int64_t id, parent_id;
	const char *path; /* ids from the root, each followed by a dot: "1.4.17." */
	enum org_kind kind;
	const char *code; /* short, unique, in business numbers: "LS" */
	const char *name;
	int64_t company_id; /* the company it belongs to; itself for a company; 0 above */
	const char
		*place_code; /* GB/T 2260 of the town whose local rules hold: "371329"; NULL: the parent's */
	const char *service_phone;
	int64_t longitude_e6, latitude_e6;
	bool closed;
	int64_t version;
};
extern const struct entity org_entity;

bool org_read(struct ctx *c, int64_t id, struct org *org);
/* The nearest unit of `kind` at or above `id`; NOT_FOUND when there is none. */
bool org_above(struct ctx *c, int64_t id, enum org_kind kind, struct org *org);
/* The place code in force at a unit ("371329"), "" when nobody up the tree has one. */
bool org_place(struct ctx *c, int64_t id, const char **place_code);
bool org_open(struct ctx *c, struct org *org);
bool org_edit(struct ctx *c, struct org *org);
/* Moves a unit with its subtree below another parent. Takes effect at once. */
bool org_move(struct ctx *c, int64_t id, int64_t new_parent_id, int64_t version);

#endif
