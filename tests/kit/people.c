/* people.c: see people.h. */
#include <stdio.h>
#include <string.h>

#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/staff.h"
#include "kit/people.h"
#include "platform/crypto.h"

static int64_t unit(struct ctx *c, int64_t parent, enum org_kind kind, const char *code, const char *name)
{
	struct org org = { .parent_id = parent, .kind = kind, .code = code, .name = name };
	if (strcmp(code, "LS") == 0)
		org.place_code = "371302";
	if (!org_open(c, &org))
		print_error("unit %s: %s\n", code, kit_problem(c));
	assert_false(ctx_failed(c));
	return org.id;
}

void people_units(struct ctx *c, struct people *people)
{
	people->group = unit(c, 0, ORG_GROUP, "MS", "蒙山燃气");
	people->region = unit(c, people->group, ORG_REGION, "LN", "鲁南大区");
	people->company = unit(c, people->region, ORG_COMPANY, "LS", "兰山公司");
	people->centre = unit(c, people->company, ORG_CENTRE, "LSC", "兰山客服中心");
	people->team = unit(c, people->centre, ORG_TEAM, "LST", "兰山抢修班");
	people->other_company = unit(c, people->region, ORG_COMPANY, "HD", "河东公司");
	people->other_centre = unit(c, people->other_company, ORG_CENTRE, "HDC", "河东客服中心");
}

int64_t people_member_with_role_at(
	struct ctx *c, const char *number, int64_t org_id, const char *role, int64_t role_org)
{
	char *login = arena_text(c->arena, number);
	for (char *at = login; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	struct staff staff = {
		.org_id = org_id, .number = number, .login = login, .name = "甲某", .phone = "10000000001"
	};
	if (!staff_open(c, &staff, NULL, false) || (role && !staff_grant_role(c, staff.id, role, role_org)))
		print_error("member %s: %s\n", number, kit_problem(c));
	assert_false(ctx_failed(c));
	return staff.id;
}

int64_t people_member(struct ctx *c, const char *number, int64_t org_id, const char *role)
{
	return people_member_with_role_at(c, number, org_id, role, org_id);
}

const char *people_session(struct ctx *c, int64_t staff_id, const char **csrf)
{
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	const char *token = random_token(c->arena, 32), *own = random_token(c->arena, 18);
	sha256(token, strlen(token), digest);
	assert_true(db_run(c,
		"INSERT INTO staff_secret (staff_id, hash, set_at, must_change) VALUES ($1, 'none', $2, 0)"
		" ON CONFLICT (staff_id) DO NOTHING",
		V(staff_id), V(c->now)));
	assert_true(db_run(c,
		"INSERT INTO staff_session (id, staff_id, token_digest, csrf, opened_at, seen_at, expires_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		V(db_new_id(c)), V(staff_id), V(digest_hex(digest, hex)), V(own), V(c->now), V(c->now),
		V(instant_plus(c->now, 12 * (int64_t)HOUR_MS))));
	if (csrf)
		*csrf = own;
	return token;
}

void people_act(struct ctx *c, int64_t staff_id)
{
	struct actor *actor = arena_new_object(c->arena, struct actor);
	assert_true(staff_authenticate(c, people_session(c, staff_id, NULL), NULL, actor));
	assert_int_equal(actor->kind, ACTOR_STAFF);
	c->actor = actor;
}
