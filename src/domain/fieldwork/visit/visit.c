/* visit.c: what was done on site. The gates are in visit_gate.c. */
#include "domain/fieldwork/visit/visit.h"

#include <stdlib.h>

#include "domain/core/book/book.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/visit/visit_internal.h"

static struct subject subject_of(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

bool visit_read(struct ctx *c, const struct repair *repair, struct visit *visit)
{
	static const char visit_of_round[] = "SELECT recorded_at, note, checklist, amount_fen, "
					     "arrival_before, after_before, signature_before "
					     "FROM visit WHERE repair_id = $1 AND round = $2";
	struct rows *rows;
	*visit = (struct visit){ 0 };
	if (!db_query(c, &rows, visit_of_round, V(repair->id), V(repair->reopened)))
		return false;
	if (rows_next(rows)) {
		*visit = (struct visit){
			.exists = true,
			.recorded_at = rows_instant(rows, 0),
			.note = rows_text(rows, 1),
			.checklist = rows_text(rows, 2),
			.amount_fen = rows_money(rows, 3),
			.arrival_before = rows_int(rows, 4),
			.after_before = rows_int(rows, 5),
			.signature_before = rows_int(rows, 6),
		};
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static int64_t earlier(const struct visit *visit, enum evidence_kind kind)
{
	if (kind == EVIDENCE_ARRIVAL)
		return visit->arrival_before;
	if (kind == EVIDENCE_AFTER)
		return visit->after_before;
	return kind == EVIDENCE_SIGNATURE ? visit->signature_before : 0;
}

bool visit_evidence(struct ctx *c, const struct repair *repair, const struct visit *visit,
	enum evidence_kind kind, int64_t *count)
{
	if (!evidence_count(c, subject_of(repair), kind, count))
		return false;
	*count -= earlier(visit, kind);
	return true;
}

/* ---- the checklist
 * ---------------------------------------------------------------------------------------------------- */

static void release_json(void *json)
{
	json_decref(json);
}

static json_t *checklist_of(struct ctx *c, const struct visit *visit)
{
	json_t *json = visit->checklist ? json_loads(visit->checklist, 0, NULL) : json_object();
	arena_defer(c->arena, release_json, json);
	return json;
}

bool visit_checklist_is_done(struct ctx *c, const struct repair *repair, const struct visit *visit)
{
	const json_t *points = visit_points(c->app, repair), *ticked = checklist_of(c, visit);
	size_t at;
	json_t *point;
	json_array_foreach((json_t *)points, at, point)
	{
		if (!json_is_true(json_object_get(ticked, book_text(point, "code"))))
			return false;
	}
	return true;
}

bool visit_checklist_write(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	const json_t *points = visit_points(c->app, repair);
	size_t at;
	json_t *point;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	json_array_foreach((json_t *)points, at, point)
	{
		out_object_open(out);
		put_text(out, "code", book_text(point, "code"));
		put_text(out, "label", book_text(point, "label"));
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return true;
}

static bool is_point(const json_t *points, const char *code)
{
	size_t at;
	json_t *point;
	json_array_foreach((json_t *)points, at, point)
	{
		if (text_equal(book_text(point, "code"), code))
			return true;
	}
	return false;
}

/* Merged into what was ticked before: the list may be sent in pieces. */
static bool merge_checklist(struct ctx *c, const struct repair *repair, const struct visit *visit,
	const json_t *told, const char **text)
{
	const json_t *points = visit_points(c->app, repair);
	json_t *merged = checklist_of(c, visit), *ticked;
	const char *code;
	json_object_foreach((json_t *)told, code, ticked)
	{
		if (!is_point(points, code))
			fault(c, "checklist", "unknown", "离场检查表里没有“%s”这一项，请刷新后再填", code);
		else if (!json_is_boolean(ticked))
			fault(c, "checklist", "type", "离场检查表每项只能填是或否");
		else
			json_object_set(merged, code, ticked);
	}
	if (ctx_failed(c))
		return false;
	char *dumped = json_dumps(merged, JSON_COMPACT | JSON_SORT_KEYS);
	*text = arena_text(c->arena, dumped ? dumped : "{}");
	free(dumped);
	return true;
}

/* ---- lines
 * -------------------------------------------------------------------------------------------------------------
 */

static const struct quote_line *quoted_line(const struct quote *quote, const char *code)
{
	for (size_t i = 0; i < quote->line_count; i++) {
		if (text_equal(quote->lines[i].item_code, code))
			return &quote->lines[i];
	}
	return NULL;
}

/* What the line is: as quoted, or free of charge by the price list; a label says that it is one of them. */
static bool price_line(struct ctx *c, int64_t version_id, const struct quote *quote, struct quote_line *line)
{
	struct price_item item = { 0 };
	bool known = false;
	const struct quote_line *quoted = line->item_code ? quoted_line(quote, line->item_code) : NULL;
	line->label = NULL;
	if (quoted) {
		line->label = quoted->label;
		line->unit = quoted->unit;
		line->price_fen = quoted->price_fen;
		return true;
	}
	if (!line->item_code)
		return true;
	if (!price_item_find(c, version_id, line->item_code, &item, &known))
		return false;
	if (known && item.price_fen.fen == 0) {
		line->label = item.label;
		line->unit = item.unit;
	}
	line->price_fen = (struct money){ 0 };
	return true;
}

static bool check_line(
	struct ctx *c, const struct quote *quote, struct quote_line *lines, size_t at, struct money *total)
{
	struct quote_line *line = &lines[at];
	const char *code_field = arena_format(c->arena, "lines.%zu.item_code", at);
	const char *quantity_field = arena_format(c->arena, "lines.%zu.quantity_thousandths", at);
	if (!line->item_code)
		return fault(c, code_field, "required", "请选择项目");
	for (size_t i = 0; i < at; i++) {
		if (text_equal(lines[i].item_code, line->item_code))
			return fault(c, code_field, "duplicate", "同一项目请合并为一行");
	}
	if (line->quantity_thousandths < 1 || line->quantity_thousandths > QUOTE_QUANTITY_MOST)
		return fault(c, quantity_field, "range", "数量应大于 0，最多 %d", QUOTE_QUANTITY_MOST / 1000);
	if (!line->label)
		return fault(c, code_field, "visit.not_quoted", "这个项目要收费，请先报价并请用户同意");
	const struct quote_line *quoted = quoted_line(quote, line->item_code);
	if (quoted && line->quantity_thousandths > quoted->quantity_thousandths)
		return fault(c, quantity_field, "visit.beyond_quote", "“%s”超出了用户同意的数量，请重新报价",
			quoted->label);
	if (!money_times(line->price_fen, line->quantity_thousandths, &line->amount_fen) ||
		!money_add(*total, line->amount_fen, total))
		return fault(c, quantity_field, "range", "金额太大，请核对数量");
	return true;
}

/* Paid work opens with the customer's consent. */
static bool take_lines(
	struct ctx *c, const struct repair *repair, struct visit_work *work, struct money *total)
{
	struct price_version version = { 0 };
	struct quote quote;
	bool found;
	if (!quote_read(c, subject_of(repair), &quote, &found))
		return false;
	if (found && !quote_is_agreed(&quote))
		return fail(c, CONFLICT, "用户还没有同意报价，收费作业不能开始");
	if (work->line_count && !price_in_force(c, repair->org_id, instant_date(c->now), &version))
		return false;
	for (size_t i = 0; i < work->line_count; i++) {
		if (!price_line(c, version.id, &quote, &work->lines[i]))
			return false;
	}
	for (size_t i = 0; i < work->line_count; i++)
		check_line(c, &quote, work->lines, i, total);
	return !ctx_failed(c);
}

static bool replace_lines(struct ctx *c, const struct repair *repair, const struct visit_work *work)
{
	static const char insert[] =
		"INSERT INTO visit_line (repair_id, round, line, item_code, label, unit, price_fen, "
		"quantity_thousandths, amount_fen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
	if (!db_run(c, "DELETE FROM visit_line WHERE repair_id = $1 AND round = $2", V(repair->id),
		    V(repair->reopened)))
		return false;
	for (size_t i = 0; i < work->line_count; i++) {
		const struct quote_line *line = &work->lines[i];
		if (!db_run(c, insert, V(repair->id), V(repair->reopened), V((int64_t)i + 1),
			    V(line->item_code), V(line->label), V(line->unit), V(line->price_fen),
			    V(line->quantity_thousandths), V(line->amount_fen)))
			return false;
	}
	return true;
}

/* ---- recording
 * ----------------------------------------------------------------------------------------------------------
 */

static bool store(struct ctx *c, const struct repair *repair, const struct visit *visit)
{
	static const char keep[] =
		"INSERT INTO visit (repair_id, round, recorded_at, note, checklist, amount_fen, "
		"arrival_before, "
		"after_before, signature_before) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
		"ON CONFLICT (repair_id, round) DO UPDATE SET recorded_at = excluded.recorded_at, note = "
		"excluded.note, "
		"checklist = excluded.checklist, amount_fen = excluded.amount_fen";
	return db_run(c, keep, V(repair->id), V(repair->reopened), V(visit->recorded_at), V(visit->note),
		V(visit->checklist), V(visit->amount_fen), V(visit->arrival_before), V(visit->after_before),
		V(visit->signature_before));
}

bool visit_record(struct ctx *c, struct repair *repair, struct visit_work *work)
{
	struct visit visit;
	char amount[24];
	if (repair->status != REPAIR_ARRIVED)
		return fail(c, CONFLICT, "工单 %s 现在是“%s”，到场以后才能登记作业", repair->number,
			choice_label(repair_statuses, (int)repair->status));
	if (work->note && text_characters(work->note) > VISIT_NOTE_MOST)
		return fault(c, "note", "too_long", "作业说明最多 %d 字", VISIT_NOTE_MOST);
	if (!visit_read(c, repair, &visit))
		return false;
	if (work->has_lines) {
		struct money total = { 0 };
		if (!take_lines(c, repair, work, &total) || !replace_lines(c, repair, work))
			return false;
		visit.amount_fen = total;
	}
	if (work->has_lines || work->note) {
		visit.recorded_at = c->now;
		visit.note = work->note;
	}
	if (work->checklist && !merge_checklist(c, repair, &visit, work->checklist, &visit.checklist))
		return false;
	if (!store(c, repair, &visit) || !repair_charge(c, repair, visit.amount_fen))
		return false;
	if (work->has_lines && !timeline_add(c, subject_of(repair), "worked", c->now,
				       arena_format(c->arena, "登记作业 %zu 项，收费 %s 元", work->line_count,
					       money_text(visit.amount_fen, amount)),
				       NULL))
		return false;
	repair_tell(c, repair, "repair.changed", 0);
	return true;
}

/* ---- the day's route
 * -------------------------------------------------------------------------------------------------------- */

bool visit_route_write(struct ctx *c, struct json_out *out)
{
	static const char own[] =
		"WHERE id IN (SELECT id FROM repair_on_hand WHERE assignee_id = $1 "
		"UNION SELECT id FROM repair_on_hand WHERE assignee_id IS NULL AND team_id = $2 "
		"UNION SELECT repair_id FROM dispatch_helps WHERE staff_id = $1) "
		"AND status IN ('dispatched', 'accepted', 'departed', 'arrived', 'waiting') "
		"ORDER BY CASE level WHEN 'P0' THEN 0 WHEN 'P1' THEN 1 ELSE 2 END, "
		"CASE status WHEN 'waiting' THEN 1 ELSE 0 END, COALESCE(appointment_from, due_at, filed_at), "
		"id LIMIT 100";
	struct rows *rows;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	if (!entity_query(c, &repair_entity, &rows, own, VALUES(V(c->actor->id), V(c->actor->org_id))))
		return false;
	while (rows_next(rows)) {
		struct repair repair = { 0 };
		entity_row(rows, 0, &repair_entity, &repair);
		out_object_open(out);
		/* Who goes there needs to ring and to find the door. */
		if (!repair_members_write(c, &repair, true, out))
			return false;
		out_key(out, "steps");
		if (!repair_steps_write(c, &repair, out))
			return false;
		out_object_close(out);
	}
	rows_close(rows);
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}
