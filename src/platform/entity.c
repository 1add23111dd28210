/* entity.c: choices, bounds, and moving a field between a record and the rest of the world. */
#include "platform/entity_internal.h"

static const int64_t NUMBER_MOST = (INT64_C(1) << 53) - 1;

const char *choice_code(const struct choice *choices, int value)
{
	for (; choices && choices->code; choices++)
		if (choices->value == value)
			return choices->code;
	return NULL;
}

const char *choice_label(const struct choice *choices, int value)
{
	for (; choices && choices->code; choices++)
		if (choices->value == value)
			return choices->label;
	return "";
}

int choice_of_code(const struct choice *choices, const char *code)
{
	for (; code && choices && choices->code; choices++)
		if (strcmp(choices->code, code) == 0)
			return choices->value;
	return 0;
}

int64_t field_most(const struct field *field)
{
	if (field->kind == FIELD_TEXT)
		return field->at_most ? field->at_most : FIELD_TEXT_LIMIT;
	return field->at_least || field->at_most ? field->at_most : NUMBER_MOST;
}

const struct field *entity_field(const struct entity *entity, const char *name)
{
	for (size_t i = 0; i < entity->field_count; i++)
		if (strcmp(entity->fields[i].name, name) == 0)
			return &entity->fields[i];
	return NULL;
}

int64_t entity_version(const struct entity *entity, const void *record)
{
	const struct field *field = entity_field(entity, "version");
	return field && field->kind == FIELD_NUMBER ? *(const int64_t *)field_of(field, record) : -1;
}

void entity_blank(const struct entity *entity, void *record)
{
	memset(record, 0, entity->size);
	for (size_t i = 0; i < entity->field_count; i++)
		if (entity->fields[i].kind == FIELD_DATE)
			*(struct date *)field_at(&entity->fields[i], record) = NO_DATE;
}

struct value field_value(const struct field *field, const void *record)
{
	const void *at = field_of(field, record);
	switch (field->kind) {
	case FIELD_NUMBER:
		return field_is_reference(field) ? V_ID(*(const int64_t *)at) : V(*(const int64_t *)at);
	case FIELD_FLAG:
		return V(*(const bool *)at);
	case FIELD_TEXT:
		return V(*(const char *const *)at);
	case FIELD_MONEY:
		return V(*(const struct money *)at);
	case FIELD_VOLUME:
		return V(*(const struct volume *)at);
	case FIELD_INSTANT:
		return V(*(const struct instant *)at);
	case FIELD_DATE:
		return V(*(const struct date *)at);
	case FIELD_CHOICE:
		return V(choice_code(field->choices, *(const int *)at));
	}
	return V_NULL;
}

void field_from_row(struct rows *rows, int column, const struct field *field, void *record)
{
	void *at = field_at(field, record);
	switch (field->kind) {
	case FIELD_NUMBER:
		*(int64_t *)at = rows_int(rows, column);
		break;
	case FIELD_FLAG:
		*(bool *)at = rows_bool(rows, column);
		break;
	case FIELD_TEXT:
		*(const char **)at = rows_text(rows, column);
		break;
	case FIELD_MONEY:
		*(struct money *)at = rows_money(rows, column);
		break;
	case FIELD_VOLUME:
		*(struct volume *)at = rows_volume(rows, column);
		break;
	case FIELD_INSTANT:
		*(struct instant *)at = rows_instant(rows, column);
		break;
	case FIELD_DATE:
		*(struct date *)at = rows_date(rows, column);
		break;
	case FIELD_CHOICE:
		*(int *)at = choice_of_code(field->choices, rows_text(rows, column));
		break;
	}
}
