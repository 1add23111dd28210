/* staff_test.c: who gets in, for how long, and what they may do there. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/grant.h"
#include "domain/organisation/staff/key.h"
#include "domain/organisation/staff/password.h"
#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/skill.h"
#include "domain/organisation/staff/staff_internal.h"
#include "kit/people.h"
#include "platform/crypto.h"

static const char good_password[] = "Qingfeng-2026";

/* A person who can log in as "yan.li". */
static int64_t person_with_password(struct ctx *c, int64_t org_id)
{
	struct staff staff = { .org_id = org_id, .number = "P01", .login = "yan.li", .name = "甲某" };
	assert_true(staff_open(c, &staff, good_password, false));
	return staff.id;
}

/* Logs in as the browser would. NULL when refused, with the reason in c. */
static const char *log_in(struct ctx *c, const char *login, const char *password)
{
	struct login checked = { 0 };
	const char *token = NULL;
	const struct actor *before = c->actor;
	if (!session_check(c, login, password, &checked))
		return NULL;
	assert_true(db_begin(c));
	bool good = session_open(c, &checked, "test", &token);
	if (good)
		assert_true(db_commit(c));
	else
		db_rollback(c);
	c->actor = before;
	return good ? token : NULL;
}

static int refusal(struct ctx *c, const char *login, const char *password)
{
	assert_null(log_in(c, login, password));
	int code = (int)c->problem.code;
	ctx_forgive(c);
	return code;
}

static struct actor who(struct ctx *c, const char *token)
{
	struct actor actor = { 0 };
	assert_true(staff_authenticate(c, token, NULL, &actor));
	return actor;
}

static bool is_in(struct ctx *c, const char *token)
{
	return who(c, token).kind == ACTOR_STAFF;
}

/* ---- logging in
 * ----------------------------------------------------------------------------------------------------- */

static void a_login_opens_a_session_of_that_person(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t id = person_with_password(c, p.centre);
	assert_true(staff_grant_role(c, id, "dispatcher", p.centre));
	const char *token = log_in(c, " Yan.Li ", good_password);
	assert_non_null(token);
	struct actor actor = who(c, token);
	assert_int_equal(actor.kind, ACTOR_STAFF);
	assert_int_equal(actor.id, id);
	assert_string_equal(actor.name, "甲某");
	assert_string_equal(actor.title, "调度员");
	assert_true(strlen(actor.csrf) >= 20);
	assert_int_equal(actor.grant_count, 1);
	assert_true(actor_may(&actor, MAY_DISPATCH));
	assert_false(actor_may(&actor, MAY_EDIT_STAFF));
	assert_false(is_in(c, "somebody-elses-token"));
	assert_false(is_in(c, ""));
	/* What the database holds does not open the door. */
	struct rows *rows;
	assert_true(db_query(c, &rows, "SELECT token_digest FROM staff_session"));
	assert_true(rows_next(rows));
	assert_string_not_equal(rows_text(rows, 0), token);
	assert_false(is_in(c, rows_text(rows, 0)));
}

static void a_wrong_password_and_an_unknown_login_get_the_same_answer(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	person_with_password(c, p.centre);
	assert_null(log_in(c, "yan.li", "wrong"));
	const char *wrong = kit_problem(c);
	ctx_forgive(c);
	assert_null(log_in(c, "nobody", "wrong"));
	assert_string_equal(kit_problem(c), wrong);
	assert_int_equal(c->problem.code, UNAUTHENTICATED);
}

static void a_person_who_left_cannot_log_in_and_is_out_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct staff staff;
	people_units(c, &p);
	int64_t id = person_with_password(c, p.centre);
	const char *token = log_in(c, "yan.li", good_password);
	assert_true(is_in(c, token));
	assert_true(staff_read(c, id, &staff));
	staff.has_left = true;
	assert_true(staff_edit(c, &staff));
	assert_false(is_in(c, token));
	assert_int_equal(refusal(c, "yan.li", good_password), UNAUTHENTICATED);
}

/* ---- locking
 * -------------------------------------------------------------------------------------------------------- */

static void five_failures_lock_a_login_for_fifteen_minutes_whether_it_exists_or_not(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	person_with_password(c, p.centre);
	static const char *const logins[] = { "yan.li", "nobody" };
	for (size_t i = 0; i < 2; i++) {
		for (int failure = 0; failure < 5; failure++)
			assert_int_equal(refusal(c, logins[i], "wrong"), UNAUTHENTICATED);
		assert_int_equal(refusal(c, logins[i], good_password), TOO_MANY);
	}
	kit_advance(kit, 15 * MINUTE_MS - 1);
	assert_null(log_in(c, "yan.li", good_password));
	assert_int_equal(c->problem.code, TOO_MANY);
	assert_int_equal(c->problem.retry_after_seconds, 60);
	ctx_forgive(c);
	kit_advance(kit, 1);
	assert_non_null(log_in(c, "yan.li", good_password));
}

static void the_lock_counts_failures_of_any_fifteen_minutes_not_of_a_fixed_window(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	person_with_password(c, p.centre);
	refusal(c, "yan.li", "wrong");
	kit_advance(kit, 14 * MINUTE_MS);
	for (int failure = 0; failure < 3; failure++)
		refusal(c, "yan.li", "wrong");
	kit_advance(kit, 1 * MINUTE_MS);
	/* The first is 15 minutes old and no longer counts: three and this one are four. */
	assert_int_equal(refusal(c, "yan.li", "wrong"), UNAUTHENTICATED);
	assert_int_equal(refusal(c, "yan.li", "wrong"), UNAUTHENTICATED);
	assert_int_equal(refusal(c, "yan.li", good_password), TOO_MANY);
}

static void a_good_login_forgets_the_failures_before_it(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	person_with_password(c, p.centre);
	for (int round = 0; round < 2; round++) {
		for (int failure = 0; failure < 4; failure++)
			assert_int_equal(refusal(c, "yan.li", "wrong"), UNAUTHENTICATED);
		assert_non_null(log_in(c, "yan.li", good_password));
	}
}

static void unlocking_lets_a_person_in_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	person_with_password(c, p.centre);
	for (int failure = 0; failure < 5; failure++)
		assert_true(session_count_failure(c, "yan.li"));
	assert_int_equal(refusal(c, "yan.li", good_password), TOO_MANY);
	assert_true(session_unlock(c, "yan.li"));
	assert_non_null(log_in(c, "yan.li", good_password));
}

enum { GUESSERS = 16 };

static void *guess(void *data)
{
	struct ctx *c = data;
	session_count_failure(c, "yan.li");
	return NULL;
}

static void guesses_side_by_side_are_counted_one_by_one(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit), *own[GUESSERS];
	struct people p;
	pthread_t threads[GUESSERS];
	int64_t counted, locked_until;
	people_units(c, &p);
	person_with_password(c, p.centre);
	kit_start_threads(kit);
	for (int i = 0; i < GUESSERS; i++)
		own[i] = kit_another_ctx(kit);
	for (int i = 0; i < GUESSERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess, own[i]), 0);
	for (int i = 0; i < GUESSERS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(ctx_failed(own[i]));
		ctx_end(own[i]);
	}
	assert_true(
		db_number(c, &counted, 0, "SELECT COUNT(*) FROM staff_login_failure WHERE login = 'yan.li'"));
	assert_true(
		db_number(c, &locked_until, 0, "SELECT locked_until FROM staff_lock WHERE login = 'yan.li'"));
	assert_int_equal(counted, 5);
	assert_int_equal(locked_until, KIT_NOW.ms + 15 * MINUTE_MS);
}

static void an_address_that_fails_too_often_is_refused_for_every_login(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	struct actor stranger = anonymous_actor, other = anonymous_actor;
	people_units(c, &p);
	person_with_password(c, p.centre);
	stranger.address = "192.0.2.1";
	other.address = "192.0.2.2";
	c->actor = &stranger;
	for (int i = 0; i < 100; i++)
		assert_true(session_count_failure(c, arena_format(c->arena, "guess%d", i)));
	assert_int_equal(refusal(c, "yan.li", good_password), TOO_MANY);
	c->actor = &other;
	assert_non_null(log_in(c, "yan.li", good_password));
	c->actor = &stranger;
	kit_advance(kit, 15 * MINUTE_MS);
	assert_non_null(log_in(c, "yan.li", good_password));
	c->actor = &system_actor;
}

/* ---- staying in
 * ----------------------------------------------------------------------------------------------------- */

static void a_session_ends_after_fifteen_minutes_without_a_request(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	const char *token = people_session(c, people_member(c, "A01", p.centre, NULL), NULL);
	assert_true(is_in(c, token));
	/* Less than a minute later: nothing is written, and it counts all the same. */
	kit_advance(kit, 50 * SECOND_MS);
	assert_true(is_in(c, token));
	kit_advance(kit, 15 * MINUTE_MS - 1);
	assert_true(is_in(c, token));
	kit_advance(kit, 15 * MINUTE_MS);
	assert_false(is_in(c, token));
}

static void a_stream_keeps_nobody_in(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	const char *token = people_session(c, people_member(c, "A01", p.centre, NULL), NULL);
	c->passive = true;
	for (int minute = 0; minute < 15; minute++) {
		assert_true(is_in(c, token));
		kit_advance(kit, MINUTE_MS);
	}
	assert_false(is_in(c, token));
}

static void a_session_ends_after_twelve_hours_however_busy(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	const char *token = people_session(c, people_member(c, "A01", p.centre, NULL), NULL);
	for (int step = 0; step < 72; step++) {
		assert_true(is_in(c, token));
		kit_advance(kit, 10 * MINUTE_MS);
	}
	assert_false(is_in(c, token));
}

/* Two nodes on one database: each with its own memory. */
static void another_node_knows_of_the_last_request_in_time(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	bool more = false;
	people_units(c, &p);
	const char *token = people_session(c, people_member(c, "A01", p.centre, NULL), NULL);
	struct app other = kit->app;
	other.staff = NULL;
	other.arena = arena_new(1 << 20);
	struct ctx elsewhere = *c;
	elsewhere.app = &other;
	assert_true(staff_memory_start(&elsewhere));
	kit_advance(kit, 50 * SECOND_MS);
	assert_true(is_in(c, token));
	assert_true(staff_seen_save(c, &more));
	assert_false(more);
	kit_advance(kit, 15 * MINUTE_MS - 1);
	elsewhere.now = c->now;
	assert_true(is_in(&elsewhere, token));
	kit_advance(kit, 1);
	elsewhere.now = c->now;
	elsewhere.passive = true;
	assert_true(is_in(&elsewhere, token)); /* its own request a moment ago */
	arena_free(other.arena);
}

/* ---- passwords
 * ------------------------------------------------------------------------------------------------------ */

static const char *password_faults(struct ctx *c, const char *password)
{
	struct staff staff = { .login = "yan.li", .name = "王小明" };
	staff_password_check(c, "new", &staff, password);
	const char *faults = kit_problem(c);
	ctx_forgive(c);
	return faults;
}

static void a_password_that_is_too_weak_is_refused_with_every_reason(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_string_equal(password_faults(c, "Abcdef-123"), "");
	assert_string_equal(password_faults(c, "Abcdef-12"), "too_short new");
	assert_string_equal(password_faults(c, "abcdefghi1"), "too_simple new");
	assert_string_equal(password_faults(c, "abcdefghij"), "too_simple new");
	assert_string_equal(password_faults(c, "abc"), "too_short new, too_simple new");
	assert_string_equal(password_faults(c, "Xx1-YAN.LI-zz"), "contains_name new");
	assert_string_equal(password_faults(c, "Xx1-王小明-zz"), "contains_name new");
	/* Characters count, not bytes: six times four bytes are six. */
	assert_string_equal(password_faults(c, "aA𠮷𠮷𠮷𠮷"), "too_short new");
}

static void the_last_five_passwords_are_not_taken_again(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct staff staff;
	const char *hash;
	people_units(c, &p);
	int64_t id = person_with_password(c, p.centre);
	assert_true(staff_read(c, id, &staff));
	for (int i = 1; i <= 4; i++) {
		assert_true(password_hash(c, arena_format(c->arena, "Qingfeng-202%d", i), &hash));
		assert_true(staff_secret_set(c, id, hash, false));
	}
	assert_false(staff_password_check(c, "new", &staff, good_password));
	assert_string_equal(kit_problem(c), "used_before new");
	ctx_forgive(c);
	assert_true(password_hash(c, "Qingfeng-2025", &hash));
	assert_true(staff_secret_set(c, id, hash, false));
	assert_true(staff_password_check(c, "new", &staff, good_password));
}

static void a_password_must_be_changed_after_ninety_days(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people p;
	people_units(c, &p);
	person_with_password(c, p.centre);
	kit_advance(kit, 90 * (int64_t)DAY_MS - 1);
	assert_false(who(c, log_in(c, "yan.li", good_password)).must_change_password);
	kit_advance(kit, 1);
	assert_true(who(c, log_in(c, "yan.li", good_password)).must_change_password);
}

static void changing_the_password_ends_the_other_sessions(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	const char *hash;
	people_units(c, &p);
	person_with_password(c, p.centre);
	const char *here = log_in(c, "yan.li", good_password), *there = log_in(c, "yan.li", good_password);
	struct actor actor = who(c, here);
	c->actor = &actor;
	assert_false(password_prepare_change(c, "wrong", "Fresh-Air-2026", &hash));
	assert_string_equal(kit_problem(c), "wrong old");
	ctx_forgive(c);
	assert_true(password_prepare_change(c, good_password, "Fresh-Air-2026", &hash));
	assert_true(password_change(c, hash));
	c->actor = &system_actor;
	assert_true(is_in(c, here));
	assert_false(is_in(c, there));
	assert_int_equal(refusal(c, "yan.li", good_password), UNAUTHENTICATED);
	assert_non_null(log_in(c, "yan.li", "Fresh-Air-2026"));
}

static void a_reset_password_works_once_and_must_then_be_changed(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct password_reset reset = { 0 };
	people_units(c, &p);
	int64_t id = person_with_password(c, p.centre);
	const char *token = log_in(c, "yan.li", good_password);
	assert_true(password_prepare_reset(c, id, NULL, &reset));
	assert_non_null(reset.generated);
	assert_true(password_reset(c, id, &reset));
	assert_false(is_in(c, token));
	assert_true(who(c, log_in(c, "yan.li", reset.generated)).must_change_password);
}

static void the_password_of_a_person_with_rights_beyond_ones_office_is_not_reset(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct password_reset reset = { .hash = "none" };
	people_units(c, &p);
	int64_t local = people_member(c, "S01", p.company, "secadmin");
	int64_t far = people_member_with_role_at(c, "F01", p.company, "region", p.region);
	int64_t near = people_member(c, "N01", p.centre, "technician");
	people_act(c, local);
	assert_true(password_reset(c, near, &reset));
	assert_false(password_reset(c, far, &reset));
	assert_int_equal(c->problem.code, FORBIDDEN);
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
		kit_test(a_login_opens_a_session_of_that_person),
		kit_test(a_wrong_password_and_an_unknown_login_get_the_same_answer),
		kit_test(a_person_who_left_cannot_log_in_and_is_out_at_once),
		kit_test(five_failures_lock_a_login_for_fifteen_minutes_whether_it_exists_or_not),
		kit_test(the_lock_counts_failures_of_any_fifteen_minutes_not_of_a_fixed_window),
		kit_test(a_good_login_forgets_the_failures_before_it),
		kit_test(unlocking_lets_a_person_in_at_once),
		kit_test(guesses_side_by_side_are_counted_one_by_one),
		kit_test(an_address_that_fails_too_often_is_refused_for_every_login),
		kit_test(a_session_ends_after_fifteen_minutes_without_a_request),
		kit_test(a_stream_keeps_nobody_in),
		kit_test(a_session_ends_after_twelve_hours_however_busy),
		kit_test(another_node_knows_of_the_last_request_in_time),
		kit_test(a_password_that_is_too_weak_is_refused_with_every_reason),
		kit_test(the_last_five_passwords_are_not_taken_again),
		kit_test(a_password_must_be_changed_after_ninety_days),
		kit_test(changing_the_password_ends_the_other_sessions),
		kit_test(a_reset_password_works_once_and_must_then_be_changed),
		kit_test(the_password_of_a_person_with_rights_beyond_ones_office_is_not_reset),
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
