/* import_run.c: a whole file, batch by batch. Each batch is one transaction that also carries how far the run
 * is. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/find/import.h"
#include "platform/app.h"
#include "platform/crypto.h"
#include "platform/events.h"
#include "platform/jobs.h"

/* ---- entities
 * ----------------------------------------------------------------------------------------------------- */

static const struct field import_record_fields[] = {
	FIELD(import, id, "编号", .flags = BY_SERVER),
	FIELD(import, org_id, "导入到", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(import, company_id, "所属公司", .flags = BY_SERVER, .refers = "org"),
	FIELD(import, digest, "文件摘要", .flags = BY_SERVER | SECRET),
	FIELD(import, file_name, "文件", .flags = BY_SERVER | IN_LIST),
	FIELD(import, encoding, "编码", .flags = BY_SERVER),
	FIELD(import, mapping, "列对应", .flags = BY_SERVER | SECRET),
	FIELD(import, dry_run, "试运行", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(import, by_command, "命令行", .flags = BY_SERVER | SECRET),
	FIELD(import, state, "状态", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(import, rows, "总行数", .flags = BY_SERVER | IN_LIST),
	FIELD(import, done, "已处理", .flags = BY_SERVER | IN_LIST),
	FIELD(import, created, "新增", .flags = BY_SERVER | IN_LIST),
	FIELD(import, updated, "更新", .flags = BY_SERVER | IN_LIST),
	FIELD(import, unchanged, "未变", .flags = BY_SERVER | IN_LIST),
	FIELD(import, failed, "失败", .flags = BY_SERVER | IN_LIST),
	FIELD(import, problem, "说明", .flags = BY_SERVER),
	FIELD(import, created_by, "上传人", .flags = BY_SERVER | IN_LIST),
	FIELD(import, created_at, "上传时间", .flags = BY_SERVER | IN_LIST),
	FIELD(import, started_at, "开始时间", .flags = BY_SERVER),
	FIELD(import, finished_at, "结束时间", .flags = BY_SERVER),
};
const struct entity import_entity = ENTITY(
	import, "导入", import_record_fields, .fence = "org_id", .default_sort = "-id", .title = "file_name");

static const struct field import_fault_fields[] = {
	FIELD(import_fault, id, "编号", .flags = BY_SERVER),
	FIELD(import_fault, import_id, "导入", .flags = BY_SERVER, .refers = "import"),
	FIELD(import_fault, line, "行", .flags = BY_SERVER | IN_LIST),
	FIELD(import_fault, column_name, "列", .flags = BY_SERVER | IN_LIST),
	FIELD(import_fault, reason, "原因", .flags = BY_SERVER | IN_LIST),
};
const struct entity import_fault_entity =
	ENTITY(import_fault, "不合格的行", import_fault_fields, .default_sort = "id");

/* ---- files
 * ------------------------------------------------------------------------------------------------------------
 */

bool import_digest(struct ctx *c, const char *path, const char **out)
{
	enum { BLOCK = 1 << 16 };
	FILE *file = fopen(path, "rb");
	if (!file)
		return fail(c, NOT_FOUND, "打不开文件，请检查路径和权限");
	struct digest *digest = digest_begin(c->arena);
	char *block = arena_alloc(c->arena, BLOCK);
	size_t length;
	while ((length = fread(block, 1, BLOCK, file)) > 0)
		digest_add(digest, block, length);
	bool broken = ferror(file);
	fclose(file);
	unsigned char bytes[DIGEST_SIZE];
	digest_end(digest, bytes);
	char *hex = arena_alloc(c->arena, DIGEST_HEX_SIZE);
	*out = digest_hex(bytes, hex);
	return !broken || fail(c, INTERNAL, "文件读到一半出错了，请重试");
}

const char *import_path(struct ctx *c, const char *digest)
{
	return arena_format(c->arena, "%s/imports/%s", c->app->config.data_dir, digest);
}

/* ---- the record
 * ---------------------------------------------------------------------------------------------------------
 */

bool import_start(struct ctx *c, struct import *run)
{
	run->id = db_new_id(c);
	run->created_at = c->now;
	run->created_by = c->actor->name;
	return entity_insert(c, &import_entity, run);
}

bool import_interrupted(
	struct ctx *c, int64_t org_id, const char *digest, bool dry_run, struct import *run, bool *found)
{
	return entity_find(c, &import_entity, run, found,
		"org_id = $1 AND digest = $2 AND dry_run = $3 AND by_command = 1 AND state = 'running'",
		VALUES(V(org_id), V(digest), V(dry_run)));
}

/* The condition on `done` makes a second process on the same run, or a cancellation, take this batch back. */
static const char progress_update[] =
	"UPDATE import SET done = $2, created = $3, updated = $4, unchanged = $5, failed = $6 "
	"WHERE id = $1 AND done = $7 AND state = 'running'";

static bool note_progress(struct ctx *c, const struct import *run, int64_t done_before, bool tells)
{
	int64_t touched;
	if (!db_run_counting(c, &touched, progress_update, V(run->id), V(run->done), V(run->created),
		    V(run->updated), V(run->unchanged), V(run->failed), V(done_before)))
		return false;
	if (touched != 1)
		return fail(c, GONE, "导入已停止，或另一个进程正在导入同一个文件");
	if (tells)
		event_emit(c, (struct event){ .kind = "import.progress",
				      .subject_id = run->id,
				      .org_id = run->org_id,
				      .permission = MAY_IMPORT_HOUSEHOLD });
	return true;
}

static const char fault_insert[] = "INSERT INTO import_fault (id, import_id, line, column_name, reason) "
				   "VALUES ($1, $2, $3, $4, $5)";

static bool note_faults(struct ctx *c, int64_t import_id, const struct import_row *row)
{
	for (const struct row_fault *fault = row->faults; fault; fault = fault->next)
		if (!db_run(c, fault_insert, V(db_new_id(c)), V(import_id), V(row->line), V(fault->column),
			    V(fault->reason)))
			return false;
	return true;
}

/* ---- a batch
 * -------------------------------------------------------------------------------------------------------------
 */

struct work {
	struct import_target target;
	struct import_batch *batch;
	const struct import_options *options;
	struct import *run; /* as committed */
	struct import next; /* as it will be after this batch */
	bool careful;	    /* a savepoint for each row: one of them was refused by the database itself */
};

static void count_row(struct import *run, enum row_outcome outcome)
{
	run->done++;
	run->created += outcome == ROW_CREATED;
	run->updated += outcome == ROW_UPDATED;
	run->unchanged += outcome == ROW_UNCHANGED;
	run->failed += outcome == ROW_FAILED;
}

/* What the database refused becomes the row's fault; a database that is away doesn't. */
static bool take_refusal(struct ctx *c, struct work *work, struct import_row *row)
{
	if (c->problem.code != CONFLICT && c->problem.code != INVALID && c->problem.code != STALE)
		return false;
	const struct fault *first = c->problem.faults;
	const char *reason = first ? first->detail : c->problem.detail;
	row_fault(c->arena, row, IMPORT_NUMBER, reason ? reason : "数据库拒绝了这一行");
	ctx_forgive(c);
	address_cache_clear(work->target.cache);
	return true;
}

static bool do_row(struct ctx *c, struct work *work, struct import_row *row, enum row_outcome *outcome)
{
	bool guarded = work->careful && !work->target.dry_run;
	if (guarded && !db_savepoint(c, "import_row"))
		return false;
	if (import_apply(c, &work->target, row, outcome))
		return !guarded || db_release(c, "import_row");
	if (!guarded)
		return false;
	*outcome = ROW_FAILED;
	db_rollback_to(c, "import_row");
	return take_refusal(c, work, row);
}

static bool do_batch(struct ctx *c, void *data)
{
	struct work *work = data;
	work->next = *work->run;
	if (!import_target_refresh(c, &work->target))
		return false;
	for (size_t i = 0; i < work->batch->count; i++) {
		struct import_row *row = &work->batch->rows[i];
		enum row_outcome outcome;
		if (!do_row(c, work, row, &outcome))
			return false;
		count_row(&work->next, outcome);
		if (outcome == ROW_FAILED && !work->options->unrecorded &&
			!note_faults(c, work->run->id, row))
			return false;
	}
	return work->options->unrecorded ||
	       note_progress(c, &work->next, work->run->done, work->options->through_writer);
}

/* In a transaction of the connection's own (command line). */
static bool in_own_transaction(struct ctx *c, struct work *work)
{
	if (!db_begin(c))
		return false;
	if (do_batch(c, work) && db_commit(c))
		return true;
	db_rollback(c);
	return false;
}

static bool attempt(struct ctx *c, struct work *work)
{
	if (work->options->through_writer)
		return app_write(c, do_batch, work);
	return work->options->unrecorded ? do_batch(c, work) : in_own_transaction(c, work);
}

/* The faults that a first attempt has added will be found again. */
static size_t count_faults(const struct import_row *row)
{
	size_t count = 0;
	for (const struct row_fault *fault = row->faults; fault; fault = fault->next)
		count++;
	return count;
}

static void keep_faults(struct import_row *row, size_t count)
{
	struct row_fault **at = &row->faults;
	while (*at && count--)
		at = &(*at)->next;
	*at = NULL;
}

static bool is_refusal(const struct ctx *c)
{
	return c->problem.code == CONFLICT || c->problem.code == INVALID || c->problem.code == STALE;
}

static bool write_batch(struct ctx *c, struct work *work)
{
	struct import_batch *batch = work->batch;
	size_t *faults = arena_array(c->arena, size_t, batch->count);
	for (size_t i = 0; i < batch->count; i++)
		faults[i] = count_faults(&batch->rows[i]);
	work->careful = false;
	bool good = attempt(c, work);
	if (!good)
		address_cache_clear(work->target.cache);
	if (!good && is_refusal(c)) {
		ctx_forgive(c);
		for (size_t i = 0; i < batch->count; i++)
			keep_faults(&batch->rows[i], faults[i]);
		work->careful = true;
		good = attempt(c, work);
	}
	if (!good) {
		address_cache_clear(work->target.cache);
		return false;
	}
	work->run->done = work->next.done;
	work->run->created = work->next.created;
	work->run->updated = work->next.updated;
	work->run->unchanged = work->next.unchanged;
	work->run->failed = work->next.failed;
	return true;
}

static void tell(const struct work *work)
{
	const struct import_options *options = work->options;
	for (size_t i = 0; options->on_fault && i < work->batch->count; i++)
		for (const struct row_fault *f = work->batch->rows[i].faults; f; f = f->next)
			options->on_fault(options->data, work->batch->rows[i].line, f->column, f->reason);
	if (options->on_progress)
		options->on_progress(options->data, work->run);
}

/* ---- the run
 * --------------------------------------------------------------------------------------------------------------
 */

static int64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct ending {
	struct import *run;
	const char *state, *problem;
	bool tells;
};

static bool write_ending(struct ctx *c, void *data)
{
	const struct ending *ending = data;
	if (ending->tells)
		event_emit(c, (struct event){ .kind = "import.progress",
				      .subject_id = ending->run->id,
				      .org_id = ending->run->org_id,
				      .permission = MAY_IMPORT_HOUSEHOLD });
	return db_run(c,
		"UPDATE import SET state = $2, problem = $3, rows = done, finished_at = $4 "
		"WHERE id = $1 AND state = 'running'",
		V(ending->run->id), V(ending->state), V(ending->problem), V(c->now));
}

static bool end_run(struct ctx *c, struct import *run, const struct import_options *options,
	const char *state, const char *problem)
{
	struct ending ending = { run, state, problem, options->through_writer };
	run->state = state;
	run->problem = problem;
	run->rows = run->done;
	if (options->unrecorded)
		return true;
	if (options->through_writer)
		return app_write(c, write_ending, &ending);
	return write_ending(c, &ending);
}

/* Everything until the file ends, the budget is used up, or something breaks. */
static bool run_batches(struct ctx *c, struct import_source *source, struct work *work)
{
	const struct import_options *options = work->options;
	int64_t until = options->budget_ms ? monotonic_ms() + options->budget_ms : INT64_MAX;
	struct arena *arena = arena_new(256 * 1024 * 1024), *outer = c->arena;
	if (!arena)
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	bool good = true;
	bool ended = false;
	while (good && !ended && monotonic_ms() < until) {
		work->batch = import_source_next(c, source);
		if (!work->batch) {
			ended = true;
			good = !ctx_failed(c);
			break;
		}
		c->arena = arena;
		good = work->batch->count == 0 || write_batch(c, work);
		c->arena = outer;
		if (!good && c->problem.detail)
			c->problem.detail = arena_text(outer, c->problem.detail);
		c->problem.faults = good ? c->problem.faults : NULL;
		if (good)
			tell(work);
		import_source_return(source, work->batch);
		arena_reset(arena);
	}
	arena_free(arena);
	work->run->state = ended && good ? "finished" : "running";
	return good;
}

static bool read_mapping(
	struct ctx *c, const struct import *run, struct import_source *source, struct import_mapping *mapping)
{
	size_t count;
	json_t *list = NULL;
	const char *const *headers = import_source_headers(source, &count);
	if (run->mapping && !json_parse(c, run->mapping, strlen(run->mapping), &list))
		return false;
	return import_mapping_read(c, list, headers, count, mapping);
}

bool import_run(struct ctx *c, struct import *run, const char *path, const struct import_options *options)
{
	struct import_source *source = NULL;
	struct import_mapping *mapping = arena_new_object(c->arena, struct import_mapping);
	struct work work = { .options = options, .run = run };
	work.target = (struct import_target){ .org_id = run->org_id,
		.company_id = run->company_id,
		.dry_run = run->dry_run,
		.cache = address_cache_new(c->arena) };
	bool good = import_source_open(c, path, options->batch_rows, &source) &&
		    read_mapping(c, run, source, mapping) &&
		    import_source_start(c, source, mapping, run->done) && run_batches(c, source, &work);
	import_source_close(source);
	if (good && strcmp(run->state, "finished") == 0)
		return end_run(c, run, options, "finished", NULL);
	if (good)
		return true;
	if (c->problem.code == GONE) { /* cancelled meanwhile: the record says so already */
		run->state = "cancelled";
		return false;
	}
	if (c->problem.code == UNAVAILABLE)
		return false; /* goes on later from where it stands */
	const char *detail = c->problem.faults ? c->problem.faults->detail : c->problem.detail;
	struct problem problem = c->problem;
	ctx_forgive(c);
	end_run(c, run, options, "failed", detail);
	c->problem = problem;
	return false;
}
