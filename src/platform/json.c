/* json.c: JSON written as it comes, and read strictly. */
#include <string.h>

#include "platform/json.h"

enum { JSON_VALUES_LIMIT = 100000, NUMBER_TEXT = 24 };

/* ---- out -------------------------------------------------------------------------------------------------
 */

struct json_out json_out_new(struct arena *arena)
{
	return (struct json_out){ .text = { .arena = arena } };
}

const char *json_out_text(const struct json_out *out)
{
	return text_built(&out->text);
}

static void begin_value(struct json_out *out)
{
	if (out->needs_comma)
		text_add_n(&out->text, ",", 1);
	out->needs_comma = true;
}

static void open_with(struct json_out *out, const char *bracket)
{
	begin_value(out);
	text_add_n(&out->text, bracket, 1);
	out->needs_comma = false;
}

static void close_with(struct json_out *out, const char *bracket)
{
	text_add_n(&out->text, bracket, 1);
	out->needs_comma = true;
}

void out_object_open(struct json_out *out)
{
	open_with(out, "{");
}

void out_object_close(struct json_out *out)
{
	close_with(out, "}");
}

void out_array_open(struct json_out *out)
{
	open_with(out, "[");
}

void out_array_close(struct json_out *out)
{
	close_with(out, "]");
}

void out_key(struct json_out *out, const char *key)
{
	begin_value(out);
	text_add_n(&out->text, "\"", 1);
	text_add_n(&out->text, key, strlen(key));
	text_add_n(&out->text, "\":", 2);
	out->needs_comma = false;
}

void out_raw(struct json_out *out, const char *json, size_t length)
{
	begin_value(out);
	text_add_n(&out->text, json, length);
}

void out_null(struct json_out *out)
{
	out_raw(out, "null", 4);
}

void out_bool(struct json_out *out, bool value)
{
	value ? out_raw(out, "true", 4) : out_raw(out, "false", 5);
}

void out_int(struct json_out *out, int64_t value)
{
	char digits[NUMBER_TEXT];
	size_t at = sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		digits[--at] = '-';
	out_raw(out, digits + at, sizeof digits - at);
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
}

static void add_escape(struct json_out *out, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = { '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] };
	const char *short_form = NULL;
	if (byte == '"')
		short_form = "\\\"";
	else if (byte == '\\')
		short_form = "\\\\";
	else if (byte == '\n')
		short_form = "\\n";
	else if (byte == '\t')
		short_form = "\\t";
	else if (byte == '\r')
		short_form = "\\r";
	if (short_form)
		text_add_n(&out->text, short_form, 2);
	else
		text_add_n(&out->text, escape, sizeof escape);
}

void out_text(struct json_out *out, const char *value)
{
	if (!value) {
		out_null(out);
		return;
	}
	begin_value(out);
	text_add_n(&out->text, "\"", 1);
	for (const char *from = value;;) {
		const char *at = from;
		while (*at && is_plain((unsigned char)*at))
			at++;
		text_add_n(&out->text, from, (size_t)(at - from));
		if (!*at)
			break;
		add_escape(out, (unsigned char)*at);
		from = at + 1;
	}
	text_add_n(&out->text, "\"", 1);
}

void out_instant(struct json_out *out, struct instant value)
{
	char text[INSTANT_TEXT_SIZE];
	out_text(out, value.ms ? instant_text(value, text) : NULL);
}

void out_date(struct json_out *out, struct date value)
{
	char text[DATE_TEXT_SIZE];
	out_text(out, value.day == INT32_MIN ? NULL : date_text(value, text));
}

void put_int(struct json_out *out, const char *key, int64_t value)
{
	out_key(out, key);
	out_int(out, value);
}

void put_id(struct json_out *out, const char *key, int64_t value)
{
	out_key(out, key);
	value ? out_int(out, value) : out_null(out);
}

void put_bool(struct json_out *out, const char *key, bool value)
{
	out_key(out, key);
	out_bool(out, value);
}

void put_text(struct json_out *out, const char *key, const char *value)
{
	out_key(out, key);
	out_text(out, value);
}

void put_instant(struct json_out *out, const char *key, struct instant value)
{
	out_key(out, key);
	out_instant(out, value);
}

void put_date(struct json_out *out, const char *key, struct date value)
{
	out_key(out, key);
	out_date(out, value);
}

/* ---- in --------------------------------------------------------------------------------------------------
 */

/* Depth and number of values are looked at before the tree is built, since the tree is many times its text.
 */
static const char *shape_fault(const char *bytes, size_t length)
{
	int depth = 0;
	size_t values = 0;
	bool in_text = false;
	for (size_t i = 0; i < length; i++) {
		char byte = bytes[i];
		if (in_text) {
			if (byte == '\\')
				i++;
			else if (byte == '"')
				in_text = false;
		} else if (byte == '"') {
			in_text = true;
		} else if (byte == '[' || byte == '{') {
			values++;
			if (++depth > JSON_DEPTH_LIMIT)
				return "嵌套层数太多";
		} else if (byte == ']' || byte == '}') {
			depth--;
		} else if (byte == ',') {
			values++;
		}
		if (values > JSON_VALUES_LIMIT)
			return "内容项数太多";
	}
	return NULL;
}

static void release_tree(void *handle)
{
	json_decref(handle);
}

bool json_parse(struct ctx *c, const char *bytes, size_t length, json_t **out)
{
	*out = NULL;
	if (!text_is_valid(bytes, length))
		return fail(c, BAD_REQUEST, "请求内容不是有效的 UTF-8 文字");
	const char *wrong = shape_fault(bytes, length);
	if (wrong)
		return fail(c, BAD_REQUEST, "请求内容的 JSON %s", wrong);
	json_error_t error;
	json_t *tree = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!tree)
		return fail(c, BAD_REQUEST, "请求内容不是正确的 JSON：第 %d 行第 %d 列附近有误", error.line,
			error.column);
	arena_defer(c->arena, release_tree, tree);
	*out = tree;
	return true;
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_null(value) ? NULL : value;
}

const char *json_get_text(struct ctx *c, const json_t *object, const char *key)
{
	json_t *value = member(object, key);
	if (value && !json_is_string(value))
		fault(c, key, "type", "%s 应当是文字", key);
	return json_string_value(value);
}

int64_t json_get_int(struct ctx *c, const json_t *object, const char *key, int64_t fallback)
{
	json_t *value = member(object, key);
	if (value && !json_is_integer(value))
		fault(c, key, "type", "%s 应当是整数", key);
	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_bool(struct ctx *c, const json_t *object, const char *key)
{
	json_t *value = member(object, key);
	if (value && !json_is_boolean(value))
		fault(c, key, "type", "%s 应当是 true 或 false", key);
	return json_is_true(value);
}
