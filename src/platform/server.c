/* server.c: libmicrohttpd's callbacks, and the server's own life. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "platform/events_internal.h"
#include "platform/log.h"
#include "platform/server_internal.h"

enum { LISTEN_QUEUE = 1024, THREADS_MOST = 64, PEM_MOST = 256 * 1024, DESCRIPTORS = 16384 };

const struct router *request_router(const struct http_request *request)
{
	return request->server->router;
}

/* ---- connections -----------------------------------------------------------------------------------------
 */

static void connection_address(struct http_connection *connection, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;
	if (address && address->sa_family == AF_INET) {
		const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
		inet_ntop(AF_INET, &four->sin_addr, connection->address, ADDRESS_SIZE);
		connection->loopback = (ntohl(four->sin_addr.s_addr) >> 24) == 127;
	} else if (address && address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
		inet_ntop(AF_INET6, &six->sin6_addr, connection->address, ADDRESS_SIZE);
		connection->loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	}
}

static void on_connection(
	void *data, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode what)
{
	(void)data;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		struct http_connection *connection = *context;
		if (connection)
			arena_free(connection->arena);
		free(connection);
		*context = NULL;
		return;
	}
	struct http_connection *connection = calloc(1, sizeof *connection);
	struct arena *arena = connection ? arena_new(REQUEST_ARENA_CAP) : NULL;
	if (!arena) {
		free(connection);
		connection = NULL;
	} else {
		connection->arena = arena;
		connection_address(connection, mhd);
	}
	*context = connection;
}

static struct http_connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

/* ---- requests --------------------------------------------------------------------------------------------
 */

static void begin_guarded(struct http_request *request, const char *uri)
{
	struct arena *arena = request->connection->arena;
	jmp_buf recovery;
	arena_on_full(arena, &recovery);
	if (setjmp(recovery) == 0)
		request_begin(request, uri);
	else
		request->malformed = "网址太长";
	arena_on_full(arena, NULL);
}

/* Once the address is read. The last request of the connection is done with its memory. */
static void *on_uri(void *data, const char *uri, struct MHD_Connection *mhd)
{
	struct http_connection *connection = connection_of(mhd);
	if (!connection)
		return NULL;
	struct http_request *request = &connection->request;
	memset(request, 0, sizeof *request);
	request->connection = connection;
	request->server = data;
	request->mhd = mhd;
	begin_guarded(request, uri);
	return request;
}

static enum MHD_Result answer(struct http_request *request)
{
	if (request->match.routed || ctx_failed(&request->c) || !static_web_has(request->path))
		return reply_send(request);
	return static_web_send(request);
}

/* Refused before the body was read: a short one is read to its end, so that the answer isn't lost in a reset.
 */
static enum MHD_Result refuse_early(struct http_request *request)
{
	request->state = REQUEST_BODY;
	request->swallow = true;
	bool is_short = request->content_length >= 0 && request->content_length <= SWALLOWED_BODY;
	if (request_expects_body(request) && is_short && !request->expects_continue && !request->close)
		return MHD_YES;
	request->close = request->close || request_expects_body(request);
	return reply_send(request);
}

static bool is_static(const struct http_request *request)
{
	return !request->match.methods && static_web_has(request->path);
}

static enum MHD_Result begin(struct http_request *request, const char *method, const char *version)
{
	struct server *server = request->server;
	atomic_fetch_add(&server->under_way, 1);
	request->counted = true;
	request->state = REQUEST_BODY;
	request->method = method;
	if (!request_check_headers(request, version)) {
		request->close = true;
		return refuse_early(request);
	}
	router_find(server->router, request->c.arena, method, request->path, &request->match);
	if (is_static(request)) {
		if (!request_expects_body(request))
			return MHD_YES;
		request->close = true;
		return static_web_send(request);
	}
	if (!request_expects_body(request))
		return MHD_YES;
	if (!dispatch_decide(request))
		return refuse_early(request);
	request_body_start(request);
	return ctx_failed(&request->c) ? refuse_early(request) : MHD_YES;
}

static enum MHD_Result complete(struct http_request *request, bool *suspended)
{
	if (is_static(request) && !ctx_failed(&request->c))
		return static_web_send(request);
	*suspended = !ctx_failed(&request->c) && dispatch_run(request) == DISPATCH_SUSPENDED;
	return *suspended ? MHD_YES : answer(request);
}

static enum MHD_Result step(struct http_request *request, const char *method, const char *version,
	const char *bytes, size_t *length, bool *suspended)
{
	switch (request->state) {
	case REQUEST_NEW:
		return begin(request, method, version);
	case REQUEST_BODY:
		if (!*length)
			return complete(request, suspended);
		request_body_add(request, bytes, *length);
		*length = 0;
		return request->swallow && request->close ? MHD_NO : MHD_YES;
	case REQUEST_READY:
		return answer(request);
	case REQUEST_WAITING:
	case REQUEST_ANSWERED:
		break;
	}
	return MHD_YES;
}

/* The arena is full: whatever the request was about, there is only one answer left. */
static enum MHD_Result give_up(struct http_request *request, size_t *length)
{
	struct conn *conn = request->c.conn;
	request->c.conn = NULL;
	db_return(conn);
	request->swallow = true;
	if (*length) { /* in the middle of a body nothing can be answered */
		*length = 0;
		return MHD_NO;
	}
	return reply_too_large(request);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *mhd, const char *url, const char *method,
	const char *version, const char *bytes, size_t *length, void **context)
{
	struct http_request *request = *context;
	jmp_buf recovery;
	(void)data, (void)mhd, (void)url;
	if (!request)
		return MHD_NO;
	struct arena *arena = request->connection->arena;
	bool suspended = false;
	if (setjmp(recovery) == 0) {
		arena_on_full(arena, &recovery);
		enum MHD_Result result = step(request, method, version, bytes, length, &suspended);
		if (!suspended)
			arena_on_full(arena, NULL);
		return result;
	}
	arena_on_full(arena, NULL);
	return give_up(request, length);
}

static int64_t monotonic_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void note(const struct http_request *request, int64_t took_us)
{
	const struct routed *routed = request->match.routed;
	char status[16], took[24];
	bool streams = routed && routed->route->flags & STREAMS;
	if (request->status < 500 && (took_us < SLOW_REQUEST_MS * 1000 || streams))
		return;
	snprintf(status, sizeof status, "%u", request->status);
	snprintf(took, sizeof took, "%lld", (long long)(took_us / 1000));
	log_line(request->status >= 500 ? LOG_ERROR : LOG_WARN, "http",
		request->status >= 500 ? "a request failed" : "a slow request", "route",
		routed ? routed->path : "other", "method", request->method ? request->method : "", "status",
		status, "took_ms", took, "request", request->request_id, NULL);
}

static void on_completed(
	void *data, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	struct server *server = data;
	struct http_request *request = *context;
	(void)mhd, (void)code;
	if (!request)
		return;
	int64_t took_us = monotonic_us() - request->started_us;
	if (request->status)
		metrics_request(server->app->metrics, request->match.routed, request->status, took_us);
	note(request, took_us);
	if (request->counted)
		atomic_fetch_sub(&server->under_way, 1);
	request->counted = false;
	db_return(request->c.conn);
	request->c.conn = NULL;
	arena_reset(request->connection->arena);
	*context = NULL;
}

/* Escapes are undone in request.c, strictly. */
static size_t leave_escaped(void *data, struct MHD_Connection *mhd, char *text)
{
	(void)data, (void)mhd;
	return strlen(text);
}

/* ---- opening ---------------------------------------------------------------------------------------------
 */

static int open_socket(struct server *server, const char **error)
{
	const struct config *config = &server->app->config;
	const char *host = config->listen_host ? config->listen_host : "127.0.0.1";
	char port[16];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV },
			*found = NULL;
	snprintf(port, sizeof port, "%d", config->listen_port);
	if (getaddrinfo(host, port, &hints, &found) != 0 || !found) {
		*error = arena_format(server->arena, "没有 %s 这个地址", host);
		return -1;
	}
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, LISTEN_QUEUE) != 0) {
		*error = arena_format(server->arena, "不能在 %s:%s 上监听：%s", host, port, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
}

static char *read_pem(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = arena_alloc(arena, PEM_MOST + 1);
	size_t length = file ? fread(text, 1, PEM_MOST, file) : 0;
	if (file)
		fclose(file);
	return length ? text : NULL;
}

static unsigned thread_count(const struct app *app)
{
	long cores =
		app->config.event_threads > 0 ? app->config.event_threads : sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 1 ? 1 : cores > THREADS_MOST ? THREADS_MOST : (unsigned)cores;
}

/* Each stream is a descriptor. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Behind a proxy on this machine all connections have one address. */
static unsigned per_address(const struct app *app)
{
	const char *host = app->config.listen_host;
	bool local = !host || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
		     strcmp(host, "localhost") == 0;
	return local ? 0 : CONNECTIONS_PER_ADDRESS;
}

static bool start_daemon(struct server *server, const char **error)
{
	struct config *config = &server->app->config;
	unsigned flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO;
	unsigned threads = thread_count(server->app);
	struct MHD_OptionItem tls[] = { { MHD_OPTION_END, 0, NULL }, { MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL } };
	if (config->tls_certificate) {
		char *certificate = read_pem(server->arena, config->tls_certificate);
		char *key = config->tls_key ? read_pem(server->arena, config->tls_key) : NULL;
		if (!certificate || !key) {
			*error = "读不出 TLS 证书或私钥文件";
			return false;
		}
		flags |= MHD_USE_TLS;
		tls[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, certificate };
		tls[1] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, key };
	}
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
		server->listen_socket, MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		per_address(server->app), MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped,
		NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, server, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (!server->daemon)
		*error = "网络服务启动失败：请检查 TLS 证书和可打开的文件数";
	return server->daemon != NULL;
}

static void random_name(char name[9])
{
	unsigned char random[4];
	random_bytes(random, sizeof random);
	snprintf(name, 9, "%02x%02x%02x%02x", random[0], random[1], random[2], random[3]);
}

struct server *server_new(struct app *app, const char **error)
{
	struct server *server = arena_new_object(app->arena, struct server);
	server->app = app;
	server->arena = app->arena;
	server->listen_socket = -1;
	random_name(server->boot);
	json_object_seed(0); /* before threads could do it at once */
	server->router = router_new(app->arena, app->modules, app->module_count, error);
	if (!server->router)
		return NULL;
	app->metrics = metrics_new(app->arena, server->router);
	raise_descriptors();
	server->listen_socket = open_socket(server, error);
	if (server->listen_socket < 0)
		return NULL;
	server->port = port_of(server->listen_socket);
	if (start_daemon(server, error))
		return server;
	close(server->listen_socket);
	return NULL;
}

int server_port(const struct server *server)
{
	return server->port;
}

bool server_check_routes(struct app *app, const char **error)
{
	return router_new(app->arena, app->modules, app->module_count, error) != NULL;
}

/* ---- stopping --------------------------------------------------------------------------------------------
 */

void server_free(struct server *server)
{
	if (!server)
		return;
	atomic_store(&server->stopping, true);
	MHD_socket fd = MHD_quiesce_daemon(server->daemon);
	for (int64_t waited = 0; atomic_load(&server->under_way) > 0 && waited < SERVER_STOP_MS; waited += 10)
		usleep(10000);
	events_end_streams(server->app->events);
	/* What the writer and the workers have is finished, however long it takes, and nothing more is given
	 * to them: nothing may stay suspended. */
	atomic_store(&server->drained, true);
	while (atomic_load(&server->suspended) > 0)
		usleep(10000);
	for (int64_t waited = 0; events_streams(server->app->events) > 0 && waited < 1000; waited += 10)
		usleep(10000);
	MHD_stop_daemon(server->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
}
