/* session_test.c: who gets in, and for how long. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/password.h"
#include "domain/organisation/staff/session.h"
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
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
