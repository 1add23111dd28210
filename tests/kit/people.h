/* people.h: a small organisation for tests, and actors in it.
 *
 *   group 蒙山燃气 (MS)
 *   ├ region 鲁南大区 (LN)
 *   │  ├ company 兰山公司 (LS, 371302) ─ centre 兰山客服中心 (LSC) ─ team 兰山抢修班 (LST)
 *   │  └ company 河东公司 (HD)         ─ centre 河东客服中心 (HDC)
 */
#ifndef QIFU_TESTS_PEOPLE_H
#define QIFU_TESTS_PEOPLE_H

#include "kit/kit.h"

struct people {
	int64_t group, region, company, centre, team, other_company, other_centre;
};

/* Makes the units. */
void people_units(struct ctx *c, struct people *people);

/* A member of staff at `org_id`, with the role there (NULL: none) and without a password. The login is the
 * number in lower case, the name 甲某. Returns the id. */
int64_t people_member(struct ctx *c, const char *number, int64_t org_id, const char *role);

/* As people_member, but the role is held at `role_org`. */
int64_t people_member_with_role_at(
	struct ctx *c, const char *number, int64_t org_id, const char *role, int64_t role_org);

/* A session of the person as the browser would hold it, without the slow password: the token for the cookie;
 * `csrf` may be NULL. */
const char *people_session(struct ctx *c, int64_t staff_id, const char **csrf);

/* c acts as that person from now on. */
void people_act(struct ctx *c, int64_t staff_id);

#endif
