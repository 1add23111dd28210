/* entity_describe.c: the JSON schema of an entity, with what forms and lists want to know besides. */
#include "platform/entity_internal.h"

static const char *schema_type(const struct field *field)
{
	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_VOLUME:
		return "integer";
	case FIELD_FLAG:
		return "boolean";
	case FIELD_TEXT:
	case FIELD_INSTANT:
	case FIELD_DATE:
	case FIELD_CHOICE:
		break;
	}
	return "string";
}

static const char *schema_format(const struct field *field)
{
	switch (field->kind) {
	case FIELD_INSTANT:
		return "date-time";
	case FIELD_DATE:
		return "date";
	case FIELD_MONEY:
		return "fen";
	case FIELD_VOLUME:
		return "litre";
	case FIELD_NUMBER:
		return "int64";
	case FIELD_FLAG:
	case FIELD_TEXT:
	case FIELD_CHOICE:
		break;
	}
	return NULL;
}

static const char *personal_name(enum personal personal)
{
	switch (personal) {
	case PERSONAL_NAME:
		return "name";
	case PERSONAL_PHONE:
		return "phone";
	case PERSONAL_IDENTITY:
		return "identity";
	case PERSONAL_ACCOUNT:
		return "account";
	case PERSONAL_ADDRESS:
		return "address";
	case NOT_PERSONAL:
		break;
	}
	return NULL;
}

static bool may_be_null(const struct field *field)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_INSTANT:
	case FIELD_DATE:
	case FIELD_CHOICE:
		return !(field->flags & REQUIRED);
	case FIELD_NUMBER:
		return field_is_reference(field) && !(field->flags & REQUIRED);
	case FIELD_FLAG:
	case FIELD_MONEY:
	case FIELD_VOLUME:
		break;
	}
	return false;
}

static void put_type(struct json_out *out, const struct field *field)
{
	out_key(out, "type");
	if (!may_be_null(field)) {
		out_text(out, schema_type(field));
		return;
	}
	out_array_open(out);
	out_text(out, schema_type(field));
	out_text(out, "null");
	out_array_close(out);
}

static void put_limits(struct json_out *out, const struct field *field)
{
	if (field->kind == FIELD_TEXT) {
		put_int(out, "maxLength", field_most(field));
		if (field->at_least > 0)
			put_int(out, "minLength", field->at_least);
	} else if (field->kind == FIELD_NUMBER || field->kind == FIELD_MONEY || field->kind == FIELD_VOLUME) {
		put_int(out, "minimum", field->at_least);
		put_int(out, "maximum", field_most(field));
	}
}

static void put_choices(struct json_out *out, const struct field *field)
{
	if (field->kind != FIELD_CHOICE)
		return;
	out_key(out, "enum");
	out_array_open(out);
	for (const struct choice *choice = field->choices; choice && choice->code; choice++)
		out_text(out, choice->code);
	if (may_be_null(field))
		out_null(out);
	out_array_close(out);
	out_key(out, "x-choices");
	out_array_open(out);
	for (const struct choice *choice = field->choices; choice && choice->code; choice++) {
		out_object_open(out);
		put_text(out, "code", choice->code);
		put_text(out, "label", choice->label);
		out_object_close(out);
	}
	out_array_close(out);
}

static void put_mark(struct json_out *out, const struct field *field, unsigned flag, const char *key)
{
	if (field->flags & flag)
		put_bool(out, key, true);
}

static void put_property(struct json_out *out, const struct field *field)
{
	out_key(out, field->name);
	out_object_open(out);
	put_type(out, field);
	if (schema_format(field))
		put_text(out, "format", schema_format(field));
	put_limits(out, field);
	put_choices(out, field);
	put_text(out, "x-label", field->label);
	if (field->help)
		put_text(out, "description", field->help);
	put_mark(out, field, BY_SERVER, "readOnly");
	put_mark(out, field, FIXED, "x-fixed");
	put_mark(out, field, FILTERED, "x-filter");
	put_mark(out, field, SORTED, "x-sort");
	put_mark(out, field, IN_LIST, "x-list");
	put_mark(out, field, LONG_TEXT, "x-long");
	if (field->personal)
		put_text(out, "x-personal", personal_name(field->personal));
	if (field->refers)
		put_text(out, "x-refers", field->refers);
	out_object_close(out);
}

void entity_describe(const struct entity *entity, struct json_out *out)
{
	out_object_open(out);
	put_text(out, "type", "object");
	put_text(out, "x-label", entity->label);
	if (entity->title)
		put_text(out, "x-title", entity->title);
	if (entity->default_sort)
		put_text(out, "x-default-sort", entity->default_sort);
	out_key(out, "required");
	out_array_open(out);
	for (size_t i = 0; i < entity->field_count; i++)
		if (entity->fields[i].flags & REQUIRED && !(entity->fields[i].flags & (SECRET | BY_SERVER)))
			out_text(out, entity->fields[i].name);
	out_array_close(out);
	out_key(out, "properties");
	out_object_open(out);
	for (size_t i = 0; i < entity->field_count; i++)
		if (!(entity->fields[i].flags & SECRET))
			put_property(out, &entity->fields[i]);
	out_object_close(out);
	out_object_close(out);
}
