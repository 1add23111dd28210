/* matrix_test.c: who may ask for what, worked out from the register: every route of every module, without
 * login, with each role, and for records of a foreign company. A new module is tested by being registered. */
#include <stdio.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/duty/shift.h"
#include "domain/organisation/staff/key.h"
#include "domain/organisation/staff/skill.h"
#include "domain/organisation/staff/staff.h"
#include "kit/people.h"
#include "kit/served.h"
#include "platform/json.h"

enum { FOREIGN_MOST = 400, NOT_THERE = 999999999 };

static const struct visitor nobody = { 0 };

/* ---- routes
 * ----------------------------------------------------------------------------------------------------------
 */

/* The route's path below /api/v1 with `id` for {id} and something harmless for the rest. NULL: not below
 * /api/v1, a stream, or one that would end the visitor's own session. */
static const char *path_of(struct ctx *c, const struct route *route, int64_t id)
{
	struct text_builder path = { .arena = c->arena };
	if (strncmp(route->path, "//", 2) == 0 || route->flags & STREAMS ||
		strcmp(route->path, "/session") == 0)
		return NULL;
	for (const char *at = route->path; *at;) {
		size_t plain = strcspn(at, "{");
		text_add_n(&path, at, plain);
		at += plain;
		if (!*at)
			break;
		size_t name = strcspn(at, "}") + 1;
		if (strncmp(at, "{id}", 4) == 0)
			text_add_format(&path, "%lld", (long long)id);
		else
			text_add(&path, strncmp(at, "{year}", 6) == 0 ? "2026" : "x");
		at += name;
	}
	return text_built(&path);
}

static bool takes_body(const struct route *route)
{
	return strcmp(route->method, "POST") == 0 || strcmp(route->method, "PUT") == 0 ||
	       strcmp(route->method, "PATCH") == 0;
}

static int ask(struct kit *kit, const struct visitor *visitor, const struct route *route, const char *path)
{
	struct answer answer = served_ask(
		kit, visitor, route->method, path, "If-Match: \"1\"\r\n", takes_body(route) ? "{}" : NULL);
	answer_free(&answer);
	return answer.status;
}

/* Calls `look` for every route that can be asked for; gives how many it found wrong. */
static int each_route(
	struct kit *kit, int (*look)(struct kit *kit, const struct route *route, void *data), void *data)
{
	int wrong = 0;
	for (size_t m = 0; m < module_count; m++)
		for (size_t r = 0; r < modules[m]->route_count; r++)
			if (path_of(kit->c, &modules[m]->routes[r], NOT_THERE))
				wrong += look(kit, &modules[m]->routes[r], data);
	return wrong;
}

static int tell(const struct route *route, const char *who, int status, const char *wanted)
{
	print_error("%s %s as %s: %d, wanted %s\n", route->method, route->path, who, status, wanted);
	return 1;
}

/* ---- without login
 * ---------------------------------------------------------------------------------------------------- */

static int look_as_nobody(struct kit *kit, const struct route *route, void *data)
{
	(void)data;
	int status = ask(kit, &nobody, route, path_of(kit->c, route, NOT_THERE));
	bool is_public = route->flags & PUBLIC;
	if (!is_public && status != 401)
		return tell(route, "nobody", status, "401");
	if (is_public && (status == 401 || status >= 500))
		return tell(route, "nobody", status, "an answer");
	return 0;
}

static void without_login_every_route_that_is_not_public_is_401(void **state)
{
	assert_int_equal(each_route(*state, look_as_nobody, NULL), 0);
}

static void every_route_has_a_permission_or_says_that_it_needs_none(void **state)
{
	int wrong = 0;
	(void)state;
	for (size_t m = 0; m < module_count; m++)
		for (size_t r = 0; r < modules[m]->route_count; r++) {
			const struct route *route = &modules[m]->routes[r];
			bool open = route->flags & (PUBLIC | ANY_STAFF);
			if (open == (route->permission != 0))
				wrong += tell(route, "anybody", 0, "a permission, or none and a reason");
		}
	assert_int_equal(wrong, 0);
}

/* ---- with each role
 * ---------------------------------------------------------------------------------------------------- */

struct player {
	const struct role *role;
	struct visitor visitor;
};

static int look_as_role(struct kit *kit, const struct route *route, void *data)
{
	const struct player *player = data;
	bool may = route->flags & (PUBLIC | ANY_STAFF) ||
		   permission_has(&player->role->permissions, route->permission);
	int status = ask(kit, &player->visitor, route, path_of(kit->c, route, NOT_THERE));
	if (!may && status != 403)
		return tell(route, player->role->code, status, "403");
	if (may && (status == 401 || status >= 500 || status == 0))
		return tell(route, player->role->code, status, "an answer");
	return 0;
}

static void a_role_without_the_permission_is_403_on_every_route(void **state)
{
	struct kit *kit = *state;
	struct people p;
	size_t count;
	int wrong = 0;
	const struct role *roles = role_list(&kit->app, &count);
	people_units(kit->c, &p);
	for (size_t i = 0; i < count; i++) {
		int64_t id = people_member(
			kit->c, arena_format(kit->c->arena, "R%02zu", i), p.company, roles[i].code);
		struct player player = { &roles[i], served_person(kit->c, id) };
		wrong += each_route(kit, look_as_role, &player);
	}
	assert_int_equal(wrong, 0);
}

/* ---- records of a foreign company
 * --------------------------------------------------------------------------------------- */

struct foreign {
	int64_t ids[FOREIGN_MOST];
	size_t count;
	struct visitor visitor; /* holds every role in his own company */
};

static bool is_known(const struct foreign *foreign, int64_t id)
{
	for (size_t i = 0; i < foreign->count; i++)
		if (foreign->ids[i] == id)
			return true;
	return false;
}

/* Rows of the entity in which one of the columns that name other records names a foreign one. */
static void gather(struct ctx *c, const struct entity *entity, struct foreign *foreign)
{
	for (size_t f = 0; f < entity->field_count; f++) {
		const struct field *field = &entity->fields[f];
		bool points = field->refers || (entity->fence && strcmp(entity->fence, field->name) == 0);
		if (!points || field->flags & NOT_STORED || strcmp(entity->name, "audit") == 0)
			continue;
		struct rows *rows;
		const char *sql = arena_format(
			c->arena, "SELECT id, %s FROM %s ORDER BY id", field->name, entity->name);
		assert_true(db_query_values(c, &rows, sql, NULL, 0));
		while (rows_next(rows)) {
			int64_t id = rows_int(rows, 0);
			if (is_known(foreign, rows_int(rows, 1)) && !is_known(foreign, id) &&
				foreign->count < FOREIGN_MOST)
				foreign->ids[foreign->count++] = id;
		}
	}
}

static int64_t posted(struct kit *kit, const struct visitor *visitor, const char *path, const char *body)
{
	json_t *json;
	struct answer answer = served_ask(kit, visitor, "POST", path, NULL, body);
	if (answer.status != 200 && answer.status != 201)
		print_error("POST %s: %s\n", path, answer.text);
	assert_true(answer.status == 200 || answer.status == 201);
	assert_true(json_parse(kit->c, answer.body, answer.length, &json));
	answer_free(&answer);
	return json_integer_value(json_object_get(json, "id"));
}

/* The company 河东, so named that what leaks is seen. */
static void furnish(struct kit *kit, const struct people *p)
{
	struct ctx *c = kit->c;
	int64_t id = people_member(c, "HD1", p->other_centre, "centre");
	assert_true(staff_grant_role(c, id, "company", p->other_company));
	struct duty_shift shift = {
		.staff_id = id, .starts_at = KIT_NOW, .ends_at = instant_plus(KIT_NOW, HOUR_MS)
	};
	struct staff_certificate certificate = {
		.staff_id = id, .kind = "gas_repair", .number = "河东证", .issued_on = NO_DATE
	};
	struct staff_key key = {
		.name = "河东对接", .org_id = p->other_company, .scopes = "repair.view", .expires_on = NO_DATE
	};
	const char *secret;
	assert_true(date_parse("2030-01-01", &certificate.expires_on));
	assert_true(shift_open(c, &shift) && certificate_open(c, &certificate) && key_open(c, &key, &secret));
	struct visitor head = served_person(c, id);
	int64_t household = posted(kit, &head, "/households",
		arena_format(c->arena,
			"{\"org_id\":%lld,\"number\":\"HD00001\",\"name\":\"河东甲\",\"phone\":"
			"\"13800000000\","
			"\"community\":\"河东小区\",\"building\":\"1\",\"unit\":\"1\",\"room\":\"101\","
			"\"user_class\":\"resident\"}",
			(long long)p->other_centre));
	posted(kit, &head, "/repairs",
		arena_format(c->arena,
			"{\"door\":\"hotline\",\"kind\":\"leak\",\"household_id\":%lld,\"address\":"
			"\"河东小区 1-1-101\","
			"\"caller_name\":\"河东甲\",\"caller_phone\":\"13800000000\",\"description\":"
			"\"河东漏气\",\"script_read\":true}",
			(long long)household));
}

static void all_roles(struct ctx *c, const struct people *p, struct foreign *foreign)
{
	size_t count;
	const struct role *roles = role_list(c->app, &count);
	int64_t id = people_member(c, "LS1", p->company, NULL);
	/* No one person may hold them all: the test gives them past the rules. */
	for (size_t i = 0; i < count; i++)
		assert_true(db_run(c,
			"INSERT INTO staff_grant (id, staff_id, role, org_id, granted_at) VALUES ($1, $2, "
			"$3, $4, $5)",
			V(db_new_id(c)), V(id), V(roles[i].code), V(p->company), V(c->now)));
	foreign->visitor = served_person(c, id);
}

static void furnish_and_gather(struct kit *kit, struct people *p, struct foreign *foreign)
{
	people_units(kit->c, p);
	furnish(kit, p);
	foreign->ids[foreign->count++] = p->other_company;
	foreign->ids[foreign->count++] = p->other_centre;
	for (size_t m = 0; m < module_count; m++)
		for (size_t e = 0; modules[m]->entities && modules[m]->entities[e]; e++)
			gather(kit->c, modules[m]->entities[e], foreign);
	all_roles(kit->c, p, foreign);
	assert_true(foreign->count >= 8);
}

static int look_at_foreign(struct kit *kit, const struct route *route, void *data)
{
	const struct foreign *foreign = data;
	int wrong = 0;
	if (!strstr(route->path, "{id}"))
		return 0;
	for (size_t i = 0; i < foreign->count; i++) {
		int status = ask(kit, &foreign->visitor, route, path_of(kit->c, route, foreign->ids[i]));
		bool hidden = status == 403 || status == 404;
		/* A body is looked at before the record is. */
		if (!hidden && !(takes_body(route) && (status == 422 || status == 400 || status == 415)))
			wrong += tell(route, "a stranger", status, "403 or 404");
	}
	return wrong;
}

static void a_foreign_companys_record_is_out_of_reach_on_every_route(void **state)
{
	struct kit *kit = *state;
	struct people p;
	struct foreign foreign = { .count = 0 };
	furnish_and_gather(kit, &p, &foreign);
	assert_int_equal(each_route(kit, look_at_foreign, &foreign), 0);
}

/* A number follows the word as a whole: 12 is not in 123. */
static bool names_id(struct ctx *c, const char *body, int64_t id)
{
	const char *wanted = arena_format(c->arena, "\"id\":%lld", (long long)id);
	for (const char *at = body; (at = strstr(at, wanted)); at++)
		if (at[strlen(wanted)] == ',' || at[strlen(wanted)] == '}')
			return true;
	return false;
}

static int look_for_leaks(struct kit *kit, const struct route *route, void *data)
{
	static const char *const queries[] = { "", "?limit=500", "?count=1", "?format=csv",
		"?q=%E6%B2%B3%E4%B8%9C", "?phone=13800000000", "?text=%E6%B2%B3%E4%B8%9C" };
	const struct foreign *foreign = data;
	int wrong = 0;
	if (strcmp(route->method, "GET") != 0 || strstr(route->path, "{id}"))
		return 0;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		const char *path =
			arena_format(kit->c->arena, "%s%s", path_of(kit->c, route, NOT_THERE), queries[i]);
		struct answer answer = served_ask(kit, &foreign->visitor, "GET", path, NULL, NULL);
		/* The question itself may be repeated in a refusal. */
		bool leaks = answer.status == 200 && strstr(answer.body, "河东") != NULL;
		for (size_t k = 0; answer.status == 200 && k < foreign->count; k++)
			leaks = leaks || names_id(kit->c, answer.body, foreign->ids[k]);
		if (leaks) {
			print_error("GET %s shows a foreign company's record: %.300s\n", path, answer.body);
			wrong++;
		}
		answer_free(&answer);
	}
	return wrong;
}

static void no_list_count_search_or_export_shows_a_foreign_companys_record(void **state)
{
	struct kit *kit = *state;
	struct people p;
	struct foreign foreign = { .count = 0 };
	furnish_and_gather(kit, &p, &foreign);
	assert_int_equal(each_route(kit, look_for_leaks, &foreign), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_has_a_permission_or_says_that_it_needs_none),
		served_test(without_login_every_route_that_is_not_public_is_401),
		served_test(a_role_without_the_permission_is_403_on_every_route),
		served_test(a_foreign_companys_record_is_out_of_reach_on_every_route),
		served_test(no_list_count_search_or_export_shows_a_foreign_companys_record),
	};
	return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
