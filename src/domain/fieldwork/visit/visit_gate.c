/* visit_gate.c: what must be there before a step on site may happen, and what the order's page shows of the
 * visit. */
#include <string.h>

#include "domain/core/book/book.h"
#include "domain/fieldwork/visit/visit_internal.h"

static struct subject subject_of(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

static bool level_in(const char *const *levels, const struct repair *repair)
{
	return book_lists(levels, choice_code(repair_levels, (int)repair->level));
}

/* ---- gates
 * --------------------------------------------------------------------------------------------------------------
 */

static bool need_photo(struct ctx *c, const struct repair *repair, const struct visit *visit,
	enum evidence_kind kind, const char *field, const char *sentence)
{
	int64_t count;
	if (!visit_evidence(c, repair, visit, kind, &count))
		return false;
	if (count < 1)
		fault(c, field, "visit.photo", "%s", sentence);
	return true;
}

static bool may_arrive(struct ctx *c, const struct repair *repair, const struct repair_step *step)
{
	const struct visit_rules *rules = visit_rules(c->app);
	struct visit visit;
	bool placed = step->longitude_e6 != 0 || step->latitude_e6 != 0;
	if (!visit_read(c, repair, &visit))
		return false;
	if (level_in(rules->arrive_photo_levels, repair) &&
		!need_photo(c, repair, &visit, EVIDENCE_ARRIVAL, "evidence.arrival", "请先拍到场照片"))
		return false;
	if (rules->place_or_reason && !placed && text_is_blank(step->reason))
		fault(c, "longitude_e6", "visit.place", "请允许定位；不能定位的，写明原因");
	return !ctx_failed(c);
}

/* A quotation that stands must be agreed, and what was done must be written down within it. */
static bool check_quote(struct ctx *c, const struct repair *repair, const struct visit *visit)
{
	struct quote quote;
	bool found;
	if (!quote_read(c, subject_of(repair), &quote, &found))
		return false;
	if (!found)
		return true;
	if (!quote_is_agreed(&quote))
		fault(c, "quote", "visit.consent", "用户还没有同意报价；不收费的请撤回报价");
	else if (!visit->recorded_at.ms)
		fault(c, "work", "visit.work", "请先登记实际使用的项目和数量");
	else if (visit->amount_fen.fen > quote.total_fen.fen)
		fault(c, "work", "visit.beyond_quote", "登记的金额超出了用户同意的报价，请核对");
	return true;
}

static bool may_finish(struct ctx *c, const struct repair *repair, const struct repair_step *step)
{
	const struct visit_rules *rules = visit_rules(c->app);
	struct visit visit;
	int64_t arrivals, afters, signatures;
	if (!visit_read(c, repair, &visit) ||
		!visit_evidence(c, repair, &visit, EVIDENCE_SIGNATURE, &signatures) ||
		!visit_evidence(c, repair, &visit, EVIDENCE_ARRIVAL, &arrivals) ||
		!visit_evidence(c, repair, &visit, EVIDENCE_AFTER, &afters))
		return false;
	bool checklist_done = visit_checklist_is_done(c, repair, &visit);
	if (!check_quote(c, repair, &visit))
		return false;
	if (level_in(rules->finish_photo_levels, repair) && arrivals < 1)
		fault(c, "evidence.arrival", "visit.photo", "紧急工单要有到场照片");
	if (rules->after_photo && afters < 1)
		fault(c, "evidence.after", "visit.photo", "请拍作业后的照片");
	if (rules->leaving_checklist && !checklist_done)
		fault(c, "checklist", "visit.checklist", "离场检查还没有全部完成");
	if (rules->signature_or_reason && signatures < 1 && text_is_blank(step->reason))
		fault(c, "signature", "visit.signature", "请用户签字；用户不签的，写明原因");
	return !ctx_failed(c);
}

/* ---- after a step
 * ----------------------------------------------------------------------------------------------------------
 */

/* A new attempt: what the earlier ones left no longer counts. */
static bool begin_round(struct ctx *c, const struct repair *repair)
{
	static const char insert[] = "INSERT INTO visit (repair_id, round, amount_fen, arrival_before, "
				     "after_before, signature_before) "
				     "VALUES ($1, $2, 0, $3, $4, $5)";
	int64_t arrival, after, signature;
	struct subject subject = subject_of(repair);
	return evidence_count(c, subject, EVIDENCE_ARRIVAL, &arrival) &&
	       evidence_count(c, subject, EVIDENCE_AFTER, &after) &&
	       evidence_count(c, subject, EVIDENCE_SIGNATURE, &signature) &&
	       db_run(c, insert, V(repair->id), V(repair->reopened), V(arrival), V(after), V(signature)) &&
	       quote_withdraw(c, subject);
}

static bool after(struct ctx *c, struct repair *repair, const struct repair_step *step)
{
	return !step || step->step != STEP_REOPEN || begin_round(c, repair);
}

/* ---- the page
 * -------------------------------------------------------------------------------------------------------------
 */

static bool write_lines(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	static const char lines[] =
		"SELECT item_code, label, unit, price_fen, quantity_thousandths, amount_fen FROM visit_line "
		"WHERE repair_id = $1 AND round = $2 ORDER BY line";
	struct rows *rows;
	if (!db_query(c, &rows, lines, V(repair->id), V(repair->reopened)))
		return false;
	out_key(out, "lines");
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_text(out, "item_code", rows_text(rows, 0));
		put_text(out, "label", rows_text(rows, 1));
		put_text(out, "unit", rows_text(rows, 2));
		put_int(out, "price_fen", rows_int(rows, 3));
		put_int(out, "quantity_thousandths", rows_int(rows, 4));
		put_int(out, "amount_fen", rows_int(rows, 5));
		out_object_close(out);
	}
	rows_close(rows);
	out_array_close(out);
	return !ctx_failed(c);
}

static bool write_page(struct ctx *c, const struct repair *repair, struct json_out *out)
{
	struct visit visit;
	out_key(out, "quote");
	if (!quote_write(c, subject_of(repair), out) || !visit_read(c, repair, &visit))
		return false;
	out_key(out, "work");
	if (!visit.recorded_at.ms && !visit.checklist) {
		out_null(out);
		return true;
	}
	out_object_open(out);
	put_instant(out, "recorded_at", visit.recorded_at);
	put_text(out, "note", visit.note);
	put_int(out, "amount_fen", visit.amount_fen.fen);
	out_key(out, "checklist");
	if (visit.checklist)
		out_raw(out, visit.checklist, strlen(visit.checklist));
	else
		out_null(out);
	if (!write_lines(c, repair, out))
		return false;
	out_object_close(out);
	return true;
}

static bool write_needs(
	struct ctx *c, const struct repair *repair, enum repair_step_name step, struct json_out *out)
{
	const struct visit_rules *rules = visit_rules(c->app);
	if (step == STEP_ARRIVE && rules->place_or_reason)
		out_text(out, "place");
	if (step == STEP_ARRIVE && level_in(rules->arrive_photo_levels, repair))
		out_text(out, "arrival_photo");
	if (step != STEP_FINISH)
		return true;
	if (level_in(rules->finish_photo_levels, repair))
		out_text(out, "arrival_photo");
	if (rules->after_photo)
		out_text(out, "after_photo");
	if (rules->leaving_checklist)
		out_text(out, "checklist");
	if (rules->signature_or_reason)
		out_text(out, "signature");
	return true;
}

static const struct repair_gate gates[] = { { STEP_ARRIVE, may_arrive }, { STEP_FINISH, may_finish } };
const struct repair_extension visit_extension = {
	.name = "visit",
	.gates = gates,
	.gate_count = sizeof gates / sizeof *gates,
	.after = after,
	.write = write_page,
	.needs = write_needs,
};
