/* kit.c: see kit.h. The tables are made once per test program and then copied, since making them costs more
 * than a test. */
#include <errno.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/core/permission/permission.h"
#include "kit/kit.h"
#include "platform/events.h"
#include "platform/log.h"
#include "platform/workers.h"
#include "platform/writer.h"

enum { KIT_ARENA_CAP = 64 * 1024 * 1024 };

static struct {
	bool made;
	char directory[64]; /* SQLite: holds all.db */
	char database[64];  /* PostgreSQL */
	unsigned count;
} template;

static bool want_postgres(void)
{
	const char *wanted = getenv("QIFU_TEST_DB");
	if (wanted)
		return strcmp(wanted, "postgres") == 0;
	return getenv("QIFU_TEST_POSTGRES") != NULL;
}

static void stop(const char *what, const char *why)
{
	fprintf(stderr, "tests/kit: %s: %s\n", what, why);
	abort();
}

/* ---- files
 * ---------------------------------------------------------------------------------------------------------
 */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_directory(char directory[64])
{
	snprintf(directory, 64, "/tmp/qifu-test-XXXXXX");
	if (!mkdtemp(directory))
		stop("mkdtemp", strerror(errno));
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	if (!in || !out)
		stop(from, strerror(errno));
	for (size_t length; (length = fread(bytes, 1, sizeof bytes, in));)
		if (fwrite(bytes, 1, length, out) != length)
			stop(to, strerror(errno));
	fclose(in);
	fclose(out);
}

/* ---- PostgreSQL
 * ------------------------------------------------------------------------------------------------------- */

static const char *server(void)
{
	const char *address = getenv("QIFU_TEST_POSTGRES");
	if (!address)
		stop("QIFU_TEST_DB=postgres", "QIFU_TEST_POSTGRES=postgresql://… is missing");
	return address;
}

/* The server's address with another database in it. */
static void address_of(const char *database, char *out, size_t size)
{
	const char *address = server();
	const char *host = strstr(address, "://");
	size_t before = host ? (size_t)(host + 3 - address) : 0;
	before += strcspn(address + before, "/?");
	const char *query = strchr(address, '?');
	snprintf(out, size, "%.*s/%s%s", (int)before, address, database, query ? query : "");
}

static void on_server(const char *format, const char *a, const char *b)
{
	char sql[256];
	int length = snprintf(sql, sizeof sql, "%s%s%s%s", format, a, b ? " TEMPLATE " : "", b ? b : "");
	PGconn *connection = PQconnectdb(server());
	PQclear(PQexec(connection, "SET client_min_messages = warning"));
	PGresult *result = length < (int)sizeof sql ? PQexec(connection, sql) : NULL;
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		stop(sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

/* ---- one app
 * ------------------------------------------------------------------------------------------------------------
 */

static void open_app(struct kit *kit)
{
	const char *error;
	struct app *app = &kit->app;
	app->arena = arena_new(KIT_ARENA_CAP);
	app->config.data_dir = kit->directory;
	app->config.db_address = kit->address;
	app->config.has_clock = true;
	app->config.clock_start = KIT_NOW;
	app->config.body_limit = 1 << 20;
	app->modules = modules;
	app->module_count = module_count;
	app->permissions = permission_infos;
	app->permission_count = PERMISSION_COUNT;
	app->started_at = instant_machine_now();
	atomic_store(&app->clock_stopped, true);
	atomic_store(&app->clock_shift_ms, KIT_NOW.ms);
	app->db = db_open(app->arena, kit->address, &error);
	if (!app->db)
		stop(kit->address, error);
	kit->c = ctx_begin(app);
	if (!kit->c)
		stop(kit->address, "cannot connect");
}

static void close_app(struct kit *kit)
{
	ctx_end(kit->c);
	writer_free(kit->app.writer);
	workers_free(kit->app.workers);
	db_close(kit->app.db);
	arena_free(kit->app.arena);
}

static bool start_modules(struct ctx *c)
{
	if (!db_begin(c))
		return false;
	for (size_t i = 0; i < c->app->module_count; i++)
		if (c->app->modules[i]->start && !c->app->modules[i]->start(c)) {
			db_rollback(c);
			return false;
		}
	return db_commit(c);
}

bool kit_migrate_all(struct ctx *c)
{
	return app_migrate(c) && start_modules(c);
}

/* ---- the template
 * ---------------------------------------------------------------------------------------------------------
 */

static void remove_template(void)
{
	if (want_postgres())
		on_server("DROP DATABASE IF EXISTS ", template.database, NULL);
	remove_tree(template.directory);
}

static void make_template(void)
{
	struct kit kit = { .c = NULL };
	if (template.made)
		return;
	template.made = true;
	make_directory(template.directory);
	memcpy(kit.directory, template.directory, sizeof kit.directory);
	snprintf(kit.address, sizeof kit.address, "%s/all.db", template.directory);
	if (want_postgres()) {
		snprintf(template.database, sizeof template.database, "qifu_test_%d", (int)getpid());
		on_server("DROP DATABASE IF EXISTS ", template.database, NULL);
		on_server("CREATE DATABASE ", template.database, "template0");
		address_of(template.database, kit.address, sizeof kit.address);
	}
	atexit(remove_template);
	open_app(&kit);
	if (!kit_migrate_all(kit.c))
		stop("migration", kit_problem(kit.c));
	close_app(&kit);
}

static struct kit *new_kit(bool empty)
{
	struct kit *kit = calloc(1, sizeof *kit);
	if (!kit)
		stop("calloc", "no memory");
	make_directory(kit->directory);
	if (want_postgres()) {
		char database[96];
		snprintf(database, sizeof database, "qifu_test_%d_%u", (int)getpid(), ++template.count);
		on_server("DROP DATABASE IF EXISTS ", database, NULL);
		on_server("CREATE DATABASE ", database, empty ? "template0" : template.database);
		address_of(database, kit->address, sizeof kit->address);
	} else {
		char from[96];
		snprintf(from, sizeof from, "%s/all.db", template.directory);
		snprintf(kit->address, sizeof kit->address, "%s/qifu.db", kit->directory);
		if (!empty)
			copy_file(from, kit->address);
	}
	open_app(kit);
	return kit;
}

int kit_setup(void **state)
{
	make_template();
	struct kit *kit = new_kit(false);
	*state = kit;
	/* What the modules keep in memory belongs to each app. */
	if (!start_modules(kit->c))
		stop("start", kit_problem(kit->c));
	return 0;
}

int kit_setup_empty(void **state)
{
	*state = new_kit(true);
	return 0;
}

int kit_teardown(void **state)
{
	struct kit *kit = *state;
	close_app(kit);
	if (want_postgres()) {
		const char *database = strrchr(kit->address, '/') + 1;
		char name[96];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(database, "?"), database);
		on_server("DROP DATABASE IF EXISTS ", name, NULL);
	}
	remove_tree(kit->directory);
	free(kit);
	return 0;
}

/* ---- in a test
 * ----------------------------------------------------------------------------------------------------------------
 */

struct ctx *kit_ctx(struct kit *kit)
{
	return kit->c;
}

struct ctx *kit_another_ctx(struct kit *kit)
{
	struct ctx *c = ctx_begin(&kit->app);
	assert_non_null(c);
	return c;
}

bool kit_on_postgres(const struct kit *kit)
{
	return db_kind(kit->app.db) == DB_POSTGRES;
}

void kit_start_threads(struct kit *kit)
{
	kit->app.writer = writer_new(&kit->app);
	kit->app.workers = workers_new(&kit->app);
	assert_non_null(kit->app.writer);
	assert_non_null(kit->app.workers);
}

void kit_set_clock(struct kit *kit, struct instant now)
{
	atomic_store(&kit->app.clock_shift_ms, now.ms);
	kit->c->now = now;
}

void kit_advance(struct kit *kit, int64_t ms)
{
	kit_set_clock(kit, instant_plus(app_now(&kit->app), ms));
}

const char *kit_problem(struct ctx *c)
{
	struct text_builder out = { .arena = c->arena };
	for (const struct fault *fault = c->problem.faults; fault; fault = fault->next)
		text_add_format(&out, "%s%s %s", out.length ? ", " : "", fault->code, fault->field);
	if (!out.length && ctx_failed(c))
		text_add_format(&out, "%d %s", (int)c->problem.code, c->problem.detail);
	return text_built(&out);
}
