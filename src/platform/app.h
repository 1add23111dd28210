/* app.h: everything that lives as long as the process hangs here, and is handed on through ctx->app. */
#ifndef QIFU_PLATFORM_APP_H
#define QIFU_PLATFORM_APP_H

#include <stdatomic.h>

#include "platform/auth.h"
#include "platform/module.h"

struct config {
	const char *db_address; /* path or postgresql://… */
	const char *data_dir;	/* files, uploads, outgoing test mail; made when missing */
	const char *listen_host;
	int listen_port;		       /* 0: any free one */
	const char *tls_certificate, *tls_key; /* PEM paths; NULL: plain HTTP */
	const char *public_url;		       /* as customers reach it; for links in notices; NULL: none */
	const char *smtp_url,
		*smtp_from; /* smtp://host:port; NULL: mail is kept in the outbox as not configured */
	const char *sms_url, *sms_token; /* HTTP gateway */
	int event_threads;		 /* 0: as many as cores */
	int worker_threads;		 /* 0: cores, at least 2; PostgreSQL: 8 */
	size_t body_limit;		 /* JSON, bytes; 1 MiB */
	size_t upload_limit;		 /* ALLOW_LARGE, bytes; 512 MiB */
	bool demo;
	bool has_clock;		    /* --clock: only with demo and tests */
	struct instant clock_start; /* what the clock read when the program started */
};

struct db;
struct events;
struct jobs;
struct writer;
struct workers;
struct server;
struct metrics;
struct staff_memory;

struct app {
	struct arena *arena; /* lives as long as the app */
	struct config config;
	struct db *db;
	struct events *events;
	struct writer *writer;
	struct workers *workers;
	struct jobs *jobs;
	struct server *server;
	struct metrics *metrics;
	const struct module *const *modules;
	size_t module_count;
	struct instant started_at; /* machine clock */
	_Atomic int64_t
		clock_shift_ms;	    /* clock = machine clock + shift; demo's "advance the clock" moves it */
	_Atomic bool clock_stopped; /* tests: the clock reads clock_shift_ms itself and stands still */
	/* Fills an actor from a session cookie or bearer key; anonymous when neither is good. Set by main. */
	bool (*authenticate)(
		struct ctx *c, const char *session_token, const char *bearer, struct actor *actor);
	const struct permission_info *permissions; /* code and label of each, index = number; [0] is unused */
	int permission_count;
	const void *book; /* the rulebook, read once at start (domain/core/rulebook) */
	struct staff_memory
		*staff; /* roles, and when each session was last seen (domain/organisation/staff) */
};
struct permission_info {
	const char *code, *label;
};

/* The clock. */
struct instant app_now(const struct app *app);

/* A context for work outside requests: own arena (freed by ctx_end), own connection, system actor. NULL on
 * failure. */
struct ctx *ctx_begin(struct app *app);
void ctx_end(struct ctx *c);

/* Migrates the platform and all modules whose sql/NAME.sql is embedded. False with a message for the
 * operator. */
bool app_migrate(struct ctx *c);

#endif
