/* sheet.c: tables out, as CSV or XLSX, and the apostrophe that keeps a text from becoming a formula. */
#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "base/text.h"
#include "platform/sheet.h"
#include "platform/sheet_internal.h"

enum {
	FLUSH_AT = 64 * 1024,
	XLSX_TEXT_LIMIT = 32767, /* characters; the format's own */
	XLSX_ROW_LIMIT = 1048576,
	TITLE_LIMIT = 31,
	PLACES_LIMIT = 9,
	WIDTH_LEAST = 8,
	WIDTH_MOST = 60
};
static const int64_t exact_in_a_double = INT64_C(1) << 53;
#define NO_CONVERTER ((iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): the standard's own value */

struct sheet {
	enum sheet_format format;
	char *path;
	const char *failure; /* the first; told by sheet_row() and sheet_finish() */
	enum problem_code failure_code;
	int64_t row;
	int column;
	bool closed;

	FILE *file;
	iconv_t converter;
	char *text; /* rows not written yet, UTF-8 */
	size_t length, room;

	lxw_workbook *workbook;
	lxw_worksheet *worksheet;
	lxw_format *header, *decimals[PLACES_LIMIT + 1];
	unsigned char widths[SHEET_COLUMN_LIMIT];
};

static void set_failure(struct sheet *sheet, enum problem_code code, const char *failure)
{
	if (sheet->failure)
		return;
	sheet->failure = failure;
	sheet->failure_code = code;
}

/* ---- texts that look like formulas ---- */

static bool is_plain_decimal(const char *text)
{
	if (*text == '-' || *text == '+')
		text++;
	size_t digits = strspn(text, "0123456789");
	text += digits;
	if (digits && *text == '.') {
		digits = strspn(text + 1, "0123456789");
		text += 1 + digits;
	}
	return digits && !*text;
}

bool sheet_needs_apostrophe(const char *text)
{
	static const char *const wide[] = { "＝", "＋", "－", "＠" };
	text += strspn(text, "'");
	if (*text && strchr("=+-@\t\r\n", *text))
		return !is_plain_decimal(text);
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (text_starts(text, wide[i]))
			return true;
	return false;
}

const char *sheet_plain(const char *cell)
{
	return cell[0] == '\'' && sheet_needs_apostrophe(cell + 1) ? cell + 1 : cell;
}

/* ---- CSV ---- */

static void append(struct sheet *sheet, const char *bytes, size_t length)
{
	if (sheet->room - sheet->length < length) {
		size_t room = (sheet->length + length) * 2;
		char *text = realloc(sheet->text, room);
		if (!text) {
			set_failure(sheet, UNAVAILABLE, "内存不足，请稍后再试");
			return;
		}
		sheet->text = text;
		sheet->room = room;
	}
	memcpy(sheet->text + sheet->length, bytes, length);
	sheet->length += length;
}

static void write_out(struct sheet *sheet, const char *bytes, size_t length)
{
	if (fwrite(bytes, 1, length, sheet->file) != length)
		set_failure(sheet, UNAVAILABLE, "写文件失败，磁盘可能已满，请联系管理员");
}

static void flush_text(struct sheet *sheet)
{
	char *in = sheet->text;
	size_t left = sheet->length;
	sheet->length = 0;
	if (sheet->format != SHEET_CSV_GB18030) {
		write_out(sheet, in, left);
		return;
	}
	while (left) {
		char bytes[16 * 1024], *out = bytes;
		size_t room = sizeof bytes;
		size_t result = iconv(sheet->converter, &in, &left, &out, &room);
		write_out(sheet, bytes, sizeof bytes - room);
		if (result == (size_t)-1 && errno != E2BIG) {
			set_failure(sheet, INTERNAL, "有文字不能写成 GB18030，请改用 UTF-8 导出");
			return;
		}
	}
}

static void csv_cell(struct sheet *sheet, const char *text, bool guard)
{
	size_t length = strlen(text);
	bool quote = guard || strpbrk(text, ",\"\r\n\t") ||
		     (length && (text[0] == ' ' || text[0] == '\'' || text[length - 1] == ' '));
	if (sheet->column)
		append(sheet, ",", 1);
	if (!quote) {
		append(sheet, text, length);
		return;
	}
	append(sheet, guard ? "\"'" : "\"", guard ? 2 : 1);
	for (const char *mark; (mark = strchr(text, '"')); text = mark + 1) {
		append(sheet, text, (size_t)(mark - text));
		append(sheet, "\"\"", 2);
	}
	append(sheet, text, strlen(text));
	append(sheet, "\"", 1);
}

static bool csv_begin(struct sheet *sheet)
{
	sheet->file = fopen(sheet->path, "wbe");
	if (sheet->format == SHEET_CSV_GB18030) {
		sheet->converter = iconv_open("GB18030", "UTF-8");
		return sheet->file && sheet->converter != NO_CONVERTER;
	}
	if (sheet->file)
		append(sheet, "\xEF\xBB\xBF", 3);
	return sheet->file;
}

/* ---- XLSX ---- */

/* What a worksheet may be called. */
static const char *worksheet_name(struct ctx *c, const char *title)
{
	struct text_builder name = { .arena = c->arena };
	size_t characters = 0;
	while (*title && characters < TITLE_LIMIT) {
		const char *at = title;
		uint32_t character = text_next(&title);
		if (character < 0x20 || (character < 0x80 && strchr("[]:*?/\\'", (int)character)))
			continue;
		characters += character > 0xFFFF ? 2 : 1; /* the limit counts UTF-16 */
		if (characters <= TITLE_LIMIT)
			text_add_n(&name, at, (size_t)(title - at));
	}
	return name.length ? text_built(&name) : "Sheet1";
}

static bool xlsx_begin(struct ctx *c, struct sheet *sheet, const char *title)
{
	const char *slash = strrchr(sheet->path, '/');
	char *directory = slash ? arena_text_n(c->arena, sheet->path, (size_t)(slash - sheet->path))
				: arena_text(c->arena, ".");
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = directory };
	sheet->workbook = workbook_new_opt(sheet->path, &options);
	if (!sheet->workbook)
		return false;
	sheet->worksheet = workbook_add_worksheet(sheet->workbook, worksheet_name(c, title));
	sheet->header = workbook_add_format(sheet->workbook);
	if (!sheet->worksheet || !sheet->header)
		return false;
	format_set_bold(sheet->header);
	worksheet_freeze_panes(sheet->worksheet, 1, 0);
	return true;
}

/* Columns as wide as their widest text, a Chinese character counting two. */
static void widen(struct sheet *sheet, const char *text)
{
	unsigned width = 2;
	while (*text && width < WIDTH_MOST)
		width += text_next(&text) < 0x1100 ? 1 : 2;
	if (width > sheet->widths[sheet->column])
		sheet->widths[sheet->column] = (unsigned char)width;
}

static void check_xlsx(struct sheet *sheet, lxw_error error)
{
	if (error == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED)
		set_failure(sheet, TOO_LARGE, "有一格超过 32767 个字，XLSX 放不下，请改用 CSV 导出");
	else if (error == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE)
		set_failure(sheet, TOO_LARGE, "超过 1048576 行，XLSX 放不下，请缩小范围或改用 CSV 导出");
	else if (error != LXW_NO_ERROR)
		set_failure(sheet, INTERNAL, "写 XLSX 失败，请重试或改用 CSV 导出");
}

static void xlsx_text(struct sheet *sheet, const char *text)
{
	widen(sheet, text);
	if (*text && text_characters(text) <= XLSX_TEXT_LIMIT)
		check_xlsx(sheet, worksheet_write_string(sheet->worksheet, (lxw_row_t)sheet->row,
					  (lxw_col_t)sheet->column, text, sheet->row ? NULL : sheet->header));
	else if (*text)
		check_xlsx(sheet, LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED);
}

static void xlsx_number(struct sheet *sheet, const char *text, int places)
{
	lxw_format *format = NULL;
	if (places) {
		if (!sheet->decimals[places]) {
			sheet->decimals[places] = workbook_add_format(sheet->workbook);
			char pattern[] = "0.000000000";
			pattern[2 + places] = '\0';
			format_set_num_format(sheet->decimals[places], pattern);
		}
		format = sheet->decimals[places];
	}
	widen(sheet, text);
	check_xlsx(sheet, worksheet_write_number(sheet->worksheet, (lxw_row_t)sheet->row,
				  (lxw_col_t)sheet->column, strtod(text, NULL), format));
}

/* ---- both ---- */

static void sheet_close(struct sheet *sheet)
{
	if (sheet->closed)
		return;
	sheet->closed = true;
	if (sheet->file && fclose(sheet->file))
		set_failure(sheet, UNAVAILABLE, "写文件失败，磁盘可能已满，请联系管理员");
	if (sheet->converter != NO_CONVERTER)
		iconv_close(sheet->converter);
	free(sheet->text);
	if (sheet->workbook && workbook_close(sheet->workbook) != LXW_NO_ERROR)
		set_failure(sheet, UNAVAILABLE, "写文件失败，磁盘可能已满，请联系管理员");
	if (sheet->failure)
		unlink(sheet->path);
}

static void sheet_release(void *handle)
{
	struct sheet *sheet = handle;
	set_failure(sheet, INTERNAL, "");
	sheet_close(sheet);
}

bool sheet_create(
	struct ctx *c, const char *path, enum sheet_format format, const char *title, struct sheet **out)
{
	struct sheet *sheet = arena_new_object(c->arena, struct sheet);
	sheet->format = format;
	sheet->path = arena_text(c->arena, path);
	sheet->converter = NO_CONVERTER;
	arena_defer(c->arena, sheet_release, sheet);
	*out = sheet;
	if (format == SHEET_XLSX ? xlsx_begin(c, sheet, title) : csv_begin(sheet))
		return true;
	return fail(c, UNAVAILABLE, "建不了导出文件，请联系管理员检查数据目录");
}

static bool has_room(struct sheet *sheet)
{
	if (sheet->column >= SHEET_COLUMN_LIMIT)
		set_failure(sheet, TOO_LARGE, "超过 256 列，请减少要导出的列");
	if (sheet->format == SHEET_XLSX && sheet->row >= XLSX_ROW_LIMIT)
		check_xlsx(sheet, LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE);
	return !sheet->failure;
}

void sheet_text(struct sheet *sheet, const char *text)
{
	if (!text)
		text = "";
	if (!has_room(sheet))
		return;
	if (sheet->format == SHEET_XLSX)
		xlsx_text(sheet, text);
	else
		csv_cell(sheet, text, sheet_needs_apostrophe(text));
	sheet->column++;
}

void sheet_number(struct sheet *sheet, int64_t value)
{
	sheet_decimal(sheet, value, 0);
}

void sheet_decimal(struct sheet *sheet, int64_t value, int places)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, unit = 1;
	char text[48];
	places = places < 0 ? 0 : places > PLACES_LIMIT ? PLACES_LIMIT : places;
	for (int i = 0; i < places; i++)
		unit *= 10;
	if (places)
		snprintf(text, sizeof text, "%s%" PRIu64 ".%0*" PRIu64, value < 0 ? "-" : "", size / unit,
			places, size % unit);
	else
		snprintf(text, sizeof text, "%" PRId64, value);
	if (!has_room(sheet))
		return;
	if (sheet->format != SHEET_XLSX)
		csv_cell(sheet, text, false);
	else if (value > -exact_in_a_double && value < exact_in_a_double)
		xlsx_number(sheet, text, places);
	else
		xlsx_text(sheet, text);
	sheet->column++;
}

static bool tell_failure(struct ctx *c, const struct sheet *sheet)
{
	return !sheet->failure || fail(c, sheet->failure_code, "%s", sheet->failure);
}

bool sheet_row(struct ctx *c, struct sheet *sheet)
{
	if (sheet->format != SHEET_XLSX) {
		append(sheet, "\r\n", 2);
		if (sheet->length >= FLUSH_AT)
			flush_text(sheet);
	}
	sheet->row++;
	sheet->column = 0;
	return tell_failure(c, sheet);
}

bool sheet_finish(struct ctx *c, struct sheet *sheet)
{
	if (!sheet->failure && sheet->format != SHEET_XLSX)
		flush_text(sheet);
	for (int i = 0; !sheet->failure && sheet->format == SHEET_XLSX && i < SHEET_COLUMN_LIMIT; i++)
		if (sheet->widths[i])
			worksheet_set_column(sheet->worksheet, (lxw_col_t)i, (lxw_col_t)i,
				sheet->widths[i] < WIDTH_LEAST ? WIDTH_LEAST : sheet->widths[i], NULL);
	sheet_close(sheet);
	return tell_failure(c, sheet);
}
