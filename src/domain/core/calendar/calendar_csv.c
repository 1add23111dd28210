/* calendar_csv.c: the yearly notice as a table: year,name,off_from,off_to,makeup_workdays. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/core/calendar/calendar_internal.h"
#include "platform/embedded.h"

enum { CSV_CELLS = 5, CSV_LINES_MOST = 200, HOLIDAY_DAYS_MOST = 31 };
static const char csv_header[] = "year,name,off_from,off_to,makeup_workdays";

/* Cuts `line` in place; quotes around a cell are taken off. Returns how many cells there were. */
static size_t cut_cells(char *line, char *cells[CSV_CELLS])
{
	size_t count = 0;
	for (char *at = line; at;) {
		char *end = strchr(at, ',');
		if (*at == '"') {
			char *quote = strchr(at + 1, '"');
			if (quote) {
				at++;
				*quote = '\0';
				end = strchr(quote + 1, ',');
			}
		}
		if (end)
			*end = '\0';
		if (count < CSV_CELLS)
			cells[count] = at;
		count++;
		at = end ? end + 1 : NULL;
	}
	return count;
}

static bool line_fault(struct ctx *c, int line, const char *code, const char *sentence)
{
	return fault(c, "csv", code, "第 %d 行：%s", line, sentence);
}

static bool add_day(struct ctx *c, struct notice_file *file, int line, struct date day, enum day_kind kind,
	const char *name)
{
	char text[DATE_TEXT_SIZE];
	for (size_t i = 0; i < file->count; i++) {
		if (file->days[i].day == day.day)
			return fault(
				c, "csv", "duplicate", "第 %d 行：%s 重复出现", line, date_text(day, text));
	}
	if (file->count == NOTICE_DAYS_MOST)
		return line_fault(c, line, "too_many", "一年的放假与调休日过多，请核对");
	file->days[file->count++] = (struct special_day){ .day = day.day, .kind = kind, .name = name };
	return true;
}

/* A notice speaks of its own year; 元旦 may begin in the last days of the year before. */
static bool belongs(struct date day, int year)
{
	struct date first, last;
	return date_make(year - 1, 12, 25, &first) && date_make(year, 12, 31, &last) &&
	       day.day >= first.day && day.day <= last.day;
}

static bool read_makeup(
	struct ctx *c, int year, int line, const char *name, char *list, struct notice_file *file)
{
	char *rest = NULL;
	bool good = true;
	for (char *one = strtok_r(list, "; ", &rest); one; one = strtok_r(NULL, "; ", &rest)) {
		struct date day;
		if (!date_parse(one, &day) || !belongs(day, year))
			good = line_fault(
				c, line, "date", "调休上班日应写成 2026-02-14;2026-02-28 且在本年内");
		else if (date_weekday(day) < 6)
			good = line_fault(c, line, "weekday", "调休上班日应为周六或周日");
		else
			good = add_day(c, file, line, day, DAY_WORKED,
				       arena_format(c->arena, "%s调休上班", name)) &&
			       good;
	}
	return good;
}

static bool read_line(struct ctx *c, int year, int line, char *text, struct notice_file *file)
{
	char *cells[CSV_CELLS];
	struct date from, to;
	if (cut_cells(text, cells) != CSV_CELLS)
		return line_fault(c, line, "columns", "应有 5 列：年份,名称,放假起,放假止,调休上班日");
	if (strtol(cells[0], NULL, 10) != year)
		return fault(c, "csv", "year", "第 %d 行：年份应为 %d", line, year);
	if (text_is_blank(cells[1]))
		return line_fault(c, line, "name", "节日名称不能为空");
	if (!date_parse(cells[2], &from) || !date_parse(cells[3], &to) || from.day > to.day)
		return line_fault(c, line, "date", "放假起止日期应写成 2026-02-15，且止日不早于起日");
	if (!belongs(from, year) || !belongs(to, year) || to.day - from.day >= HOLIDAY_DAYS_MOST)
		return fault(c, "csv", "range", "第 %d 行：放假日期不在 %d 年内或超过一个月", line, year);
	const char *name = arena_text(c->arena, cells[1]);
	bool good = true;
	for (struct date day = from; day.day <= to.day; day = date_plus(day, 1))
		good = add_day(c, file, line, day, DAY_OFF, name) && good;
	return read_makeup(c, year, line, name, cells[4], file) && good;
}

bool calendar_read_csv(struct ctx *c, int year, const char *csv, struct notice_file *file)
{
	static const char source_mark[] = "# 来源：", byte_order_mark[] = "\xEF\xBB\xBF";
	bool good = true, header = false;
	*file = (struct notice_file){ .days = arena_array(c->arena, struct special_day, NOTICE_DAYS_MOST) };
	char *rest = NULL, *copy = arena_text(c->arena, csv);
	if (text_starts(copy, byte_order_mark))
		copy += 3;
	int number = 0;
	while (copy && number < CSV_LINES_MOST) {
		char *line = copy;
		rest = strchr(copy, '\n');
		copy = rest ? rest + 1 : NULL;
		line[strcspn(line, "\r\n")] = '\0';
		number++;
		if (text_starts(line, source_mark))
			file->source = arena_text(c->arena, line + sizeof source_mark - 1);
		if (line[0] == '#' || text_is_blank(line))
			continue;
		if (header)
			good = read_line(c, year, number, line, file) && good;
		else if (strcmp(line, csv_header) != 0)
			return line_fault(
				c, number, "header", "首行应为 year,name,off_from,off_to,makeup_workdays");
		header = true;
	}
	if (file->count == 0 && good)
		return fault(c, "csv", "empty", "没有任何放假日，请粘贴国务院办公厅通知的放假安排表");
	return good;
}

bool calendar_next_embedded(size_t *position, int *year, const char **csv)
{
	static const char folder[] = "rulebook/calendars/";
	size_t count;
	const struct embedded *all = embedded_all(&count);
	for (; *position < count; ++*position) {
		const struct embedded *file = &all[*position];
		if (!text_starts(file->path, folder))
			continue;
		*year = (int)strtol(file->path + sizeof folder - 1, NULL, 10);
		*csv = (const char *)file->bytes;
		++*position;
		return true;
	}
	return false;
}
