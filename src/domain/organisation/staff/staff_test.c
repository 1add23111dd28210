/* staff_test.c: what people and programs may do, where, and what they are able to. */
#include <stdlib.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/grant.h"
#include "domain/organisation/staff/key.h"
#include "domain/organisation/staff/skill.h"
#include "domain/organisation/staff/staff.h"
#include "kit/people.h"

static struct actor who(struct ctx *c, const char *token)
{
	struct actor actor = { 0 };
	assert_true(staff_authenticate(c, token, NULL, &actor));
	return actor;
}

/* ---- roles
 * ----------------------------------------------------------------------------------------------------------
 */

static void every_role_of_the_regulation_is_there_and_the_three_powers_do_not_overlap(void **state)
{
	struct kit *kit = *state;
	static const char *const codes[] = { "hotline", "counter", "cashier", "dispatcher", "technician",
		"inspector", "reader", "complaints", "revisit", "archive", "store", "finance", "centre",
		"company", "region", "group", "training", "sysadmin", "secadmin", "auditor" };
	size_t count;
	role_list(&kit->app, &count);
	assert_int_equal(count, sizeof codes / sizeof *codes);
	for (size_t i = 0; i < count; i++)
		assert_non_null(role_of_code(&kit->app, codes[i]));
	for (size_t i = 0; i < count; i++) {
		const struct role *role = role_of_code(&kit->app, codes[i]);
		bool security = strcmp(codes[i], "secadmin") == 0;
		assert_int_equal(permission_has(&role->permissions, MAY_GRANT_ROLE), security);
		assert_int_equal(permission_has(&role->permissions, MAY_EDIT_KEY), security);
		assert_int_equal(permission_has(&role->permissions, MAY_EDIT_STAFF), security);
		assert_int_equal(
			permission_has(&role->permissions, MAY_VIEW_AUDIT), strcmp(codes[i], "auditor") == 0);
		assert_int_equal(
			permission_has(&role->permissions, MAY_EDIT_ORG), strcmp(codes[i], "sysadmin") == 0);
		if (role->power)
			assert_false(permission_has(&role->permissions, MAY_VIEW_HOUSEHOLD) ||
				     permission_has(&role->permissions, MAY_VIEW_REPAIR));
	}
}

static void nobody_holds_two_of_the_three_powers(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	static const char *const powers[] = { "sysadmin", "secadmin", "auditor" };
	for (size_t i = 0; i < 3; i++) {
		int64_t id = people_member(c, arena_format(c->arena, "T0%zu", i), p.group, powers[i]);
		for (size_t j = 0; j < 3; j++) {
			bool same = i == j;
			/* Elsewhere is no way around it. */
			assert_int_equal(staff_grant_role(c, id, powers[j], p.company), same);
			if (!same)
				assert_int_equal(c->problem.code, CONFLICT);
			ctx_forgive(c);
		}
		assert_true(staff_grant_role(c, id, "hotline", p.company));
	}
}

static void nobody_gives_himself_a_role_or_takes_one_from_himself(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	int64_t grant;
	people_units(c, &p);
	int64_t id = people_member(c, "S01", p.group, "secadmin"),
		other = people_member(c, "A01", p.centre, NULL);
	assert_true(db_number(c, &grant, 0, "SELECT id FROM staff_grant WHERE staff_id = $1", V(id)));
	people_act(c, id);
	assert_false(staff_grant_role(c, id, "company", p.group));
	assert_int_equal(c->problem.code, FORBIDDEN);
	ctx_forgive(c);
	assert_false(grant_end(c, grant));
	assert_int_equal(c->problem.code, FORBIDDEN);
	ctx_forgive(c);
	assert_true(staff_grant_role(c, other, "technician", p.centre));
}

static void an_unknown_role_is_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t id = people_member(c, "A01", p.centre, NULL);
	assert_false(staff_grant_role(c, id, "emperor", p.centre));
	assert_string_equal(kit_problem(c), "unknown role");
}

static void a_role_is_looked_for_at_the_unit_and_then_upwards(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	int64_t ids[4];
	size_t count;
	people_units(c, &p);
	int64_t first = people_member(c, "D01", p.centre, "dispatcher");
	int64_t second = people_member(c, "D02", p.centre, "dispatcher");
	int64_t above = people_member(c, "D03", p.company, "dispatcher");
	assert_true(staff_of_role(c, "dispatcher", p.team, ids, 4, &count));
	assert_int_equal(count, 2);
	assert_int_equal(ids[0], first);
	assert_int_equal(ids[1], second);
	assert_true(staff_of_role(c, "dispatcher", p.company, ids, 4, &count));
	assert_int_equal(count, 1);
	assert_int_equal(ids[0], above);
	assert_true(staff_of_role(c, "dispatcher", p.other_centre, ids, 4, &count));
	assert_int_equal(count, 0);
}

/* ---- moving
 * ---------------------------------------------------------------------------------------------------------
 */

static void moving_to_another_company_ends_the_rights_in_the_old_one_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct org old;
	people_units(c, &p);
	int64_t id = people_member(c, "A01", p.centre, "dispatcher");
	assert_true(staff_grant_role(c, id, "revisit", p.other_centre));
	const char *token = people_session(c, id, NULL);
	assert_true(org_read(c, p.centre, &old));
	struct actor actor = who(c, token);
	assert_true(actor_may_at(&actor, MAY_DISPATCH, old.path));
	assert_true(staff_move(c, id, p.other_centre, 1));
	actor = who(c, token);
	assert_int_equal(actor.org_id, p.other_centre);
	assert_false(actor_may_at(&actor, MAY_DISPATCH, old.path));
	assert_false(actor_may(&actor, MAY_DISPATCH));
	/* What was given at the new place stays. */
	assert_true(actor_may(&actor, MAY_CALL_REVISIT));
}

static void moving_within_the_company_keeps_the_rights(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t id = people_member(c, "A01", p.centre, "dispatcher");
	assert_true(staff_move(c, id, p.team, 0));
	struct actor actor = who(c, people_session(c, id, NULL));
	assert_int_equal(actor.org_id, p.team);
	assert_true(actor_may(&actor, MAY_DISPATCH));
}

static void a_right_follows_its_unit_when_the_unit_moves(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct org moved;
	people_units(c, &p);
	const char *token = people_session(c, people_member(c, "A01", p.centre, "dispatcher"), NULL);
	assert_true(org_move(c, p.centre, p.other_company, 0));
	assert_true(org_read(c, p.team, &moved));
	struct actor actor = who(c, token);
	assert_true(actor_may_at(&actor, MAY_DISPATCH, moved.path));
}

/* ---- keys
 * -----------------------------------------------------------------------------------------------------------
 */

static struct actor key_actor(struct ctx *c, const char *bearer)
{
	struct actor actor = { 0 };
	assert_true(staff_authenticate(c, NULL, bearer, &actor));
	return actor;
}

static const char *new_key(struct ctx *c, struct staff_key *key)
{
	const char *secret;
	if (!key_open(c, key, &secret))
		return NULL;
	return secret;
}

static void a_key_may_what_its_scopes_say_within_its_unit(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct org inside, outside;
	people_units(c, &p);
	assert_true(org_read(c, p.team, &inside) && org_read(c, p.other_centre, &outside));
	struct staff_key key = { .name = "对接",
		.org_id = p.company,
		.scopes = "repair.view, repair.file",
		.expires_on = NO_DATE };
	const char *secret = new_key(c, &key);
	struct actor actor = key_actor(c, secret);
	assert_int_equal(actor.kind, ACTOR_KEY);
	assert_int_equal(actor.id, key.id);
	assert_null(actor.csrf);
	assert_true(actor_may_at(&actor, MAY_FILE_REPAIR, inside.path));
	assert_false(actor_may_at(&actor, MAY_FILE_REPAIR, outside.path));
	assert_false(actor_may(&actor, MAY_VIEW_HOUSEHOLD));
	/* One letter off, or no key at all. */
	char *wrong = arena_text(c->arena, secret);
	wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == 'A' ? 'B' : 'A';
	assert_int_equal(key_actor(c, wrong).kind, ACTOR_ANONYMOUS);
	static const char *const strange[] = { "", "qk_", "qk__", "qk_1_", "qk_99999999999999999999999_x",
		"qk_-1_x", "Basic x" };
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
		assert_int_equal(key_actor(c, strange[i]).kind, ACTOR_ANONYMOUS);
}

static void a_key_is_good_on_its_last_day_and_not_after(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	struct staff_key key = { .name = "对接",
		.org_id = p.company,
		.scopes = "repair.view",
		.expires_on = instant_date(KIT_NOW) };
	const char *secret = new_key(c, &key);
	kit_advance(kit, 90 * MINUTE_MS - 1); /* 22:30 + 1:30 is midnight */
	assert_int_equal(key_actor(c, secret).kind, ACTOR_KEY);
	kit_advance(kit, 1);
	assert_int_equal(key_actor(c, secret).kind, ACTOR_ANONYMOUS);
}

static void a_revoked_key_is_dead_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct staff_key key = {
		.name = "对接", .org_id = p.company, .scopes = "repair.view", .expires_on = NO_DATE
	};
	const char *secret = new_key(c, &key);
	assert_int_equal(key_actor(c, secret).kind, ACTOR_KEY);
	assert_true(key_revoke(c, key.id));
	assert_int_equal(key_actor(c, secret).kind, ACTOR_ANONYMOUS);
}

static void a_program_is_never_given_rights_over_rights_or_the_audit(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	static const char *const scopes[] = { "role.grant", "key.edit", "staff.edit", "audit.view" };
	for (size_t i = 0; i < 4; i++) {
		struct staff_key key = {
			.name = "对接", .org_id = p.company, .scopes = scopes[i], .expires_on = NO_DATE
		};
		assert_null(new_key(c, &key));
		assert_string_equal(kit_problem(c), "never scopes");
		ctx_forgive(c);
	}
	struct staff_key unknown = {
		.name = "对接", .org_id = p.company, .scopes = "repair.viev", .expires_on = NO_DATE
	};
	assert_null(new_key(c, &unknown));
	assert_string_equal(kit_problem(c), "unknown scopes");
}

/* ---- skills and certificates
 * ----------------------------------------------------------------------------------------- */

static bool is_valid(struct ctx *c, int64_t staff_id, const char *day)
{
	struct date on, expires_on;
	bool valid;
	assert_true(date_parse(day, &on));
	assert_true(staff_certificate_valid(c, staff_id, "gas_repair", on, &valid, &expires_on));
	return valid;
}

static void a_certificate_is_valid_from_its_issue_to_its_last_day(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t id = people_member(c, "A01", p.team, NULL);
	assert_false(is_valid(c, id, "2026-09-30"));
	struct staff_certificate certificate = { .staff_id = id, .kind = "gas_repair", .number = "KS-1" };
	assert_true(date_parse("2024-02-29", &certificate.issued_on));
	assert_true(date_parse("2026-09-30", &certificate.expires_on));
	assert_true(certificate_open(c, &certificate));
	assert_false(is_valid(c, id, "2024-02-28"));
	assert_true(is_valid(c, id, "2024-02-29"));
	assert_true(is_valid(c, id, "2026-09-30"));
	assert_false(is_valid(c, id, "2026-10-01"));
	/* A successor that is issued later does not spoil the present one. */
	struct staff_certificate next = { .staff_id = id, .kind = "gas_repair", .number = "KS-2" };
	assert_true(date_parse("2026-10-01", &next.issued_on));
	assert_true(date_parse("2030-09-30", &next.expires_on));
	assert_true(certificate_open(c, &next));
	assert_true(is_valid(c, id, "2026-09-30"));
	assert_true(is_valid(c, id, "2026-10-01"));
}

static void skills_are_those_of_the_rulebook(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	bool has;
	people_units(c, &p);
	int64_t id = people_member(c, "A01", p.team, NULL);
	assert_true(skill_set(c, id, (const char *const[]){ "leak", "meter" }, 2));
	assert_true(staff_has_skill(c, id, "leak", &has) && has);
	assert_true(skill_set(c, id, (const char *const[]){ "meter" }, 1));
	assert_true(staff_has_skill(c, id, "leak", &has));
	assert_false(has);
	assert_false(skill_set(c, id, (const char *const[]){ "flying" }, 1));
	assert_string_equal(kit_problem(c), "unknown skills");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(every_role_of_the_regulation_is_there_and_the_three_powers_do_not_overlap),
		kit_test(nobody_holds_two_of_the_three_powers),
		kit_test(nobody_gives_himself_a_role_or_takes_one_from_himself),
		kit_test(an_unknown_role_is_refused),
		kit_test(a_role_is_looked_for_at_the_unit_and_then_upwards),
		kit_test(moving_to_another_company_ends_the_rights_in_the_old_one_at_once),
		kit_test(moving_within_the_company_keeps_the_rights),
		kit_test(a_right_follows_its_unit_when_the_unit_moves),
		kit_test(a_key_may_what_its_scopes_say_within_its_unit),
		kit_test(a_key_is_good_on_its_last_day_and_not_after),
		kit_test(a_revoked_key_is_dead_at_once),
		kit_test(a_program_is_never_given_rights_over_rights_or_the_audit),
		kit_test(a_certificate_is_valid_from_its_issue_to_its_last_day),
		kit_test(skills_are_those_of_the_rulebook),
	};
	return cmocka_run_group_tests_name("staff", tests, NULL, NULL);
}
