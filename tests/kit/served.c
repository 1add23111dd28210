/* served.c: see served.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "domain/organisation/staff/staff.h"
#include "kit/people.h"
#include "kit/served.h"
#include "platform/events.h"
#include "platform/server.h"
#include "platform/workers.h"
#include "platform/writer.h"

int served_setup(void **state)
{
	if (kit_setup(state) != 0)
		return -1;
	struct kit *kit = *state;
	struct app *app = &kit->app;
	const char *error = NULL;
	app->authenticate = staff_authenticate;
	app->config.listen_host = "127.0.0.1";
	app->config.upload_limit = 4 * 1024 * 1024;
	app->events = events_new(app);
	kit_start_threads(kit);
	app->server = server_new(app, &error);
	if (!app->server)
		print_error("server: %s\n", error);
	return app->server ? 0 : -1;
}

int served_teardown(void **state)
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

int served_port(const struct kit *kit)
{
	return server_port(kit->app.server);
}

struct visitor served_person(struct ctx *c, int64_t staff_id)
{
	struct visitor visitor = { 0 };
	visitor.cookie = people_session(c, staff_id, &visitor.csrf);
	return visitor;
}

enum { REQUEST_MOST = 16 * 1024, WAIT_MS = 10000 };

static void add(char *request, size_t *length, const char *format, const char *value)
{
	if (value)
		*length += (size_t)snprintf(request + *length, REQUEST_MOST - *length, format, value);
	assert_true(*length < REQUEST_MOST);
}

/* The connection ends with the answer, so that one without a body is known to be complete. */
struct answer served_ask(struct kit *kit, const struct visitor *visitor, const char *method, const char *path,
	const char *headers, const char *body)
{
	char request[REQUEST_MOST], body_length[24];
	size_t length = 0;
	add(request, &length, "%s ", method);
	add(request, &length, "/api/v1%s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n", path);
	add(request, &length, "Cookie: qifu_session=%s\r\n", visitor->cookie);
	add(request, &length, "X-CSRF-Token: %s\r\n", visitor->csrf);
	add(request, &length, "Authorization: Bearer %s\r\n", visitor->bearer);
	add(request, &length, "%s", headers);
	if (body) {
		snprintf(body_length, sizeof body_length, "%zu", strlen(body));
		add(request, &length, "Content-Type: application/json\r\nContent-Length: %s\r\n",
			body_length);
	}
	add(request, &length, "\r\n%s", body ? body : "");
	int socket = door_connect(served_port(kit));
	door_send(socket, request, length);
	struct answer answer = door_read(socket, WAIT_MS);
	close(socket);
	return answer;
}

int served_status(struct kit *kit, const struct visitor *visitor, const char *method, const char *path,
	const char *body)
{
	struct answer answer = served_ask(kit, visitor, method, path, NULL, body);
	int status = answer.status;
	answer_free(&answer);
	return status;
}
