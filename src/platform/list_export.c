/* list_export.c: the whole filtered list as a file for spreadsheets. Rows are read page by page, each in
 * memory of its own, so that a million of them need no more than five hundred. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/app.h"
#include "platform/audit.h"
#include "platform/list_internal.h"
#include "platform/log.h"
#include "platform/sheet.h"

enum { EXPORT_PAGE = 500, PAGE_ARENA_CAP = 32 * 1024 * 1024 };

struct export
{
	struct sheet *sheet;
	bool unmasked;
	int64_t rows;
};

static bool is_column(const struct field *field)
{
	return field_is_stored(field) && !(field->flags & SECRET) && strcmp(field->name, "version") != 0;
}

static const char *header_of(struct ctx *c, const struct field *field)
{
	if (field->kind == FIELD_MONEY)
		return arena_format(c->arena, "%s（元）", field->label);
	if (field->kind == FIELD_VOLUME)
		return arena_format(c->arena, "%s（立方米）", field->label);
	return field->label;
}

static bool put_header(struct ctx *c, struct sheet *sheet, const struct entity *entity)
{
	for (size_t i = 0; i < entity->field_count; i++)
		if (is_column(&entity->fields[i]))
			sheet_text(sheet, header_of(c, &entity->fields[i]));
	return sheet_row(c, sheet);
}

static void put_cell(struct ctx *c, struct export *export, const struct field *field, const void *record)
{
	const void *at = field_of(field, record);
	struct sheet *sheet = export->sheet;
	char text[INSTANT_TEXT_SIZE];
	switch (field->kind) {
	case FIELD_NUMBER:
		if (field_is_reference(field) && *(const int64_t *)at == 0)
			sheet_text(sheet, NULL);
		else
			sheet_number(sheet, *(const int64_t *)at);
		break;
	case FIELD_FLAG:
		sheet_text(sheet, *(const bool *)at ? "是" : "否");
		break;
	case FIELD_TEXT: {
		const char *value = *(const char *const *)at;
		sheet_text(sheet, export->unmasked ? value : personal_mask(c, field->personal, value));
		break;
	}
	case FIELD_MONEY:
		sheet_decimal(sheet, ((const struct money *)at)->fen, 2);
		break;
	case FIELD_VOLUME:
		sheet_decimal(sheet, ((const struct volume *)at)->litre, 3);
		break;
	case FIELD_INSTANT: {
		struct instant value = *(const struct instant *)at;
		sheet_text(sheet, value.ms ? instant_text_short(value, text) : NULL);
		break;
	}
	case FIELD_DATE: {
		struct date value = *(const struct date *)at;
		sheet_text(sheet, value.day == INT32_MIN ? NULL : date_text(value, text));
		break;
	}
	case FIELD_CHOICE:
		sheet_text(sheet, choice_label(field->choices, *(const int *)at));
		break;
	}
}

static bool put_row(struct ctx *c, const struct list_question *question, const void *record, void *data)
{
	struct export *export = data;
	const struct entity *entity = question->list->entity;
	for (size_t i = 0; i < entity->field_count; i++)
		if (is_column(&entity->fields[i]))
			put_cell(c, export, &entity->fields[i], record);
	export->rows++;
	return sheet_row(c, export->sheet);
}

/* A text key lies in the memory of the page that is about to be emptied. */
static void keep_place(struct ctx *c, struct list_question *question)
{
	if (question->place.key.kind == VALUE_TEXT)
		question->place.key = V(arena_text(c->arena, question->place.key.bytes));
}

/* One page, whose memory may run out. */
static bool put_guarded(struct ctx *page, struct list_question *question, struct export *export, bool *more)
{
	jmp_buf recovery;
	arena_on_full(page->arena, &recovery);
	bool good = false;
	if (setjmp(recovery) == 0) {
		keep_place(page, question);
		good = list_walk(page, question, EXPORT_PAGE, put_row, export, more);
	} else {
		page->problem =
			(struct problem){ .code = TOO_LARGE, .detail = "这份清单的一页太大，下载不了" };
	}
	arena_on_full(page->arena, NULL);
	return good;
}

static bool put_all(struct ctx *c, struct list_question *question, struct export *export)
{
	/* Two memories in turn: the place of the last page is read while the next one is made. */
	struct arena *arenas[2] = { arena_new(PAGE_ARENA_CAP), arena_new(PAGE_ARENA_CAP) };
	bool more = arenas[0] && arenas[1], good = more || fail(c, UNAVAILABLE, "服务器内存不足，请稍后再试");
	for (int turn = 0; good && more; turn ^= 1) {
		struct ctx page = *c;
		struct list_question own = *question;
		arena_reset(arenas[turn]);
		page.arena = own.where.arena = arenas[turn];
		good = put_guarded(&page, &own, export, &more);
		question->place = own.place;
		if (ctx_failed(&page) && !ctx_failed(c))
			fail(c, page.problem.code, "%s", page.problem.detail);
		if (export->rows > EXPORT_ROWS_MOST)
			good = fail(c, TOO_LARGE, "超过 %d 行，请加上筛选条件分几次下载", EXPORT_ROWS_MOST);
	}
	arena_free(arenas[0]);
	arena_free(arenas[1]);
	return good;
}

static bool format_of(struct ctx *c, const char *name, enum sheet_format *format)
{
	if (strcmp(name, "csv") == 0)
		*format = SHEET_CSV_UTF8_BOM;
	else if (strcmp(name, "csv_gb18030") == 0)
		*format = SHEET_CSV_GB18030;
	else if (strcmp(name, "xlsx") == 0)
		*format = SHEET_XLSX;
	else
		return fault(c, "format", "choice", "下载格式只能是 csv、csv_gb18030 或 xlsx");
	return true;
}

static const char *temporary_file(struct ctx *c)
{
	const char *directory = arena_format(c->arena, "%s/tmp", c->app->config.data_dir);
	char *path = arena_format(c->arena, "%s/list-XXXXXX", directory);
	int fd = mkdir(directory, 0700) == 0 || errno == EEXIST ? mkstemp(path) : -1;
	if (fd < 0) {
		log_line(LOG_ERROR, "list", "cannot make a file for a download", NULL);
		fail(c, UNAVAILABLE, "服务器现在生成不了文件，请稍后再试");
		return NULL;
	}
	close(fd);
	return path;
}

struct taken {
	const struct list_question *question;
	int64_t rows;
	const char *format;
};

/* Who took a whole list away is worth remembering. */
static bool record_export(struct ctx *c, void *data)
{
	const struct taken *taken = data;
	const struct entity *entity = taken->question->list->entity;
	return audit_record(c, "list.export", entity->name, 0, c->actor->org_id,
		arena_format(c->arena, "下载%s %lld 行（%s）", entity->label, (long long)taken->rows,
			taken->format),
		NULL);
}

bool list_export(struct ctx *c, struct call *call, struct list_question *question, const char *name)
{
	const struct entity *entity = question->list->entity;
	struct export export = { .unmasked = call->unmasked };
	enum sheet_format format = SHEET_CSV_UTF8_BOM;
	if (!format_of(c, name, &format))
		return false;
	const char *path = temporary_file(c);
	if (!path)
		return false;
	question->place.given = false;
	if (!sheet_create(c, path, format, entity->label, &export.sheet) ||
		!put_header(c, export.sheet, entity) || !put_all(c, question, &export) ||
		!sheet_finish(c, export.sheet)) {
		unlink(path);
		return false;
	}
	struct taken taken = { question, export.rows, name };
	if (c->app->writer && !app_write(c, record_export, &taken)) {
		unlink(path);
		return false;
	}
	call->file_path = path;
	call->delete_file = true;
	call->file_type = format == SHEET_XLSX
				  ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
				  : "text/csv";
	call->file_name =
		arena_format(c->arena, "%s.%s", entity->label, format == SHEET_XLSX ? "xlsx" : "csv");
	return true;
}
