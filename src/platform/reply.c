/* reply.c: what goes out. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/log.h"
#include "platform/entity_internal.h"
#include "platform/server_internal.h"

static const char json_type_name[] = "application/json";
static const char problem_type_name[] = "application/problem+json";
static const char api_policy[] = "default-src 'none'; frame-ancestors 'none'";
static const char file_policy[] = "default-src 'none'; frame-ancestors 'none'; sandbox";

/* ---- what a handler left ---------------------------------------------------------------------------------
 */

static unsigned default_status(const struct http_request *request)
{
	const struct call *call = &request->call;
	if (call->status)
		return (unsigned)call->status;
	if (strcmp(call->route->method, "POST") == 0 && call->location)
		return MHD_HTTP_CREATED;
	bool empty = !request->body && !call->file_bytes && !call->file_path && !request->stream;
	return empty ? MHD_HTTP_NO_CONTENT : MHD_HTTP_OK;
}

bool reply_render(struct http_request *request)
{
	struct ctx *c = &request->c;
	struct call *call = &request->call;
	const struct entity *entity = call->route->flags & IS_LIST ? NULL : call->route->reply;
	bool is_file = call->file_bytes || call->file_path || request->stream;
	if (entity && !is_file && call->out->text.length == 0)
		entity_to_json(c, entity, call->reply, call->unmasked, call->out);
	if (!is_file && call->out->text.length) {
		request->body = json_out_text(call->out);
		request->body_length = call->out->text.length;
	}
	int64_t version = entity ? entity_version(entity, call->reply) : 0;
	request->version = version > 0 ? version : 0;
	request->status = default_status(request);
	return true;
}

/* ---- problems --------------------------------------------------------------------------------------------
 */

static const char *title_of(int code)
{
	switch (code) {
	case BAD_REQUEST:
		return "请求有误";
	case UNAUTHENTICATED:
		return "需要登录";
	case FORBIDDEN:
		return "没有权限";
	case NOT_FOUND:
		return "没有找到";
	case NOT_ALLOWED:
		return "不支持的方法";
	case 408:
		return "接收超时";
	case CONFLICT:
		return "与现状冲突";
	case GONE:
		return "已经不在";
	case STALE:
		return "内容已被他人修改";
	case TOO_LARGE:
		return "内容太大";
	case UNSUPPORTED:
		return "不支持的格式";
	case INVALID:
		return "填写有误";
	case UNCONDITIONAL:
		return "缺少版本";
	case TOO_MANY:
		return "请求太频繁";
	case 431:
		return "请求头太大";
	case UNAVAILABLE:
		return "暂时不可用";
	default:
		return "系统内部出错";
	}
}

static void put_faults(struct json_out *out, const struct fault *fault)
{
	out_key(out, "errors");
	out_array_open(out);
	for (; fault; fault = fault->next) {
		out_object_open(out);
		put_text(out, "field", fault->field);
		put_text(out, "code", fault->code);
		put_text(out, "detail", fault->detail);
		out_object_close(out);
	}
	out_array_close(out);
}

static void write_problem(struct http_request *request)
{
	const struct problem *problem = &request->c.problem;
	struct json_out out = json_out_new(request->c.arena);
	out_object_open(&out);
	put_text(&out, "type", "about:blank");
	put_text(&out, "title", title_of((int)problem->code));
	put_int(&out, "status", problem->code);
	put_text(&out, "detail", problem->detail ? problem->detail : "");
	if (problem->faults)
		put_faults(&out, problem->faults);
	if (problem->present) {
		out_key(&out, "present");
		out_raw(&out, problem->present, strlen(problem->present));
	}
	put_text(&out, "request_id", request->request_id);
	out_object_close(&out);
	request->body = json_out_text(&out);
	request->body_length = out.text.length;
	request->status = (unsigned)problem->code;
}

/* ---- sending ---------------------------------------------------------------------------------------------
 */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		log_line(LOG_WARN, "http", "a reply's header was refused", "header", name, NULL);
}

void reply_secure(struct MHD_Response *response, const char *policy)
{
	add_header(response, "X-Content-Type-Options", "nosniff");
	add_header(response, "Content-Security-Policy", policy);
	add_header(response, "Referrer-Policy", "same-origin");
	add_header(response, "X-Frame-Options", "DENY");
}

static enum MHD_Result queue(struct http_request *request, struct MHD_Response *response)
{
	if (!response)
		return MHD_NO;
	add_header(response, "X-Request-Id", request->request_id);
	if (request->close || atomic_load_explicit(&request->server->stopping, memory_order_relaxed))
		add_header(response, "Connection", "close");
	request->state = REQUEST_ANSWERED;
	enum MHD_Result result = MHD_queue_response(request->mhd, request->status, response);
	MHD_destroy_response(response);
	return result;
}

static void add_call_headers(struct http_request *request, struct MHD_Response *response)
{
	const struct call *call = &request->call;
	char etag[32];
	if (request->version) {
		snprintf(etag, sizeof etag, "\"%lld\"", (long long)request->version);
		add_header(response, "ETag", etag);
	}
	if (call->location)
		add_header(response, "Location", call->location);
	if (call->set_cookie)
		add_header(response, "Set-Cookie", call->set_cookie);
	if (call->csrf)
		add_header(response, "X-CSRF-Token", call->csrf);
	if (request->replayed)
		add_header(response, "Idempotent-Replay", "true");
}

static enum MHD_Result send_problem(struct http_request *request)
{
	const struct problem *problem = &request->c.problem;
	char seconds[24];
	write_problem(request);
	struct MHD_Response *response = MHD_create_response_from_buffer(
		request->body_length, (void *)(uintptr_t)request->body, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	add_header(response, "Content-Type", problem_type_name);
	add_header(response, "Cache-Control", "no-store");
	reply_secure(response, api_policy);
	if (problem->code == NOT_ALLOWED)
		add_header(response, "Allow",
			request->match.methods ? router_allow(request->c.arena, request->match.methods)
					       : "GET, HEAD");
	if (problem->code == UNAUTHENTICATED)
		add_header(response, "WWW-Authenticate", "Bearer");
	if (problem->retry_after_seconds > 0) {
		snprintf(seconds, sizeof seconds, "%lld", (long long)problem->retry_after_seconds);
		add_header(response, "Retry-After", seconds);
	}
	return queue(request, response);
}

static enum MHD_Result send_json(struct http_request *request)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(request->body_length,
		(void *)(uintptr_t)(request->body ? request->body : ""), MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	if (request->body)
		add_header(response, "Content-Type", json_type_name);
	add_header(response, "Cache-Control", "no-store");
	reply_secure(response, api_policy);
	add_call_headers(request, response);
	return queue(request, response);
}

static bool is_plain_name(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
	       byte == '.' || byte == '-' || byte == '_';
}

/* RFC 6266: a plain name for the old, the whole one for the rest. */
static const char *disposition(struct arena *arena, const char *name)
{
	struct text_builder plain = { .arena = arena }, full = { .arena = arena };
	for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
		char byte = (char)*at;
		if (is_plain_name(*at)) {
			text_add_n(&plain, &byte, 1);
			text_add_n(&full, &byte, 1);
			continue;
		}
		if ((*at & 0xc0) != 0x80) /* one per character */
			text_add_n(&plain, "_", 1);
		text_add_format(&full, "%%%02X", *at);
	}
	return arena_format(arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s", text_built(&plain),
		text_built(&full));
}

static struct MHD_Response *file_response(struct http_request *request)
{
	const struct call *call = &request->call;
	struct stat status;
	if (call->file_bytes)
		return MHD_create_response_from_buffer(
			call->file_length, (void *)(uintptr_t)call->file_bytes, MHD_RESPMEM_PERSISTENT);
	int file = open(call->file_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (call->delete_file)
		unlink(call->file_path);
	if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
		if (file >= 0)
			close(file);
		log_line(LOG_ERROR, "http", "a file to be sent cannot be opened", NULL);
		return NULL;
	}
	struct MHD_Response *response = MHD_create_response_from_fd64((uint64_t)status.st_size, file);
	if (!response)
		close(file);
	return response;
}

static enum MHD_Result send_file(struct http_request *request)
{
	struct call *call = &request->call;
	struct MHD_Response *response = file_response(request);
	if (!response) {
		call->file_path = NULL;
		fail(&request->c, NOT_FOUND, "这个文件已经不在了，请联系系统管理员");
		return send_problem(request);
	}
	const char *type = call->file_type ? call->file_type : "application/octet-stream";
	add_header(response, "Content-Type", type);
	/* Only pictures that were encoded anew are shown in the page, and only when they come without a name.
	 */
	if (call->file_name || (strncmp(type, "image/", 6) != 0 && strncmp(type, "text/plain", 10) != 0 &&
				       strcmp(type, json_type_name) != 0))
		add_header(response, "Content-Disposition",
			disposition(request->c.arena, call->file_name ? call->file_name : "file"));
	add_header(response, "Cache-Control", "no-store");
	reply_secure(response, file_policy);
	add_call_headers(request, response);
	return queue(request, response);
}

enum MHD_Result reply_send(struct http_request *request)
{
	const struct call *call = &request->call;
	if (ctx_failed(&request->c))
		return send_problem(request);
	if (request->stream)
		return stream_send(request);
	if (call->file_bytes || call->file_path)
		return send_file(request);
	return send_json(request);
}

enum MHD_Result reply_too_large(struct http_request *request)
{
	static const char text[] = "{\"type\":\"about:blank\",\"title\":\"内容太大\",\"status\":413,"
				   "\"detail\":\"这次要处理的内容太多，请分几次办理\"}";
	request->status = MHD_HTTP_CONTENT_TOO_LARGE;
	request->close = true;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		sizeof text - 1, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	add_header(response, "Content-Type", problem_type_name);
	add_header(response, "Cache-Control", "no-store");
	return queue(request, response);
}
