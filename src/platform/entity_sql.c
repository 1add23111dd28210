/* entity_sql.c: INSERT, UPDATE and SELECT from the table of fields; and the table of the database against it.
 */
#include <stdio.h>

#include "platform/entity_internal.h"
#include "platform/log.h"

static void add_parameter(struct text_builder *sql, size_t number)
{
	char digits[8] = "$";
	size_t length = 1;
	if (number >= 100)
		digits[length++] = (char)('0' + number / 100 % 10);
	if (number >= 10)
		digits[length++] = (char)('0' + number / 10 % 10);
	digits[length++] = (char)('0' + number % 10);
	text_add_n(sql, digits, length);
}

static void add_columns(struct text_builder *sql, const struct entity *entity, const char *alias)
{
	bool first = true;
	for (size_t i = 0; i < entity->field_count; i++) {
		if (!field_is_stored(&entity->fields[i]))
			continue;
		if (!first)
			text_add_n(sql, ", ", 2);
		first = false;
		if (alias) {
			text_add(sql, alias);
			text_add_n(sql, ".", 1);
		}
		text_add(sql, entity->fields[i].name);
	}
}

const char *entity_columns(struct ctx *c, const struct entity *entity, const char *alias)
{
	struct text_builder sql = { .arena = c->arena };
	add_columns(&sql, entity, alias);
	return text_built(&sql);
}

int entity_column_count(const struct entity *entity)
{
	int count = 0;
	for (size_t i = 0; i < entity->field_count; i++)
		count += field_is_stored(&entity->fields[i]);
	return count;
}

/* ---- writing ---------------------------------------------------------------------------------------------
 */

bool entity_insert(struct ctx *c, const struct entity *entity, const void *record)
{
	struct value values[ENTITY_FIELDS_MOST];
	size_t count = 0;
	struct text_builder sql = { .arena = c->arena };
	text_add(&sql, "INSERT INTO ");
	text_add(&sql, entity->name);
	text_add(&sql, " (");
	add_columns(&sql, entity, NULL);
	text_add(&sql, ") VALUES (");
	for (size_t i = 0; i < entity->field_count && count < ENTITY_FIELDS_MOST; i++) {
		if (!field_is_stored(&entity->fields[i]))
			continue;
		values[count++] = field_value(&entity->fields[i], record);
		if (count > 1)
			text_add_n(&sql, ", ", 2);
		add_parameter(&sql, count);
	}
	text_add(&sql, ")");
	return db_run_values(c, NULL, text_built(&sql), values, count);
}

/* "UPDATE … SET a = $1 … WHERE id = $n AND version = $m", binding on the way. */
static size_t build_update(struct ctx *c, const struct entity *entity, const void *record, int64_t version,
	struct value *values, const char **text)
{
	size_t count = 0;
	struct text_builder sql = { .arena = c->arena };
	text_add(&sql, "UPDATE ");
	text_add(&sql, entity->name);
	text_add(&sql, " SET ");
	for (size_t i = 0; i < entity->field_count && count < ENTITY_FIELDS_MOST; i++) {
		const struct field *field = &entity->fields[i];
		if (!field_is_stored(field) || strcmp(field->name, "id") == 0)
			continue;
		bool is_version = strcmp(field->name, "version") == 0 && version >= 0;
		values[count++] = is_version ? V(version + 1) : field_value(field, record);
		if (count > 1)
			text_add_n(&sql, ", ", 2);
		text_add(&sql, field->name);
		text_add(&sql, " = ");
		add_parameter(&sql, count);
	}
	values[count++] = V(*(const int64_t *)field_of(entity_field(entity, "id"), record));
	text_add(&sql, " WHERE id = ");
	add_parameter(&sql, count);
	if (version >= 0) {
		values[count++] = V(version);
		text_add(&sql, " AND version = ");
		add_parameter(&sql, count);
	}
	*text = text_built(&sql);
	return count;
}

/* Nothing was touched: the record is gone, or somebody else was faster. */
static bool refuse_stale(struct ctx *c, const struct entity *entity, int64_t id)
{
	void *present = arena_alloc(c->arena, entity->size);
	if (!entity_read(c, entity, id, present))
		return false;
	struct json_out out = json_out_new(c->arena);
	entity_to_json(c, entity, present, false, &out);
	fail(c, STALE, "这条%s刚被别人改过：请核对现在的内容后再保存", entity->label);
	c->problem.present = json_out_text(&out);
	return false;
}

bool entity_update(struct ctx *c, const struct entity *entity, void *record)
{
	struct value values[ENTITY_FIELDS_MOST + 2];
	const char *sql;
	int64_t touched = 0, version = entity_version(entity, record);
	int64_t id = *(const int64_t *)field_of(entity_field(entity, "id"), record);
	size_t count = build_update(c, entity, record, version, values, &sql);
	if (!db_run_values(c, &touched, sql, values, count))
		return false;
	if (touched == 0)
		return refuse_stale(c, entity, id);
	if (version >= 0)
		*(int64_t *)field_at(entity_field(entity, "version"), record) = version + 1;
	return true;
}

/* ---- reading ---------------------------------------------------------------------------------------------
 */

bool entity_query(struct ctx *c, const struct entity *entity, struct rows **rows, const char *tail,
	const struct value *values, size_t count)
{
	struct text_builder sql = { .arena = c->arena };
	text_add_n(&sql, "SELECT ", 7);
	add_columns(&sql, entity, NULL);
	text_add_n(&sql, " FROM ", 6);
	text_add(&sql, entity->name);
	text_add_n(&sql, " ", 1);
	text_add(&sql, tail);
	return db_query_values(c, rows, text_built(&sql), values, count);
}

void entity_row(struct rows *rows, int column, const struct entity *entity, void *record)
{
	for (size_t i = 0; i < entity->field_count; i++) {
		const struct field *field = &entity->fields[i];
		if (field_is_stored(field))
			field_from_row(rows, column++, field, record);
		else if (field->kind == FIELD_DATE)
			*(struct date *)field_at(field, record) = NO_DATE;
	}
}

static bool find_by(struct ctx *c, const struct entity *entity, void *record, bool *found, const char *tail,
	const struct value *values, size_t count)
{
	struct rows *rows;
	*found = false;
	if (!entity_query(c, entity, &rows, tail, values, count))
		return false;
	if (rows_next(rows)) {
		*found = true;
		entity_row(rows, 0, entity, record);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

bool entity_find(struct ctx *c, const struct entity *entity, void *record, bool *found, const char *where,
	const struct value *values, size_t count)
{
	const char *tail = arena_format(c->arena, "WHERE %s ORDER BY id LIMIT 1", where);
	return find_by(c, entity, record, found, tail, values, count);
}

bool entity_read(struct ctx *c, const struct entity *entity, int64_t id, void *record)
{
	bool found;
	if (!find_by(c, entity, record, &found, "WHERE id = $1", VALUES(V(id))))
		return false;
	return found || fail(c, NOT_FOUND, "没有这条%s记录", entity->label);
}

/* ---- at start --------------------------------------------------------------------------------------------
 */

static const char sqlite_table[] = "SELECT name, type, CASE WHEN \"notnull\" <> 0 OR pk <> 0 THEN 1 ELSE 0 "
				   "END FROM pragma_table_info($1)"
				   " ORDER BY cid";
static const char postgres_table[] =
	"SELECT a.attname::text, CASE format_type(a.atttypid, NULL) WHEN 'bigint' THEN 'INTEGER' WHEN "
	"'bytea' THEN"
	" 'BLOB' ELSE upper(format_type(a.atttypid, NULL)) END, CASE WHEN a.attnotnull THEN 1 ELSE 0 END"
	" FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY a.attnum";

static bool table_fault(const struct entity *entity, const char *column, const char *what)
{
	log_line(LOG_ERROR, "entity", what, "entity", entity->name, "column", column, NULL);
	return false;
}

static bool column_fits(
	const struct entity *entity, const char *name, const char *type, bool not_null, bool *seen)
{
	const struct field *field = entity_field(entity, name);
	if (!field || !field_is_stored(field))
		return table_fault(entity, name, "a column of the table is no field");
	seen[field - entity->fields] = true;
	bool is_text = field->kind == FIELD_TEXT || field->kind == FIELD_CHOICE;
	if (strcmp(type, is_text ? "TEXT" : "INTEGER") != 0)
		return table_fault(entity, name, "column and field are of different types");
	if (field->flags & REQUIRED && !not_null)
		return table_fault(entity, name, "a required field may be null in the table");
	return true;
}

bool entity_check_table(struct ctx *c, const struct entity *entity)
{
	bool seen[ENTITY_FIELDS_MOST] = { false }, good = true;
	struct rows *rows;
	if (entity->field_count > ENTITY_FIELDS_MOST)
		return fail(c, INTERNAL, "“%s”的字段太多", entity->label);
	/* An entity that is only ever a body or a reply has no table. */
	if (entity_column_count(entity) == 0)
		return true;
	bool sqlite = conn_kind(c->conn) == DB_SQLITE;
	if (!db_query(c, &rows, sqlite ? sqlite_table : postgres_table, V(entity->name)))
		return false;
	while (rows_next(rows))
		good = column_fits(
			       entity, rows_text(rows, 0), rows_text(rows, 1), rows_bool(rows, 2), seen) &&
		       good;
	for (size_t i = 0; i < entity->field_count; i++)
		if (field_is_stored(&entity->fields[i]) && !seen[i])
			good = table_fault(entity, entity->fields[i].name, "a stored field is no column");
	if (ctx_failed(c))
		return false;
	return good || fail(c, INTERNAL, "数据表“%s”与程序不一致，详见日志", entity->name);
}
