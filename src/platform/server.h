/* server.h: qifu's door to the network. */
#ifndef QIFU_PLATFORM_SERVER_H
#define QIFU_PLATFORM_SERVER_H

#include "platform/app.h"

struct server;

/* Builds the route table, opens the port and serves. NULL with the reason in `*error` (Chinese, in
 * app->arena). The app's database, writer and workers must stand; app->server and app->metrics are set by the
 * caller. */
struct server *server_new(struct app *app, const char **error);

int server_port(const struct server *server);

/* No new connections; requests under way are finished (at most STOP_MS), streams are closed, threads joined.
 * NULL is allowed. The app's events must still stand. */
enum { SERVER_STOP_MS = 10000 };
void server_free(struct server *server);

/* What the table of routes would refuse at start, without opening a port: for `qifu openapi` and tests. */
bool server_check_routes(struct app *app, const char **error);

#endif
