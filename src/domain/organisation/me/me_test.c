/* me_test.c: the organisation's routes as a browser or a program meets them. */
#include <stdio.h>
#include <string.h>

#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/staff.h"
#include "kit/people.h"
#include "kit/served.h"
#include "platform/json.h"

static const struct visitor nobody = { 0 };

/* The answer's JSON, in the test's arena. */
static json_t *json_of(struct ctx *c, struct answer *answer)
{
	json_t *json;
	assert_true(json_parse(c, answer->body, answer->length, &json));
	answer_free(answer);
	return json;
}

static json_t *get(struct kit *kit, const struct visitor *visitor, const char *path)
{
	struct answer answer = served_ask(kit, visitor, "GET", path, NULL, NULL);
	assert_int_equal(answer.status, 200);
	return json_of(kit->c, &answer);
}

static const char *text(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void with_password(struct ctx *c, int64_t org_id, const char *role)
{
	struct staff staff = { .org_id = org_id, .number = "P01", .login = "yan.li", .name = "甲某" };
	assert_true(staff_open(c, &staff, "Qingfeng-2026", false));
	assert_true(staff_grant_role(c, staff.id, role, org_id));
}

static void a_login_sets_a_cookie_and_tells_the_token_and_who_one_is(void **state)
{
	struct kit *kit = *state;
	struct people p;
	char cookie[256], header[256], token[128];
	people_units(kit->c, &p);
	with_password(kit->c, p.centre, "dispatcher");
	struct answer answer = served_ask(kit, &nobody, "POST", "/session", NULL,
		"{\"user\":\"yan.li\",\"password\":\"Qingfeng-2026\"}");
	assert_int_equal(answer.status, 200);
	assert_non_null(answer_header(&answer, "Set-Cookie", cookie));
	assert_non_null(answer_header(&answer, "X-CSRF-Token", header));
	assert_non_null(strstr(cookie, "; HttpOnly"));
	assert_non_null(strstr(cookie, "; SameSite=Strict"));
	assert_non_null(strstr(cookie, "; Path=/"));
	assert_int_equal(sscanf(cookie, "qifu_session=%100[^;]", token), 1);
	json_t *json = json_of(kit->c, &answer);
	assert_string_equal(text(json, "csrf"), header);
	assert_string_equal(text(json_object_get(json, "me"), "login"), "yan.li");
	struct visitor visitor = { .cookie = token, .csrf = header };
	json_t *me = get(kit, &visitor, "/me");
	assert_string_equal(text(me, "home"), "/dispatch");
	assert_string_equal(text(me, "csrf"), header);
	assert_string_equal(text(json_object_get(me, "org"), "name"), "兰山客服中心");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(me, "org"), "company_id")), p.company);
	assert_string_equal(text(json_array_get(json_object_get(me, "roles"), 0), "label"), "调度员");
	assert_true(json_is_false(json_object_get(me, "must_change_password")));
	/* Out again. */
	assert_int_equal(served_status(kit, &visitor, "DELETE", "/session", NULL), 204);
	assert_int_equal(served_status(kit, &visitor, "GET", "/me", NULL), 401);
}

static void a_failed_login_is_counted_although_the_answer_is_a_refusal(void **state)
{
	struct kit *kit = *state;
	struct people p;
	static const char wrong[] = "{\"user\":\"yan.li\",\"password\":\"wrong\"}";
	people_units(kit->c, &p);
	with_password(kit->c, p.centre, "dispatcher");
	for (int i = 0; i < 5; i++)
		assert_int_equal(served_status(kit, &nobody, "POST", "/session", wrong), 401);
	assert_int_equal(served_status(kit, &nobody, "POST", "/session",
				 "{\"user\":\"yan.li\",\"password\":\"Qingfeng-2026\"}"),
		429);
	kit_advance(kit, 15 * MINUTE_MS);
	assert_int_equal(served_status(kit, &nobody, "POST", "/session",
				 "{\"user\":\"yan.li\",\"password\":\"Qingfeng-2026\"}"),
		200);
}

static void a_change_by_cookie_needs_the_token_of_that_session(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	int64_t id = people_member(kit->c, "A01", p.centre, "technician");
	struct visitor own = served_person(kit->c, id), second = served_person(kit->c, id), without = own,
		       other = own;
	without.csrf = NULL;
	other.csrf = second.csrf;
	assert_int_equal(served_status(kit, &without, "POST", "/me/duty", "{}"), 403);
	assert_int_equal(served_status(kit, &other, "POST", "/me/duty", "{}"), 403);
	assert_int_equal(served_status(kit, &own, "POST", "/me/duty", "{}"), 200);
	assert_true(json_is_true(json_object_get(get(kit, &own, "/me"), "on_duty")));
}

static void ones_sessions_are_listed_and_ended_and_nobody_elses(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	int64_t id = people_member(kit->c, "A01", p.centre, NULL),
		stranger = people_member(kit->c, "A02", p.centre, NULL);
	struct visitor here = served_person(kit->c, id), there = served_person(kit->c, id),
		       other = served_person(kit->c, stranger);
	json_t *items = json_object_get(get(kit, &here, "/me/sessions"), "items"), *item;
	int64_t other_id = 0;
	size_t i;
	assert_int_equal(json_array_size(items), 2);
	json_array_foreach(items, i, item) if (json_is_false(json_object_get(item, "current"))) other_id =
		json_integer_value(json_object_get(item, "id"));
	const char *path = arena_format(kit->c->arena, "/me/sessions/%lld", (long long)other_id);
	assert_int_equal(served_status(kit, &other, "DELETE", path, NULL), 404);
	assert_int_equal(served_status(kit, &there, "GET", "/me", NULL), 200);
	assert_int_equal(served_status(kit, &here, "DELETE", path, NULL), 204);
	assert_int_equal(served_status(kit, &there, "GET", "/me", NULL), 401);
	assert_int_equal(served_status(kit, &here, "GET", "/me", NULL), 200);
}

static void who_must_change_the_password_does_that_first(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	with_password(kit->c, p.centre, "dispatcher");
	assert_true(db_run(kit->c, "UPDATE staff_secret SET must_change = 1"));
	int64_t id;
	assert_true(db_number(kit->c, &id, 0, "SELECT id FROM staff WHERE login = 'yan.li'"));
	struct visitor visitor = served_person(kit->c, id);
	assert_int_equal(served_status(kit, &visitor, "GET", "/orgs", NULL), 403);
	assert_int_equal(served_status(kit, &visitor, "GET", "/me", NULL), 200);
	assert_int_equal(served_status(kit, &visitor, "POST", "/me/password",
				 "{\"old\":\"Qingfeng-2026\",\"new\":\"Qingfeng-2026\"}"),
		422);
	assert_int_equal(served_status(kit, &visitor, "POST", "/me/password",
				 "{\"old\":\"Qingfeng-2026\",\"new\":\"Fresh-Air-2026\"}"),
		204);
	assert_int_equal(served_status(kit, &visitor, "GET", "/orgs", NULL), 200);
}

static size_t count_of(const char *where, const char *what)
{
	size_t count = 0;
	for (const char *at = where; (at = strstr(at, what)); at += strlen(what))
		count++;
	return count;
}

static void list_count_and_export_show_the_same_people_and_no_others(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	people_member(kit->c, "A01", p.team, NULL);
	people_member(kit->c, "A02", p.centre, NULL);
	people_member(kit->c, "B01", p.other_centre, NULL);
	struct visitor head = served_person(kit->c, people_member(kit->c, "A03", p.centre, "centre"));
	json_t *list = get(kit, &head, "/staff?count=1");
	assert_int_equal(json_array_size(json_object_get(list, "items")), 3);
	assert_int_equal(json_integer_value(json_object_get(list, "count")), 3);
	struct answer file = served_ask(kit, &head, "GET", "/staff?format=csv", NULL, NULL);
	assert_int_equal(file.status, 200);
	char *csv = arena_text_n(kit->c->arena, file.body, file.length);
	answer_free(&file);
	assert_int_equal(count_of(csv, "A0"), 3);
	assert_int_equal(count_of(csv, "B0"), 0);
	/* A filter by a foreign unit does not reach over the fence. */
	list = get(kit, &head,
		arena_format(kit->c->arena, "/staff?count=1&org_id=%lld", (long long)p.other_centre));
	assert_int_equal(json_integer_value(json_object_get(list, "count")), 0);
}

static void phone_numbers_of_colleagues_are_masked_without_the_right_to_edit(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	int64_t id = people_member(kit->c, "A01", p.team, NULL);
	struct visitor head = served_person(kit->c, people_member(kit->c, "A02", p.centre, "centre"));
	struct visitor admin = served_person(kit->c, people_member(kit->c, "S01", p.company, "secadmin"));
	const char *path = arena_format(kit->c->arena, "/staff/%lld", (long long)id);
	assert_string_equal(text(get(kit, &head, path), "phone"), "100****0001");
	assert_string_equal(text(get(kit, &admin, path), "phone"), "10000000001");
	const json_t *masked =
		json_array_get(json_object_get(get(kit, &head, "/staff?number=A01"), "items"), 0);
	const json_t *full =
		json_array_get(json_object_get(get(kit, &admin, "/staff?number=A01"), "items"), 0);
	assert_string_equal(text(masked, "phone"), "100****0001");
	assert_string_equal(text(full, "phone"), "10000000001");
}

static void two_people_editing_one_record_the_second_is_shown_the_firsts_version(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	int64_t id = people_member(kit->c, "A01", p.team, NULL);
	struct visitor admin = served_person(kit->c, people_member(kit->c, "S01", p.company, "secadmin"));
	const char *path = arena_format(kit->c->arena, "/staff/%lld", (long long)id);
	assert_int_equal(served_status(kit, &admin, "PUT", path, "{\"post\":\"维修工\"}"), 428);
	struct answer first =
		served_ask(kit, &admin, "PUT", path, "If-Match: \"1\"\r\n", "{\"post\":\"维修工\"}");
	assert_int_equal(first.status, 200);
	answer_free(&first);
	struct answer second =
		served_ask(kit, &admin, "PUT", path, "If-Match: \"1\"\r\n", "{\"post\":\"班长\"}");
	assert_int_equal(second.status, 412);
	assert_string_equal(text(json_object_get(json_of(kit->c, &second), "present"), "post"), "维修工");
	json_t *now = get(kit, &admin, path);
	assert_string_equal(text(now, "post"), "维修工");
	assert_string_equal(text(now, "name"), "甲某");
}

static void a_person_is_opened_moved_and_given_a_role_by_the_routes(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	struct visitor admin = served_person(kit->c, people_member(kit->c, "S01", p.region, "secadmin"));
	struct answer opened = served_ask(kit, &admin, "POST", "/staff", NULL,
		arena_format(kit->c->arena,
			"{\"org_id\":%lld,\"number\":\"N01\",\"login\":\"xin.ren\",\"name\":\"新人\","
			"\"phone\":\"13800000000\"}",
			(long long)p.team));
	assert_int_equal(opened.status, 201);
	int64_t id = json_integer_value(json_object_get(json_of(kit->c, &opened), "id"));
	const char *base = arena_format(kit->c->arena, "/staff/%lld", (long long)id);
	assert_int_equal(served_status(kit, &admin, "POST", arena_format(kit->c->arena, "%s/grants", base),
				 arena_format(kit->c->arena, "{\"role\":\"technician\",\"org_id\":%lld}",
					 (long long)p.team)),
		200);
	struct answer reset =
		served_ask(kit, &admin, "POST", arena_format(kit->c->arena, "%s/password", base), NULL, "{}");
	assert_int_equal(reset.status, 200);
	const char *password = text(json_of(kit->c, &reset), "password");
	assert_int_equal(
		served_status(kit, &nobody, "POST", "/session",
			arena_format(kit->c->arena, "{\"user\":\"xin.ren\",\"password\":\"%s\"}", password)),
		200);
	struct answer moved = served_ask(kit, &admin, "POST", arena_format(kit->c->arena, "%s/move", base),
		NULL, arena_format(kit->c->arena, "{\"org_id\":%lld}", (long long)p.other_centre));
	assert_int_equal(moved.status, 200);
	assert_int_equal(
		json_integer_value(json_object_get(json_of(kit->c, &moved), "org_id")), p.other_centre);
	assert_int_equal(json_array_size(json_object_get(
				 get(kit, &admin, arena_format(kit->c->arena, "%s/grants", base)), "items")),
		0);
	/* A login that is taken is told by name. */
	struct answer taken = served_ask(kit, &admin, "POST", "/staff", NULL,
		arena_format(kit->c->arena,
			"{\"org_id\":%lld,\"number\":\"N02\",\"login\":\"xin.ren\",\"name\":\"新人\"}",
			(long long)p.team));
	assert_int_equal(taken.status, 409);
	assert_string_equal(
		text(json_array_get(json_object_get(json_of(kit->c, &taken), "errors"), 0), "field"),
		"login");
}

static void a_unit_is_opened_and_moved_by_the_routes_within_the_fence_only(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	struct visitor local = served_person(kit->c, people_member(kit->c, "S01", p.company, "sysadmin"));
	struct visitor wide = served_person(kit->c, people_member(kit->c, "S02", p.region, "sysadmin"));
	struct answer opened = served_ask(kit, &local, "POST", "/orgs", NULL,
		arena_format(kit->c->arena,
			"{\"parent_id\":%lld,\"kind\":\"hall\",\"code\":\"LSH\",\"name\":\"兰山营业厅\"}",
			(long long)p.centre));
	assert_int_equal(opened.status, 201);
	assert_int_equal(
		json_integer_value(json_object_get(json_of(kit->c, &opened), "company_id")), p.company);
	assert_int_equal(served_status(kit, &local, "POST", "/orgs",
				 arena_format(kit->c->arena,
					 "{\"parent_id\":%lld,\"kind\":\"hall\",\"code\":\"HDH\",\"name\":"
					 "\"河东营业厅\"}",
					 (long long)p.other_centre)),
		404);
	const char *move = arena_format(kit->c->arena, "/orgs/%lld/move", (long long)p.team);
	const char *body = arena_format(kit->c->arena, "{\"parent_id\":%lld}", (long long)p.other_centre);
	assert_int_equal(served_status(kit, &local, "POST", move, body), 404);
	assert_int_equal(served_status(kit, &wide, "POST", move, body), 200);
	/* Gone from the first one's sight with that. */
	assert_int_equal(served_status(kit, &local, "GET",
				 arena_format(kit->c->arena, "/orgs/%lld", (long long)p.team), NULL),
		404);
	json_t *tree = json_object_get(get(kit, &local, "/me/org-tree?permission=org.edit"), "items");
	assert_int_equal(json_array_size(tree), 3);
}

static void a_key_from_the_routes_opens_the_api_without_cookie_or_token(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	struct visitor admin = served_person(kit->c, people_member(kit->c, "S01", p.company, "secadmin"));
	struct answer opened = served_ask(kit, &admin, "POST", "/keys", NULL,
		arena_format(kit->c->arena, "{\"name\":\"对接\",\"org_id\":%lld,\"scopes\":\"staff.view\"}",
			(long long)p.company));
	assert_int_equal(opened.status, 201);
	json_t *key = json_of(kit->c, &opened);
	struct visitor program = { .bearer = text(key, "key") };
	assert_int_equal(served_status(kit, &program, "GET", "/staff", NULL), 200);
	assert_int_equal(served_status(kit, &program, "GET", "/orgs", NULL), 403);
	assert_int_equal(served_status(kit, &program, "GET", "/me", NULL), 403);
	/* The secret was shown once. */
	struct answer listed = served_ask(kit, &admin, "GET", "/keys", NULL, NULL);
	assert_int_equal(listed.status, 200);
	assert_null(strstr(listed.text, program.bearer));
	assert_null(strstr(listed.text, "secret"));
	answer_free(&listed);
	assert_int_equal(served_status(kit, &admin, "DELETE",
				 arena_format(kit->c->arena, "/keys/%lld",
					 (long long)json_integer_value(json_object_get(key, "id"))),
				 NULL),
		204);
	assert_int_equal(served_status(kit, &program, "GET", "/staff", NULL), 401);
}

static void the_audit_shows_what_was_done_to_the_auditor_alone_and_its_chain_holds(void **state)
{
	struct kit *kit = *state;
	struct people p;
	people_units(kit->c, &p);
	struct visitor auditor = served_person(kit->c, people_member(kit->c, "Q01", p.company, "auditor"));
	struct visitor admin = served_person(kit->c, people_member(kit->c, "S01", p.company, "sysadmin"));
	assert_int_equal(served_status(kit, &admin, "GET", "/audit", NULL), 403);
	json_t *items = json_object_get(get(kit, &auditor, "/audit?action=role.grant"), "items"), *item;
	size_t i;
	assert_int_equal(json_array_size(items), 2);
	/* The other company's doings are not his. */
	people_member(kit->c, "B01", p.other_centre, "technician");
	items = json_object_get(get(kit, &auditor, "/audit?limit=500"), "items");
	assert_true(json_array_size(items) >= 6);
	json_array_foreach(items, i, item)
	{
		int64_t org_id = json_integer_value(json_object_get(item, "org_id"));
		assert_true(org_id == p.company || org_id == p.centre || org_id == p.team);
	}
	assert_true(json_is_true(json_object_get(get(kit, &auditor, "/audit/verify"), "good")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		served_test(a_login_sets_a_cookie_and_tells_the_token_and_who_one_is),
		served_test(a_failed_login_is_counted_although_the_answer_is_a_refusal),
		served_test(a_change_by_cookie_needs_the_token_of_that_session),
		served_test(ones_sessions_are_listed_and_ended_and_nobody_elses),
		served_test(who_must_change_the_password_does_that_first),
		served_test(list_count_and_export_show_the_same_people_and_no_others),
		served_test(phone_numbers_of_colleagues_are_masked_without_the_right_to_edit),
		served_test(two_people_editing_one_record_the_second_is_shown_the_firsts_version),
		served_test(a_person_is_opened_moved_and_given_a_role_by_the_routes),
		served_test(a_unit_is_opened_and_moved_by_the_routes_within_the_fence_only),
		served_test(a_key_from_the_routes_opens_the_api_without_cookie_or_token),
		served_test(the_audit_shows_what_was_done_to_the_auditor_alone_and_its_chain_holds),
	};
	return cmocka_run_group_tests_name("me", tests, NULL, NULL);
}
