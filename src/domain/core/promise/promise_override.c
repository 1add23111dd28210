/* promise_override.c: what a company promises instead of the book's number. */
#include <string.h>

#include "base/text.h"
#include "domain/core/promise/promise_internal.h"
#include "platform/audit.h"
#include "platform/auth.h"

bool promise_overrides_write(struct ctx *c, const char *code, int permission, struct json_out *out)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 1] = { V(code) };
	size_t count = 1;
	struct rows *rows;
	text_add(&sql, "SELECT p.id, p.org_id, o.name, p.amount, p.due_clock, p.basis, p.effective_from, "
		       "p.created_at,"
		       " p.created_by FROM promise_override p JOIN org_tree o ON o.id = p.org_id"
		       " WHERE p.code = $1 AND ");
	fence_condition(c, permission, "p.org_id", &sql, values, &count);
	text_add(&sql, " ORDER BY o.path, p.effective_from DESC, p.id LIMIT 500");
	if (!db_query_values(c, &rows, text_built(&sql), values, count))
		return false;
	out_key(out, "overrides");
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_id(out, "id", rows_int(rows, 0));
		put_id(out, "org_id", rows_int(rows, 1));
		put_text(out, "org_name", rows_text(rows, 2));
		put_int(out, "amount", rows_int(rows, 3));
		put_text(out, "due_clock", rows_text(rows, 4));
		put_text(out, "basis", rows_text(rows, 5));
		put_date(out, "effective_from", rows_date(rows, 6));
		put_instant(out, "created_at", rows_instant(rows, 7));
		put_text(out, "created_by", rows_text(rows, 8));
		out_object_close(out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}

/* What a company may promise: nothing weaker than regulation or statute. */
static bool check_override(struct ctx *c, const struct override_wish *wish, struct date *effective_from)
{
	const struct promise_rule *rule = promise_rule_of_code(promise_book(c), wish->code);
	int64_t amount = wish->amount;
	if (!rule)
		fault(c, "code", "unknown", "没有这项承诺");
	else if (amount < 1 || amount > 100000)
		fault(c, "amount", "range", "数值应在 1 到 100000 之间");
	else if (rule->floor && amount > rule->amount)
		fault(c, "amount", "floor", "不能比规定更宽：%s（%s）",
			promise_amount_text(c, rule, rule->amount), rule->basis);
	if (rule && (rule->kind == KIND_WORKING_DAYS || rule->kind == KIND_CALENDAR_DAYS) && amount > 400)
		fault(c, "amount", "range", "天数最多 400");
	if (wish->due_clock && clock_of_text(wish->due_clock) < 0)
		fault(c, "due_clock", "format", "截止时刻应写成 17:30 或 24:00");
	if (text_is_blank(wish->basis))
		fault(c, "basis", "required", "请填写依据（文件名称、文号或条款）");
	else if (text_characters(wish->basis) > FIELD_TEXT_LIMIT)
		fault(c, "basis", "too_long", "依据最多 %d 字", FIELD_TEXT_LIMIT);
	if (!wish->effective_from || !date_parse(wish->effective_from, effective_from))
		fault(c, "effective_from", "format", "生效日期应写成 2026-01-01");
	return !ctx_failed(c);
}

bool promise_override_add(struct ctx *c, const struct override_wish *wish, int64_t *id, int64_t *changed)
{
	struct date effective_from = NO_DATE;
	if (!check_override(c, wish, &effective_from))
		return false;
	*id = db_new_id(c);
	return db_run(c,
		       "INSERT INTO promise_override (id, code, org_id, amount, due_clock, basis, "
		       "effective_from,"
		       " created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		       V(*id), V(wish->code), V(wish->org_id), V(wish->amount), V(wish->due_clock),
		       V(wish->basis), V(effective_from), V(c->now), V(c->actor->name)) &&
	       audit_record(c, "promise.override", "promise", *id, wish->org_id, wish->basis, NULL) &&
	       promise_recompute_open(c, wish->org_id, changed);
}

bool promise_subject_org(struct ctx *c, struct subject subject, int64_t *org_id)
{
	return db_number(c, org_id, 0,
		"SELECT org_id FROM promise_subject WHERE module = $1 AND subject_id = $2", V(subject.module),
		V(subject.id));
}
