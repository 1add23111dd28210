/* Writes: grouped, each for itself, answered only after the commit, and not lost when the program is killed.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/kit.h"
#include "platform/workers.h"
#include "platform/writer.h"

/* number_sequence serves as a table that is there: one row per (sequence, org_id, year). */
static const char insert[] =
	"INSERT INTO number_sequence (sequence, org_id, year, last) VALUES ($1, $2, 2026, 1)";
static const char count_all[] = "SELECT COUNT(*) FROM number_sequence WHERE sequence = $1";

enum { WRITES = 64 };

struct write {
	struct write_request request; /* first */
	struct ctx c;
	struct kit *kit;
	int64_t org;
	const _Atomic bool *gate; /* waits until it opens */
	bool refuses, exhausts, sleeps, done, committed, seen_by_others;
	int runs;
};

static bool work(struct ctx *c, void *data)
{
	struct write *write = data;
	write->runs++;
	if (write->sleeps)
		usleep(100000);
	while (write->gate && !atomic_load(write->gate))
		usleep(1000);
	if (!db_run(c, insert, V("w"), V(write->org)))
		return false;
	if (write->exhausts)
		arena_alloc(c->arena, 1 << 30);
	return !write->refuses || fail(c, CONFLICT, "不行");
}

static void done(struct write_request *request, bool committed)
{
	struct write *write = (struct write *)request;
	struct ctx reader = {
		.arena = write->c.arena, .conn = db_borrow(write->kit->app.db), .actor = &system_actor
	};
	int64_t rows = 0;
	db_number(&reader, &rows, 0,
		"SELECT COUNT(*) FROM number_sequence WHERE sequence = 'w' AND org_id = $1", V(write->org));
	db_return(reader.conn);
	write->seen_by_others = rows == 1;
	write->committed = committed;
	__atomic_store_n(&write->done, true, __ATOMIC_RELEASE);
}

static void prepare(struct write *write, struct kit *kit, int64_t org)
{
	*write = (struct write){ .request = { .work = work, .data = write, .c = &write->c, .done = done },
		.kit = kit,
		.org = org };
	write->c = (struct ctx){
		.app = &kit->app, .arena = arena_new(1 << 20), .actor = &system_actor, .now = KIT_NOW
	};
}

static void wait_for(struct write *write)
{
	for (int i = 0; i < 5000 && !__atomic_load_n(&write->done, __ATOMIC_ACQUIRE); i++)
		usleep(1000);
	assert_true(write->done);
}

static void each_write_of_a_group_stands_for_itself_and_is_answered_after_the_commit(void **state)
{
	static struct write writes[WRITES];
	struct kit *kit = *state;
	kit_start_threads(kit);
	for (int i = 0; i < WRITES; i++) {
		prepare(&writes[i], kit, i == 5 ? 4 : i); /* the sixth collides with the fifth on SQLite, or
							     with luck the reverse */
		writes[i].sleeps = i == 0;		  /* so that the others gather behind it */
		writes[i].refuses = i % 7 == 6;
		writes[i].exhausts = i % 11 == 10;
	}
	for (int i = 0; i < WRITES; i++)
		assert_true(writer_submit(kit->app.writer, &writes[i].request));
	int64_t expected = 0, rows;
	for (int i = 0; i < WRITES; i++) {
		struct write *write = &writes[i];
		wait_for(write);
		bool collides = i == 4 || i == 5;
		bool bad = write->refuses || write->exhausts;
		if (!collides) {
			assert_int_equal(write->committed, !bad);
			assert_int_equal(write->seen_by_others, !bad);
		}
		if (write->exhausts)
			assert_int_equal(write->c.problem.code, TOO_LARGE);
		else if (write->refuses)
			assert_int_equal(write->c.problem.code, CONFLICT);
		assert_null(write->c.conn);
		expected += write->committed;
		arena_free(write->c.arena);
	}
	assert_true(writes[4].committed != writes[5].committed);
	assert_true(db_number(kit->c, &rows, 0, count_all, V("w")));
	assert_int_equal(rows, expected);
	struct writer_counts counts = writer_count(kit->app.writer);
	assert_int_equal(counts.committed, expected);
	assert_int_equal(counts.rolled_back, WRITES - expected);
	if (!kit_on_postgres(kit)) /* the first alone, then everything that had gathered */
		assert_true(counts.transactions <= 3);
}

static void a_full_queue_refuses_at_once(void **state)
{
	enum { MANY = WRITER_QUEUE_LIMIT + WRITER_BATCH_MOST + 200 };
	static struct write writes[MANY];
	struct kit *kit = *state;
	kit_start_threads(kit);
	_Atomic bool gate = false;
	int taken = 0, refused = 0;
	bool is_taken[MANY];
	for (int i = 0; i < MANY; i++) {
		prepare(&writes[i], kit, i);
		writes[i].gate = i < 32 ? &gate : NULL;
	}
	for (int i = 0; i < MANY; i++) {
		is_taken[i] = writer_submit(kit->app.writer, &writes[i].request);
		is_taken[i] ? taken++ : refused++;
	}
	atomic_store(&gate, true);
	for (int i = 0; i < MANY; i++) {
		if (is_taken[i])
			wait_for(&writes[i]);
		arena_free(writes[i].c.arena);
	}
	int64_t rows;
	assert_true(refused > 0);
	assert_true(db_number(kit->c, &rows, 0, count_all, V("w")));
	assert_int_equal(rows, taken);
}

/* Two transactions that take two rows in opposite order: one of them must be run again, and both succeed. */
static bool cross(struct ctx *c, void *data)
{
	static const char up[] =
		"UPDATE number_sequence SET last = last + 1 WHERE sequence = 'cross' AND org_id = $1";
	struct write *write = data;
	write->runs++;
	bool good = db_run(c, up, V(write->org));
	usleep(150000);
	return good && db_run(c, up, V(1 - write->org));
}

static void a_deadlock_is_run_again(void **state)
{
	static struct write writes[2];
	struct kit *kit = *state;
	int64_t sum;
	assert_true(db_run(kit->c, insert, V("cross"), V(0)) && db_run(kit->c, insert, V("cross"), V(1)));
	kit_start_threads(kit);
	for (int i = 0; i < 2; i++) {
		prepare(&writes[i], kit, i);
		writes[i].request.work = cross;
		assert_true(writer_submit(kit->app.writer, &writes[i].request));
	}
	for (int i = 0; i < 2; i++) {
		wait_for(&writes[i]);
		assert_true(writes[i].committed);
		arena_free(writes[i].c.arena);
	}
	assert_true(
		db_number(kit->c, &sum, 0, "SELECT SUM(last) FROM number_sequence WHERE sequence = 'cross'"));
	assert_int_equal(sum, 6);
	assert_int_equal(writes[0].runs + writes[1].runs, kit_on_postgres(kit) ? 3 : 2);
}

static bool work_with_id(struct ctx *c, void *data)
{
	int64_t *id = data;
	*id = db_new_id(c);
	return *id && db_run(c, insert, V("k"), V(*id));
}

struct load {
	struct app *app;
	int pipe;
};

static void *load_without_end(void *data)
{
	struct load *load = data;
	struct ctx *c = ctx_begin(load->app);
	for (;;) {
		int64_t id;
		if (c && app_write(c, work_with_id, &id) &&
			write(load->pipe, &id, sizeof id) != (ssize_t)sizeof id)
			_exit(2);
	}
	return NULL;
}

static void load_in_child(const char *address, int pipe)
{
	const char *error;
	struct app app = { .arena = arena_new(1 << 24) };
	app.db = db_open(app.arena, address, &error);
	app.writer = writer_new(&app);
	struct load load = { &app, pipe };
	pthread_t threads[8];
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, load_without_end, &load);
	pthread_join(threads[0], NULL);
}

static void nothing_that_was_answered_is_lost_when_the_program_is_killed(void **state)
{
	enum { ENOUGH = 100 };
	struct kit *kit = *state;
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		close(pipes[0]);
		load_in_child(kit->address, pipes[1]);
		_exit(1);
	}
	close(pipes[1]);
	int status, acknowledged = 0;
	for (int64_t id; read(pipes[0], &id, sizeof id) == (ssize_t)sizeof id; acknowledged++) {
		int64_t found;
		assert_true(db_number(
			kit->c, &found, 0, "SELECT COUNT(*) FROM number_sequence WHERE org_id = $1", V(id)));
		assert_int_equal(found, 1);
		if (acknowledged == ENOUGH) /* in the middle of the load; what is in the pipe was answered */
			kill(child, SIGKILL);
	}
	close(pipes[0]);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_true(acknowledged >= ENOUGH);
	/* And the next process gives none of these ids again. */
	int64_t last;
	assert_true(
		db_number(kit->c, &last, 0, "SELECT MAX(org_id) FROM number_sequence WHERE sequence = 'k'"));
	const char *error = NULL;
	struct db *anew = db_open(kit->c->arena, kit->address, &error);
	assert_non_null(anew);
	struct ctx next = *kit->c;
	next.conn = db_connect(anew);
	assert_non_null(next.conn);
	assert_true(db_begin(&next));
	assert_true(db_new_id(&next) > last);
	assert_true(db_commit(&next));
	db_disconnect(next.conn);
	db_close(anew);
}

static bool read_with_worker(struct ctx *c, void *data)
{
	struct write *write = data;
	return db_number(c, &write->org, 0, "SELECT 40 + 2");
}

static void worker_done(struct worker_request *request, bool ok)
{
	struct write *write = request->data;
	write->committed = ok;
	__atomic_store_n(&write->done, true, __ATOMIC_RELEASE);
}

static void a_worker_lends_a_connection_for_reading(void **state)
{
	struct kit *kit = *state;
	struct write write;
	kit_start_threads(kit);
	prepare(&write, kit, 0);
	struct worker_request request = {
		.work = read_with_worker, .data = &write, .c = &write.c, .done = worker_done
	};
	assert_true(workers_submit(kit->app.workers, &request));
	wait_for(&write);
	assert_true(write.committed);
	assert_int_equal(write.org, 42);
	arena_free(write.c.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(each_write_of_a_group_stands_for_itself_and_is_answered_after_the_commit),
		kit_test(a_full_queue_refuses_at_once),
		kit_test(a_deadlock_is_run_again),
		kit_test(nothing_that_was_answered_is_lost_when_the_program_is_killed),
		kit_test(a_worker_lends_a_connection_for_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
