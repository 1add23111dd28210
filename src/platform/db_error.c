/* db_error.c: what a refusal by the database means to the person at the screen.
 *
 * The log gets the statement's text and the database's code, never a bound value: messages of PostgreSQL
 * quote values and are therefore not passed on. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/db_engine.h"
#include "platform/log.h"

static bool is_word(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
	       (letter >= '0' && letter <= '9') || letter == '_';
}

/* The table that an INSERT or UPDATE names first. */
static const char *table_of(struct ctx *c, const char *sql)
{
	const char *at = strstr(sql, "INTO ");
	if (at)
		at += 5;
	else if (strncmp(sql, "UPDATE ", 7) == 0)
		at = sql + 7;
	else
		return "";
	size_t length = 0;
	while (is_word(at[length]))
		length++;
	return arena_text_n(c->arena, at, length);
}

/* "order_phone_check" of table order is about the column "phone". */
static const char *column_of_constraint(struct ctx *c, const char *sql, const char *constraint)
{
	const char *table = table_of(c, sql);
	size_t prefix = strlen(table);
	if (prefix && strncmp(constraint, table, prefix) == 0 && constraint[prefix] == '_')
		constraint += prefix + 1;
	size_t length = strlen(constraint);
	static const char *const endings[] = { "_check", "_key", "_fkey" };
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t ending = strlen(endings[i]);
		if (length > ending && strcmp(constraint + length - ending, endings[i]) == 0)
			return arena_text_n(c->arena, constraint, length - ending);
	}
	return constraint;
}

/* The last of "table.a, table.b": in (org_id, number) the number is what the person typed. */
static const char *last_column(const char *columns)
{
	const char *comma = strrchr(columns, ',');
	const char *last = comma ? comma + 1 : columns;
	const char *dot = strrchr(last, '.');
	last = dot ? dot + 1 : last;
	while (*last == ' ')
		last++;
	return last;
}

bool violation_fail(
	struct ctx *c, enum violation violation, const char *sql, const char *columns, const char *constraint)
{
	const char *field = columns	 ? last_column(columns)
			    : constraint ? column_of_constraint(c, sql, constraint)
					 : "";
	bool first = !ctx_failed(c);
	bool conflict = false;
	switch (violation) {
	case VIOLATED_UNIQUE:
		fault(c, field, "taken", "已有相同的记录，请换一个");
		conflict = true;
		break;
	case VIOLATED_CHECK:
		fault(c, field, "check", "这个值不合规定，请检查");
		break;
	case VIOLATED_NOT_NULL:
		fault(c, field, "required", "必须填写");
		break;
	case VIOLATED_FOREIGN_KEY:
		conflict = strncmp(sql, "DELETE", 6) == 0;
		fault(c, field, "reference",
			conflict ? "还有别的记录用到它，不能删除" : "所指的记录不存在，请重新选择");
		break;
	}
	if (first && conflict) {
		c->problem.code = CONFLICT;
		c->problem.detail = c->problem.faults->detail;
	}
	return false;
}

bool busy_fail(struct ctx *c, const char *sql, const char *code)
{
	log_line(LOG_WARN, "db", "busy", "statement", sql, "code", code, NULL);
	bool first = !ctx_failed(c);
	fail(c, UNAVAILABLE, "系统正忙，请稍后再试");
	if (first)
		c->problem.retry_after_seconds = 1;
	return false;
}

bool storage_fail(struct ctx *c, const char *sql, const char *code)
{
	log_line(LOG_ERROR, "db", "the database is away or cannot be written", "statement", sql, "code", code,
		NULL);
	bool first = !ctx_failed(c);
	fail(c, UNAVAILABLE, "数据库暂时不可用，请稍后再试；一直如此请告知系统管理员");
	if (first)
		c->problem.retry_after_seconds = 5;
	return false;
}

bool statement_fail(struct ctx *c, const char *sql, const char *code, const char *message)
{
	log_line(LOG_ERROR, "db", "statement failed", "statement", sql, "code", code, "message", message,
		NULL);
	return fail(c, INTERNAL, "系统内部出错，已记入日志，请告知系统管理员");
}
