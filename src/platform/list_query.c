/* list_query.c: what a list was asked for, checked against the table of fields; and its place tokens. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "platform/list_internal.h"

/* ---- values from text ------------------------------------------------------------------------------------
 */

static bool number_of(const char *text, int64_t *number)
{
	char *end;
	errno = 0;
	*number = strtoll(text, &end, 10);
	bool starts_well = (*text >= '0' && *text <= '9') || *text == '-';
	return starts_well && !*end && errno == 0;
}

/* An instant may be given as a day, too: its midnight in Shanghai. */
static bool instant_of(const char *text, struct value *value)
{
	struct instant at;
	struct date day;
	if (instant_parse(text, &at)) {
		*value = V(at.ms);
		return true;
	}
	if (!date_parse(text, &day))
		return false;
	*value = V(date_at(day, 0).ms);
	return true;
}

static bool value_of(const struct field *field, const char *text, struct value *value)
{
	int64_t number;
	struct date day;
	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
	case FIELD_VOLUME:
		if (!number_of(text, &number))
			return false;
		*value = V(number);
		return true;
	case FIELD_FLAG: {
		bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
		bool no = strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
		*value = V(yes);
		return yes || no;
	}
	case FIELD_TEXT:
		*value = V(text);
		return true;
	case FIELD_INSTANT:
		return instant_of(text, value);
	case FIELD_DATE:
		if (!date_parse(text, &day))
			return false;
		*value = V(day);
		return true;
	case FIELD_CHOICE:
		*value = V(text);
		return choice_of_code(field->choices, text) != 0;
	}
	return false;
}

static bool filter_fault(struct ctx *c, const char *name, const struct field *field)
{
	return fault(c, name, "filter", "筛选条件“%s”的值不对", field->label);
}

/* ---- conditions ------------------------------------------------------------------------------------------
 */

static void bind_value(struct list_question *question, struct value value)
{
	question->values[question->count++] = value;
	text_add_format(&question->where, "$%zu", question->count);
}

static bool has_room(struct ctx *c, const struct list_question *question)
{
	return question->count + LIST_CODES_MOST < LIST_VALUES || fail(c, INVALID, "筛选条件太多");
}

static bool add_compared(struct ctx *c, struct list_question *question, const char *name,
	const struct field *field, const char *operator, const char * text)
{
	struct value value;
	if (!value_of(field, text, &value))
		return filter_fault(c, name, field);
	text_add_format(&question->where, " AND %s %s ", field->name, operator);
	bind_value(question, value);
	return true;
}

/* ?status=open,waiting: any of these codes. */
static bool add_codes(
	struct ctx *c, struct list_question *question, const struct field *field, const char *text)
{
	text_add_format(&question->where, " AND %s IN (", field->name);
	for (int i = 0; *text; i++) {
		size_t length = strcspn(text, ",");
		struct value value;
		if (i == LIST_CODES_MOST || !value_of(field, arena_text_n(c->arena, text, length), &value))
			return filter_fault(c, field->name, field);
		if (i)
			text_add(&question->where, ", ");
		bind_value(question, value);
		text += length;
		text += *text == ',';
	}
	text_add(&question->where, ")");
	return true;
}

static bool add_equal(
	struct ctx *c, struct list_question *question, const struct field *field, const char *text)
{
	if (field->kind == FIELD_CHOICE)
		return add_codes(c, question, field, text);
	if (field_is_reference(field) && strcmp(text, "none") == 0) {
		text_add_format(&question->where, " AND %s IS NULL", field->name);
		return true;
	}
	return add_compared(c, question, field->name, field, "=", text);
}

static const struct field *filtered(const struct entity *entity, const char *name, size_t length)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct field *field = &entity->fields[i];
		if (field->flags & FILTERED && field_is_stored(field) && strlen(field->name) == length &&
			memcmp(field->name, name, length) == 0)
			return field;
	}
	return NULL;
}

/* The field of NAME_from or NAME_to, for times. */
static const struct field *ranged(const struct entity *entity, const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	if (length <= tail || strcmp(name + length - tail, ending) != 0)
		return NULL;
	const struct field *field = filtered(entity, name, length - tail);
	return field && (field->kind == FIELD_INSTANT || field->kind == FIELD_DATE) ? field : NULL;
}

static bool is_known_elsewhere(const struct list *list, const char *name)
{
	static const char *const own[] = { "after", "limit", "sort", "count", "format" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(own[i], name) == 0)
			return true;
	for (const char *const *other = list->own_parameters; other && *other; other++)
		if (strcmp(*other, name) == 0)
			return true;
	return false;
}

static bool add_parameter(struct ctx *c, struct list_question *question, const char *name, const char *text)
{
	const struct entity *entity = question->list->entity;
	const struct field *field;
	if (is_known_elsewhere(question->list, name))
		return true;
	const struct field *equal = filtered(entity, name, strlen(name));
	const struct field *from = ranged(entity, name, "_from"), *to = ranged(entity, name, "_to");
	field = equal ? equal : from ? from : to;
	if (!field)
		return fault(c, name, "unknown", "这份清单不能按 %s 筛选", name);
	if (!*text)
		return true;
	if (!has_room(c, question))
		return false;
	if (equal)
		return add_equal(c, question, equal, text);
	return add_compared(c, question, name, field, from ? ">=" : "<", text);
}

static void add_fence(struct ctx *c, struct list_question *question)
{
	const struct list *list = question->list;
	if (!list->permission || !list->entity->fence)
		return;
	text_add(&question->where, " AND ");
	fence_condition(c, list->permission, list->entity->fence, &question->where, question->values,
		&question->count);
}

/* ---- order and place -------------------------------------------------------------------------------------
 */

static bool take_sort(struct ctx *c, const struct call *call, struct list_question *question)
{
	const struct entity *entity = question->list->entity;
	const char *asked = call_query(call, "sort"), *text = asked && *asked ? asked : entity->default_sort;
	if (!text)
		return true;
	question->descending = *text == '-';
	const char *name = text + (*text == '-' || *text == '+' || *text == ' ');
	const struct field *field = entity_field(entity, name);
	bool allowed =
		field && field_is_stored(field) && (text == entity->default_sort || field->flags & SORTED);
	if (field && strcmp(name, "id") == 0)
		return true;
	if (!allowed)
		return fault(c, "sort", "unknown", "这份清单不能按 %s 排序", name);
	question->sort = field;
	question->may_be_null = !(field->flags & REQUIRED);
	return true;
}

static const char *order_name(const struct list_question *question, char name[96])
{
	snprintf(name, 96, "%s%s", question->descending ? "-" : "",
		question->sort ? question->sort->name : "id");
	return name;
}

/* "-due_at\ni1790778600000\n17": order, kind of key and key, id; a personal key is left out, since the token
 * travels in addresses, and is read again by the id. */
const char *list_token(struct ctx *c, const struct list_question *question)
{
	char order[96];
	const struct list_place *place = &question->place;
	const char *key = "-";
	if (question->sort && place->is_null)
		key = "n";
	else if (question->sort && question->sort->personal)
		key = "p";
	else if (question->sort && place->key.kind == VALUE_TEXT)
		key = arena_format(c->arena, "t%s", (const char *)place->key.bytes);
	else if (question->sort)
		key = arena_format(c->arena, "i%lld", (long long)place->key.number);
	const char *text = arena_format(
		c->arena, "%s\n%lld\n%s", order_name(question, order), (long long)place->id, key);
	size_t length = strlen(text),
	       size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *token = arena_alloc(c->arena, size);
	return sodium_bin2base64(
		token, size, (const unsigned char *)text, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool place_fault(struct ctx *c)
{
	return fault(c, "after", "format", "翻页位置已失效，请从第一页重新查询");
}

static bool personal_key(struct ctx *c, struct list_question *question)
{
	void *record = arena_alloc(c->arena, question->list->entity->size);
	bool found;
	if (!entity_find(c, question->list->entity, record, &found, "id = $1", VALUES(V(question->place.id))))
		return false;
	if (!found)
		return place_fault(c);
	question->place.key = field_value(question->sort, record);
	question->place.is_null = question->place.key.kind == VALUE_NULL;
	return true;
}

static bool take_key(struct ctx *c, struct list_question *question, const char *key)
{
	int64_t number;
	bool is_text = question->sort &&
		       (question->sort->kind == FIELD_TEXT || question->sort->kind == FIELD_CHOICE);
	if (!question->sort)
		return strcmp(key, "-") == 0 || place_fault(c);
	if (strcmp(key, "p") == 0 && question->sort->personal)
		return personal_key(c, question);
	if (strcmp(key, "n") == 0) {
		question->place.is_null = true;
		return true;
	}
	if (*key == 't' && is_text) {
		question->place.key = V(key + 1);
		return true;
	}
	if (*key != 'i' || is_text || !number_of(key + 1, &number))
		return place_fault(c);
	question->place.key = V(number);
	return true;
}

static bool take_place(struct ctx *c, const struct call *call, struct list_question *question)
{
	const char *token = call_query(call, "after");
	char order[96];
	size_t length = 0;
	if (!token || !*token)
		return true;
	size_t room = strlen(token) + 1;
	char *text = arena_alloc(c->arena, room);
	if (sodium_base642bin((unsigned char *)text, room - 1, token, room - 1, NULL, &length, NULL,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
		!text_is_valid(text, length))
		return place_fault(c);
	text[length] = '\0';
	char *id = strchr(text, '\n'), *key = id ? strchr(id + 1, '\n') : NULL;
	if (!key)
		return place_fault(c);
	*id++ = '\0';
	*key++ = '\0';
	if (strcmp(text, order_name(question, order)) != 0 || !number_of(id, &question->place.id))
		return place_fault(c);
	question->place.given = true;
	return take_key(c, question, key);
}

/* ---- the whole -------------------------------------------------------------------------------------------
 */

bool list_ask(struct ctx *c, struct call *call, const struct list *list, struct list_question *question)
{
	question->list = list;
	question->where.arena = c->arena;
	if (list->value_count > LIST_VALUES / 2)
		return fail(c, INTERNAL, "清单的条件太多");
	for (size_t i = 0; i < list->value_count; i++)
		question->values[question->count++] = list->values[i];
	text_add_format(&question->where, "(%s)", list->where ? list->where : "1 = 1");
	add_fence(c, question);
	const char *name, *value;
	for (size_t i = 0; call_query_at(call, i, &name, &value); i++)
		add_parameter(c, question, name, value);
	question->limit = call_query_int(c, call, "limit", LIST_LIMIT_DEFAULT, 1, LIST_LIMIT_MOST);
	return take_sort(c, call, question) && take_place(c, call, question) && !ctx_failed(c);
}
