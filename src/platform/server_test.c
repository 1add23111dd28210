/* server_test.c: a running server, a tiny module, and clients that behave well and badly. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit/door.h"
#include "kit/kit.h"
#include "platform/embedded.h"
#include "platform/events.h"
#include "platform/events_internal.h"
#include "platform/list.h"
#include "platform/server.h"
#include "platform/workers.h"
#include "platform/writer.h"

enum { MAY_VIEW = 1, MAY_EDIT = 2, MAY_NOTHING = 3 };

/* ---- the module ------------------------------------------------------------------------------------------
 */

struct thing {
	int64_t id, org_id, version;
	const char *name, *phone;
};
static const struct field thing_fields[] = {
	FIELD(thing, id, "编号", .flags = BY_SERVER),
	FIELD(thing, org_id, "单位", .flags = REQUIRED | FILTERED),
	FIELD(thing, name, "名称", .flags = REQUIRED | FILTERED | SORTED, .at_most = 10),
	FIELD(thing, phone, "电话", .personal = PERSONAL_PHONE),
	FIELD(thing, version, "版本", .flags = BY_SERVER),
};
static const struct entity thing_entity = ENTITY(thing, "东西", thing_fields, .fence = "org_id");

static bool open_thing(struct ctx *c, struct call *call)
{
	struct thing *thing = call->record;
	if (!fence_require(c, MAY_EDIT, thing->org_id, "单位"))
		return false;
	thing->id = db_new_id(c);
	thing->version = 1;
	if (!entity_insert(c, &thing_entity, thing))
		return false;
	event_emit(c, (struct event){ .kind = "thing.opened",
			      .subject_id = thing->id,
			      .org_id = thing->org_id,
			      .permission = MAY_VIEW,
			      .summary = "新东西" });
	if (strcmp(thing->name, "坏") == 0)
		return fail(c, CONFLICT, "不收坏的");
	*(struct thing *)call->reply = *thing;
	call->location = arena_format(c->arena, "/api/v1/things/%lld", (long long)thing->id);
	return true;
}

static bool show_thing(struct ctx *c, struct call *call)
{
	struct thing *thing = call->reply;
	return entity_read(c, &thing_entity, call->id, thing) &&
	       fence_require(c, MAY_VIEW, thing->org_id, "东西");
}

static bool edit_thing(struct ctx *c, struct call *call)
{
	struct thing *thing = call->reply;
	if (!call_require_version(c, call) || !entity_read(c, &thing_entity, call->id, thing) ||
		!entity_from_json(c, &thing_entity, call->json, ENTITY_EDIT, thing))
		return false;
	thing->version = call->if_match;
	return entity_update(c, &thing_entity, thing);
}

static bool list_things(struct ctx *c, struct call *call)
{
	return list_reply(c, call, &(struct list){ .entity = &thing_entity, .permission = MAY_VIEW });
}

static bool fill_memory(struct ctx *c, struct call *call)
{
	for (int i = 0; i < 64; i++)
		arena_alloc(c->arena, 1024 * 1024);
	out_null(call->out);
	return true;
}

static bool break_down(struct ctx *c, struct call *call)
{
	(void)call;
	return db_run(c, "INSERT INTO no_such_table (secret) VALUES ($1)", V("13900001234"));
}

static bool take_upload(struct ctx *c, struct call *call)
{
	(void)c;
	FILE *file = call->upload_path ? fopen(call->upload_path, "rb") : NULL;
	int64_t bytes = 0;
	for (; file && fgetc(file) != EOF; bytes++) {
	}
	if (file)
		fclose(file);
	out_object_open(call->out);
	put_int(call->out, "bytes", bytes);
	put_text(call->out, "path", call->upload_path);
	out_object_close(call->out);
	return true;
}

static bool count_bytes(struct ctx *c, struct call *call)
{
	(void)c;
	out_int(call->out, (int64_t)call->length);
	return true;
}

static bool send_file(struct ctx *c, struct call *call)
{
	(void)c;
	call->file_bytes = "<svg/>";
	call->file_length = 6;
	call->file_type = "image/svg+xml";
	call->file_name = "安检 1.svg";
	return true;
}

static bool rest(struct ctx *c, struct call *call)
{
	(void)c;
	usleep(700000);
	out_text(call->out, "rested");
	return true;
}

static bool prepare_greeting(struct ctx *c, struct call *call)
{
	call->prepared = arena_text(c->arena, "prepared");
	return true;
}

static bool greet(struct ctx *c, struct call *call)
{
	(void)c;
	out_text(call->out, call->prepared ? call->prepared : "no");
	return true;
}

/* The account pages of a person who must change the password. */
static bool show_me(struct ctx *c, struct call *call)
{
	out_text(call->out, c->actor->name);
	return true;
}

static bool change_rights(struct ctx *c, struct call *call)
{
	if (!db_run(c, "UPDATE login SET active = 0 WHERE token = $1", V(call_query(call, "token"))))
		return false;
	event_emit(c, (struct event){ .kind = "staff.changed", .permission = MAY_NOTHING });
	return true;
}

static bool tell_one(struct ctx *c, struct call *call)
{
	event_emit(c, (struct event){ .kind = "notice.new", .staff_id = call->id });
	return true;
}

static const struct route thing_routes[] = {
	{ "GET", "/things", list_things, MAY_VIEW, .reply = &thing_entity, .flags = IS_LIST,
		.summary = "清单" },
	{ "POST", "/things", open_thing, MAY_EDIT, .body = &thing_entity, .reply = &thing_entity,
		.summary = "新建" },
	{ "GET", "/things/{id}", show_thing, MAY_VIEW, .reply = &thing_entity, .summary = "查看" },
	{ "PUT", "/things/{id}", edit_thing, MAY_EDIT, .body = &thing_entity, .reply = &thing_entity,
		.body_mode = ENTITY_EDIT, .summary = "修改" },
	{ "GET", "/memory", fill_memory, .flags = ANY_STAFF },
	{ "POST", "/memory", fill_memory, .flags = ANY_STAFF },
	{ "POST", "/breakdown", break_down, .flags = ANY_STAFF },
	{ "POST", "/upload", take_upload, .flags = ANY_STAFF | ALLOW_LARGE },
	{ "POST", "/raw", count_bytes, .flags = ANY_STAFF | RAW_BODY },
	{ "GET", "/file", send_file, .flags = ANY_STAFF },
	{ "GET", "/rest", rest, .flags = ANY_STAFF, .run = ON_WORKER },
	{ "POST", "/greet", greet, .flags = PUBLIC, .prepare = prepare_greeting },
	{ "GET", "/me", show_me, .flags = ANY_STAFF },
	{ "GET", "/nothing", show_me, MAY_NOTHING, .summary = "无人可用" },
	{ "POST", "/rights", change_rights, .flags = ANY_STAFF },
	{ "POST", "/tell/{id}", tell_one, .flags = ANY_STAFF },
};
static const struct module thing_module = { .name = "thing",
	.label = "东西",
	.routes = thing_routes,
	.route_count = sizeof thing_routes / sizeof *thing_routes };
static const struct module *const test_modules[] = { &thing_module };

static const char tables[] =
	"-- @1 one\n"
	"CREATE TABLE org (id INTEGER PRIMARY KEY, path TEXT NOT NULL) STRICT;\n"
	"CREATE TABLE login (token TEXT PRIMARY KEY, active INTEGER NOT NULL) STRICT;\n"
	"CREATE TABLE thing (id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL, name TEXT NOT NULL, phone TEXT,"
	" version INTEGER NOT NULL) STRICT;\n"
	"INSERT INTO org (id, path) VALUES (1, '1.'), (2, '1.2.'), (3, '1.3.');\n"
	"INSERT INTO login (token, active) VALUES ('east', 1), ('west', 1), ('new', 1);\n";

/* east may view and edit in unit 2, west view in unit 3; new must change the password. */
static bool authenticate(struct ctx *c, const char *session, const char *bearer, struct actor *actor)
{
	const char *token = bearer ? bearer : session;
	int64_t active;
	if (!db_number(c, &active, 0, "SELECT active FROM login WHERE token = $1", V(token)))
		return false;
	if (!active)
		return true;
	bool east = strcmp(token, "east") == 0;
	struct grant *grant = arena_new_object(c->arena, struct grant);
	grant->org_id = east ? 2 : 3;
	grant->org_path = east ? "1.2." : "1.3.";
	permission_add(&grant->permissions, MAY_VIEW);
	if (east)
		permission_add(&grant->permissions, MAY_EDIT);
	actor->kind = bearer ? ACTOR_KEY : ACTOR_STAFF;
	actor->id = east ? 11 : 12;
	actor->name = east ? "东" : "西";
	actor->csrf = bearer ? NULL : "csrf-token";
	actor->grants = grant;
	actor->grant_count = 1;
	actor->must_change_password = strcmp(token, "new") == 0;
	return true;
}

#define EAST "Cookie: qifu_session=east\r\nX-CSRF-Token: csrf-token\r\n"
#define WEST "Cookie: qifu_session=west\r\nX-CSRF-Token: csrf-token\r\n"

static int start_server(void **state)
{
	kit_setup_empty(state);
	struct kit *kit = *state;
	struct app *app = &kit->app;
	const struct embedded *platform = embedded_find("sql/platform.sql");
	const struct migration_source sources[] = { { "platform", (const char *)platform->bytes },
		{ "thing", tables } };
	const char *error = NULL;
	app->modules = test_modules;
	app->module_count = 1;
	app->authenticate = authenticate;
	app->config.listen_host = "127.0.0.1";
	app->config.upload_limit = 4 * 1024 * 1024;
	if (!db_migrate(kit->c, sources, 2))
		return -1;
	app->events = events_new(app);
	kit_start_threads(kit);
	app->server = server_new(app, &error);
	if (error)
		fprintf(stderr, "%s\n", error);
	return app->server ? 0 : -1;
}

static int stop_server(void **state)
{
	struct kit *kit = *state;
	server_free(kit->app.server);
	writer_free(kit->app.writer);
	workers_free(kit->app.workers);
	events_free(kit->app.events);
	kit->app.writer = NULL;
	kit->app.workers = NULL;
	kit->app.events = NULL;
	return kit_teardown(state);
}

static int port(void **state)
{
	return server_port(((struct kit *)*state)->app.server);
}

static int status_of(struct answer answer)
{
	answer_free(&answer);
	return answer.status;
}

#define ask(...) door_ask(port(state), __VA_ARGS__)
#define ask_status(...) status_of(door_ask(port(state), __VA_ARGS__))

/* ---- what is not HTTP ------------------------------------------------------------------------------------
 */

static void hostile_requests_are_refused_and_the_connection_is_closed(void **state)
{
	static const struct {
		const char *what, *bytes;
		int status;
	} cases[] = {
		{ "length and chunks",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
			"chunked\r\n\r\n0\r\n\r\n",
			400 },
		{ "two lengths",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: "
			"5\r\n\r\nabcde",
			400 },
		{ "two equal lengths",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: "
			"4\r\n\r\nabcd",
			400 },
		{ "length with a sign",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd", 400 },
		{ "length twice in one",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd", 400 },
		{ "unknown coding",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, "
			"chunked\r\n\r\n0\r\n\r\n",
			400 },
		{ "two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
		{ "no host", "GET /healthz HTTP/1.1\r\n\r\n", 400 },
		{ "NUL in the path", "GET /healthz%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "NUL in the query", "GET /healthz?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "broken escape", "GET /healthz%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "cut escape", "GET /healthz%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "dots", "GET /console/../healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "escaped dots", "GET /console/%2e%2e/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "escaped slash", "GET /console%2fassets HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "backslash", "GET /console/..%5c..%5cetc HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "line end in the path", "GET /healthz%0d%0aX:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "no path", "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "control in a header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: a\001b\r\n\r\n", 400 },
		{ "space before the colon", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", 400 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer = door_raw(port(state), cases[i].bytes, strlen(cases[i].bytes));
		if (answer.status != cases[i].status || !answer.closed)
			print_error("%s: %d%s\n", cases[i].what, answer.status,
				answer.closed ? "" : ", still open");
		assert_int_equal(answer.status, cases[i].status);
		assert_true(answer.closed);
		answer_free(&answer);
	}
	assert_int_equal(ask_status("GET", "/healthz", "", NULL), 200);
}

/* libmicrohttpd reads these as if they were proper; what matters is that no second request comes of them. */
static void a_bare_line_feed_or_a_folded_header_never_becomes_a_second_request(void **state)
{
	static const char *const cases[] = {
		"GET /healthz HTTP/1.1\nHost: a\n\n",
		"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = door_connect(port(state));
		door_send(fd, cases[i], strlen(cases[i]));
		struct answer first = door_read(fd, 2000), second = door_read(fd, 200);
		assert_true(first.status == 200 || first.status == 400 || first.status == 0);
		assert_int_equal(second.status, 0);
		answer_free(&first);
		answer_free(&second);
		close(fd);
	}
}

static void too_many_or_too_long_headers_are_431(void **state)
{
	char *request = calloc(1, 65536), *at = request;
	at += sprintf(at, "GET /healthz HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 100; i++)
		at += sprintf(at, "X-%d: a\r\n", i);
	strcpy(at, "\r\n");
	assert_int_equal(status_of(door_raw(port(state), request, strlen(request))), 431);
	at = request + sprintf(request, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ");
	memset(at, 'a', 17000);
	strcpy(at + 17000, "\r\n\r\n");
	assert_int_equal(status_of(door_raw(port(state), request, strlen(request))), 431);
	free(request);
}

static void an_unknown_method_is_405_and_names_the_known_ones(void **state)
{
	char allow[256];
	struct answer answer = ask("BREW", "/api/v1/things", "", NULL);
	assert_int_equal(answer.status, 405);
	assert_string_equal(answer_header(&answer, "Allow", allow), "GET, HEAD, POST");
	answer_free(&answer);
	assert_int_equal(ask_status("DELETE", "/api/v1/things", EAST, NULL), 405);
	assert_int_equal(ask_status("TRACE", "/healthz", "", NULL), 405);
	assert_int_equal(ask_status("GET", "/api/v1/unknown", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/0", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/9007199254740992", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/1x", EAST, NULL), 404);
}

/* ---- who may ---------------------------------------------------------------------------------------------
 */

static void without_login_401_without_permission_403_beyond_the_fence_404(void **state)
{
	assert_int_equal(ask_status("GET", "/api/v1/things", "", NULL), 401);
	assert_int_equal(ask_status("GET", "/api/v1/me", "Cookie: qifu_session=nobody\r\n", NULL), 401);
	assert_int_equal(ask_status("GET", "/api/v1/nothing", EAST, NULL), 403);
	assert_int_equal(ask_status("POST", "/api/v1/things", WEST, "not even JSON"), 403);
	struct answer made = ask("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}");
	char place[256];
	assert_int_equal(made.status, 201);
	assert_non_null(answer_header(&made, "Location", place));
	assert_int_equal(ask_status("GET", place, EAST, NULL), 200);
	assert_int_equal(ask_status("GET", place, WEST, NULL), 404);
	answer_free(&made);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"乙\",\"org_id\":3}"), 404);
}

static void a_cookie_needs_its_csrf_token_and_a_key_does_not(void **state)
{
	static const char body[] = "{\"name\":\"甲\",\"org_id\":2}";
	assert_int_equal(ask_status("POST", "/api/v1/things", "Cookie: qifu_session=east\r\n", body), 403);
	assert_int_equal(ask_status("POST", "/api/v1/things",
				 "Cookie: qifu_session=east\r\nX-CSRF-Token: x\r\n", body),
		403);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, body), 201);
	assert_int_equal(ask_status("POST", "/api/v1/things", "Authorization: Bearer east\r\n", body), 201);
}

static void who_must_change_the_password_can_do_nothing_else(void **state)
{
	assert_int_equal(ask_status("GET", "/api/v1/things", "Cookie: qifu_session=new\r\n", NULL), 403);
	assert_int_equal(ask_status("GET", "/api/v1/me", "Cookie: qifu_session=new\r\n", NULL), 200);
}

static void figures_are_for_this_machine_or_for_staff(void **state)
{
	assert_int_equal(ask_status("GET", "/metrics", "", NULL), 200);
	assert_int_equal(ask_status("GET", "/metrics", "X-Forwarded-For: 203.0.113.9\r\n", NULL), 401);
	struct answer answer = ask("GET", "/metrics", "", NULL);
	assert_non_null(strstr(
		answer.body, "qifu_requests_total{method=\"GET\",route=\"/metrics\",status=\"200\"} 1"));
	assert_non_null(strstr(
		answer.body, "qifu_requests_total{method=\"GET\",route=\"/metrics\",status=\"401\"} 1"));
	answer_free(&answer);
}

/* ---- bodies ----------------------------------------------------------------------------------------------
 */

static void a_body_must_be_json_and_every_fault_is_named(void **state)
{
	assert_int_equal(
		ask_status("POST", "/api/v1/things", EAST "Content-Type: text/plain\r\n", "{}"), 415);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{"), 400);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"a\",\"name\":\"b\"}"), 400);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "\xff"), 400);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "[]"), 422);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, NULL), 422);
	struct answer answer =
		ask("POST", "/api/v1/things", EAST, "{\"id\":1,\"name\":\"一二三四五六七八九十一\",\"x\":1}");
	char type[256];
	assert_int_equal(answer.status, 422);
	assert_string_equal(answer_header(&answer, "Content-Type", type), "application/problem+json");
	json_t *problem = json_loadb(answer.body, answer.length, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(problem, "errors")), 4);
	assert_non_null(json_object_get(problem, "request_id"));
	json_decref(problem);
	answer_free(&answer);
}

static void a_body_beyond_its_limit_is_413(void **state)
{
	size_t length = (1 << 20) + 1;
	char *body = malloc(length + 1);
	memset(body, ' ', length);
	body[length] = '\0';
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, body), 413);
	assert_int_equal(ask_status("POST", "/api/v1/raw", EAST, body), 200); /* a photo may be bigger */
	free(body);
	static const char head[] =
		"POST /api/v1/things HTTP/1.1\r\nHost: a\r\n" EAST "Content-Type: application/json\r\n"
		"Content-Length: 99999999999\r\n\r\n";
	assert_int_equal(status_of(door_raw(port(state), head, sizeof head - 1)), 413);
}

static void chunks_are_put_together_and_limited(void **state)
{
	static const char small[] = "POST /api/v1/raw HTTP/1.1\r\nHost: a\r\n" EAST
				    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	struct answer answer = door_raw(port(state), small, sizeof small - 1);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "5");
	answer_free(&answer);
}

static void an_upload_lies_in_a_file_that_is_gone_afterwards(void **state)
{
	struct answer answer = ask("POST", "/api/v1/upload", EAST "Content-Type: text/csv\r\n", "a,b\n1,2\n");
	json_t *reply = json_loadb(answer.body, answer.length, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(reply, "bytes")), 8);
	const char *path = json_string_value(json_object_get(reply, "path"));
	/* It goes once the answer is on its way. */
	for (int waited = 0; waited < 2000 && access(path, F_OK) == 0; waited += 10)
		usleep(10000);
	assert_int_equal(access(path, F_OK), -1);
	json_decref(reply);
	answer_free(&answer);
}

static void a_request_that_fills_its_memory_is_413_and_the_server_goes_on(void **state)
{
	assert_int_equal(ask_status("GET", "/api/v1/memory", EAST, NULL), 413);
	assert_int_equal(ask_status("POST", "/api/v1/memory", EAST, "{}"), 413);
	assert_int_equal(ask_status("GET", "/healthz", "", NULL), 200);
}

static void an_inner_failure_is_500_and_tells_nothing(void **state)
{
	struct answer answer = ask("POST", "/api/v1/breakdown", EAST, "{}");
	assert_int_equal(answer.status, 500);
	assert_null(strstr(answer.text, "no_such_table"));
	assert_null(strstr(answer.text, "INSERT"));
	assert_null(strstr(answer.text, "1390000"));
	answer_free(&answer);
}

static void a_refused_write_leaves_nothing_behind(void **state)
{
	struct kit *kit = *state;
	int64_t count;
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"坏\",\"org_id\":2}"), 409);
	assert_true(db_number(kit->c, &count, -1, "SELECT COUNT(*) FROM thing"));
	assert_int_equal(count, 0);
}

static void work_before_the_transaction_is_handed_on(void **state)
{
	struct answer answer = ask("POST", "/api/v1/greet", "", "{}");
	assert_string_equal(answer.body, "\"prepared\"");
	answer_free(&answer);
}

/* ---- versions --------------------------------------------------------------------------------------------
 */

static void an_edit_needs_the_version_that_was_seen(void **state)
{
	char place[256], etag[256];
	struct answer made = ask(
		"POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2,\"phone\":\"13900001234\"}");
	answer_header(&made, "Location", place);
	assert_string_equal(answer_header(&made, "ETag", etag), "\"1\"");
	assert_non_null(strstr(made.body, "139****1234"));
	answer_free(&made);
	assert_int_equal(ask_status("PUT", place, EAST, "{\"name\":\"乙\"}"), 428);
	assert_int_equal(ask_status("PUT", place, EAST "If-Match: abc\r\n", "{\"name\":\"乙\"}"), 400);
	struct answer edited =
		ask("PUT", place, EAST "If-Match: \"1\"\r\n", "{\"name\":\"乙\",\"phone\":\"139****1234\"}");
	assert_int_equal(edited.status, 200);
	assert_string_equal(answer_header(&edited, "ETag", etag), "\"2\"");
	answer_free(&edited);
	struct answer stale = ask("PUT", place, EAST "If-Match: 1\r\n", "{\"name\":\"丙\"}");
	assert_int_equal(stale.status, 412);
	json_t *problem = json_loadb(stale.body, stale.length, 0, NULL);
	json_t *present = json_object_get(problem, "present");
	assert_string_equal(json_string_value(json_object_get(present, "name")), "乙");
	assert_int_equal(json_integer_value(json_object_get(present, "version")), 2);
	json_decref(problem);
	answer_free(&stale);
}

/* ---- Idempotency-Key -------------------------------------------------------------------------------------
 */

static int64_t things(void **state)
{
	int64_t count = -1;
	assert_true(db_number(((struct kit *)*state)->c, &count, -1, "SELECT COUNT(*) FROM thing"));
	return count;
}

static void a_retried_request_is_answered_again_and_done_once(void **state)
{
	static const char body[] = "{\"name\":\"甲\",\"org_id\":2}", key[] = EAST "Idempotency-Key: k1\r\n";
	char place[256], again[256], replay[256];
	struct answer first = ask("POST", "/api/v1/things", key, body),
		      second = ask("POST", "/api/v1/things", key, body);
	assert_int_equal(first.status, 201);
	assert_int_equal(second.status, 201);
	assert_string_equal(first.body, second.body);
	assert_string_equal(
		answer_header(&first, "Location", place), answer_header(&second, "Location", again));
	assert_null(answer_header(&first, "Idempotent-Replay", replay));
	assert_string_equal(answer_header(&second, "Idempotent-Replay", replay), "true");
	answer_free(&first);
	answer_free(&second);
	assert_int_equal(things(state), 1);
	assert_int_equal(ask_status("POST", "/api/v1/things", key, "{\"name\":\"乙\",\"org_id\":2}"), 422);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST "Idempotency-Key: k2\r\n", body), 201);
	assert_int_equal(things(state), 2);
}

static void a_refusal_is_not_kept_under_the_key(void **state)
{
	static const char key[] = EAST "Idempotency-Key: k1\r\n";
	assert_int_equal(ask_status("POST", "/api/v1/things", key, "{\"name\":\"坏\",\"org_id\":2}"), 409);
	assert_int_equal(ask_status("POST", "/api/v1/things", key, "{\"name\":\"好\",\"org_id\":2}"), 201);
}

struct rival {
	pthread_t thread;
	int port;
	int status;
	char body[512];
};

static void *press_twice(void *data)
{
	struct rival *rival = data;
	struct answer answer = door_ask(rival->port, "POST", "/api/v1/things",
		EAST "Idempotency-Key: both\r\n", "{\"name\":\"甲\",\"org_id\":2}");
	rival->status = answer.status;
	snprintf(rival->body, sizeof rival->body, "%s", answer.body);
	answer_free(&answer);
	return NULL;
}

static void of_eight_at_once_with_one_key_one_does_it_and_all_get_its_reply(void **state)
{
	struct rival rivals[8];
	for (int i = 0; i < 8; i++) {
		rivals[i].port = port(state);
		pthread_create(&rivals[i].thread, NULL, press_twice, &rivals[i]);
	}
	for (int i = 0; i < 8; i++)
		pthread_join(rivals[i].thread, NULL);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(rivals[i].status, 201);
		assert_string_equal(rivals[i].body, rivals[0].body);
	}
	assert_int_equal(things(state), 1);
}

/* ---- files, pages, description ---------------------------------------------------------------------------
 */

static void a_file_is_an_attachment_that_cannot_run(void **state)
{
	char value[256];
	struct answer answer = ask("GET", "/api/v1/file", EAST, NULL);
	assert_string_equal(answer_header(&answer, "Content-Disposition", value),
		"attachment; filename=\"___1.svg\"; filename*=UTF-8''%E5%AE%89%E6%A3%80%201.svg");
	assert_string_equal(answer_header(&answer, "X-Content-Type-Options", value), "nosniff");
	assert_non_null(strstr(answer_header(&answer, "Content-Security-Policy", value), "sandbox"));
	answer_free(&answer);
}

static void a_read_is_never_cached_and_head_has_no_body(void **state)
{
	char value[256];
	struct answer answer = ask("GET", "/api/v1/me", EAST, NULL);
	assert_string_equal(answer_header(&answer, "Cache-Control", value), "no-store");
	answer_free(&answer);
	int fd = door_connect(port(state));
	static const char head[] = "HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	door_send(fd, head, sizeof head - 1);
	answer = door_read(fd, 2000);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.length, 0);
	answer_free(&answer);
	close(fd);
}

static void one_connection_serves_many_requests(void **state)
{
	static const char ask_once[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	int fd = door_connect(port(state));
	for (int i = 0; i < 200; i++) {
		door_send(fd, ask_once, sizeof ask_once - 1);
		struct answer answer = door_read(fd, 2000);
		assert_int_equal(answer.status, 200);
		answer_free(&answer);
	}
	close(fd);
}

static void the_description_names_permission_and_schema(void **state)
{
	struct answer answer = ask("GET", "/api/openapi.json", "", NULL);
	json_t *api = json_loadb(answer.body, answer.length, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(api);
	json_t *paths = json_object_get(api, "paths");
	json_t *post = json_object_get(json_object_get(paths, "/api/v1/things"), "post");
	assert_string_equal(json_string_value(json_object_get(post, "x-module")), "thing");
	assert_true(json_is_true(
		json_object_get(json_object_get(json_object_get(paths, "/healthz"), "get"), "x-public")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(paths, "/api/v1/events"), "get"), "x-permission")),
		"any-staff");
	json_t *schema =
		json_object_get(json_object_get(json_object_get(api, "components"), "schemas"), "thing");
	json_t *name = json_object_get(json_object_get(schema, "properties"), "name");
	assert_string_equal(json_string_value(json_object_get(name, "x-label")), "名称");
	assert_int_equal(json_integer_value(json_object_get(name, "maxLength")), 10);
	json_decref(api);
	answer_free(&answer);
}

/* ---- events ----------------------------------------------------------------------------------------------
 */

static int stream_for(void **state, const char *headers)
{
	char request[512];
	int fd = door_connect(port(state));
	int length = snprintf(
		request, sizeof request, "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
	door_send(fd, request, (size_t)length);
	assert_true(door_hears(fd, "retry:", 2000));
	return fd;
}

static void an_event_reaches_those_who_may_see_it_and_nobody_else(void **state)
{
	int east = stream_for(state, EAST), west = stream_for(state, WEST);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}"), 201);
	assert_true(door_hears(east, "\"kind\":\"thing.opened\"", 2000));
	assert_false(door_hears(west, "thing.opened", 300));
	close(east);
	close(west);
}

static void a_refused_write_tells_nobody(void **state)
{
	int east = stream_for(state, EAST);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"坏\",\"org_id\":2}"), 409);
	assert_false(door_hears(east, "thing.opened", 300));
	close(east);
}

static void a_message_for_one_person_reaches_only_that_one(void **state)
{
	int east = stream_for(state, EAST), west = stream_for(state, WEST);
	assert_int_equal(ask_status("POST", "/api/v1/tell/12", EAST, "{}"), 204);
	assert_true(door_hears(west, "notice.new", 2000));
	assert_false(door_hears(east, "notice.new", 300));
	close(east);
	close(west);
}

static void a_stream_ends_when_its_session_has_ended(void **state)
{
	int west = stream_for(state, WEST);
	char rest_of_it[64];
	assert_int_equal(ask_status("POST", "/api/v1/rights?token=west", EAST, "{}"), 204);
	struct pollfd waited = { .fd = west, .events = POLLIN };
	assert_int_equal(poll(&waited, 1, 2000), 1);
	ssize_t length = recv(west, rest_of_it, sizeof rest_of_it, 0);
	assert_true(length >= 0);
	rest_of_it[length < 63 ? length : 63] = '\0';
	assert_non_null(strstr(rest_of_it, "0\r\n")); /* the last chunk */
	close(west);
	assert_int_equal(ask_status("GET", "/api/v1/events", WEST, NULL), 401);
}

static void a_returning_screen_gets_what_it_missed_or_is_told_to_ask_anew(void **state)
{
	struct kit *kit = *state;
	char header[256];
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}"), 201);
	usleep(100000);
	snprintf(header, sizeof header, EAST "Last-Event-ID: %s-0\r\n", kit->app.events->boot);
	int fd = stream_for(state, header);
	close(fd);
	fd = door_connect(port(state));
	char request[512];
	int length =
		snprintf(request, sizeof request, "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n%s\r\n", header);
	door_send(fd, request, (size_t)length);
	assert_true(door_hears(fd, "thing.opened", 2000));
	close(fd);
	fd = door_connect(port(state));
	static const char gone[] =
		"GET /api/v1/events HTTP/1.1\r\nHost: a\r\n" EAST "Last-Event-ID: other-5\r\n\r\n";
	door_send(fd, gone, sizeof gone - 1);
	assert_true(door_hears(fd, "event: resync", 2000));
	close(fd);
}

static void a_stream_that_does_not_read_is_told_to_ask_anew(void **state)
{
	struct kit *kit = *state;
	int fd = stream_for(state, EAST);
	/* More at once than a stream's queue holds. */
	for (int i = 0; i < STREAM_QUEUE * 3; i++)
		event_emit(kit->c, (struct event){ .kind = "thing.opened",
					   .subject_id = i,
					   .org_id = 2,
					   .permission = MAY_VIEW });
	events_publish(kit->c);
	assert_true(door_hears(fd, "event: resync", 2000));
	close(fd);
}

static void three_hundred_streams_from_one_address_all_hear_it(void **state)
{
	enum { SCREENS = 300 };
	static int fds[SCREENS];
	for (int i = 0; i < SCREENS; i++)
		fds[i] = stream_for(state, EAST);
	assert_int_equal(events_streams(((struct kit *)*state)->app.events), SCREENS);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}"), 201);
	for (int i = 0; i < SCREENS; i++)
		assert_true(door_hears(fds[i], "thing.opened", 2000));
	for (int i = 0; i < SCREENS; i++)
		close(fds[i]);
}

/* ---- stopping --------------------------------------------------------------------------------------------
 */

struct resting {
	pthread_t thread;
	int port, status;
};

static void *rest_outside(void *data)
{
	struct resting *resting = data;
	struct answer answer = door_ask(resting->port, "GET", "/api/v1/rest", EAST, NULL);
	resting->status = answer.status;
	answer_free(&answer);
	return NULL;
}

static void stopping_finishes_requests_and_closes_streams(void **state)
{
	struct kit *kit = *state;
	struct resting resting = { .port = port(state) };
	int stream = stream_for(state, EAST), number = port(state);
	pthread_create(&resting.thread, NULL, rest_outside, &resting);
	usleep(200000);
	server_free(kit->app.server);
	kit->app.server = NULL;
	pthread_join(resting.thread, NULL);
	assert_int_equal(resting.status, 200);
	char byte[64];
	struct pollfd waited = { .fd = stream, .events = POLLIN };
	while (poll(&waited, 1, 2000) == 1 && recv(stream, byte, sizeof byte, 0) > 0) {
	}
	close(stream);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)number) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int late = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
	close(late);
}

#define server_case(function) cmocka_unit_test_setup_teardown(function, start_server, stop_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_case(hostile_requests_are_refused_and_the_connection_is_closed),
		server_case(a_bare_line_feed_or_a_folded_header_never_becomes_a_second_request),
		server_case(too_many_or_too_long_headers_are_431),
		server_case(an_unknown_method_is_405_and_names_the_known_ones),
		server_case(without_login_401_without_permission_403_beyond_the_fence_404),
		server_case(a_cookie_needs_its_csrf_token_and_a_key_does_not),
		server_case(who_must_change_the_password_can_do_nothing_else),
		server_case(figures_are_for_this_machine_or_for_staff),
		server_case(a_body_must_be_json_and_every_fault_is_named),
		server_case(a_body_beyond_its_limit_is_413),
		server_case(chunks_are_put_together_and_limited),
		server_case(an_upload_lies_in_a_file_that_is_gone_afterwards),
		server_case(a_request_that_fills_its_memory_is_413_and_the_server_goes_on),
		server_case(an_inner_failure_is_500_and_tells_nothing),
		server_case(a_refused_write_leaves_nothing_behind),
		server_case(work_before_the_transaction_is_handed_on),
		server_case(an_edit_needs_the_version_that_was_seen),
		server_case(a_retried_request_is_answered_again_and_done_once),
		server_case(a_refusal_is_not_kept_under_the_key),
		server_case(of_eight_at_once_with_one_key_one_does_it_and_all_get_its_reply),
		server_case(a_file_is_an_attachment_that_cannot_run),
		server_case(a_read_is_never_cached_and_head_has_no_body),
		server_case(one_connection_serves_many_requests),
		server_case(the_description_names_permission_and_schema),
		server_case(an_event_reaches_those_who_may_see_it_and_nobody_else),
		server_case(a_refused_write_tells_nobody),
		server_case(a_message_for_one_person_reaches_only_that_one),
		server_case(a_stream_ends_when_its_session_has_ended),
		server_case(a_returning_screen_gets_what_it_missed_or_is_told_to_ask_anew),
		server_case(a_stream_that_does_not_read_is_told_to_ask_anew),
		server_case(three_hundred_streams_from_one_address_all_hear_it),
		server_case(stopping_finishes_requests_and_closes_streams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
