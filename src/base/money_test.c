/* money_test.c: the amounts are worked out by hand from published tariffs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/money.h"

static int64_t times(int64_t fen, int64_t thousandths)
{
	struct money product = { -1 };
	assert_true(money_times((struct money){ fen }, thousandths, &product));
	return product.fen;
}

static void gas_times_price_is_rounded_half_up_to_a_fen(void **state)
{
	(void)state;
	assert_int_equal(times(344, 7345), 2527);   /* 7.345 m3 at 3.44: 25.2668 */
	assert_int_equal(times(299, 5000), 1495);   /* 5 m3 at 2.99 */
	assert_int_equal(times(345, 35000), 12075); /* 35 m3 at 3.45 */
	assert_int_equal(times(518, 30000), 15540);
	assert_int_equal(times(277, 210000), 58170);
	assert_int_equal(times(100, 4), 0);
	assert_int_equal(times(100, 5), 1); /* 0.005 yuan, exactly half */
	assert_int_equal(times(1, 499), 0);
	assert_int_equal(times(1, 500), 1);
	assert_int_equal(times(1, 1499), 1);
	assert_int_equal(times(1, 1500), 2);
}

static void negative_amounts_round_as_their_twins(void **state)
{
	(void)state;
	assert_int_equal(times(-344, 7345), -2527);
	assert_int_equal(times(344, -7345), -2527);
	assert_int_equal(times(-1, 500), -1);
	assert_int_equal(times(-1, 499), 0);
	assert_int_equal(times(-1, -500), 1);
	assert_int_equal(times(0, INT64_MIN), 0);
}

static void a_product_beyond_the_range_is_refused_and_leaves_the_result_alone(void **state)
{
	(void)state;
	struct money product = { 77 };
	assert_false(money_times((struct money){ INT64_MAX }, 1001, &product));
	assert_false(money_times((struct money){ INT64_MIN }, -1000, &product));
	assert_false(money_times((struct money){ INT64_MIN }, INT64_MIN, &product));
	assert_int_equal(product.fen, 77);
	assert_true(money_times((struct money){ INT64_MAX }, 1000, &product));
	assert_int_equal(product.fen, INT64_MAX);
	assert_true(money_times((struct money){ INT64_MIN }, 1000, &product));
	assert_int_equal(product.fen, INT64_MIN);
}

static void sums_that_overflow_are_refused_and_leave_the_sum_alone(void **state)
{
	(void)state;
	struct money sum = { 5 };
	assert_false(money_add((struct money){ INT64_MAX }, (struct money){ 1 }, &sum));
	assert_false(money_add((struct money){ INT64_MIN }, (struct money){ -1 }, &sum));
	assert_int_equal(sum.fen, 5);
	assert_true(money_add((struct money){ 7500 }, (struct money){ -2500 }, &sum));
	assert_int_equal(sum.fen, 5000);
}

static void amounts_are_written_with_all_their_places(void **state)
{
	(void)state;
	char text[24];
	assert_string_equal(money_text((struct money){ 123405 }, text), "1234.05");
	assert_string_equal(money_text((struct money){ 0 }, text), "0.00");
	assert_string_equal(money_text((struct money){ -5 }, text), "-0.05");
	assert_string_equal(money_text((struct money){ INT64_MIN }, text), "-92233720368547758.08");
	assert_string_equal(volume_text((struct volume){ 12345 }, text), "12.345");
	assert_string_equal(volume_text((struct volume){ 7 }, text), "0.007");
	assert_string_equal(volume_text((struct volume){ -553100 }, text), "-553.100");
	assert_string_equal(volume_text((struct volume){ INT64_MIN }, text), "-9223372036854775.808");
}

static void decimal_text_is_read_exactly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t fen;
	} good[] = { { "1234.05", 123405 }, { "0", 0 }, { "-0.05", -5 }, { "3.4", 340 }, { "75", 7500 },
		{ "0.1", 10 }, { "92233720368547758.07", INT64_MAX },
		{ "-92233720368547758.08", INT64_MIN } };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct money amount = { -1 };
		assert_true(money_parse(good[i].text, &amount));
		assert_int_equal(amount.fen, good[i].fen);
	}
	struct volume volume = { -1 };
	assert_true(volume_parse("12.345", &volume));
	assert_int_equal(volume.litre, 12345);
	assert_true(volume_parse("12.3", &volume));
	assert_int_equal(volume.litre, 12300);
}

static void what_is_not_a_decimal_amount_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "-", ".", ".5", "5.", "1.234", " 1", "1 ", "1,000", "1e3",
		"6.2145E+17", "+1", "--1", "0x10", "1.-5", "NaN", "inf", "１２", "¥5", "92233720368547758.08",
		"-92233720368547758.09", "999999999999999999999999" };
	struct money amount = { 42 };
	struct volume volume = { 42 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (money_parse(bad[i], &amount))
			fail_msg("taken as an amount: %s", bad[i]);
	assert_false(money_parse(NULL, &amount));
	assert_false(volume_parse("1.2345", &volume));
	assert_int_equal(amount.fen, 42);
	assert_int_equal(volume.litre, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gas_times_price_is_rounded_half_up_to_a_fen),
		cmocka_unit_test(negative_amounts_round_as_their_twins),
		cmocka_unit_test(a_product_beyond_the_range_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(sums_that_overflow_are_refused_and_leave_the_sum_alone),
		cmocka_unit_test(amounts_are_written_with_all_their_places),
		cmocka_unit_test(decimal_text_is_read_exactly),
		cmocka_unit_test(what_is_not_a_decimal_amount_is_refused),
	};
	return cmocka_run_group_tests_name("base/money", tests, NULL, NULL);
}
