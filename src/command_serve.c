/* command_serve.c: serve and stop in good order; migrate. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "platform/events.h"
#include "platform/log.h"
#include "platform/server.h"
#include "platform/workers.h"
#include "platform/writer.h"

/* systemd's protocol: one datagram to NOTIFY_SOCKET. Without it nothing happens. */
static void tell_systemd(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path ? strlen(path) : 0;
	if (length == 0 || length >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
		log_line(LOG_WARN, "serve", "systemd cannot be told", NULL);
	close(fd);
}

static void stop_threads(struct app *app)
{
	server_free(app->server);
	jobs_free(app->jobs);
	app->jobs = NULL;
	writer_free(app->writer);
	workers_free(app->workers);
	events_free(app->events);
	app->server = NULL;
	app->writer = NULL;
	app->workers = NULL;
	app->events = NULL;
}

static bool start_threads(struct app *app, const char **error)
{
	*error = "启动失败，原因见日志";
	app->events = events_new(app);
	app->writer = app->events ? writer_new(app) : NULL;
	app->workers = app->writer ? workers_new(app) : NULL;
	app->server = app->workers ? server_new(app, error) : NULL;
	app->jobs = app->server ? jobs_new(app) : NULL;
	return app->jobs != NULL;
}

static void announce(const struct app *app)
{
	const struct config *config = &app->config;
	/* A demo's reader is often a program: it waits for "ready" and an address. */
	printf(config->demo ? "ready %s://%s:%d\n" : "气服已启动：%s://%s:%d/\n",
		config->tls_certificate ? "https" : "http", config->listen_host, server_port(app->server));
	fflush(stdout);
	tell_systemd("READY=1");
}

bool command_serve_app(struct ctx *c)
{
	struct app *app = c->app;
	const char *error;
	sigset_t ending;
	int signal_number;
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	/* Blocked before any thread starts, so that only this one takes them. */
	pthread_sigmask(SIG_BLOCK, &ending, NULL);
	if (!start_threads(app, &error)) {
		stop_threads(app);
		return fail(c, INTERNAL, "%s", error);
	}
	announce(app);
	sigwait(&ending, &signal_number);
	tell_systemd("STOPPING=1");
	log_line(LOG_INFO, "serve", "stopping", NULL);
	stop_threads(app);
	return true;
}

int command_serve(int argc, char **argv)
{
	struct command_line line = { .usage = "qifu serve [选项]",
		.about = "升级数据库后启动服务；收到 SIGTERM 或 SIGINT 时办完手头的请求再停。" };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	struct ctx *c = command_open(&line);
	return command_close(c, c && command_migrate(c) && command_serve_app(c));
}

int command_migrate_only(int argc, char **argv)
{
	struct command_line line = { .usage = "qifu migrate [选项]",
		.about = "建立数据库，或升级到本程序的版本。" };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	struct ctx *c = command_open(&line);
	bool good = c && command_migrate(c);
	if (good)
		printf("数据库已是最新。\n");
	return command_close(c, good);
}
