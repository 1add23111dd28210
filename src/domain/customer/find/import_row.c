/* import_row.c: one row of a file, checked by itself. Touches no database. */
#include <stdlib.h>
#include <string.h>

#include "domain/customer/find/import.h"

CHOICE_TABLE(import_fields, IMPORT_FIELDS);

void row_fault(struct arena *arena, struct import_row *row, enum import_field field, const char *reason)
{
	struct row_fault *fault = arena_new_object(arena, struct row_fault), **last = &row->faults;
	fault->column = choice_label(import_fields, (int)field);
	fault->reason = reason;
	while (*last)
		last = &(*last)->next;
	*last = fault;
}

/* ---- cells
 * -------------------------------------------------------------------------------------------------------- */

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* １２３ is 123. */
static const char *half_width(struct arena *arena, const char *text)
{
	if (is_ascii(text))
		return text;
	char *out = arena_alloc(arena, strlen(text) + 1), *to = out;
	uint32_t character;
	while ((character = text_next(&text))) {
		if (character >= 0xFF01 && character <= 0xFF5E)
			character -= 0xFEE0;
		to += text_put(character, to);
	}
	*to = '\0';
	return out;
}

/* Line ends and tabs inside a cell are spaces; other control characters are refused. */
static const char *without_breaks(struct arena *arena, const char *text, bool *bad)
{
	size_t breaks = 0;
	*bad = false;
	for (const char *at = text; *at; at++) {
		breaks += *at == '\n' || *at == '\r' || *at == '\t';
		*bad = *bad || ((unsigned char)*at < ' ' && *at != '\n' && *at != '\r' && *at != '\t') ||
		       *at == 0x7F;
	}
	if (!breaks)
		return text;
	char *out = arena_text(arena, text), *to = out;
	for (const char *at = out; *at; at++) {
		bool space = *at == '\n' || *at == '\r' || *at == '\t';
		if (space && to > out && to[-1] == ' ')
			continue;
		*to++ = space ? ' ' : *at;
	}
	*to = '\0';
	return out;
}

/* White space at the ends is rare: look before copying. */
static const char *trimmed(struct arena *arena, const char *cell)
{
	size_t length = strlen(cell);
	bool plain = length && (unsigned char)cell[0] > ' ' && (unsigned char)cell[0] < 0x80 &&
		     (unsigned char)cell[length - 1] > ' ' && (unsigned char)cell[length - 1] < 0x80;
	return plain ? arena_text_n(arena, cell, length) : text_trim(arena, cell);
}

static bool is_identifier(int field)
{
	return field == IMPORT_NUMBER || field == IMPORT_IDENTITY || field == IMPORT_METER_NUMBER;
}

static const int64_t longest[import_field_count] = { [IMPORT_NUMBER] = 32,
	[IMPORT_NAME] = 100,
	[IMPORT_IDENTITY] = 18,
	[IMPORT_PHONE] = 200,
	[IMPORT_COMMUNITY] = 60,
	[IMPORT_BUILDING] = 30,
	[IMPORT_UNIT] = 30,
	[IMPORT_ROOM] = 30,
	[IMPORT_CLASS] = 20,
	[IMPORT_POPULATION] = 20,
	[IMPORT_METER_NUMBER] = 32,
	[IMPORT_METER_MODEL] = 60,
	[IMPORT_BASE] = 30,
	[IMPORT_OPENED_ON] = 40 };

/* "123456.0": a number that names something went through a spreadsheet's arithmetic. */
static bool has_decimals(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits && text[digits] == '.' && text[digits + 1] &&
	       strspn(text + digits + 1, "0") == strlen(text + digits + 1);
}

static const char *identifier_fault(const char *text)
{
	if (text_is_scientific(text))
		return "被表格软件改成了科学计数法，原号码已丢失，请把该列设为文本后重新填写";
	if (has_decimals(text))
		return "被表格软件当成了数字（带小数点），请把该列设为文本后重新填写";
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ')
			return "中间有空格或换行，请去掉";
	return strstr(text, "\xE3\x80\x80") ? "中间有空格，请去掉" : NULL;
}

/* ---- what single cells mean
 * ---------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum user_class user_class;
} class_words[] = { { "民用", CLASS_RESIDENT }, { "家庭", CLASS_RESIDENT }, { "住宅", CLASS_RESIDENT },
	{ "普通居民", CLASS_RESIDENT }, { "居民普通", CLASS_RESIDENT }, { "居民生活", CLASS_RESIDENT },
	{ "壁挂炉", CLASS_HEATING }, { "居民采暖", CLASS_HEATING }, { "采暖居民", CLASS_HEATING },
	{ "分户采暖", CLASS_HEATING }, { "供暖", CLASS_HEATING }, { "商户", CLASS_COMMERCIAL },
	{ "商服", CLASS_COMMERCIAL }, { "商用", CLASS_COMMERCIAL }, { "餐饮", CLASS_COMMERCIAL },
	{ "工商", CLASS_COMMERCIAL }, { "工商业", CLASS_COMMERCIAL }, { "工厂", CLASS_INDUSTRIAL },
	{ "公共福利", CLASS_PUBLIC }, { "公服", CLASS_PUBLIC }, { "福利", CLASS_PUBLIC },
	{ "公建", CLASS_PUBLIC }, { "公益", CLASS_PUBLIC }, { "学校", CLASS_PUBLIC },
	{ "机关", CLASS_PUBLIC }, { "其它", CLASS_OTHER } };

static enum user_class class_of(const char *text)
{
	for (int i = 0; user_classes[i].code; i++)
		if (strcmp(user_classes[i].code, text) == 0 || strcmp(user_classes[i].label, text) == 0)
			return (enum user_class)user_classes[i].value;
	for (size_t i = 0; i < sizeof class_words / sizeof *class_words; i++)
		if (strcmp(class_words[i].word, text) == 0)
			return class_words[i].user_class;
	return user_class_none;
}

/* 居民, 居民用户, 居民用气, 居民户, resident, Resident. */
enum user_class import_class(const char *text)
{
	static const char *const endings[] = { "用气", "用户", "客户", "类", "户", NULL };
	char word[64];
	size_t length = strlen(text);
	if (length >= sizeof word)
		return user_class_none;
	for (size_t i = 0; i <= length; i++)
		word[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	for (int round = 0; round < 3; round++) {
		enum user_class found = class_of(word);
		if (found)
			return found;
		size_t before = length;
		for (size_t i = 0; endings[i] && length == before; i++) {
			size_t ending = strlen(endings[i]);
			if (length > ending && strcmp(word + length - ending, endings[i]) == 0)
				word[length -= ending] = '\0';
		}
	}
	return user_class_none;
}

/* Digits into *number; the rest of the text after them. NULL when there are none. */
static const char *take_digits(const char *text, size_t least, size_t most, int *number)
{
	size_t digits = strspn(text, "0123456789");
	if (digits < least || digits > most)
		return NULL;
	*number = 0;
	for (size_t i = 0; i < digits; i++)
		*number = *number * 10 + (text[i] - '0');
	return text + digits;
}

static bool is_time_of_day(const char *text)
{
	if (!*text)
		return true;
	return (*text == ' ' || *text == 'T') && text[1] &&
	       strspn(text + 1, "0123456789:.") == strlen(text + 1);
}

static const char *take_mark(const char *text, const char *mark)
{
	return text && text_starts(text, mark) ? text + strlen(mark) : NULL;
}

bool import_date(const char *text, struct date *out)
{
	static const char *const marks[][3] = { { "-", "-", "" }, { "/", "/", "" }, { ".", ".", "" },
		{ "年", "月", "日" }, { "年", "月", "" } };
	int year = 0, month = 0, day = 0;
	if (strspn(text, "0123456789") == 8 && is_time_of_day(text + 8)) {
		year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
		month = (text[4] - '0') * 10 + text[5] - '0';
		day = (text[6] - '0') * 10 + text[7] - '0';
		return date_make(year, month, day, out);
	}
	const char *after_year = take_digits(text, 4, 4, &year);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *at = take_mark(after_year, marks[i][0]);
		at = at ? take_digits(at, 1, 2, &month) : NULL;
		at = take_mark(at, marks[i][1]);
		at = at ? take_digits(at, 1, 2, &day) : NULL;
		at = take_mark(at, marks[i][2]);
		if (at && is_time_of_day(at))
			return date_make(year, month, day, out);
	}
	return false;
}

static const char *opened_fault(const char *text, struct date today, struct date *out)
{
	if (strspn(text, "0123456789") == strlen(text) && strlen(text) == 5)
		return "像是表格软件的日期序号，请把该列设为日期或文本，写成 2025-01-02";
	if (!import_date(text, out))
		return "不是日期，或没有这一天；请写成 2025-01-02、2025/1/2 或 2025年1月2日";
	if (date_year(*out) < 1950)
		return "年份太早，请核对";
	return out->day > today.day + 366 ? "比今天晚一年以上，请核对" : NULL;
}

static const char *population_fault(const char *text, int64_t *out)
{
	int number;
	const char *rest = take_digits(text, 1, 6, &number);
	if (rest && *rest == '.' && rest[1] && strspn(rest + 1, "0") == strlen(rest + 1))
		rest = "";
	rest = rest && strcmp(rest, "人") == 0 ? "" : rest;
	if (!rest || *rest)
		return "应为整数，如 3";
	*out = number;
	return number > 9999 ? "超出范围（0 到 9999），请核对" : NULL;
}

static const char *base_fault(struct arena *arena, const char *text, int64_t *out)
{
	static const char *const units[] = { "立方米", "m³", "m3", "方", NULL };
	struct volume volume;
	size_t length = strlen(text);
	for (size_t i = 0; units[i]; i++) {
		size_t unit = strlen(units[i]);
		if (length > unit && strcmp(text + length - unit, units[i]) == 0) {
			text = text_trim(arena, arena_text_n(arena, text, length - unit));
			break;
		}
	}
	if (!volume_parse(text, &volume))
		return "应为立方米数，最多三位小数，如 12.345";
	if (volume.litre < 0)
		return "不能是负数";
	*out = volume.litre;
	return volume.litre > INT64_C(100000000000) ? "太大，请核对" : NULL;
}

/* ---- the row
 * ----------------------------------------------------------------------------------------------------------
 */

static void check_meaning(struct arena *arena, struct date today, struct import_row *row)
{
	const char *const *text = row->text;
	const struct {
		enum import_field field;
		const char *reason;
	} checks[] = {
		{ IMPORT_NAME, text[IMPORT_NAME] ? person_name_fault(text[IMPORT_NAME]) : NULL },
		{ IMPORT_IDENTITY,
			text[IMPORT_IDENTITY] ? person_identity_fault(text[IMPORT_IDENTITY]) : NULL },
		{ IMPORT_PHONE,
			text[IMPORT_PHONE] ? person_phone_fault_in(arena, text[IMPORT_PHONE]) : NULL },
		{ IMPORT_POPULATION, text[IMPORT_POPULATION]
					     ? population_fault(text[IMPORT_POPULATION], &row->population)
					     : NULL },
		{ IMPORT_BASE,
			text[IMPORT_BASE] ? base_fault(arena, text[IMPORT_BASE], &row->base_litre) : NULL },
		{ IMPORT_OPENED_ON, text[IMPORT_OPENED_ON]
					    ? opened_fault(text[IMPORT_OPENED_ON], today, &row->opened_on)
					    : NULL },
	};
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].reason)
			row_fault(arena, row, checks[i].field, checks[i].reason);
	if (text[IMPORT_CLASS]) {
		row->user_class = import_class(text[IMPORT_CLASS]);
		if (!row->user_class)
			row_fault(arena, row, IMPORT_CLASS,
				"没有这种用气类别，应为居民、采暖、商业、工业、公福或其他");
	}
	if (!text[IMPORT_NUMBER])
		row_fault(arena, row, IMPORT_NUMBER, "没有填写，户号是必填的");
}

/* One cell into row->text[field]; a cell that cannot stand stays NULL beside its fault. */
static void read_cell(struct arena *arena, struct import_row *row, int field, const char *cell)
{
	bool bad;
	const char *text = without_breaks(arena, trimmed(arena, cell), &bad);
	if (!*text)
		return;
	if (is_identifier(field) || field >= IMPORT_POPULATION)
		text = field == IMPORT_METER_MODEL ? text : half_width(arena, text);
	const char *reason = is_identifier(field) ? identifier_fault(text) : NULL;
	if (bad)
		reason = "含有看不见的控制字符，请重新填写";
	else if (strlen(text) > (size_t)longest[field] && text_characters(text) > (size_t)longest[field])
		reason = arena_format(arena, "太长，最多 %lld 个字", (long long)longest[field]);
	if (reason) {
		row_fault(arena, row, (enum import_field)field, reason);
		text = field == IMPORT_NUMBER ? "" : NULL; /* not missing, but wrong: one fault, not two */
	}
	row->text[field] = text;
}

void import_row_read(struct arena *arena, const struct import_mapping *mapping, const char *const *cells,
	size_t count, struct date today, struct import_row *row)
{
	row->population = row->base_litre = -1;
	row->opened_on = NO_DATE;
	for (size_t i = 0; i < count && i < mapping->columns; i++)
		if (mapping->field[i])
			read_cell(arena, row, mapping->field[i], cells[i]);
	for (size_t i = mapping->columns; i < count; i++) {
		if (text_is_blank(cells[i]))
			continue;
		row_fault(arena, row, IMPORT_NUMBER, "这一行的列数比表头多，可能是内容里的逗号没有加引号");
		break;
	}
	check_meaning(arena, today, row);
	if (row->text[IMPORT_NUMBER] && !*row->text[IMPORT_NUMBER])
		row->text[IMPORT_NUMBER] = NULL;
}

/* ---- texts met so far
 * ---------------------------------------------------------------------------------------------------- */

static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash ^ hash >> 31;
}

static struct text_slot *set_slot(const struct text_set *set, const char *text)
{
	size_t at = (size_t)hash_text(text) & (set->capacity - 1);
	while (set->slots[at].at && strcmp(set->bytes + set->slots[at].at - 1, text) != 0)
		at = (at + 1) & (set->capacity - 1);
	return &set->slots[at];
}

static bool set_grow(struct text_set *set, size_t length)
{
	if (set->length + length > set->room) {
		size_t room = set->room ? set->room * 2 : 65536;
		char *bytes = room > UINT32_MAX / 2 ? NULL : realloc(set->bytes, room);
		if (!bytes)
			return false;
		set->bytes = bytes;
		set->room = room;
	}
	if (set->count * 2 < set->capacity)
		return true;
	struct text_set old = *set;
	set->capacity = old.capacity ? old.capacity * 2 : 4096;
	set->slots = calloc(set->capacity, sizeof *set->slots);
	if (!set->slots) {
		*set = old;
		return false;
	}
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].at)
			*set_slot(set, set->bytes + old.slots[i].at - 1) = old.slots[i];
	free(old.slots);
	return true;
}

int64_t text_set_add(struct text_set *set, const char *text, int64_t line)
{
	size_t length = strlen(text) + 1;
	if (!set_grow(set, length))
		return -1;
	struct text_slot *slot = set_slot(set, text);
	if (slot->at)
		return slot->line;
	memcpy(set->bytes + set->length, text, length);
	*slot = (struct text_slot){ (uint32_t)set->length + 1, (uint32_t)line };
	set->length += length;
	set->count++;
	set->has_leading_zero = set->has_leading_zero || *text == '0';
	return 0;
}

int64_t text_set_line(const struct text_set *set, const char *text)
{
	return set->capacity ? set_slot(set, text)->line : 0;
}

bool is_bare_number(const char *text)
{
	return *text && *text != '0' && strspn(text, "0123456789") == strlen(text);
}

int64_t text_set_zeros_lost(const struct text_set *set, const char *text)
{
	char longer[ZEROS_MOST + 64] = "00000000";
	size_t length = strlen(text);
	if (!set->has_leading_zero || !is_bare_number(text) || length >= 64)
		return 0;
	memcpy(longer + ZEROS_MOST, text, length + 1);
	for (int zeros = 1; zeros <= ZEROS_MOST; zeros++) {
		int64_t line = text_set_line(set, longer + ZEROS_MOST - zeros);
		if (line)
			return line;
	}
	return 0;
}

void text_set_free(struct text_set *set)
{
	free(set->slots);
	free(set->bytes);
	*set = (struct text_set){ 0 };
}
