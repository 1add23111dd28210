/* kit.h: what every test of a module stands on: a fresh database, an app with a clock that stands still, a
 * context.
 *
 *   static void a_thing_does_this(void **state)
 *   {
 *           struct ctx *c = kit_ctx(*state);
 *           assert_true(thing_do(c, …));
 *   }
 *   int main(void)
 *   {
 *           const struct CMUnitTest tests[] = { kit_test(a_thing_does_this) };
 *           return cmocka_run_group_tests(tests, NULL, NULL);
 *   }
 *
 * The database has all modules' tables, and what the modules' start() makes. It is SQLite in a temporary
 * folder, or, with QIFU_TEST_DB=postgres, a database of its own on the server of QIFU_TEST_POSTGRES
 * (postgresql://…).
 */
#ifndef QIFU_TESTS_KIT_H
#define QIFU_TESTS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka's; ours is in ctx.h */

#include "platform/app.h"
#include "platform/db.h"

/* 2026-09-30T22:30:00+08:00, the eve of a long holiday. */
#define KIT_NOW ((struct instant){ INT64_C(1790778600000) })

struct kit {
	struct app app;
	struct ctx *c;
	char directory[64]; /* of this test alone; also app.config.data_dir */
	char address[512];  /* of this test's database */
};

#define kit_test(function) cmocka_unit_test_setup_teardown(function, kit_setup, kit_teardown)
/* A database without any table: for tests of the migrations. */
#define kit_test_empty(function) cmocka_unit_test_setup_teardown(function, kit_setup_empty, kit_teardown)
int kit_setup(void **state);
int kit_setup_empty(void **state);
int kit_teardown(void **state);

/* The test's context: the system's actor, an own connection, no transaction open (each statement stands for
 * itself; use db_begin() and db_commit(), or app_write(), for several). ctx_forgive() it after a refusal that
 * was expected. */
struct ctx *kit_ctx(struct kit *kit);
/* A further one, with its own connection: another user, another thread. Freed with ctx_end(). */
struct ctx *kit_another_ctx(struct kit *kit);
bool kit_on_postgres(const struct kit *kit);

/* Starts writer and workers (kit->app.writer, .workers); ended by the teardown. */
void kit_start_threads(struct kit *kit);

/* Moves the clock, of the app and of kit->c. */
void kit_set_clock(struct kit *kit, struct instant now);
void kit_advance(struct kit *kit, int64_t ms);

/* All modules' tables, and their start(). kit_setup() has done it already. */
bool kit_migrate_all(struct ctx *c);

/* "code field" of each fault of c, or "409 detail" where there is none: short to compare with. */
const char *kit_problem(struct ctx *c);

#endif
