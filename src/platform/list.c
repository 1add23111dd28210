/* list.c: a page, its count, its groups. */
#include "platform/list_internal.h"

/* ---- walking ---------------------------------------------------------------------------------------------
 */

/* The order is not one ORDER BY with NULLS LAST, which neither database can take from a plain index in both
 * directions: first the rows with a key, by (key, id), then those without, by id. */
static const char *page_sql(struct ctx *c, const struct list_question *question, bool nulls, int64_t most,
	struct value *values, size_t *count)
{
	struct text_builder sql = { .arena = c->arena };
	const struct list_place *place = &question->place;
	const char *beyond = question->descending ? "<" : ">", *way = question->descending ? " DESC" : "";
	const char *key = question->sort && !nulls ? question->sort->name : NULL;
	memcpy(values, question->values, question->count * sizeof *values);
	*count = question->count;
	text_add_format(&sql, "WHERE %s", text_built(&question->where));
	if (question->sort && question->may_be_null)
		text_add_format(&sql, " AND %s IS %s", question->sort->name, nulls ? "NULL" : "NOT NULL");
	if (place->given && place->is_null == nulls) {
		if (key) {
			values[(*count)++] = place->key;
			text_add_format(
				&sql, " AND (%s, id) %s ($%zu, $%zu)", key, beyond, *count, *count + 1);
		} else {
			text_add_format(&sql, " AND id %s $%zu", beyond, *count + 1);
		}
		values[(*count)++] = V(place->id);
	}
	if (key)
		text_add_format(&sql, " ORDER BY %s%s, id%s", key, way, way);
	else
		text_add_format(&sql, " ORDER BY id%s", way);
	values[(*count)++] = V(most);
	text_add_format(&sql, " LIMIT $%zu", *count);
	return text_built(&sql);
}

struct walk {
	struct list_question *question;
	int64_t left;
	bool (*each)(struct ctx *c, const struct list_question *question, const void *record, void *data);
	void *data;
	bool more;
};

static void move_place(struct list_question *question, const void *record)
{
	struct list_place *place = &question->place;
	place->given = true;
	place->id = *(const int64_t *)field_of(entity_field(question->list->entity, "id"), record);
	place->key = question->sort ? field_value(question->sort, record) : V_NULL;
	place->is_null = question->sort && place->key.kind == VALUE_NULL;
}

/* One row more than wanted is asked for, to know whether there is more. */
static bool walk_part(struct ctx *c, struct walk *walk, bool nulls)
{
	struct list_question *question = walk->question;
	struct value values[LIST_VALUES + 4];
	size_t count;
	struct rows *rows;
	const char *sql = page_sql(c, question, nulls, walk->left + 1, values, &count);
	void *record = arena_alloc(c->arena, question->list->entity->size);
	if (!entity_query(c, question->list->entity, &rows, sql, values, count))
		return false;
	while (rows_next(rows)) {
		if (walk->left == 0) {
			walk->more = true;
			break;
		}
		entity_blank(question->list->entity, record);
		entity_row(rows, 0, question->list->entity, record);
		if (!walk->each(c, question, record, walk->data))
			return false;
		move_place(question, record);
		walk->left--;
	}
	rows_close(rows);
	return !ctx_failed(c);
}

bool list_walk(struct ctx *c, struct list_question *question, int64_t most,
	bool (*each)(struct ctx *c, const struct list_question *question, const void *record, void *data),
	void *data, bool *more)
{
	struct walk walk = { question, most, each, data, false };
	bool among_nulls = question->place.given && question->place.is_null;
	bool good = among_nulls || walk_part(c, &walk, false);
	if (good && !walk.more && question->sort && question->may_be_null) {
		/* The place lies among the keys or there is none: the part without keys begins at its
		 * beginning. */
		struct list_place before = question->place;
		if (!among_nulls)
			question->place.given = false;
		int64_t left = walk.left;
		good = walk_part(c, &walk, true);
		if (walk.left == left)
			question->place = before;
	}
	*more = walk.more;
	return good;
}

/* ---- the page --------------------------------------------------------------------------------------------
 */

struct page {
	struct json_out *out;
	bool unmasked;
};

static bool put_row(struct ctx *c, const struct list_question *question, const void *record, void *data)
{
	struct page *page = data;
	const struct list *list = question->list;
	out_object_open(page->out);
	entity_members(c, list->entity, record, page->unmasked, page->out);
	if (list->decorate && !list->decorate(c, record, page->out))
		return false;
	out_object_close(page->out);
	return true;
}

static bool put_count(struct ctx *c, const struct list_question *question, struct json_out *out)
{
	struct value values[LIST_VALUES + 1];
	struct rows *rows;
	const char *sql = arena_format(c->arena, "SELECT COUNT(*) FROM %s WHERE %s",
		question->list->entity->name, text_built(&question->where));
	memcpy(values, question->values, question->count * sizeof *values);
	if (!db_query_values(c, &rows, sql, values, question->count))
		return false;
	if (rows_next(rows))
		put_int(out, "count", rows_int(rows, 0));
	rows_close(rows);
	return !ctx_failed(c);
}

static bool put_page(struct ctx *c, struct call *call, struct list_question *question)
{
	struct json_out *out = call->out;
	struct page page = { out, call->unmasked };
	bool more;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	if (!list_walk(c, question, question->limit, put_row, &page, &more))
		return false;
	out_array_close(out);
	put_text(out, "next", more ? list_token(c, question) : NULL);
	const char *wanted = call_query(call, "count");
	if (wanted && strcmp(wanted, "1") == 0 && !put_count(c, question, out))
		return false;
	out_object_close(out);
	return true;
}

bool list_reply(struct ctx *c, struct call *call, const struct list *list)
{
	struct list_question *question = arena_new_object(c->arena, struct list_question);
	const char *format = call_query(call, "format");
	if (!list_ask(c, call, list, question))
		return false;
	if (format && *format)
		return list_export(c, call, question, format);
	return put_page(c, call, question);
}

/* ---- groups ----------------------------------------------------------------------------------------------
 */

static void put_group(struct json_out *out, const struct field *field, struct rows *rows)
{
	const char *text = rows_text(rows, 0);
	out_object_open(out);
	out_key(out, "value");
	if (field->kind == FIELD_TEXT || field->kind == FIELD_CHOICE || !text)
		out_text(out, text);
	else if (field->kind == FIELD_FLAG)
		out_bool(out, rows_bool(rows, 0));
	else
		out_int(out, rows_int(rows, 0));
	if (field->kind == FIELD_CHOICE)
		text = choice_label(field->choices, choice_of_code(field->choices, text));
	put_text(out, "label", text ? text : "");
	put_int(out, "count", rows_int(rows, 1));
	out_object_close(out);
}

bool list_groups(struct ctx *c, struct call *call, const struct list *list, const char *name)
{
	struct list_question *question = arena_new_object(c->arena, struct list_question);
	const struct field *field = entity_field(list->entity, name);
	struct rows *rows;
	if (!field || !(field->flags & FILTERED) || field->personal)
		return fault(c, "field", "unknown", "这份清单不能按 %s 分组", name);
	if (!list_ask(c, call, list, question))
		return false;
	const char *sql = arena_format(c->arena,
		"SELECT %s, COUNT(*) FROM %s WHERE %s GROUP BY %s ORDER BY COUNT(*) DESC, %s LIMIT %d",
		field->name, list->entity->name, text_built(&question->where), field->name, field->name,
		LIST_LIMIT_MOST);
	if (!db_query_values(c, &rows, sql, question->values, question->count))
		return false;
	out_object_open(call->out);
	out_key(call->out, "groups");
	out_array_open(call->out);
	while (rows_next(rows))
		put_group(call->out, field, rows);
	out_array_close(call->out);
	out_object_close(call->out);
	return !ctx_failed(c);
}
