/* thing.c: see thing.h. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "kit/thing.h"
#include "platform/embedded.h"
#include "platform/events.h"
#include "platform/events_internal.h"
#include "platform/list.h"
#include "platform/server.h"
#include "platform/workers.h"
#include "platform/writer.h"

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

int thing_start(void **state)
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

int thing_stop(void **state)
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

int thing_port(void **state)
{
	return server_port(((struct kit *)*state)->app.server);
}

int thing_status(struct answer answer)
{
	answer_free(&answer);
	return answer.status;
}
