/* static_web.c: the pages that travel inside the program, /APP/… = web/APP/…. */
#include <stdio.h>
#include <string.h>

#include "platform/embedded.h"
#include "platform/server_internal.h"

static const char web_policy[] =
	"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' "
	"data:;"
	" object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
static const char home[] = "/console/";
enum { PATH_MOST = 300 };

bool static_web_has(const char *path)
{
	return strncmp(path, "/api/", 5) != 0;
}

static const char *type_of(const char *path)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".json", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".mp3", "audio/mpeg" },
		{ ".wasm", "application/wasm" },
	};
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t ending = strlen(types[i].ending);
		if (length > ending && strcmp(path + length - ending, types[i].ending) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

/* A page's own address (/console/orders/17) is the application's business: it gets its index.html. */
static const struct embedded *find(const char *path)
{
	char full[PATH_MOST];
	int length = snprintf(full, sizeof full, "web%s", path);
	if (length < 0 || length >= (int)sizeof full)
		return NULL;
	const struct embedded *file = embedded_find(full);
	const char *last = strrchr(path, '/') + 1;
	if (file || strchr(last, '.') || strstr(path, "/assets/"))
		return file;
	size_t app = strcspn(path + 1, "/") + 1;
	snprintf(full, sizeof full, "web%.*s/index.html", (int)app, path);
	return embedded_find(full);
}

static bool accepts(const char *accepted, const char *coding)
{
	size_t length = strlen(coding);
	for (const char *at = accepted; at && (at = strstr(at, coding)); at += length) {
		bool starts = at == accepted || at[-1] == ' ' || at[-1] == ',';
		const char *after = at + length + strspn(at + length, " ");
		if (!starts || (*after && *after != ',' && *after != ';'))
			continue;
		return strncmp(after, ";q=0", 4) != 0 ||
		       (after[4] == '.' && strspn(after + 5, "0") != strcspn(after + 5, ", "));
	}
	return false;
}

struct representation {
	const unsigned char *bytes;
	size_t length;
	const char *coding;
};

static struct representation choose(const struct embedded *file, const char *accepted)
{
	if (file->brotli && accepts(accepted, "br"))
		return (struct representation){ file->brotli, file->brotli_length, "br" };
	if (file->gzip && accepts(accepted, "gzip"))
		return (struct representation){ file->gzip, file->gzip_length, "gzip" };
	return (struct representation){ file->bytes, file->length, NULL };
}

static enum MHD_Result queue(struct http_request *request, struct MHD_Response *response, unsigned status)
{
	if (request->close)
		MHD_add_response_header(response, "Connection", "close");
	reply_secure(response, web_policy);
	request->status = status;
	request->state = REQUEST_ANSWERED;
	enum MHD_Result result = MHD_queue_response(request->mhd, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result redirect(struct http_request *request, const char *to)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Location", to);
	MHD_add_response_header(response, "Cache-Control", "no-cache");
	return queue(request, response, MHD_HTTP_FOUND);
}

static bool is_app_without_slash(const char *path)
{
	char full[PATH_MOST];
	int length = snprintf(full, sizeof full, "web%s/index.html", path);
	return !strchr(path + 1, '/') && length < (int)sizeof full && embedded_find(full);
}

static enum MHD_Result send_file(struct http_request *request, const struct embedded *file)
{
	const char *known = request_header(request, "If-None-Match");
	bool unchanged = known && strstr(known, file->etag);
	struct representation chosen = choose(file, request_header(request, "Accept-Encoding"));
	struct MHD_Response *response = MHD_create_response_from_buffer(
		unchanged ? 0 : chosen.length, (void *)(uintptr_t)chosen.bytes, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "ETag", file->etag);
	/* Vite puts a digest of the content into the names of what lies in assets/. */
	bool immutable = strstr(file->path, "/assets/") != NULL;
	MHD_add_response_header(
		response, "Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
	MHD_add_response_header(response, "Vary", "Accept-Encoding");
	MHD_add_response_header(response, "Content-Type", type_of(file->path));
	if (chosen.coding && !unchanged)
		MHD_add_response_header(response, "Content-Encoding", chosen.coding);
	return queue(request, response, unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK);
}

enum MHD_Result static_web_send(struct http_request *request)
{
	struct ctx *c = &request->c;
	bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
	const struct embedded *file = reads ? find(request->path) : NULL;
	if (!reads)
		fail(c, NOT_ALLOWED, "这个网址不支持 %s 方法", request->method);
	else if (strcmp(request->path, "/") == 0)
		return redirect(request, home);
	else if (is_app_without_slash(request->path))
		return redirect(request, arena_format(c->arena, "%s/", request->path));
	else if (file)
		return send_file(request, file);
	else
		fail(c, NOT_FOUND, "没有这个网址");
	return reply_send(request);
}
