/* dispatch.c: may it be asked for, and then who runs it: the event thread, a worker, the writer. */
#include <string.h>

#include "platform/log.h"
#include "platform/server_internal.h"

static const char cookie_name[] = "qifu_session";
enum { REPLY_FIRST_BYTES = 1024 };

bool dispatch_is_write(const struct route *route)
{
	if (route->flags & READ_ONLY_POST)
		return false;
	return route->run == IN_WRITE || strcmp(route->method, "GET") != 0;
}

static bool runs_on_worker(const struct http_request *request)
{
	const struct route *route = request->match.routed->route;
	if (route->run == ON_WORKER || route->flags & READ_ONLY_POST)
		return true;
	/* A whole list as a file is no fast read, whichever list it is. */
	return route->flags & IS_LIST && call_query(&request->call, "format");
}

/* ---- a connection for reading ----------------------------------------------------------------------------
 */

static bool lend(struct http_request *request)
{
	struct ctx *c = &request->c;
	if (c->conn)
		return true;
	c->conn = db_borrow(request->server->app->db);
	if (!c->conn) {
		fail(c, UNAVAILABLE, "系统正忙，请稍后再试");
		c->problem.retry_after_seconds = 2;
		return false;
	}
	return db_begin_read(c);
}

static void give_back(struct http_request *request)
{
	struct conn *conn = request->c.conn;
	request->c.conn = NULL;
	db_return(conn);
}

/* ---- may it be asked for ---------------------------------------------------------------------------------
 */

static const char *bearer_of(const struct http_request *request)
{
	const char *value = request_header(request, "Authorization");
	if (!value || strncmp(value, "Bearer ", 7) != 0)
		return NULL;
	return value + 7 + strspn(value + 7, " ");
}

static bool authenticate(struct http_request *request)
{
	struct ctx *c = &request->c;
	struct app *app = c->app;
	const char *bearer = bearer_of(request);
	const char *cookie = MHD_lookup_connection_value(request->mhd, MHD_COOKIE_KIND, cookie_name);
	if (cookie && !text_is_valid(cookie, strlen(cookie)))
		cookie = NULL;
	request->actor = anonymous_actor;
	/* A stream, and a screen that refreshes itself, keep nobody logged in who has gone away. */
	c->passive = request->match.routed->route->flags & STREAMS || request_header(request, "X-Passive");
	if (app->authenticate && (cookie || bearer)) {
		request->actor.address = request->address;
		if (!lend(request) || !app->authenticate(c, cookie, bearer, &request->actor))
			return ctx_failed(c) ? false : fail(c, UNAVAILABLE, "暂时不能核对登录，请稍后再试");
	}
	request->actor.address = request->address;
	c->actor = &request->actor;
	return true;
}

static bool is_own_account(const struct routed *routed)
{
	static const char *const paths[] = { "/session", "/me", "/me/password" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (strcmp(routed->route->path, paths[i]) == 0)
			return true;
	return false;
}

static bool may_ask(struct http_request *request, const struct route *route)
{
	struct ctx *c = &request->c;
	if (route->flags & PUBLIC)
		return true;
	if (request->actor.kind == ACTOR_ANONYMOUS)
		return fail(c, UNAUTHENTICATED, "请先登录");
	const char *csrf = request->actor.csrf, *sent = request_header(request, "X-CSRF-Token");
	if (csrf && strcmp(route->method, "GET") != 0 && !(sent && equal_in_constant_time(sent, csrf)))
		return fail(c, FORBIDDEN, "页面已过期，请刷新后再试");
	if (request->actor.must_change_password && !is_own_account(request->match.routed))
		return fail(c, FORBIDDEN, "请先修改密码");
	if (!(route->flags & ANY_STAFF) && !actor_may(&request->actor, route->permission))
		return fail(c, FORBIDDEN, "您没有“%s”的权限，如有需要请联系系统管理员",
			route->summary ? route->summary : "这项操作");
	return true;
}

static bool take_if_match(struct http_request *request)
{
	const char *text = request_header(request, "If-Match");
	int64_t version = 0;
	if (!text || strcmp(text, "*") == 0)
		return true;
	bool quoted = *text == '"';
	text += quoted;
	for (; *text >= '0' && *text <= '9' && version < INT64_C(1) << 52; text++)
		version = version * 10 + (*text - '0');
	if (version == 0 || strcmp(text, quoted ? "\"" : "") != 0)
		return fail(&request->c, BAD_REQUEST, "If-Match 应当是版本号，例如 \"5\"");
	request->call.if_match = version;
	return true;
}

static bool take_retry_key(struct http_request *request, const struct route *route)
{
	const char *key = request->retry_key;
	if (!key)
		return true;
	if (!dispatch_is_write(route) || route->flags & NO_RETRY_KEY ||
		request->actor.kind == ACTOR_ANONYMOUS) {
		request->retry_key = NULL;
		return true;
	}
	size_t length = strlen(key);
	for (size_t i = 0; i < length; i++)
		if (key[i] <= 0x20 || key[i] >= 0x7f)
			length = 0;
	if (length == 0 || length > RETRY_KEY_LONGEST)
		return fail(&request->c, BAD_REQUEST, "Idempotency-Key 应当是 1 到 %d 个可见的英文字符",
			RETRY_KEY_LONGEST);
	return true;
}

static bool take_route(struct http_request *request)
{
	struct ctx *c = &request->c;
	if (request->match.routed) {
		struct call *call = &request->call;
		call->route = request->match.routed->route;
		call->id = request->match.id;
		memcpy(call->parameter, request->match.parameter, sizeof call->parameter);
		return true;
	}
	if (request->match.methods)
		return fail(c, NOT_ALLOWED, "这个网址不支持 %s 方法", request->method);
	return fail(c, NOT_FOUND, "没有这个网址");
}

bool dispatch_decide(struct http_request *request)
{
	if (request->decided)
		return !ctx_failed(&request->c);
	request->decided = true;
	if (!take_route(request))
		return false;
	const struct route *route = request->match.routed->route;
	bool good = authenticate(request) && may_ask(request, route) && take_if_match(request) &&
		    take_retry_key(request, route);
	/* A body may be long in coming; no snapshot waits for it. */
	if (request_expects_body(request))
		give_back(request);
	return good;
}

/* ---- running ---------------------------------------------------------------------------------------------
 */

static bool handle(struct http_request *request)
{
	struct ctx *c = &request->c;
	struct call *call = &request->call;
	const struct route *route = call->route;
	struct json_out *out = arena_new_object(c->arena, struct json_out);
	*out = json_out_new(c->arena);
	out->text.bytes = arena_alloc(c->arena, REPLY_FIRST_BYTES);
	out->text.capacity = REPLY_FIRST_BYTES;
	call->out = out;
	call->unmasked = route->flags & UNMASKS;
	if (route->reply) {
		call->reply = arena_alloc(c->arena, route->reply->size);
		entity_blank(route->reply, call->reply);
	}
	if (!route->handle(c, call)) {
		if (ctx_failed(c))
			return false;
		log_line(LOG_ERROR, "http", "a handler failed without a reason", "route", route->path, NULL);
		return fail(c, INTERNAL, "操作没有完成，请重试");
	}
	return !ctx_failed(c) && reply_render(request);
}

static void resume(struct http_request *request)
{
	struct server *server = request->server;
	request->state = REQUEST_READY;
	MHD_resume_connection(request->mhd); /* the request may be answered and gone from here on */
	atomic_fetch_sub(&server->suspended, 1);
}

/* Takes no memory: nobody watches the arena's cap here. */
static void refuse_busy(struct http_request *request)
{
	request->c.problem = (struct problem){
		.code = UNAVAILABLE, .detail = "现在办理的人太多，请稍后再试", .retry_after_seconds = 1
	};
}

/* On a worker. */
static bool run_read(struct ctx *c, void *data)
{
	return db_begin_read(c) && handle(data);
}

/* On the writer's thread, within its transaction. */
static bool run_write(struct ctx *c, void *data)
{
	struct http_request *request = data;
	bool replayed = false;
	if (request->retry_key && !retry_claim(request, &replayed))
		return false;
	if (replayed)
		return true;
	if (!handle(request))
		return false;
	return (!request->retry_key || retry_keep(request)) && !ctx_failed(c);
}

static void write_again(struct write_request *write)
{
	struct http_request *request = write->data;
	request->call = request->call_as_sent;
	request->replayed = false;
	if (request->record_as_sent)
		memcpy(request->call.record, request->record_as_sent, request->call.route->body->size);
}

static void write_done(struct write_request *write, bool committed)
{
	(void)committed; /* the problem tells */
	resume(write->data);
}

static bool submit_write(struct http_request *request)
{
	request->call_as_sent = request->call;
	request->write = (struct write_request){
		.work = run_write, .data = request, .c = &request->c, .done = write_done, .again = write_again
	};
	if (writer_submit(request->server->app->writer, &request->write))
		return true;
	refuse_busy(request);
	return false;
}

static void worker_done(struct worker_request *worker, bool ok)
{
	struct http_request *request = worker->data;
	if (ok && dispatch_is_write(request->call.route) && submit_write(request))
		return; /* prepared; the writer resumes it */
	resume(request);
}

static bool run_prepare(struct ctx *c, void *data)
{
	struct http_request *request = data;
	if (request->call.route->prepare(c, &request->call))
		return true;
	return ctx_failed(c) ? false : fail(c, INTERNAL, "操作没有完成，请重试");
}

static bool run_prepared_read(struct ctx *c, void *data)
{
	struct http_request *request = data;
	return (!request->call.route->prepare || run_prepare(c, data)) && run_read(c, data);
}

static bool submit_work(struct http_request *request, bool (*work)(struct ctx *c, void *data))
{
	request->worker = (struct worker_request){
		.work = work, .data = request, .c = &request->c, .done = worker_done
	};
	if (workers_submit(request->server->app->workers, &request->worker))
		return true;
	refuse_busy(request);
	return false;
}

/* Counted before the question: whoever stops the server sees either the count or a refusal. */
static bool may_wait(struct server *server)
{
	atomic_fetch_add(&server->suspended, 1);
	if (!atomic_load(&server->drained))
		return true;
	atomic_fetch_sub(&server->suspended, 1);
	return false;
}

/* The connection is suspended before anybody could resume it. */
static enum dispatched run_elsewhere(struct http_request *request)
{
	const struct route *route = request->call.route;
	give_back(request);
	if (!may_wait(request->server)) {
		refuse_busy(request);
		return DISPATCH_ANSWER;
	}
	request->state = REQUEST_WAITING;
	arena_on_full(request->c.arena, NULL); /* the arena is another thread's from here on */
	MHD_suspend_connection(request->mhd);
	bool taken;
	if (!dispatch_is_write(route))
		taken = submit_work(request, run_prepared_read);
	else if (route->prepare)
		taken = submit_work(request, run_prepare);
	else
		taken = submit_write(request);
	if (!taken)
		resume(request);
	return DISPATCH_SUSPENDED;
}

enum dispatched dispatch_run(struct http_request *request)
{
	if (!dispatch_decide(request) || !request_body_end(request)) {
		give_back(request);
		return DISPATCH_ANSWER;
	}
	if (dispatch_is_write(request->call.route) || runs_on_worker(request))
		return run_elsewhere(request);
	if (lend(request))
		handle(request);
	give_back(request);
	return DISPATCH_ANSWER;
}
