/* import_file.c: a file read ahead on a thread of its own, as checked rows in batches.
 *
 * What is equal to an earlier row of the same file is found here, so that it doesn't depend on where one
 * batch ends and the next begins, nor on where a killed run stood. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "domain/customer/find/import.h"
#include "platform/log.h"
#include "platform/sheet.h"

enum { BATCHES = 4, BATCH_ARENA_CAP = 64 * 1024 * 1024, FILE_ARENA_CAP = 512 * 1024 * 1024 };

struct import_source {
	struct ctx reader; /* of the reading thread; its own arena */
	struct sheet_reader *sheet;
	const char **headers;
	size_t header_count, batch_rows;
	struct import_mapping mapping;
	int64_t skip;
	struct date today;
	struct text_set numbers, meters;

	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct import_batch batches[BATCHES];
	struct import_batch *idle, *ready, **last_ready;
	bool ended, stopping;
};

/* ---- opening
 * ----------------------------------------------------------------------------------------------------------
 */

/* The reader's problem becomes the caller's. */
static bool pass_problem(struct ctx *c, const struct ctx *reader)
{
	const char *detail =
		reader->problem.detail ? arena_text(c->arena, reader->problem.detail) : "读不了这个文件";
	return fail(c, reader->problem.code ? reader->problem.code : INTERNAL, "%s", detail);
}

static bool read_headers(struct ctx *c, struct import_source *source)
{
	const char *const *cells;
	size_t count;
	if (!sheet_next(&source->reader, source->sheet, &cells, &count))
		return ctx_failed(&source->reader) ? pass_problem(c, &source->reader)
						   : fail(c, INVALID, "文件是空的，第一行应为表头");
	source->headers = arena_array(source->reader.arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		source->headers[i] = text_trim(source->reader.arena, cells[i]);
	source->header_count = count;
	return true;
}

bool import_source_open(struct ctx *c, const char *path, size_t batch_rows, struct import_source **out)
{
	struct import_source *source = calloc(1, sizeof *source);
	struct arena *arena = arena_new(FILE_ARENA_CAP);
	if (!source || !arena) {
		free(source);
		arena_free(arena);
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	}
	source->reader = (struct ctx){ .app = c->app, .arena = arena, .actor = c->actor, .now = c->now };
	source->batch_rows = batch_rows;
	source->today = instant_date(c->now);
	source->last_ready = &source->ready;
	pthread_mutex_init(&source->lock, NULL);
	pthread_cond_init(&source->filled, NULL);
	pthread_cond_init(&source->emptied, NULL);
	if (!sheet_open(&source->reader, path, &source->sheet)) {
		pass_problem(c, &source->reader);
		import_source_close(source);
		return false;
	}
	if (!read_headers(c, source)) {
		import_source_close(source);
		return false;
	}
	*out = source;
	return true;
}

const char *const *import_source_headers(const struct import_source *source, size_t *count)
{
	*count = source->header_count;
	return source->headers;
}

const char *import_source_encoding(const struct import_source *source)
{
	return sheet_kind(source->sheet);
}

/* ---- the reading thread
 * -------------------------------------------------------------------------------------------------- */

static struct import_batch *take_idle(struct import_source *source)
{
	pthread_mutex_lock(&source->lock);
	while (!source->idle && !source->stopping)
		pthread_cond_wait(&source->emptied, &source->lock);
	struct import_batch *batch = source->stopping ? NULL : source->idle;
	if (batch)
		source->idle = batch->next;
	pthread_mutex_unlock(&source->lock);
	return batch;
}

static void give_ready(struct import_source *source, struct import_batch *batch, bool ended)
{
	pthread_mutex_lock(&source->lock);
	if (batch) {
		batch->next = NULL;
		*source->last_ready = batch;
		source->last_ready = &batch->next;
	}
	source->ended = source->ended || ended;
	pthread_cond_signal(&source->filled);
	pthread_mutex_unlock(&source->lock);
}

static bool is_blank_row(const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (*cells[i] && !text_is_blank(cells[i]))
			return false;
	return true;
}

static void check_double(
	struct arena *arena, struct text_set *set, struct import_row *row, enum import_field field)
{
	const char *text = row->text[field];
	if (!text)
		return;
	int64_t zeros = text_set_zeros_lost(set, text), earlier = text_set_add(set, text, row->line);
	if (earlier > 0)
		row_fault(arena, row, field,
			arena_format(arena, "与第 %lld 行重复，请核对", (long long)earlier));
	else if (earlier < 0)
		row_fault(arena, row, field, "内存不足，无法检查重复，请把文件拆小后再导入");
	else if (zeros)
		row_fault(arena, row, field,
			arena_format(arena,
				"与第 %lld 行只差前面的 0，像是丢了开头的 0，请把该列设为文本后重新填写",
				(long long)zeros));
}

/* Fills a batch. False at the end of the file. */
static bool fill(struct import_source *source, struct import_batch *batch, int64_t *position)
{
	const char *const *cells;
	size_t count;
	batch->count = 0;
	arena_reset(batch->arena);
	batch->rows = arena_array(batch->arena, struct import_row, source->batch_rows);
	while (batch->count < source->batch_rows) {
		if (!sheet_next(&source->reader, source->sheet, &cells, &count))
			return false;
		if (is_blank_row(cells, count))
			continue;
		struct import_row *row = &batch->rows[batch->count];
		row->line = sheet_line(source->sheet);
		import_row_read(batch->arena, &source->mapping, cells, count, source->today, row);
		check_double(batch->arena, &source->numbers, row, IMPORT_NUMBER);
		check_double(batch->arena, &source->meters, row, IMPORT_METER_NUMBER);
		if ((*position)++ >= source->skip)
			batch->count++;
		else
			*row = (struct import_row){ 0 };
	}
	return true;
}

static void read_all(struct import_source *source, jmp_buf *recovery)
{
	int64_t position = 0;
	bool more = true;
	while (more) {
		struct import_batch *batch = take_idle(source);
		if (!batch)
			break;
		arena_on_full(batch->arena, recovery);
		more = fill(source, batch, &position);
		arena_on_full(batch->arena, NULL);
		give_ready(source, batch, !more);
	}
}

static void *reading_thread(void *data)
{
	struct import_source *source = data;
	jmp_buf recovery;
	if (setjmp(recovery)) {
		fail(&source->reader, TOO_LARGE, "文件里有太长的内容，请检查引号是否成对");
	} else {
		arena_on_full(source->reader.arena, &recovery);
		read_all(source, &recovery);
	}
	arena_on_full(source->reader.arena, NULL);
	give_ready(source, NULL, true);
	return NULL;
}

bool import_source_start(
	struct ctx *c, struct import_source *source, const struct import_mapping *mapping, int64_t skip)
{
	source->mapping = *mapping;
	source->skip = skip;
	for (size_t i = 0; i < BATCHES; i++) {
		struct import_batch *batch = &source->batches[i];
		batch->arena = arena_new(BATCH_ARENA_CAP);
		if (!batch->arena)
			return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
		batch->next = source->idle;
		source->idle = batch;
	}
	source->started = pthread_create(&source->thread, NULL, reading_thread, source) == 0;
	return source->started || fail(c, UNAVAILABLE, "系统繁忙，请稍后再试");
}

/* ---- the other side
 * -------------------------------------------------------------------------------------------------------- */

struct import_batch *import_source_next(struct ctx *c, struct import_source *source)
{
	pthread_mutex_lock(&source->lock);
	while (!source->ready && !source->ended)
		pthread_cond_wait(&source->filled, &source->lock);
	struct import_batch *batch = source->ready;
	if (batch) {
		source->ready = batch->next;
		if (!source->ready)
			source->last_ready = &source->ready;
	}
	pthread_mutex_unlock(&source->lock);
	if (!batch && ctx_failed(&source->reader))
		pass_problem(c, &source->reader);
	return batch;
}

void import_source_return(struct import_source *source, struct import_batch *batch)
{
	pthread_mutex_lock(&source->lock);
	batch->next = source->idle;
	source->idle = batch;
	pthread_cond_signal(&source->emptied);
	pthread_mutex_unlock(&source->lock);
}

void import_source_close(struct import_source *source)
{
	if (!source)
		return;
	pthread_mutex_lock(&source->lock);
	source->stopping = true;
	pthread_cond_signal(&source->emptied);
	pthread_mutex_unlock(&source->lock);
	if (source->started)
		pthread_join(source->thread, NULL);
	for (size_t i = 0; i < BATCHES; i++)
		arena_free(source->batches[i].arena);
	text_set_free(&source->numbers);
	text_set_free(&source->meters);
	pthread_cond_destroy(&source->filled);
	pthread_cond_destroy(&source->emptied);
	pthread_mutex_destroy(&source->lock);
	arena_free(source->reader.arena);
	free(source);
}
