/* platform_routes.c: the routes that belong to no module. */
#include "platform/entity_internal.h"
#include "platform/openapi.h"
#include "platform/server_internal.h"
#include "platform/stream.h"

static bool show_health(struct ctx *c, struct call *call)
{
	int64_t one = 0;
	if (!c->conn || !db_number(c, &one, 0, "SELECT 1") || one != 1) {
		ctx_forgive(c);
		return fail(c, UNAVAILABLE, "数据库暂时不可用");
	}
	out_object_open(call->out);
	put_text(call->out, "status", "ok");
	out_object_close(call->out);
	return true;
}

/* For the machine's own collector; from elsewhere only with a login, since figures tell much about a company.
 */
static bool show_metrics(struct ctx *c, struct call *call)
{
	const struct http_request *request = call->http;
	bool local = request->connection->loopback && !request->has_forwarded;
	if (!local && c->actor->kind == ACTOR_ANONYMOUS)
		return fail(c, UNAUTHENTICATED, "请先登录");
	struct text_builder text = { .arena = c->arena };
	metrics_write(c->app->metrics, c->app, &text);
	call->file_bytes = text_built(&text);
	call->file_length = text.length;
	call->file_type = "text/plain; version=0.0.4; charset=utf-8";
	return true;
}

static bool show_description(struct ctx *c, struct call *call)
{
	openapi_write(c->app, request_router(call->http), call->out);
	return true;
}

const struct route platform_routes[] = {
	{ "GET", "//healthz", show_health, .flags = PUBLIC, .summary = "健康检查" },
	{ "GET", "//metrics", show_metrics, .flags = PUBLIC, .summary = "运行指标" },
	{ "GET", "//api/openapi.json", show_description, .flags = PUBLIC, .run = ON_WORKER,
		.summary = "接口说明" },
	{ "GET", "/events", stream_open, .flags = ANY_STAFF | STREAMS, .summary = "即时消息" },
};
const size_t platform_route_count = sizeof platform_routes / sizeof *platform_routes;
