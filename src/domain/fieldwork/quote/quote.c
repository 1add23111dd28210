/* quote.c: quotations. Prices are in quote_price.c, the code by SMS in quote_code.c. */
#include "domain/fieldwork/quote/quote.h"

#include "domain/core/evidence/evidence.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/quote/quote_internal.h"
#include "platform/auth.h"

/* ---- making
 * ----------------------------------------------------------------------------------------------------- */

static bool price_of(struct ctx *c, int64_t version_id, struct quote_line *line)
{
	struct price_item item = { 0 };
	bool known = false;
	if (!price_item_find(c, version_id, line->item_code, &item, &known))
		return false;
	line->label = known ? item.label : NULL;
	line->unit = item.unit;
	line->price_fen = item.price_fen;
	return true;
}

static bool line_is_second(const struct quote_line *lines, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (text_equal(lines[i].item_code, lines[at].item_code))
			return true;
	}
	return false;
}

static const char *line_field(struct ctx *c, size_t at, const char *member)
{
	return arena_format(c->arena, "lines.%zu.%s", at, member);
}

/* A line without a label is one that the price version doesn't know. */
static bool check_line(struct ctx *c, struct quote_line *lines, size_t at, struct money *total)
{
	struct quote_line *line = &lines[at];
	if (!line->item_code)
		return fault(c, line_field(c, at, "item_code"), "required", "请选择收费项目");
	if (line->quantity_thousandths < 1 || line->quantity_thousandths > QUOTE_QUANTITY_MOST)
		return fault(c, line_field(c, at, "quantity_thousandths"), "range", "数量应大于 0，最多 %d",
			QUOTE_QUANTITY_MOST / 1000);
	if (line_is_second(lines, at))
		return fault(c, line_field(c, at, "item_code"), "duplicate", "同一项目请合并为一行");
	if (!line->label)
		return fault(c, line_field(c, at, "item_code"), "unknown",
			"现行收费标准里没有这个项目，请重新选择");
	if (!money_times(line->price_fen, line->quantity_thousandths, &line->amount_fen) ||
		!money_add(*total, line->amount_fen, total))
		return fault(c, line_field(c, at, "quantity_thousandths"), "range", "金额太大，请核对数量");
	return true;
}

/* First everything is read, then everything is judged: a fault would end the reading. */
static bool price_lines(
	struct ctx *c, int64_t version_id, struct quote_line *lines, size_t count, struct money *total)
{
	for (size_t i = 0; i < count; i++) {
		if (lines[i].item_code && !price_of(c, version_id, &lines[i]))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		check_line(c, lines, i, total);
	return !ctx_failed(c);
}

static bool insert_lines(struct ctx *c, const struct quote *quote)
{
	static const char insert[] = "INSERT INTO quote_line (quote_id, line, item_code, label, unit, "
				     "price_fen, quantity_thousandths, "
				     "amount_fen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
	for (size_t i = 0; i < quote->line_count; i++) {
		const struct quote_line *line = &quote->lines[i];
		if (!db_run(c, insert, V(quote->id), V((int64_t)i + 1), V(line->item_code), V(line->label),
			    V(line->unit), V(line->price_fen), V(line->quantity_thousandths),
			    V(line->amount_fen)))
			return false;
	}
	return true;
}

static bool insert_quote(struct ctx *c, const struct quote *quote)
{
	static const char replace[] = "UPDATE quote SET replaced_at = $3 WHERE module = $1 AND subject_id = "
				      "$2 AND replaced_at IS NULL";
	static const char insert[] = "INSERT INTO quote (id, module, subject_id, org_id, price_version_id, "
				     "total_fen, created_by, created_at) "
				     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
	return db_run(c, replace, V(quote->subject.module), V(quote->subject.id), V(c->now)) &&
	       db_run(c, insert, V(quote->id), V(quote->subject.module), V(quote->subject.id),
		       V(quote->org_id), V(quote->price_version_id), V(quote->total_fen), V_ID(c->actor->id),
		       V(c->now)) &&
	       insert_lines(c, quote);
}

bool quote_make(struct ctx *c, struct subject subject, int64_t org_id, struct quote_line *lines, size_t count,
	struct quote *quote)
{
	struct price_version version = { 0 };
	char total[24];
	if (count == 0)
		return fault(c, "lines", "required", "请选择收费项目；不收费的不用报价");
	if (count > QUOTE_LINES_MOST)
		return fault(c, "lines", "too_many", "一张报价最多 %d 行", QUOTE_LINES_MOST);
	if (!price_in_force(c, org_id, instant_date(c->now), &version))
		return false;
	*quote = (struct quote){ .id = db_new_id(c),
		.org_id = org_id,
		.price_version_id = version.id,
		.subject = subject,
		.created_at = c->now,
		.lines = lines,
		.line_count = count };
	if (!price_lines(c, version.id, lines, count, &quote->total_fen) || !insert_quote(c, quote))
		return false;
	const char *text = arena_format(c->arena, "报价 %s 元，按收费标准 %s，待用户同意",
		money_text(quote->total_fen, total), version.number);
	return timeline_add(c, subject, "quote.made", c->now, text, NULL);
}

/* ---- reading
 * ---------------------------------------------------------------------------------------------------- */

static bool read_lines(struct ctx *c, struct quote *quote)
{
	static const char lines_of_quote[] =
		"SELECT item_code, label, unit, price_fen, quantity_thousandths, amount_fen FROM quote_line "
		"WHERE quote_id = $1 ORDER BY line";
	struct rows *rows;
	quote->lines = arena_array(c->arena, struct quote_line, QUOTE_LINES_MOST);
	if (!db_query(c, &rows, lines_of_quote, V(quote->id)))
		return false;
	while (quote->line_count < QUOTE_LINES_MOST && rows_next(rows)) {
		quote->lines[quote->line_count++] = (struct quote_line){
			.item_code = rows_text(rows, 0),
			.label = rows_text(rows, 1),
			.unit = rows_text(rows, 2),
			.price_fen = rows_money(rows, 3),
			.quantity_thousandths = rows_int(rows, 4),
			.amount_fen = rows_money(rows, 5),
		};
	}
	rows_close(rows);
	return !ctx_failed(c);
}

bool quote_read(struct ctx *c, struct subject subject, struct quote *quote, bool *found)
{
	static const char quote_of_subject[] =
		"SELECT id, org_id, price_version_id, total_fen, consent_method, consent_evidence_id, "
		"consented_at, "
		"created_at FROM quote WHERE module = $1 AND subject_id = $2 AND replaced_at IS NULL";
	struct rows *rows;
	*quote = (struct quote){ .subject = subject };
	*found = false;
	if (!db_query(c, &rows, quote_of_subject, V(subject.module), V(subject.id)))
		return false;
	if (rows_next(rows)) {
		*found = true;
		quote->id = rows_int(rows, 0);
		quote->org_id = rows_int(rows, 1);
		quote->price_version_id = rows_int(rows, 2);
		quote->total_fen = rows_money(rows, 3);
		quote->consent_method = rows_text(rows, 4);
		quote->consent_evidence_id = rows_int(rows, 5);
		quote->consented_at = rows_instant(rows, 6);
		quote->created_at = rows_instant(rows, 7);
	}
	rows_close(rows);
	return !ctx_failed(c) && (!*found || read_lines(c, quote));
}

bool quote_is_agreed(const struct quote *quote)
{
	return quote->consented_at.ms != 0 || quote->total_fen.fen == 0;
}

static void write_line(struct json_out *out, const struct quote_line *line)
{
	out_object_open(out);
	put_text(out, "item_code", line->item_code);
	put_text(out, "label", line->label);
	put_text(out, "unit", line->unit);
	put_int(out, "price_fen", line->price_fen.fen);
	put_int(out, "quantity_thousandths", line->quantity_thousandths);
	put_int(out, "amount_fen", line->amount_fen.fen);
	out_object_close(out);
}

static bool write_source(struct ctx *c, const struct quote *quote, struct json_out *out)
{
	struct price_version version = { 0 };
	if (!entity_read(c, &price_version_entity, quote->price_version_id, &version))
		return false;
	put_text(out, "price_number", version.number);
	put_text(out, "price_basis", version.basis);
	return true;
}

bool quote_write(struct ctx *c, struct subject subject, struct json_out *out)
{
	struct quote quote;
	bool found;
	if (!quote_read(c, subject, &quote, &found))
		return false;
	if (!found) {
		out_null(out);
		return true;
	}
	out_object_open(out);
	put_int(out, "id", quote.id);
	put_int(out, "total_fen", quote.total_fen.fen);
	put_bool(out, "agreed", quote_is_agreed(&quote));
	put_text(out, "consent_method", quote.consent_method);
	put_id(out, "consent_evidence_id", quote.consent_evidence_id);
	put_instant(out, "consented_at", quote.consented_at);
	put_instant(out, "created_at", quote.created_at);
	if (!write_source(c, &quote, out))
		return false;
	out_key(out, "lines");
	out_array_open(out);
	for (size_t i = 0; i < quote.line_count; i++)
		write_line(out, &quote.lines[i]);
	out_array_close(out);
	out_object_close(out);
	return true;
}

bool quote_withdraw(struct ctx *c, struct subject subject)
{
	static const char replace[] = "UPDATE quote SET replaced_at = $3 WHERE module = $1 AND subject_id = "
				      "$2 AND replaced_at IS NULL";
	int64_t touched;
	if (!db_run_counting(c, &touched, replace, V(subject.module), V(subject.id), V(c->now)))
		return false;
	return touched == 0 || timeline_add(c, subject, "quote.withdrawn", c->now, "报价撤回，不收费", NULL);
}

/* ---- consent
 * ---------------------------------------------------------------------------------------------------- */

bool quote_agree(struct ctx *c, const struct quote *quote, const char *method, int64_t evidence_id)
{
	static const char agree[] =
		"UPDATE quote SET consent_method = $2, consent_evidence_id = $3, consented_at = $4 "
		"WHERE id = $1 AND replaced_at IS NULL AND consented_at IS NULL";
	int64_t touched;
	char total[24];
	if (!db_run_counting(c, &touched, agree, V(quote->id), V(method), V_ID(evidence_id), V(c->now)))
		return false;
	if (touched == 0)
		return fail(c, CONFLICT, "报价已经变更或已经同意，请刷新后再看");
	const char *text = arena_format(c->arena, "用户同意报价 %s 元（%s）",
		money_text(quote->total_fen, total), text_equal(method, "code") ? "短信验证码" : "签字");
	return timeline_add(c, quote->subject, "quote.agreed", c->now, text, NULL);
}

bool quote_consent_by_signature(struct ctx *c, struct subject subject, int64_t evidence_id)
{
	struct quote quote;
	struct evidence evidence = { 0 };
	bool found, signed_here = false;
	if (!quote_read(c, subject, &quote, &found))
		return false;
	if (!found)
		return fail(c, CONFLICT, "还没有报价，请先报价再请用户签字");
	if (!evidence_id)
		return fault(c, "evidence_id", "required", "请先请用户签字");
	if (!entity_find(c, &evidence_entity, &evidence, &signed_here,
		    "id = $1 AND module = $2 AND subject_id = $3",
		    VALUES(V(evidence_id), V(subject.module), V(subject.id))))
		return false;
	if (!signed_here || (evidence.kind != EVIDENCE_CONSENT && evidence.kind != EVIDENCE_SIGNATURE))
		return fault(c, "evidence_id", "unknown", "没有找到用户的签字，请重新签字");
	if (evidence.created_at.ms < quote.created_at.ms)
		return fault(c, "evidence_id", "older", "签字早于这次报价，请就新的报价重新签字");
	return quote_agree(c, &quote, "signature", evidence_id);
}
