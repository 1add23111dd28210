/* request.c: what comes in. libmicrohttpd lets pass what it should refuse, so it is refused here. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platform/files.h"
#include "platform/log.h"
#include "platform/server_internal.h"

/* ---- the address -----------------------------------------------------------------------------------------
 */

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)(digit | 0x20);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* NULL when an escape is broken or stands for NUL, or when it isn't UTF-8. */
static const char *unescape(struct arena *arena, const char *text, size_t length, bool plus_is_space)
{
	char *out = arena_alloc(arena, length + 1);
	size_t at = 0;
	for (size_t i = 0; i < length; i++) {
		char byte = text[i];
		if (byte == '+' && plus_is_space) {
			byte = ' ';
		} else if (byte == '%') {
			int high = i + 1 < length ? hex_value(text[i + 1]) : -1;
			int low = i + 2 < length ? hex_value(text[i + 2]) : -1;
			if (high < 0 || low < 0 || high + low == 0)
				return NULL;
			byte = (char)(high * 16 + low);
			i += 2;
		}
		out[at++] = byte;
	}
	return text_is_valid(out, at) ? out : NULL;
}

static bool has_dot_segment(const char *path)
{
	for (const char *at = path; (at = strchr(at, '/')); at++) {
		size_t length = strcspn(at + 1, "/");
		if ((length == 1 && at[1] == '.') || (length == 2 && at[1] == '.' && at[2] == '.'))
			return true;
	}
	return false;
}

static const char *take_path(struct http_request *request, const char *uri, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (uri[i] == '%' && length - i > 2 && uri[i + 1] == '2' && (uri[i + 2] | 0x20) == 'f')
			return "网址的路径里不能有 %2F";
	request->path = unescape(request->c.arena, uri, length, false);
	if (!request->path)
		return "网址里有不能识别的转义字符";
	for (const unsigned char *at = (const unsigned char *)request->path; *at; at++)
		if (*at < 0x20 || *at == 0x7f || *at == '\\')
			return "网址里有不允许的字符";
	return has_dot_segment(request->path) ? "网址里不能有 . 或 .. 路径" : NULL;
}

static const char *take_query(struct http_request *request, const char *text)
{
	struct arena *arena = request->c.arena;
	request->query = arena_array(arena, struct query_parameter, PARAMETERS_IN_QUERY);
	while (*text) {
		size_t length = strcspn(text, "&"), name = strcspn(text, "=&");
		if (length) {
			if (request->query_count == PARAMETERS_IN_QUERY)
				return "网址的参数太多";
			struct query_parameter *parameter = &request->query[request->query_count++];
			parameter->name = unescape(arena, text, name, true);
			parameter->value = name < length
						   ? unescape(arena, text + name + 1, length - name - 1, true)
						   : "";
			if (!parameter->name || !parameter->value)
				return "网址的参数里有不能识别的转义字符";
		}
		text += length;
		text += *text == '&';
	}
	return NULL;
}

static const char *take_uri(struct http_request *request, const char *uri)
{
	if (uri[0] != '/')
		return "网址应当以 / 开头";
	for (const unsigned char *at = (const unsigned char *)uri; *at; at++)
		if (*at <= 0x20 || *at >= 0x7f)
			return "网址里有未转义的字符";
	size_t length = strcspn(uri, "?");
	const char *wrong = take_path(request, uri, length);
	if (!wrong && uri[length] == '?')
		wrong = take_query(request, uri + length + 1);
	return wrong;
}

static int64_t monotonic_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void request_begin(struct http_request *request, const char *uri)
{
	struct http_connection *connection = request->connection;
	struct server *server = request->server;
	request->started_us = monotonic_us();
	request->content_length = -1;
	request->upload = -1;
	request->address = connection->address;
	unsigned long long number =
		atomic_fetch_add_explicit(&server->request_number, 1, memory_order_relaxed);
	snprintf(request->request_id, sizeof request->request_id, "%s-%llx", server->boot, number);
	request->c = (struct ctx){ .app = server->app,
		.arena = connection->arena,
		.actor = &anonymous_actor,
		.now = app_now(server->app),
		.request_id = request->request_id };
	request->call.http = request;
	request->uri = arena_text(request->c.arena, uri);
	request->malformed = take_uri(request, request->uri);
}

/* ---- headers ---------------------------------------------------------------------------------------------
 */

struct header_walk {
	struct http_request *request;
	int count, hosts, lengths, encodings;
	size_t bytes;
	const char *wrong;
	enum problem_code code;
	const char *forwarded;
};

static bool is_token(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] <= 0x20 || (unsigned char)name[i] >= 0x7f ||
			strchr("\"(),/:;<=>?@[\\]{}", name[i]))
			return false;
	return length > 0;
}

static bool has_control(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
			return true;
	return false;
}

static int64_t length_of(const char *value)
{
	int64_t length = 0;
	if (!*value || strlen(value) > 15)
		return -1;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return -1;
		length = length * 10 + (*value - '0');
	}
	return length;
}

static void take_known_header(struct header_walk *walk, const char *name, const char *value)
{
	struct http_request *request = walk->request;
	if (strcasecmp(name, "Host") == 0) {
		walk->hosts++;
	} else if (strcasecmp(name, "Content-Length") == 0) {
		walk->lengths++;
		request->content_length = length_of(value);
		if (request->content_length < 0)
			walk->wrong = "Content-Length 不正确";
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		walk->encodings++;
		request->chunked = true;
		if (strcasecmp(value, "chunked") != 0)
			walk->wrong = "不支持这种 Transfer-Encoding";
	} else if (strcasecmp(name, "Expect") == 0) {
		request->expects_continue = true;
	} else if (strcasecmp(name, "Content-Type") == 0) {
		request->content_type = value;
	} else if (strcasecmp(name, "Idempotency-Key") == 0) {
		request->retry_key = value;
	} else if (strcasecmp(name, "X-Forwarded-For") == 0) {
		walk->forwarded = value;
	}
}

static enum MHD_Result take_header(void *data, enum MHD_ValueKind kind, const char *name, size_t name_length,
	const char *value, size_t value_length)
{
	struct header_walk *walk = data;
	(void)kind;
	walk->bytes += name_length + value_length + 4;
	if (++walk->count > HEADERS_MOST || walk->bytes > HEADER_BYTES_MOST) {
		walk->code = 431;
		walk->wrong = "请求头太多或太长";
		return MHD_NO;
	}
	if (!is_token(name, name_length) || (value && has_control(value, value_length)))
		walk->wrong = "请求头里有不允许的字符";
	else
		take_known_header(walk, name, value ? value : "");
	return walk->wrong ? MHD_NO : MHD_YES;
}

static const char *framing_fault(const struct header_walk *walk, bool new_protocol)
{
	if (walk->hosts > 1 || (new_protocol && walk->hosts == 0))
		return "请求头里应当恰有一个 Host";
	if (walk->lengths > 1)
		return "请求头里有多个 Content-Length";
	if (walk->encodings > 1 || (walk->encodings && (walk->lengths || !new_protocol)))
		return "Transfer-Encoding 与其他请求头矛盾";
	return NULL;
}

/* A proxy on this machine adds the client's address as the last one; from anybody else the header is hearsay.
 */
static void take_forwarded(struct http_request *request, const char *forwarded)
{
	request->has_forwarded = forwarded != NULL;
	if (!forwarded || !request->connection->loopback)
		return;
	const char *last = strrchr(forwarded, ',');
	const char *address = text_trim(request->c.arena, last ? last + 1 : forwarded);
	size_t length = strlen(address);
	if (length > 0 && length < ADDRESS_SIZE && strspn(address, "0123456789abcdefABCDEF.:") == length)
		request->address = address;
}

bool request_check_headers(struct http_request *request, const char *version)
{
	struct ctx *c = &request->c;
	struct header_walk walk = { .request = request, .code = BAD_REQUEST };
	bool new_protocol = strcmp(version, "HTTP/1.1") == 0;
	if (!new_protocol && strcmp(version, "HTTP/1.0") != 0)
		return fail(c, BAD_REQUEST, "不支持这个 HTTP 版本");
	MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, take_header, &walk);
	if (!walk.wrong)
		walk.wrong = framing_fault(&walk, new_protocol);
	if (!walk.wrong)
		walk.wrong = request->malformed;
	if (walk.wrong)
		return fail(c, walk.code, "%s", walk.wrong);
	take_forwarded(request, walk.forwarded);
	return true;
}

const char *request_header(const struct http_request *request, const char *name)
{
	const char *value = MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
	return value && text_is_valid(value, strlen(value)) ? value : NULL;
}

/* ---- the body --------------------------------------------------------------------------------------------
 */

bool request_expects_body(const struct http_request *request)
{
	return request->chunked || request->content_length > 0;
}

static bool body_too_large(struct http_request *request)
{
	return fail(
		&request->c, TOO_LARGE, "提交的内容太大：最多 %lld KB", (long long)(request->limit / 1024));
}

static void close_upload(void *handle)
{
	struct http_request *request = handle;
	if (request->upload >= 0)
		close(request->upload);
	request->upload = -1;
	unlink(request->call.upload_path); /* unless the handler has moved it, it goes */
}

static void open_upload(struct http_request *request)
{
	struct ctx *c = &request->c;
	const char *directory = arena_format(c->arena, "%s/uploads", c->app->config.data_dir);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		log_line(LOG_ERROR, "http", "cannot make the folder for uploads", NULL);
	char *path = arena_format(c->arena, "%s/body-XXXXXX", directory);
	request->upload = mkostemp(path, O_CLOEXEC);
	if (request->upload < 0) {
		log_line(LOG_ERROR, "http", "cannot open a file for an upload", "why", strerror(errno), NULL);
		fail(c, UNAVAILABLE, "暂时不能接收文件，请稍后再试");
		return;
	}
	request->call.upload_path = path;
	arena_defer(c->arena, close_upload, request);
}

void request_body_start(struct http_request *request)
{
	const struct config *config = &request->server->app->config;
	unsigned flags = request->match.routed->route->flags;
	request->limit = (int64_t)config->body_limit;
	if (flags & RAW_BODY && request->limit < FILE_SIZE_LIMIT)
		request->limit = FILE_SIZE_LIMIT;
	if (flags & ALLOW_LARGE)
		request->limit = (int64_t)config->upload_limit;
	if (request->content_length > request->limit) {
		body_too_large(request);
		return;
	}
	if (request->retry_key)
		request->digest = digest_begin(request->c.arena);
	if (flags & ALLOW_LARGE)
		open_upload(request);
}

static void release_body(void *handle)
{
	struct http_request *request = handle;
	free(request->bytes);
	request->bytes = NULL;
}

/* Bodies lie outside the arena: its cap is for what is made of them. */
static bool body_reserve(struct http_request *request, size_t more)
{
	size_t needed = request->length + more + 1;
	if (needed <= request->capacity)
		return true;
	size_t capacity = request->capacity ? request->capacity * 2 : 4096;
	if (request->content_length > 0)
		capacity = (size_t)request->content_length + 1;
	if (capacity < needed)
		capacity = needed;
	if (!request->bytes)
		arena_defer(request->c.arena, release_body, request);
	char *bytes = realloc(request->bytes, capacity);
	if (!bytes)
		return fail(&request->c, UNAVAILABLE, "服务器内存不足，请稍后再试");
	request->bytes = bytes;
	request->capacity = capacity;
	return true;
}

static bool body_write(struct http_request *request, const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(request->upload, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			log_line(LOG_ERROR, "http", "cannot keep an upload", "why", strerror(errno), NULL);
			return fail(&request->c, UNAVAILABLE, "服务器存不下这个文件，请联系系统管理员");
		}
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

void request_body_add(struct http_request *request, const char *bytes, size_t length)
{
	if (ctx_failed(&request->c) || request->swallow) {
		request->swallowed += length;
		/* A sender who goes on and on after a refusal is cut off. */
		if (request->swallowed > SWALLOWED_BODY)
			request->close = true;
		return;
	}
	if (monotonic_us() - request->started_us > INT64_C(1000) * BODY_MOST_MS) {
		request->close = true;
		fail(&request->c, 408, "接收内容用了太长时间，请检查网络后重试");
		return;
	}
	if ((int64_t)(request->length + length) > request->limit) {
		body_too_large(request);
		return;
	}
	if (request->digest)
		digest_add(request->digest, bytes, length);
	if (request->upload >= 0) {
		if (body_write(request, bytes, length))
			request->length += length;
		return;
	}
	if (!body_reserve(request, length))
		return;
	memcpy(request->bytes + request->length, bytes, length);
	request->length += length;
	request->bytes[request->length] = '\0';
}

static bool is_json_type(const char *type)
{
	static const char json[] = "application/json";
	size_t length = sizeof json - 1;
	if (!type || strncasecmp(type, json, length) != 0)
		return false;
	return type[length] == '\0' || type[length] == ';' || type[length] == ' ';
}

bool request_body_end(struct http_request *request)
{
	struct ctx *c = &request->c;
	struct call *call = &request->call;
	const struct route *route = request->match.routed->route;
	call->content_type = request->content_type;
	call->length = request->length;
	if (request->upload >= 0 || route->flags & ALLOW_LARGE)
		return !ctx_failed(c);
	call->bytes = request->bytes ? request->bytes : "";
	if (route->flags & RAW_BODY)
		return true;
	if (request->length == 0)
		return !route->body || fail(c, INVALID, "请求内容是空的，应当是一个 JSON 对象");
	if (!is_json_type(request->content_type))
		return fail(c, UNSUPPORTED, "请求内容应当是 JSON（Content-Type: application/json）");
	if (!json_parse(c, request->bytes, request->length, &call->json))
		return false;
	if (!route->body)
		return true;
	call->record = arena_alloc(c->arena, route->body->size);
	entity_blank(route->body, call->record);
	if (!entity_from_json(c, route->body, call->json, route->body_mode, call->record))
		return false;
	request->record_as_sent = arena_copy(c->arena, call->record, route->body->size);
	return true;
}

/* ---- what handlers ask -----------------------------------------------------------------------------------
 */

const char *call_query(const struct call *call, const char *name)
{
	for (size_t i = 0; call->http && i < call->http->query_count; i++)
		if (strcmp(call->http->query[i].name, name) == 0)
			return call->http->query[i].value;
	return NULL;
}

bool call_query_at(const struct call *call, size_t index, const char **name, const char **value)
{
	if (!call->http || index >= call->http->query_count)
		return false;
	*name = call->http->query[index].name;
	*value = call->http->query[index].value;
	return true;
}

int64_t call_query_int(struct ctx *c, const struct call *call, const char *name, int64_t fallback,
	int64_t at_least, int64_t at_most)
{
	const char *text = call_query(call, name);
	if (!text || !*text)
		return fallback;
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	bool starts_well = (*text >= '0' && *text <= '9') || *text == '-';
	if (errno || *end || !starts_well) {
		fault(c, name, "type", "参数 %s 应当是整数", name);
		return fallback;
	}
	if (number < at_least || number > at_most) {
		fault(c, name, "range", "参数 %s 应当在 %lld 到 %lld 之间", name, (long long)at_least,
			(long long)at_most);
		return fallback;
	}
	return number;
}

const char *call_header(const struct call *call, const char *name)
{
	return call->http ? request_header(call->http, name) : NULL;
}

bool call_require_version(struct ctx *c, const struct call *call)
{
	return call->if_match > 0 ||
	       fail(c, UNCONDITIONAL, "修改时要带上所看到的版本（If-Match），请重新打开后再改");
}
