/* import_columns.c: which column of a file means what. */
#include <string.h>

#include "domain/customer/find/import.h"

/* What people write above their columns, besides the standard header and our own codes. */
static const struct {
	const char *header;
	enum import_field field;
} header_words[] = { { "户号", IMPORT_NUMBER }, { "用户号", IMPORT_NUMBER }, { "用户编号", IMPORT_NUMBER },
	{ "客户编号", IMPORT_NUMBER }, { "客户号", IMPORT_NUMBER }, { "燃气户号", IMPORT_NUMBER },
	{ "用户号码", IMPORT_NUMBER }, { "户编号", IMPORT_NUMBER }, { "户名", IMPORT_NAME },
	{ "姓名", IMPORT_NAME }, { "用户名称", IMPORT_NAME }, { "用户姓名", IMPORT_NAME },
	{ "客户名称", IMPORT_NAME }, { "客户姓名", IMPORT_NAME }, { "用户名", IMPORT_NAME },
	{ "业主姓名", IMPORT_NAME }, { "名称", IMPORT_NAME }, { "证件号码", IMPORT_IDENTITY },
	{ "证件号", IMPORT_IDENTITY }, { "身份证", IMPORT_IDENTITY }, { "身份证号", IMPORT_IDENTITY },
	{ "身份证号码", IMPORT_IDENTITY }, { "统一社会信用代码", IMPORT_IDENTITY },
	{ "联系电话", IMPORT_PHONE }, { "电话", IMPORT_PHONE }, { "手机", IMPORT_PHONE },
	{ "手机号", IMPORT_PHONE }, { "手机号码", IMPORT_PHONE }, { "联系方式", IMPORT_PHONE },
	{ "电话号码", IMPORT_PHONE }, { "移动电话", IMPORT_PHONE }, { "小区", IMPORT_COMMUNITY },
	{ "小区名称", IMPORT_COMMUNITY }, { "小区名", IMPORT_COMMUNITY }, { "所属小区", IMPORT_COMMUNITY },
	{ "地址", IMPORT_COMMUNITY }, { "用气地址", IMPORT_COMMUNITY }, { "楼栋", IMPORT_BUILDING },
	{ "楼号", IMPORT_BUILDING }, { "栋号", IMPORT_BUILDING }, { "楼", IMPORT_BUILDING },
	{ "栋", IMPORT_BUILDING }, { "幢", IMPORT_BUILDING }, { "楼栋号", IMPORT_BUILDING },
	{ "楼幢", IMPORT_BUILDING }, { "单元", IMPORT_UNIT }, { "单元号", IMPORT_UNIT },
	{ "室", IMPORT_ROOM }, { "房号", IMPORT_ROOM }, { "室号", IMPORT_ROOM }, { "房间号", IMPORT_ROOM },
	{ "门牌号", IMPORT_ROOM }, { "户室", IMPORT_ROOM }, { "房间", IMPORT_ROOM },
	{ "用气类别", IMPORT_CLASS }, { "用户类别", IMPORT_CLASS }, { "用户类型", IMPORT_CLASS },
	{ "用气性质", IMPORT_CLASS }, { "用气类型", IMPORT_CLASS }, { "客户类型", IMPORT_CLASS },
	{ "类别", IMPORT_CLASS }, { "用气人口", IMPORT_POPULATION }, { "人口", IMPORT_POPULATION },
	{ "人口数", IMPORT_POPULATION }, { "家庭人口", IMPORT_POPULATION }, { "用气人数", IMPORT_POPULATION },
	{ "人数", IMPORT_POPULATION }, { "表号", IMPORT_METER_NUMBER }, { "表编号", IMPORT_METER_NUMBER },
	{ "表具编号", IMPORT_METER_NUMBER }, { "燃气表号", IMPORT_METER_NUMBER },
	{ "表具号", IMPORT_METER_NUMBER }, { "表钢号", IMPORT_METER_NUMBER }, { "钢号", IMPORT_METER_NUMBER },
	{ "表型", IMPORT_METER_MODEL }, { "表型号", IMPORT_METER_MODEL }, { "表具型号", IMPORT_METER_MODEL },
	{ "表类型", IMPORT_METER_MODEL }, { "表具类型", IMPORT_METER_MODEL }, { "表底数", IMPORT_BASE },
	{ "表底", IMPORT_BASE }, { "底数", IMPORT_BASE }, { "起始读数", IMPORT_BASE },
	{ "初始读数", IMPORT_BASE }, { "表读数", IMPORT_BASE }, { "开户日期", IMPORT_OPENED_ON },
	{ "开户时间", IMPORT_OPENED_ON }, { "建档日期", IMPORT_OPENED_ON }, { "开户日", IMPORT_OPENED_ON } };

/* Without blanks, stars and what stands in brackets: "户号*", "户号（必填）". */
static const char *plain_header(struct ctx *c, const char *header)
{
	static const char *const brackets[] = { "(", "（", "[", "【", NULL };
	char *text = text_trim(c->arena, header), *to = text;
	for (size_t i = 0; brackets[i]; i++) {
		char *bracket = strstr(text, brackets[i]);
		if (bracket && bracket > text)
			*bracket = '\0';
	}
	for (const char *from = text; *from; from++)
		if ((unsigned char)*from > ' ' && *from != '*' && *from != ':')
			*to++ = *from;
	*to = '\0';
	return text_trim(c->arena, text);
}

enum import_field import_field_of_header(struct ctx *c, const char *header)
{
	const char *text = plain_header(c, header);
	int code = choice_of_code(import_fields, text);
	if (code)
		return (enum import_field)code;
	for (size_t i = 0; i < sizeof header_words / sizeof *header_words; i++)
		if (strcmp(header_words[i].header, text) == 0)
			return header_words[i].field;
	return import_field_none;
}

static bool is_taken(const struct import_mapping *mapping, int field)
{
	for (size_t i = 0; i < mapping->columns; i++)
		if (mapping->field[i] == field)
			return true;
	return false;
}

void import_suggest(struct ctx *c, const char *const *headers, size_t count, struct import_mapping *mapping)
{
	*mapping = (struct import_mapping){ .columns = count < IMPORT_COLUMNS_MOST ? count
										   : IMPORT_COLUMNS_MOST };
	/* The standard names first, so that 地址 doesn't take the place of 小区. */
	for (size_t i = 0; i < mapping->columns; i++) {
		const char *text = plain_header(c, headers[i]);
		for (int k = 0; import_fields[k].code; k++)
			if (strcmp(import_fields[k].label, text) == 0 &&
				!is_taken(mapping, import_fields[k].value))
				mapping->field[i] = import_fields[k].value;
	}
	for (size_t i = 0; i < mapping->columns; i++) {
		enum import_field field =
			mapping->field[i] ? import_field_none : import_field_of_header(c, headers[i]);
		if (field && !is_taken(mapping, (int)field))
			mapping->field[i] = (int)field;
	}
}

/* ---- as the API has it
 * ------------------------------------------------------------------------------------------------- */

static bool read_pair(struct ctx *c, const json_t *pair, const char *const *headers, size_t count,
	struct import_mapping *mapping)
{
	const char *column = json_string_value(json_object_get(pair, "column"));
	const char *field = json_string_value(json_object_get(pair, "field"));
	if (!column)
		return fault(c, "mapping", "column", "每一项都要有 column（文件的列名）");
	if (!field || !*field)
		return true; /* this column is left out */
	int code = choice_of_code(import_fields, field);
	if (!code)
		return fault(c, "mapping", "field", "没有字段 %s", field);
	if (is_taken(mapping, code))
		return fault(c, "mapping", "twice", "两列都对应到“%s”，请只选一列",
			choice_label(import_fields, code));
	for (size_t i = 0; i < count && i < IMPORT_COLUMNS_MOST; i++) {
		if (strcmp(headers[i], column) != 0 || mapping->field[i])
			continue;
		mapping->field[i] = code;
		return true;
	}
	return fault(c, "mapping", "column", "文件里没有列“%s”", column);
}

bool import_mapping_read(struct ctx *c, const json_t *list, const char *const *headers, size_t count,
	struct import_mapping *mapping)
{
	*mapping = (struct import_mapping){ .columns = count < IMPORT_COLUMNS_MOST ? count
										   : IMPORT_COLUMNS_MOST };
	if (!list || json_is_null(list)) {
		import_suggest(c, headers, count, mapping);
	} else if (!json_is_array(list)) {
		return fault(c, "mapping", "type", "mapping 应为列表");
	} else {
		size_t index;
		json_t *pair;
		json_array_foreach(list, index, pair) read_pair(c, pair, headers, count, mapping);
	}
	if (ctx_failed(c))
		return false;
	if (!is_taken(mapping, IMPORT_NUMBER))
		return fault(c, "mapping", "required", "没有一列对应到户号，请指定哪一列是户号");
	return true;
}

void import_mapping_write(
	const struct import_mapping *mapping, const char *const *headers, struct json_out *out)
{
	out_array_open(out);
	for (size_t i = 0; i < mapping->columns; i++) {
		out_object_open(out);
		put_text(out, "column", headers[i]);
		put_text(out, "field", choice_code(import_fields, mapping->field[i]));
		out_object_close(out);
	}
	out_array_close(out);
}
