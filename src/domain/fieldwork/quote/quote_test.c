/* quote_test.c: prices, quotations, consent. */
#include <string.h>

#include "domain/fieldwork/quote/quote.h"
#include "kit/crew.h"
#include "platform/json.h"

static struct price_version a_version(int64_t org_id, const char *number, struct date from)
{
	return (struct price_version){ .org_id = org_id,
		.number = number,
		.basis = "测试依据",
		.approval = "测试审批",
		.effective_from = from };
}

/* Publishes a version with one item of this price. */
static struct price_version publish(
	struct ctx *c, int64_t org_id, const char *number, struct date from, int64_t fen)
{
	struct price_version version = a_version(org_id, number, from);
	struct price_item item = { .code = "hose_metal",
		.label = "波纹管",
		.unit = "米",
		.section = PRICE_MATERIAL,
		.price_fen = { fen } };
	if (!price_publish(c, &version, &item, 1))
		print_error("%s\n", kit_problem(c));
	assert_false(ctx_failed(c));
	return version;
}

static struct subject subject_of(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

static struct quote make(struct ctx *c, const struct repair *repair, int64_t quantity_thousandths)
{
	struct quote_line *line = arena_new_object(c->arena, struct quote_line);
	struct quote quote;
	*line = (struct quote_line){ .item_code = "hose_metal",
		.quantity_thousandths = quantity_thousandths };
	if (!quote_make(c, subject_of(repair), repair->org_id, line, 1, &quote))
		print_error("%s\n", kit_problem(c));
	assert_false(ctx_failed(c));
	return quote;
}

/* ---- versions
 * ---------------------------------------------------------------------------------------------------------
 */

static void the_nearest_unit_with_the_latest_day_sets_the_price(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct price_version found;
	struct date today = instant_date(c->now);
	people_units(c, &p);
	assert_true(price_in_force(c, p.team, today, &found));
	assert_string_equal(found.number, "示例-2025-01");
	publish(c, p.region, "大区", today, 100);
	publish(c, p.company, "公司", today, 200);
	publish(c, p.company, "公司明天", date_plus(today, 1), 300);
	assert_true(price_in_force(c, p.team, today, &found));
	assert_string_equal(found.number, "公司");
	assert_true(price_in_force(c, p.team, date_plus(today, 1), &found));
	assert_string_equal(found.number, "公司明天");
	assert_true(price_in_force(c, p.other_centre, today, &found));
	assert_string_equal(found.number, "大区");
}

static void a_price_does_not_begin_in_the_past(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct price_version version = a_version(p.company, "昨天", date_plus(instant_date(c->now), -1));
	struct price_item items[2] = { { .code = "a", .label = "甲", .unit = "次", .section = PRICE_LABOUR },
		{ .code = "a", .label = "乙", .unit = "次", .section = PRICE_LABOUR } };
	assert_false(price_publish(c, &version, items, 1));
	assert_string_equal(kit_problem(c), "past effective_from");
	ctx_forgive(c);
	version.effective_from = instant_date(c->now);
	assert_false(price_publish(c, &version, items, 2));
	assert_string_equal(kit_problem(c), "duplicate items.1.code");
	ctx_forgive(c);
	assert_false(price_publish(c, &version, items, 0));
	assert_string_equal(kit_problem(c), "required items");
}

static void a_version_in_force_is_not_taken_back(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct price_version now = publish(c, p.company, "今天", instant_date(c->now), 100);
	struct price_version later = publish(c, p.company, "明天", date_plus(instant_date(c->now), 1), 100);
	assert_true(price_withdraw(c, later.id));
	assert_false(price_withdraw(c, now.id));
	assert_int_equal(c->problem.code, CONFLICT);
}

/* ---- sums
 * -------------------------------------------------------------------------------------------------------------
 */

static void each_line_is_rounded_to_a_fen_and_the_total_is_their_sum(void **state)
{
	static const struct {
		int64_t price_fen, thousandths, amount_fen;
	} sums[] = {
		{ 345, 1500, 518 },		    /* 3.45 × 1.5 = 5.175 */
		{ 344, 7345, 2527 },		    /* 3.44 × 7.345 = 25.2668 */
		{ 1, 499, 0 },			    /* 0.00499 */
		{ 1, 500, 1 },			    /* 0.005 */
		{ 333, 3000, 999 }, { 6800, 1, 7 }, /* 0.068 */
	};
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
		publish(c, p.company, arena_format(c->arena, "第%zu版", i), instant_date(c->now),
			sums[i].price_fen);
		struct quote quote = make(c, &order, sums[i].thousandths);
		assert_int_equal(quote.lines[0].amount_fen.fen, sums[i].amount_fen);
		assert_int_equal(quote.total_fen.fen, sums[i].amount_fen);
	}
}

static void wrong_lines_are_all_named(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct quote quote;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	struct quote_line lines[] = { { .item_code = "hose_metal", .quantity_thousandths = 0 },
		{ .item_code = "gold", .quantity_thousandths = 1000 }, { .quantity_thousandths = 1000 },
		{ .item_code = "gold", .quantity_thousandths = 1 },
		{ .item_code = "clamp", .quantity_thousandths = QUOTE_QUANTITY_MOST + 1 } };
	assert_false(quote_make(c, subject_of(&order), order.org_id, lines, 5, &quote));
	assert_string_equal(kit_problem(c), "range lines.0.quantity_thousandths, unknown lines.1.item_code, "
					    "required lines.2.item_code, duplicate lines.3.item_code, "
					    "range lines.4.quantity_thousandths");
	ctx_forgive(c);
	assert_false(quote_make(c, subject_of(&order), order.org_id, lines, 0, &quote));
	assert_string_equal(kit_problem(c), "required lines");
}

/* ---- consent
 * -------------------------------------------------------------------------------------------------------------
 */

static void a_signature_agrees_and_a_new_quotation_must_be_agreed_anew(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct quote quote;
	bool found;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	int64_t signature = crew_evidence(c, &order, EVIDENCE_CONSENT);
	assert_true(quote_consent_by_signature(c, subject_of(&order), signature));
	assert_true(quote_read(c, subject_of(&order), &quote, &found));
	assert_true(found && quote_is_agreed(&quote));
	assert_string_equal(quote.consent_method, "signature");
	kit_advance(*state, MINUTE_MS);
	make(c, &order, 2000);
	assert_true(quote_read(c, subject_of(&order), &quote, &found));
	assert_false(quote_is_agreed(&quote));
	assert_int_equal(quote.total_fen.fen, 13600);
	assert_false(quote_consent_by_signature(c, subject_of(&order), signature));
	assert_string_equal(kit_problem(c), "older evidence_id");
}

static void a_photo_and_anothers_signature_are_no_consent(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "hose_replace"),
		      other = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	assert_false(
		quote_consent_by_signature(c, subject_of(&order), crew_evidence(c, &order, EVIDENCE_AFTER)));
	assert_string_equal(kit_problem(c), "unknown evidence_id");
	ctx_forgive(c);
	assert_false(quote_consent_by_signature(
		c, subject_of(&order), crew_evidence(c, &other, EVIDENCE_CONSENT)));
	assert_string_equal(kit_problem(c), "unknown evidence_id");
	ctx_forgive(c);
	assert_false(quote_consent_by_signature(c, subject_of(&order), 0));
	assert_string_equal(kit_problem(c), "required evidence_id");
}

/* The six digits of the message in the outbox: what the customer reads. */
static const char *code_of_message(struct ctx *c)
{
	struct rows *rows;
	assert_true(db_query(c, &rows,
		"SELECT parameters FROM outbox WHERE template_code = 'quote.code' ORDER BY id DESC LIMIT 1"));
	assert_true(rows_next(rows));
	json_t *parameters = json_loads(rows_text(rows, 0), 0, NULL);
	const char *code = arena_text(c->arena, json_string_value(json_object_get(parameters, "code")));
	json_decref(parameters);
	rows_close(rows);
	return code;
}

static const char *another_code(struct ctx *c, const char *code)
{
	char *other = arena_text(c->arena, code);
	other[5] = (char)(other[5] == '9' ? '0' : other[5] + 1);
	return other;
}

static void the_right_code_agrees_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct quote quote;
	bool found;
	people_units(c, &p);
	kit_start_threads(*state);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	assert_false(quote_consent_by_code(c, subject_of(&order)));
	ctx_forgive(c);
	assert_true(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
	const char *code = code_of_message(c);
	assert_true(quote_code_try(c, subject_of(&order), code));
	assert_true(quote_consent_by_code(c, subject_of(&order)));
	assert_true(quote_read(c, subject_of(&order), &quote, &found));
	assert_string_equal(quote.consent_method, "code");
	assert_false(quote_code_try(c, subject_of(&order), code));
	assert_string_equal(kit_problem(c), "none code");
}

static void five_wrong_codes_spend_it(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	kit_start_threads(*state);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	assert_true(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
	const char *code = code_of_message(c), *wrong = another_code(c, code);
	for (int i = 0; i < CODE_TRIES; i++) {
		assert_false(quote_code_try(c, subject_of(&order), wrong));
		assert_string_equal(kit_problem(c), "wrong code");
		ctx_forgive(c);
	}
	assert_false(quote_code_try(c, subject_of(&order), code));
	assert_string_equal(kit_problem(c), "spent code");
}

static void a_code_is_good_for_five_minutes(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	kit_start_threads(*state);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	assert_true(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
	const char *code = code_of_message(c);
	kit_advance(*state, CODE_MS);
	assert_false(quote_code_try(c, subject_of(&order), code));
	assert_string_equal(kit_problem(c), "expired code");
}

static void a_code_for_an_earlier_quotation_agrees_to_nothing_else(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	kit_start_threads(*state);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	assert_true(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
	const char *code = code_of_message(c);
	make(c, &order, 50000);
	assert_false(quote_code_try(c, subject_of(&order), code));
	assert_string_equal(kit_problem(c), "none code");
}

static void codes_are_not_sent_in_a_row_and_not_without_end(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	for (int i = 0; i < CODE_SENDS; i++) {
		assert_true(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
		assert_false(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
		assert_int_equal(c->problem.code, TOO_MANY);
		ctx_forgive(c);
		kit_advance(*state, CODE_PAUSE_MS);
	}
	assert_false(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
	assert_int_equal(c->problem.code, TOO_MANY);
}

static void the_database_does_not_have_the_code(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct rows *rows;
	people_units(c, &p);
	struct repair order = crew_order(c, p.centre, "hose_replace");
	make(c, &order, 1000);
	assert_true(quote_code_send(c, subject_of(&order), order.number, order.caller_phone));
	const char *code = code_of_message(c);
	assert_true(db_query(c, &rows, "SELECT salt, hash FROM quote_code"));
	assert_true(rows_next(rows));
	assert_null(strstr(rows_text(rows, 1), code));
	assert_int_equal(strlen(rows_text(rows, 1)), 64);
	rows_close(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(the_nearest_unit_with_the_latest_day_sets_the_price),
		kit_test(a_price_does_not_begin_in_the_past),
		kit_test(a_version_in_force_is_not_taken_back),
		kit_test(each_line_is_rounded_to_a_fen_and_the_total_is_their_sum),
		kit_test(wrong_lines_are_all_named),
		kit_test(a_signature_agrees_and_a_new_quotation_must_be_agreed_anew),
		kit_test(a_photo_and_anothers_signature_are_no_consent),
		kit_test(the_right_code_agrees_once),
		kit_test(five_wrong_codes_spend_it),
		kit_test(a_code_is_good_for_five_minutes),
		kit_test(a_code_for_an_earlier_quotation_agrees_to_nothing_else),
		kit_test(codes_are_not_sent_in_a_row_and_not_without_end),
		kit_test(the_database_does_not_have_the_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
