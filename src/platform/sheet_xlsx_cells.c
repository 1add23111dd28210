/* sheet_xlsx_cells.c: rows, cells and date styles of an XLSX worksheet. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/sheet_xlsx.h"

enum {
	ROW_LIMIT = SHEET_COLUMN_LIMIT * (SHEET_CELL_LIMIT + 1),
	STYLE_LIMIT = 65536,
	DAY_1970 = 25569,
	DAY_9999 = 2958465,
	DAYS_1904 = 1462,
	DAY_SECONDS = 86400
};

/* ---- date styles ---- */

/* Letters of a date or time, outside quotes, brackets and escapes. */
static bool format_is_date(const char *format)
{
	for (; *format; format++) {
		const char *end = *format == '"'   ? strchr(format + 1, '"')
				  : *format == '[' ? strchr(format, ']')
						   : NULL;
		if (end)
			format = end;
		else if ((*format == '\\' || *format == '_' || *format == '*') && format[1])
			format++;
		else if (strchr("yYmMdDhHsS", *format))
			return true;
	}
	return false;
}

/* Numbers below 164 are the standard's; 27–36 and 50–58 are dates in Chinese. */
static bool number_format_is_date(const struct xlsx_styles *styles, int id)
{
	if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
		(id >= 50 && id <= 58))
		return true;
	for (size_t i = 0; i < styles->custom_count; i++)
		if (styles->custom[i] == id)
			return true;
	return false;
}

static void add_style(struct xlsx_reader *reader, bool date)
{
	struct xlsx_styles *styles = &reader->styles;
	if (styles->count >= STYLE_LIMIT)
		return;
	if (styles->count == styles->room) {
		size_t room = styles->room ? styles->room * 2 : 64;
		bool *grown = realloc(styles->dates, room * sizeof *grown);
		if (!grown) {
			xlsx_refuse(reader, UNAVAILABLE, "内存不足，请稍后再试");
			return;
		}
		styles->dates = grown;
		styles->room = room;
	}
	styles->dates[styles->count++] = date;
}

static int attribute_number(const char **attributes, const char *name)
{
	const char *value = xlsx_attribute(attributes, name);
	return value ? (int)strtol(value, NULL, 10) : 0;
}

void XMLCALL xlsx_style_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct xlsx_reader *reader = data;
	struct xlsx_styles *styles = &reader->styles;
	const char *element = xlsx_local(name), *code;
	if (strcmp(element, "cellXfs") == 0)
		styles->in_cells = true;
	else if (strcmp(element, "xf") == 0 && styles->in_cells)
		add_style(reader, number_format_is_date(styles, attribute_number(attributes, "numFmtId")));
	else if (strcmp(element, "numFmt") == 0 && (code = xlsx_attribute(attributes, "formatCode")) &&
		 format_is_date(code) &&
		 styles->custom_count < sizeof styles->custom / sizeof *styles->custom)
		styles->custom[styles->custom_count++] = attribute_number(attributes, "numFmtId");
}

void XMLCALL xlsx_style_end(void *data, const XML_Char *name)
{
	struct xlsx_reader *reader = data;
	if (strcmp(xlsx_local(name), "cellXfs") == 0)
		reader->styles.in_cells = false;
}

/* Days since the end of 1899, in which 1900 has a 29 February that never was. */
static bool date_of_serial(const struct xlsx_styles *styles, const char *serial, char out[48])
{
	char *end, day_text[DATE_TEXT_SIZE];
	double value = strtod(serial, &end);
	if (*end || end == serial || !(value >= 0 && value <= DAY_9999))
		return false;
	int64_t seconds = llround(value * DAY_SECONDS), day = seconds / DAY_SECONDS,
		clock = seconds % DAY_SECONDS;
	char clock_text[16];
	snprintf(clock_text, sizeof clock_text, "%02d:%02d:%02d", (int)(clock / 3600), (int)(clock / 60 % 60),
		(int)(clock % 60));
	if (day == 0 && !styles->from_1904)
		return snprintf(out, 48, "%s", clock_text) > 0;
	if (styles->from_1904)
		day += DAYS_1904;
	else if (day < 60)
		day++;
	date_text((struct date){ (int32_t)(day - DAY_1970) }, day_text);
	return snprintf(out, 48, "%s%s%s", day_text, clock ? " " : "", clock ? clock_text : "") > 0;
}

/* ---- cells ---- */

/* "_x000D_" stands for the character with that number. In place: it only shrinks. */
static size_t unescape(char *text)
{
	char *out = text;
	const char *at = text;
	while (*at) {
		unsigned number = 0;
		int used = 0;
		bool escaped = at[0] == '_' && at[1] == 'x' &&
			       strspn(at + 2, "0123456789abcdefABCDEF") >= 4 && at[6] == '_' &&
			       sscanf(at, "_x%4x_%n", &number, &used) == 1 && used == 7;
		if (escaped && number && (number < 0xD800 || number > 0xDFFF)) {
			out += text_put(number, out);
			at += 7;
		} else {
			*out++ = *at++;
		}
	}
	*out = '\0';
	return (size_t)(out - text);
}

/* "AB12" → 27; the cell's own place when it names none. */
static size_t column_of(const char *reference, size_t otherwise)
{
	size_t column = 0;
	if (!reference)
		return otherwise;
	for (; (*reference >= 'A' && *reference <= 'Z') || (*reference >= 'a' && *reference <= 'z');
		reference++)
		if (column < 100000)
			column = column * 26 + (size_t)((*reference | 0x20) - 'a' + 1);
	return column ? column - 1 : otherwise;
}

static void begin_row(struct xlsx_reader *reader, const char **attributes)
{
	const char *number = xlsx_attribute(attributes, "r");
	int64_t row = number ? strtoll(number, NULL, 10) : reader->row + 1;
	reader->row = row > 0 ? row : reader->row + 1;
	reader->text.length = 0;
	reader->column = 0;
	reader->count = 0;
	memset(reader->filled, 0, sizeof reader->filled);
}

static void begin_cell(struct xlsx_reader *reader, const char **attributes)
{
	const char *type = xlsx_attribute(attributes, "t"), *style = xlsx_attribute(attributes, "s");
	reader->column = column_of(xlsx_attribute(attributes, "r"), reader->column);
	snprintf(reader->type, sizeof reader->type, "%s", type ? type : "n");
	reader->style = style ? (size_t)strtoul(style, NULL, 10) : 0;
	reader->cell_at = reader->text.length;
}

void XMLCALL xlsx_sheet_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct xlsx_reader *reader = data;
	const char *element = xlsx_local(name);
	if (strcmp(element, "row") == 0)
		begin_row(reader, attributes);
	else if (strcmp(element, "c") == 0)
		begin_cell(reader, attributes);
	reader->phonetic += strcmp(element, "rPh") == 0;
	reader->collecting = strcmp(element, "v") == 0 || strcmp(element, "t") == 0;
}

/* Puts another text in the place of what was read. */
static bool replace_cell(struct xlsx_reader *reader, const char *text)
{
	reader->text.length = reader->cell_at;
	return bytes_add(&reader->text, text, strlen(text));
}

/* What was read becomes what is meant. False when memory ends. */
static bool translate_cell(struct xlsx_reader *reader)
{
	char date[48];
	char *text = reader->text.bytes + reader->cell_at;
	if (strcmp(reader->type, "s") == 0) {
		size_t number = (size_t)strtoul(text, NULL, 10);
		bool known = number < reader->shared_count;
		if (!replace_cell(reader, known ? reader->shared.bytes + reader->shared_at[number] : ""))
			return false;
	}
	if (strcmp(reader->type, "b") == 0)
		return replace_cell(reader, *text == '1' ? "TRUE" : "FALSE");
	if (strcmp(reader->type, "n") != 0) {
		reader->text.length = reader->cell_at + unescape(reader->text.bytes + reader->cell_at);
		return true;
	}
	const struct xlsx_styles *styles = &reader->styles;
	if (reader->style < styles->count && styles->dates[reader->style] &&
		date_of_serial(styles, text, date))
		return replace_cell(reader, date);
	return true;
}

static void end_cell(struct xlsx_reader *reader)
{
	if (reader->text.length > ROW_LIMIT) { /* a file that repeats one cell without end */
		xlsx_refuse(reader, INVALID, "工作表有一行太长，请检查文件");
		return;
	}
	bool good = reader->text.length == reader->cell_at || translate_cell(reader);
	if (good && reader->text.length > reader->cell_at) {
		if (reader->column >= SHEET_COLUMN_LIMIT) {
			xlsx_refuse(reader, INVALID, "工作表超过 256 列，请删去多余的列");
			return;
		}
		reader->starts[reader->column] = reader->cell_at;
		reader->filled[reader->column] = true;
		if (reader->count <= reader->column)
			reader->count = reader->column + 1;
		good = bytes_add(&reader->text, "", 1);
	}
	reader->column++;
	if (!good)
		xlsx_refuse(reader, UNAVAILABLE, "内存不足，请稍后再试");
}

void XMLCALL xlsx_sheet_end(void *data, const XML_Char *name)
{
	struct xlsx_reader *reader = data;
	const char *element = xlsx_local(name);
	reader->collecting = false;
	reader->phonetic -= strcmp(element, "rPh") == 0;
	if (strcmp(element, "c") == 0)
		end_cell(reader);
	if (strcmp(element, "row") != 0 || reader->count == 0 || ctx_failed(reader->c))
		return;
	reader->row_ready = true;
	XML_StopParser(reader->parser, XML_TRUE);
}
