/* openapi.c: see openapi.h. */
#include <string.h>

#include "platform/entity_internal.h"
#include "platform/openapi.h"

enum { ENTITIES_MOST = 512 };

struct description {
	struct app *app;
	const struct router *router;
	struct json_out *out;
	const struct entity *entities[ENTITIES_MOST];
	size_t count;
};

/* ---- what is talked about --------------------------------------------------------------------------------
 */

static void note_entity(struct description *about, const struct entity *entity)
{
	if (!entity || about->count == ENTITIES_MOST)
		return;
	for (size_t i = 0; i < about->count; i++)
		if (about->entities[i] == entity || strcmp(about->entities[i]->name, entity->name) == 0)
			return;
	about->entities[about->count++] = entity;
}

static void note_entities(struct description *about)
{
	for (size_t i = 0; i < about->app->module_count; i++) {
		const struct entity *const *entities = about->app->modules[i]->entities;
		for (; entities && *entities; entities++)
			note_entity(about, *entities);
	}
	for (size_t i = 0; i < router_count(about->router); i++) {
		note_entity(about, router_at(about->router, i)->route->body);
		note_entity(about, router_at(about->router, i)->route->reply);
	}
}

/* ---- pieces ----------------------------------------------------------------------------------------------
 */

static void put_reference(struct json_out *out, const char *kind, const char *name)
{
	out_object_open(out);
	out_key(out, "$ref");
	out_text(out, arena_format(out->text.arena, "#/components/%s/%s", kind, name));
	out_object_close(out);
}

static void put_schema_type(struct json_out *out, const char *type)
{
	out_key(out, "schema");
	out_object_open(out);
	put_text(out, "type", type);
	out_object_close(out);
}

static void put_parameter(
	struct json_out *out, const char *where, const char *name, const char *type, const char *label)
{
	out_object_open(out);
	put_text(out, "name", name);
	put_text(out, "in", where);
	if (strcmp(where, "path") == 0)
		put_bool(out, "required", true);
	if (label)
		put_text(out, "description", label);
	put_schema_type(out, type);
	out_object_close(out);
}

static void put_path_parameters(struct json_out *out, const char *path)
{
	for (const char *at = path; (at = strchr(at, '{')); at++) {
		const char *name = arena_text_n(out->text.arena, at + 1, strcspn(at + 1, "}"));
		put_parameter(out, "path", name, strcmp(name, "id") == 0 ? "integer" : "string", NULL);
	}
}

static void put_filter(struct json_out *out, const struct field *field)
{
	struct arena *arena = out->text.arena;
	put_parameter(out, "query", field->name, "string", field->label);
	if (field->kind != FIELD_INSTANT && field->kind != FIELD_DATE)
		return;
	put_parameter(out, "query", arena_format(arena, "%s_from", field->name), "string",
		arena_format(arena, "%s从（含）", field->label));
	put_parameter(out, "query", arena_format(arena, "%s_to", field->name), "string",
		arena_format(arena, "%s到（不含）", field->label));
}

static void put_list_parameters(struct json_out *out, const struct entity *entity)
{
	put_parameter(out, "query", "after", "string", "上一页的 next");
	put_parameter(out, "query", "limit", "integer", "每页条数，最多 500");
	put_parameter(out, "query", "sort", "string", "排序栏目，前面加 - 为倒序");
	put_parameter(out, "query", "count", "integer", "1：同时给出总数");
	put_parameter(out, "query", "format", "string", "csv、csv_gb18030、xlsx：整份下载");
	for (size_t i = 0; entity && i < entity->field_count; i++)
		if (entity->fields[i].flags & FILTERED)
			put_filter(out, &entity->fields[i]);
}

static void put_content(struct json_out *out, const char *type)
{
	out_key(out, "content");
	out_object_open(out);
	out_key(out, type);
	out_object_open(out);
	out_key(out, "schema");
}

static void end_content(struct json_out *out)
{
	out_object_close(out);
	out_object_close(out);
}

static void put_page_schema(struct json_out *out, const struct entity *entity)
{
	out_object_open(out);
	put_text(out, "type", "object");
	out_key(out, "properties");
	out_object_open(out);
	out_key(out, "items");
	out_object_open(out);
	put_text(out, "type", "array");
	out_key(out, "items");
	put_reference(out, "schemas", entity->name);
	out_object_close(out);
	out_key(out, "next");
	out_raw(out, "{\"type\":[\"string\",\"null\"]}", 26);
	out_key(out, "count");
	out_raw(out, "{\"type\":\"integer\"}", 18);
	out_object_close(out);
	out_object_close(out);
}

static void put_reply(struct json_out *out, const struct route *route)
{
	out_key(out, "200");
	out_object_open(out);
	put_text(out, "description", "成功");
	if (route->reply) {
		put_content(out, "application/json");
		if (route->flags & IS_LIST)
			put_page_schema(out, route->reply);
		else
			put_reference(out, "schemas", route->reply->name);
		end_content(out);
	} else if (route->flags & STREAMS) {
		put_content(out, "text/event-stream");
		out_raw(out, "{\"type\":\"string\"}", 17);
		end_content(out);
	}
	out_object_close(out);
	out_key(out, "default");
	put_reference(out, "responses", "problem");
}

static void put_body(struct json_out *out, const struct route *route)
{
	bool raw = route->flags & (RAW_BODY | ALLOW_LARGE);
	if (strcmp(route->method, "GET") == 0 || strcmp(route->method, "DELETE") == 0)
		return;
	out_key(out, "requestBody");
	out_object_open(out);
	if (route->body)
		put_bool(out, "required", true);
	put_content(out, raw ? "application/octet-stream" : "application/json");
	if (route->body)
		put_reference(out, "schemas", route->body->name);
	else if (raw)
		out_raw(out, "{\"type\":\"string\",\"format\":\"binary\"}", 35);
	else
		out_raw(out, "{\"type\":\"object\"}", 17);
	end_content(out);
	out_object_close(out);
}

/* "get_api_v1_households_id": stable, for generated programs. */
static const char *operation_id(struct arena *arena, const struct routed *routed)
{
	char *id = arena_format(arena, "%s%s", routed->route->method, routed->path);
	size_t length = 0;
	for (const char *at = id; *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_';
		if (plain)
			id[length++] = *at;
		else if (*at >= 'A' && *at <= 'Z')
			id[length++] = (char)(*at + 32);
		else if (*at != '}')
			id[length++] = '_';
	}
	id[length] = '\0';
	return id;
}

static void put_permission(struct description *about, const struct route *route)
{
	const struct app *app = about->app;
	if (route->flags & PUBLIC)
		put_bool(about->out, "x-public", true);
	else if (route->flags & ANY_STAFF)
		put_text(about->out, "x-permission", "any-staff");
	else if (route->permission < app->permission_count && app->permissions)
		put_text(about->out, "x-permission", app->permissions[route->permission].code);
	else
		put_int(about->out, "x-permission", route->permission);
}

static void put_operation(struct description *about, const struct routed *routed)
{
	struct json_out *out = about->out;
	const struct route *route = routed->route;
	out_key(out, arena_format(out->text.arena, "%s",
			     strcmp(route->method, "GET") == 0	   ? "get"
			     : strcmp(route->method, "POST") == 0  ? "post"
			     : strcmp(route->method, "PUT") == 0   ? "put"
			     : strcmp(route->method, "PATCH") == 0 ? "patch"
								   : "delete"));
	out_object_open(out);
	put_text(out, "operationId", operation_id(out->text.arena, routed));
	if (route->summary)
		put_text(out, "summary", route->summary);
	out_key(out, "tags");
	out_array_open(out);
	out_text(out, routed->module ? routed->module->label : "平台");
	out_array_close(out);
	put_text(out, "x-module", routed->module ? routed->module->name : "platform");
	if (route->menu)
		put_text(out, "x-menu", route->menu);
	put_permission(about, route);
	if (route->flags & PUBLIC) {
		out_key(out, "security");
		out_raw(out, "[]", 2);
	}
	out_key(out, "parameters");
	out_array_open(out);
	put_path_parameters(out, routed->path);
	if (route->flags & IS_LIST)
		put_list_parameters(out, route->reply);
	out_array_close(out);
	put_body(out, route);
	out_key(out, "responses");
	out_object_open(out);
	put_reply(out, route);
	out_object_close(out);
	out_object_close(out);
}

/* All methods of a path stand together, at its first mention. */
static bool mentioned_before(const struct router *router, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(router_at(router, i)->path, router_at(router, index)->path) == 0)
			return true;
	return false;
}

static void put_paths(struct description *about)
{
	out_key(about->out, "paths");
	out_object_open(about->out);
	for (size_t i = 0; i < router_count(about->router); i++) {
		const struct routed *routed = router_at(about->router, i);
		if (mentioned_before(about->router, i))
			continue;
		out_key(about->out, routed->path);
		out_object_open(about->out);
		for (size_t other = i; other < router_count(about->router); other++)
			if (strcmp(router_at(about->router, other)->path, routed->path) == 0)
				put_operation(about, router_at(about->router, other));
		out_object_close(about->out);
	}
	out_object_close(about->out);
}

static const char problem_schema[] =
	"{\"type\":\"object\",\"required\":[\"title\",\"status\",\"detail\"],\"properties\":{"
	"\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
	"\"detail\":{\"type\":\"string\"},\"request_id\":{\"type\":\"string\"},"
	"\"present\":{\"type\":\"object\"},\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	"\"properties\":{"
	"\"field\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}}}"
	"}";
static const char problem_response[] = "{\"problem\":{\"description\":\"办不了的原因（RFC "
				       "9457）\",\"content\":{\"application/problem+json\":{"
				       "\"schema\":{\"$ref\":\"#/components/schemas/problem\"}}}}}";
static const char security_schemes[] =
	"{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"qifu_session\"},"
	"\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}}";

static void put_components(struct description *about)
{
	struct json_out *out = about->out;
	out_key(out, "components");
	out_object_open(out);
	out_key(out, "schemas");
	out_object_open(out);
	for (size_t i = 0; i < about->count; i++) {
		out_key(out, about->entities[i]->name);
		entity_describe(about->entities[i], out);
	}
	out_key(out, "problem");
	out_raw(out, problem_schema, sizeof problem_schema - 1);
	out_object_close(out);
	out_key(out, "responses");
	out_raw(out, problem_response, sizeof problem_response - 1);
	out_key(out, "securitySchemes");
	out_raw(out, security_schemes, sizeof security_schemes - 1);
	out_object_close(out);
}

void openapi_write(struct app *app, const struct router *router, struct json_out *out)
{
	struct description *about = arena_new_object(out->text.arena, struct description);
	about->app = app;
	about->router = router;
	about->out = out;
	note_entities(about);
	out_object_open(out);
	put_text(out, "openapi", "3.1.0");
	out_key(out, "info");
	out_raw(out, "{\"title\":\"气服\",\"version\":\"1\"}",
		strlen("{\"title\":\"气服\",\"version\":\"1\"}"));
	out_key(out, "security");
	out_raw(out, "[{\"session\":[]},{\"key\":[]}]", 27);
	put_paths(about);
	put_components(about);
	out_object_close(out);
}
