/* personal_test.c: phones, official numbers and masks (phone.c, identity.c, mask.c). No number here belongs
 * to anybody: local numbers beginning with 0 or 1 and mobiles of zeros are not given out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int begin(void **state)
{
	*state = arena_new(1 << 20);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	arena_free(*state);
	return 0;
}

struct writing {
	const char *written, *digits;
};

static void check_writings(struct arena *arena, const struct writing *writings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *digits = text_phone_form(arena, writings[i].written);
		if (strcmp(digits, writings[i].digits) != 0)
			fail_msg("%s became %s", writings[i].written, digits);
		assert_string_equal(text_phone_form(arena, digits), digits);
	}
}

static void a_phone_is_the_same_in_every_writing(void **state)
{
	static const struct writing writings[] = {
		{ "0539-1234567", "05391234567" },
		{ "(0539)1234567", "05391234567" },
		{ "（０５３９）１２３４５６７", "05391234567" },
		{ "0539 123 4567", "05391234567" },
		{ "0539.123.4567", "05391234567" },
		{ "0539—1234567", "05391234567" },
		{ "0539/1234567", "05391234567" },
		{ "+86-539-1234567", "05391234567" },
		{ "+86 (0)539 1234567", "05391234567" },
		{ "0086 539 1234567", "05391234567" },
		{ "+86 10 1234 5678", "01012345678" },
		{ "010-1234-5678", "01012345678" },
		{ "+86 139 0000 0000", "13900000000" },
		{ "0086-13900000000", "13900000000" },
		{ "8613900000000", "13900000000" },
		{ "＋８６　１３９　００００　００００", "13900000000" },
		{ "139-0000-0000", "13900000000" },
		{ "013900000000", "13900000000" },
		{ "手机：13900000000", "13900000000" },
		{ "400-000-0000", "4000000000" },
		{ "+86 400 000 0000", "4000000000" },
		{ "1234567", "1234567" },
		{ "1234-5678", "12345678" },
	};
	check_writings(*state, writings, COUNT(writings));
}

static void an_extension_is_cut_off(void **state)
{
	static const struct writing writings[] = {
		{ "0539-1234567转8001", "05391234567" },
		{ "0539-1234567 转 8001", "05391234567" },
		{ "0539-1234567分机8001", "05391234567" },
		{ "0539-1234567 ext 8001", "05391234567" },
		{ "0539-1234567 Ext.8001", "05391234567" },
		{ "0539-1234567x8001", "05391234567" },
		{ "0539-1234567＃8001", "05391234567" },
		{ "0539-1234567#8001", "05391234567" },
		{ "0539-1234567,8001", "05391234567" },
		{ "0539-1234567-8001", "05391234567" },
		{ "+86-539-1234567-8001", "05391234567" },
		{ "400-000-0000转1", "4000000000" },
	};
	check_writings(*state, writings, COUNT(writings));
}

static void of_two_numbers_the_first_is_taken(void **state)
{
	static const struct writing writings[] = {
		{ "0539-1234567/13900000000", "05391234567" },
		{ "13900000000/13900000001", "13900000000" },
		{ "13900000000、13900000001", "13900000000" },
		{ "13900000000；13900000001", "13900000000" },
		{ "0539/1234567/8", "05391234567" },
		{ "1234567/8", "1234567" },
	};
	check_writings(*state, writings, COUNT(writings));
}

static void without_digits_there_is_no_phone_and_a_foreign_one_stays_foreign(void **state)
{
	static const struct writing writings[] = {
		{ "", "" },
		{ "无", "" },
		{ "+", "" },
		{ "转", "" },
		{ "+1 312 555 0100", "0013125550100" },
		{ "001 312 555 0100", "0013125550100" },
	};
	check_writings(*state, writings, COUNT(writings));
	assert_false(text_is_phone("0013125550100"));
}

static void phones_are_checked_by_their_kind(void **state)
{
	(void)state;
	static const char *const good[] = { "13900000000", "19900000000", "01012345678", "0201234567",
		"05391234567", "053912345678", "1234567", "12345678", "4000000000", "8000000000" };
	for (size_t i = 0; i < COUNT(good); i++)
		if (!text_is_phone(good[i]))
			fail_msg("refused: %s", good[i]);
	static const char *const bad[] = { "", "110", "123456", "12000000000", "1390000000", "139000000000",
		"23900000000", "0539123456", "0539123456789", "00391234567", "0539-1234567", "４000000000",
		"5000000000", "1390000000a", "6.2145E+17", "013900000000" };
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_is_phone(bad[i]))
			fail_msg("taken: %s", bad[i]);
	assert_false(text_is_phone(NULL));
}

static void a_form_takes_a_phone_as_people_write_it(void **state)
{
	(void)state;
	static const char *const good[] = { "0539-1234567", "(0539)1234567", "+86 139 0000 0000",
		"139-0000-0000", "０５３９-１２３４５６７", "0539-1234567转8001", "05391234567" };
	for (size_t i = 0; i < COUNT(good); i++)
		if (!text_is_phone_written(good[i]))
			fail_msg("refused: %s", good[i]);
	static const char *const bad[] = { "", "无", "110", "139-0000-000", "6.2145E+17", "+1 312 555 0100" };
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_is_phone_written(bad[i]))
			fail_msg("taken: %s", bad[i]);
	char long_one[200];
	memset(long_one, '1', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	assert_false(text_is_phone_written(long_one));
	assert_false(text_is_phone_written(NULL));
}

static void an_identity_number_needs_its_check_character_and_a_real_birthday(void **state)
{
	(void)state;
	assert_true(text_is_identity_number("37132919900307123X"));
	assert_true(text_is_identity_number("37132919900307123x"));
	assert_true(text_is_identity_number("11010519491231002X")); /* the standard's own example */
	assert_true(
		text_is_identity_number("440524188001010014") == false); /* its second: born before 1900 */
	static const char *const bad[] = { "371329199003071230", "37132919900307132X", "3713291990030712", "",
		"37132919900307123X ", "371329199002301238", "A7132919900307123X", "３7132919900307123X",
		"37132919901307123X", "371329900307123" };
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_is_identity_number(bad[i]))
			fail_msg("taken: %s", bad[i]);
	assert_false(text_is_identity_number(NULL));
	/* Each single wrong digit is noticed: that is what the check character is for. */
	char number[] = "37132919900307123X";
	for (size_t i = 0; i < 17; i++) {
		char right = number[i];
		for (char wrong = '0'; wrong <= '9'; wrong++) {
			number[i] = wrong;
			assert_int_equal(text_is_identity_number(number), wrong == right);
		}
		number[i] = right;
	}
}

static void a_credit_code_needs_its_check_character(void **state)
{
	(void)state;
	assert_true(text_is_credit_code("91371329MA3C0ABC1C"));
	static const char *const bad[] = { "91371329MA3C0ABC1D", "91371329MA3C0ABCC1", "91371329MA3C0ABC1",
		"", "91371329MA3C0ABC1C0", "91371329ma3c0abc1c", "91371329MI3C0ABC1C", "91371329MA3COABC1C" };
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_is_credit_code(bad[i]))
			fail_msg("taken: %s", bad[i]);
	assert_false(text_is_credit_code(NULL));
	static const char characters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	char code[] = "91371329MA3C0ABC1C";
	for (size_t i = 0; i < 18; i++) {
		char right = code[i];
		for (const char *wrong = characters; *wrong; wrong++) {
			code[i] = *wrong;
			assert_int_equal(text_is_credit_code(code), *wrong == right);
		}
		code[i] = right;
	}
}

static void personal_data_is_shortened_by_character(void **state)
{
	struct arena *arena = *state;
	assert_string_equal(text_mask_name(arena, "王小明"), "王*明");
	assert_string_equal(text_mask_name(arena, "王明"), "王*");
	assert_string_equal(text_mask_name(arena, "王"), "*");
	assert_string_equal(text_mask_name(arena, "欧阳小明"), "欧**明");
	assert_string_equal(text_mask_name(arena, "𠮷小䶮"), "𠮷*䶮");
	assert_string_equal(text_mask_name(arena, ""), "");
	assert_string_equal(text_mask_phone(arena, "13812345678"), "138****5678");
	assert_string_equal(text_mask_phone(arena, "05391234567"), "053****4567");
	assert_string_equal(text_mask_phone(arena, "12345678"), "****5678");
	assert_string_equal(text_mask_phone(arena, "1234567"), "***4567");
	assert_string_equal(text_mask_phone(arena, "12345"), "*****");
	assert_string_equal(text_mask_identity(arena, "37132919900307123X"), "3713**********123X");
	assert_string_equal(text_mask_identity(arena, "G1234567"), "****4567");
	assert_string_equal(text_mask_identity(arena, "1234567"), "*******");
	assert_string_equal(text_mask_account(arena, "6222000000000001234"), "6222***********1234");
	assert_null(text_mask_name(arena, NULL));
	assert_null(text_mask_phone(arena, NULL));
	assert_null(text_mask_identity(arena, NULL));
	assert_null(text_mask_account(arena, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_phone_is_the_same_in_every_writing, begin, end),
		cmocka_unit_test_setup_teardown(an_extension_is_cut_off, begin, end),
		cmocka_unit_test_setup_teardown(of_two_numbers_the_first_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(
			without_digits_there_is_no_phone_and_a_foreign_one_stays_foreign, begin, end),
		cmocka_unit_test(phones_are_checked_by_their_kind),
		cmocka_unit_test(a_form_takes_a_phone_as_people_write_it),
		cmocka_unit_test(an_identity_number_needs_its_check_character_and_a_real_birthday),
		cmocka_unit_test(a_credit_code_needs_its_check_character),
		cmocka_unit_test_setup_teardown(personal_data_is_shortened_by_character, begin, end),
	};
	return cmocka_run_group_tests_name("base/personal", tests, NULL, NULL);
}
