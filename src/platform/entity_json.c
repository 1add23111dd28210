/* entity_json.c: a body checked field by field, and a reply with personal fields masked. */
#include "platform/entity_internal.h"

/* ---- in: one field ---------------------------------------------------------------------------------------
 */

struct input {
	struct ctx *c;
	const struct field *field;
	enum entity_mode mode;
	void *record;
};

static bool type_fault(struct input *in, const char *wanted)
{
	return fault(in->c, in->field->name, "type", "“%s”应当是%s", in->field->label, wanted);
}

static bool take_number(struct input *in, const json_t *value)
{
	const struct field *field = in->field;
	if (!json_is_integer(value))
		return type_fault(in, "整数");
	int64_t number = json_integer_value(value), most = field_most(field);
	if (number < field->at_least)
		return fault(in->c, field->name, "too_small", "“%s”不能小于 %lld", field->label,
			(long long)field->at_least);
	if (number > most)
		return fault(
			in->c, field->name, "too_large", "“%s”不能大于 %lld", field->label, (long long)most);
	*(int64_t *)field_at(field, in->record) = number; /* money and volume are one int64_t too */
	return true;
}

static bool take_flag(struct input *in, const json_t *value)
{
	if (!json_is_boolean(value))
		return type_fault(in, "是或否（true、false）");
	*(bool *)field_at(in->field, in->record) = json_is_true(value);
	return true;
}

static bool has_control(const char *text, bool lines_allowed)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		bool is_line = byte == '\n' || byte == '\t' || byte == '\r';
		if ((byte < 0x20 || byte == 0x7f) && !(lines_allowed && is_line))
			return true;
	}
	return false;
}

/* A form sends back what it was shown: a mask that was not touched leaves the text as it is. */
static bool is_untouched_mask(struct input *in, const char *text)
{
	const char *present = *(const char *const *)field_of(in->field, in->record);
	if (in->mode != ENTITY_EDIT || in->field->personal == NOT_PERSONAL)
		return false;
	/* A body is looked at before the record is read, too: then there is nothing to compare with yet. */
	if (!present)
		return strchr(text, '*') != NULL;
	return text_equal(text, personal_mask(in->c, in->field->personal, present));
}

static bool check_text(struct input *in, const char *text)
{
	const struct field *field = in->field;
	int64_t length = (int64_t)text_characters(text);
	if (has_control(text, field->flags & LONG_TEXT))
		return fault(in->c, field->name, "control_character", "“%s”里有不能显示的字符，请删去",
			field->label);
	if (length > field_most(field))
		return fault(in->c, field->name, "too_long", "“%s”最多 %lld 个字，现在有 %lld 个",
			field->label, (long long)field_most(field), (long long)length);
	if (length < field->at_least)
		return fault(in->c, field->name, "too_short", "“%s”至少 %lld 个字", field->label,
			(long long)field->at_least);
	const char *wrong = field->check ? field->check(text) : NULL;
	return !wrong || fault(in->c, field->name, "format", "%s", wrong);
}

static bool take_text(struct input *in, const json_t *value)
{
	if (!json_is_string(value))
		return type_fault(in, "文字");
	const char *text = text_trim(in->c->arena, json_string_value(value));
	if (is_untouched_mask(in, text))
		return true;
	if (!check_text(in, text))
		return false;
	*(const char **)field_at(in->field, in->record) = text;
	return true;
}

static bool take_instant(struct input *in, const json_t *value)
{
	struct instant at;
	if (!json_is_string(value) || !instant_parse(json_string_value(value), &at))
		return type_fault(in, "带时区的时间，例如 2026-09-30T22:30:00+08:00");
	*(struct instant *)field_at(in->field, in->record) = at;
	return true;
}

static bool take_date(struct input *in, const json_t *value)
{
	struct date day;
	if (!json_is_string(value) || !date_parse(json_string_value(value), &day))
		return type_fault(in, "存在的日期，例如 2026-09-30");
	*(struct date *)field_at(in->field, in->record) = day;
	return true;
}

static const char *choice_labels(struct ctx *c, const struct choice *choices)
{
	struct text_builder labels = { .arena = c->arena };
	for (const struct choice *choice = choices; choice && choice->code; choice++)
		text_add_format(&labels, "%s%s", labels.length ? "、" : "", choice->label);
	return text_built(&labels);
}

static bool take_choice(struct input *in, const json_t *value)
{
	const struct field *field = in->field;
	int chosen = choice_of_code(field->choices, json_string_value(value));
	if (!chosen)
		return fault(in->c, field->name, "choice", "“%s”只能是：%s", field->label,
			choice_labels(in->c, field->choices));
	*(int *)field_at(field, in->record) = chosen;
	return true;
}

static bool take_value(struct input *in, const json_t *value)
{
	switch (in->field->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_VOLUME:
		return take_number(in, value);
	case FIELD_FLAG:
		return take_flag(in, value);
	case FIELD_TEXT:
		return take_text(in, value);
	case FIELD_INSTANT:
		return take_instant(in, value);
	case FIELD_DATE:
		return take_date(in, value);
	case FIELD_CHOICE:
		return take_choice(in, value);
	}
	return false;
}

static void take_nothing(struct input *in)
{
	void *at = field_at(in->field, in->record);
	switch (in->field->kind) {
	case FIELD_FLAG:
		*(bool *)at = false;
		break;
	case FIELD_TEXT:
		*(const char **)at = NULL;
		break;
	case FIELD_DATE:
		*(struct date *)at = NO_DATE;
		break;
	case FIELD_CHOICE:
		*(int *)at = 0;
		break;
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_VOLUME:
	case FIELD_INSTANT:
		*(int64_t *)at = 0;
		break;
	}
}

/* null, and a text of nothing but blanks, is "nothing". */
static bool is_nothing(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && text_is_blank(json_string_value(value)));
}

static bool take_member(struct input *in, const json_t *value)
{
	const struct field *field = in->field;
	if (field->flags & BY_SERVER)
		return fault(in->c, field->name, "read_only", "“%s”由系统填写，不能提交", field->label);
	if (field->flags & FIXED && in->mode == ENTITY_EDIT)
		return fault(in->c, field->name, "fixed", "“%s”建立后不能修改", field->label);
	if (!is_nothing(value))
		return take_value(in, value);
	if (field->flags & REQUIRED)
		return fault(in->c, field->name, "required", "请填写“%s”", field->label);
	take_nothing(in);
	return true;
}

/* An absent date must not read as 1970-01-01, which is what zeroed memory says. */
static void absent_member(struct input *in)
{
	const struct field *field = in->field;
	if (in->mode == ENTITY_EDIT)
		return;
	struct date *day = field->kind == FIELD_DATE ? field_at(field, in->record) : NULL;
	if (day && day->day == 0)
		*day = NO_DATE;
	if (field->flags & REQUIRED && !(field->flags & BY_SERVER))
		fault(in->c, field->name, "required", "请填写“%s”", field->label);
}

static void refuse_unknown(struct ctx *c, const struct entity *entity, const json_t *object)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value) if (!entity_field(entity, key))
		fault(c, key, "unknown", "“%s”没有名为 %s 的栏目", entity->label, key);
}

bool entity_from_json(
	struct ctx *c, const struct entity *entity, const json_t *object, enum entity_mode mode, void *record)
{
	if (!json_is_object(object))
		return fail(c, INVALID, "请求内容应当是一个 JSON 对象");
	for (size_t i = 0; i < entity->field_count; i++) {
		struct input in = { c, &entity->fields[i], mode, record };
		const json_t *value = json_object_get(object, in.field->name);
		if (value)
			take_member(&in, value);
		else
			absent_member(&in);
	}
	refuse_unknown(c, entity, object);
	return !ctx_failed(c);
}

/* ---- out -------------------------------------------------------------------------------------------------
 */

/* An address keeps its first half: the street, not the door. */
static const char *mask_address(struct ctx *c, const char *text)
{
	size_t kept = (text_characters(text) + 1) / 2;
	const char *at = text;
	while (kept--)
		text_next(&at);
	return arena_format(c->arena, "%.*s***", (int)(at - text), text);
}

const char *personal_mask(struct ctx *c, enum personal kind, const char *text)
{
	if (!text)
		return NULL;
	switch (kind) {
	case NOT_PERSONAL:
		return text;
	case PERSONAL_NAME:
		return text_mask_name(c->arena, text);
	case PERSONAL_PHONE:
		return text_mask_phone(c->arena, text);
	case PERSONAL_IDENTITY:
		return text_mask_identity(c->arena, text);
	case PERSONAL_ACCOUNT:
		return text_mask_account(c->arena, text);
	case PERSONAL_ADDRESS:
		return mask_address(c, text);
	}
	return NULL;
}

static void put_field(
	struct ctx *c, const struct field *field, const void *record, bool unmasked, struct json_out *out)
{
	const void *at = field_of(field, record);
	out_key(out, field->name);
	switch (field->kind) {
	case FIELD_NUMBER:
		if (field_is_reference(field) && *(const int64_t *)at == 0)
			out_null(out);
		else
			out_int(out, *(const int64_t *)at);
		break;
	case FIELD_MONEY:
	case FIELD_VOLUME:
		out_int(out, *(const int64_t *)at);
		break;
	case FIELD_FLAG:
		out_bool(out, *(const bool *)at);
		break;
	case FIELD_TEXT: {
		const char *text = *(const char *const *)at;
		out_text(out, unmasked ? text : personal_mask(c, field->personal, text));
		break;
	}
	case FIELD_INSTANT:
		out_instant(out, *(const struct instant *)at);
		break;
	case FIELD_DATE:
		out_date(out, *(const struct date *)at);
		break;
	case FIELD_CHOICE:
		out_text(out, choice_code(field->choices, *(const int *)at));
		break;
	}
}

void entity_members(
	struct ctx *c, const struct entity *entity, const void *record, bool unmasked, struct json_out *out)
{
	for (size_t i = 0; i < entity->field_count; i++)
		if (!(entity->fields[i].flags & SECRET))
			put_field(c, &entity->fields[i], record, unmasked, out);
}

void entity_to_json(
	struct ctx *c, const struct entity *entity, const void *record, bool unmasked, struct json_out *out)
{
	out_object_open(out);
	entity_members(c, entity, record, unmasked, out);
	out_object_close(out);
}
