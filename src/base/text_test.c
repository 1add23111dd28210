/* text_test.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int begin(void **state)
{
	*state = arena_new(64 << 20);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	arena_free(*state);
	return 0;
}

static void well_formed_utf8_is_taken(void **state)
{
	(void)state;
	static const char *const good[] = { "", "gas", "燃气", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
		"\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
		"𠮷野家", "👨‍👩‍👧" };
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(text_is_valid(good[i], strlen(good[i])));
}

static void malformed_utf8_and_nul_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF",
		"\xED\xA0\x80", "\xED\xBF\xBF", "\xE7\x87", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80", "\xF0\x9F\x98", "\xFE", "\xFF", "a\xE7\x87\x41",
		"\xC8\xBC\xC6\xF8" /* GBK */ };
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_is_valid(bad[i], strlen(bad[i])))
			fail_msg("bad text %zu was taken", i);
	assert_false(text_is_valid("a\0b", 3));
	assert_true(text_is_valid("燃气\xFF", 6)); /* only what is counted is looked at */
}

static void every_character_is_written_and_read_back(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10FFFF; c++) {
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		char bytes[5] = { 0 };
		size_t length = text_put(c, bytes);
		size_t expected = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		const char *at = bytes;
		if (length != expected || !text_is_valid(bytes, length) || text_next(&at) != c ||
			at != bytes + length)
			fail_msg("U+%04X", c);
	}
	const char *none = "";
	assert_int_equal(text_next(&none), 0);
	assert_string_equal(none, "");
}

static void characters_are_counted_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_characters(""), 0);
	assert_int_equal(text_characters("燃气公司"), 4);
	assert_int_equal(text_characters("𠮷"), 1);
	assert_int_equal(text_characters("😀"), 1);
	assert_int_equal(text_characters("👨‍👩‍👧"), 5); /* three people and two joiners */
	assert_int_equal(text_characters("e\xCC\x81"), 2);	    /* a combining mark */
	assert_int_equal(text_characters("䶮𠮷a"), 3);
}

static void equality_knows_null(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
	assert_true(text_equal("燃", "燃"));
	assert_false(text_equal("燃", "气"));
	assert_true(text_starts("燃气", "燃"));
	assert_true(text_starts("燃气", ""));
	assert_false(text_starts("燃", "燃气"));
}

static void white_space_of_all_kinds_is_trimmed(void **state)
{
	struct arena *arena = *state;
	assert_string_equal(text_trim(arena, "  王 小明\t\r\n"), "王 小明");
	assert_string_equal(text_trim(arena, "\xE3\x80\x80王小明\xE3\x80\x80\xC2\xA0"), "王小明");
	assert_string_equal(text_trim(arena, "\xEF\xBB\xBF户号"), "户号");
	assert_string_equal(text_trim(arena, " \xE3\x80\x80 "), "");
	assert_string_equal(text_trim(arena, ""), "");
	assert_string_equal(text_trim(arena, "王"), "王");
	assert_true(text_is_blank(NULL));
	assert_true(text_is_blank(""));
	assert_true(text_is_blank(" \t\xE3\x80\x80\xC2\xA0\xEF\xBB\xBF"));
	assert_false(text_is_blank(" 。"));
}

static void the_search_form_hides_how_something_was_typed(void **state)
{
	struct arena *arena = *state;
	assert_string_equal(text_search_form(arena, "ＡＢｃ１２３"), "abc123");
	assert_string_equal(
		text_search_form(arena, " 兰山区\xE3\x80\x80某小区 3-2-501 "), "兰山区某小区32501");
	assert_string_equal(text_search_form(arena, "３－２－５０１"), "32501");
	assert_string_equal(text_search_form(arena, "阿卜杜拉·买买提"), "阿卜杜拉买买提");
	assert_string_equal(text_search_form(arena, "阿卜杜拉．买买提"), "阿卜杜拉买买提");
	assert_string_equal(text_search_form(arena, "a.b,c"), "abc");
	assert_string_equal(text_search_form(arena, "100%_[x]'\"\\"), "100%_[x]'\"\\"); /* literals stay */
	assert_string_equal(text_search_form(arena, "Ä𠮷😀"), "Ä𠮷😀");
	assert_string_equal(text_search_form(arena, ""), "");
}

static void scientific_notation_is_recognised_where_a_spreadsheet_made_it(void **state)
{
	(void)state;
	static const char *const yes[] = { "6.2145E+17", "1E+15", "3.71329E+17", "6.2145e+17", "7.7E-05",
		" 6.2145E+17 ", "-1.5E+10" };
	for (size_t i = 0; i < COUNT(yes); i++)
		if (!text_is_scientific(yes[i]))
			fail_msg("not seen: %s", yes[i]);
	static const char *const no[] = { "", "E", "E+17", "621450", "3E12", "1E", "1E+", "00123456", "A1E+2",
		"1.2.3E+4", "1E+2E+3", "６.2E+17", "12345E+7", "6.2145E+1700", "燃气" };
	for (size_t i = 0; i < COUNT(no); i++)
		if (text_is_scientific(no[i]))
			fail_msg("wrongly seen: %s", no[i]);
}

static void a_text_grows_piece_by_piece(void **state)
{
	struct text_builder builder = { .arena = *state };
	assert_string_equal(text_built(&builder), "");
	for (int i = 0; i < 1000; i++)
		text_add_format(&builder, "%d,", i);
	text_add_n(&builder, "末尾不要", 6);
	text_add(&builder, "");
	assert_int_equal(builder.length, 10 * 2 + 90 * 3 + 900 * 4 + 6);
	assert_int_equal(strlen(text_built(&builder)), builder.length);
	assert_true(text_starts(text_built(&builder), "0,1,2,"));
	assert_string_equal(text_built(&builder) + builder.length - 10, "999,末尾");
	struct text_builder wide = { .arena = *state };
	text_add_format(&wide, "%070d", 1); /* longer than the first piece of room */
	assert_int_equal(wide.length, 70);
}

static void gb18030_vectors_of_the_standard_are_read_and_written(void **state)
{
	struct arena *arena = *state;
	static const struct {
		const char *utf8, *gb;
	} pairs[] = {
		{ "燃气", "\xC8\xBC\xC6\xF8" },		    /* two bytes */
		{ "户号,abc", "\xBB\xA7\xBA\xC5,abc" },	    /* mixed */
		{ "䶮", "\xFE\x9F" },			    /* U+4DAE, a surname */
		{ "㛃", "\x82\x30\xB7\x31" },		    /* U+36C3, four bytes */
		{ "\xF0\xA0\xAE\xB7", "\x95\x34\xB2\x35" }, /* U+20BB7 𠮷, Ext B */
		{ "😀", "\x94\x39\xFC\x36" },		    /* U+1F600 */
		{ "\xF4\x8F\xBF\xBF", "\xE3\x32\x9A\x35" }, /* U+10FFFF, the last */
		{ "€", "\xA2\xE3" },
		{ "é", "\xA8\xA6" },
	};
	for (size_t i = 0; i < COUNT(pairs); i++) {
		size_t length, bad_at;
		char *gb = text_to_gb18030(arena, pairs[i].utf8, &length);
		assert_non_null(gb);
		if (length != strlen(pairs[i].gb) || memcmp(gb, pairs[i].gb, length) != 0)
			fail_msg("pair %zu written as %02X%02X", i, (unsigned char)gb[0],
				(unsigned char)gb[1]);
		char *utf8 = text_from_gb18030(arena, pairs[i].gb, strlen(pairs[i].gb), &bad_at);
		assert_non_null(utf8);
		assert_string_equal(utf8, pairs[i].utf8);
	}
}

static void every_character_survives_gb18030(void **state)
{
	struct arena *arena = *state;
	struct text_builder all = { .arena = arena };
	unsigned official = 0;
	for (uint32_t c = 1; c <= 0x10FFFF; c++) {
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		/* Six private characters share their code with an official one, which is what comes back. */
		if (c == 0xE816 || c == 0xE817 || c == 0xE818 || c == 0xE831 || c == 0xE83B || c == 0xE855) {
			official++;
			continue;
		}
		char bytes[4];
		text_add_n(&all, bytes, text_put(c, bytes));
	}
	assert_int_equal(official, 6);
	size_t length, bad_at;
	char *gb = text_to_gb18030(arena, text_built(&all), &length);
	assert_non_null(gb);
	char *back = text_from_gb18030(arena, gb, length, &bad_at);
	assert_non_null(back);
	assert_true(strcmp(back, text_built(&all)) == 0);
	gb = text_to_gb18030(arena, "\xEE\xA0\x96", &length); /* U+E816 */
	assert_int_equal(length, 2);
	assert_memory_equal(gb, "\xFE\x51", 2);
	assert_string_equal(text_from_gb18030(arena, gb, length, &bad_at), "\xF0\xA0\x82\x87"); /* U+20087 */
}

static void bytes_that_are_not_gb18030_are_refused_where_they_stand(void **state)
{
	struct arena *arena = *state;
	static const struct {
		const char *bytes;
		size_t length, bad_at;
	} bad[] = {
		{ "\xC8\xBC\xFF", 3, 2 },	  /* FF begins nothing */
		{ "\xC8\xBC\xC6", 3, 2 },	  /* cut within a character */
		{ "a\x81\x20", 3, 1 },		  /* no such second byte */
		{ "\xC8\xBC\x81\x30\x81", 5, 2 }, /* cut within four bytes */
		{ "ab\xC8\xBC\0\xC8", 6, 4 },	  /* NUL */
		{ "\xE3\x32\x9A\x36", 4, 0 },	  /* one beyond U+10FFFF */
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t bad_at = 99;
		if (text_from_gb18030(arena, bad[i].bytes, bad[i].length, &bad_at))
			fail_msg("bad bytes %zu were taken", i);
		if (bad_at != bad[i].bad_at)
			fail_msg("bad bytes %zu: at %zu", i, bad_at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_utf8_is_taken),
		cmocka_unit_test(malformed_utf8_and_nul_are_refused),
		cmocka_unit_test(every_character_is_written_and_read_back),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(equality_knows_null),
		cmocka_unit_test_setup_teardown(white_space_of_all_kinds_is_trimmed, begin, end),
		cmocka_unit_test_setup_teardown(the_search_form_hides_how_something_was_typed, begin, end),
		cmocka_unit_test(scientific_notation_is_recognised_where_a_spreadsheet_made_it),
		cmocka_unit_test_setup_teardown(a_text_grows_piece_by_piece, begin, end),
		cmocka_unit_test_setup_teardown(
			gb18030_vectors_of_the_standard_are_read_and_written, begin, end),
		cmocka_unit_test_setup_teardown(every_character_survives_gb18030, begin, end),
		cmocka_unit_test_setup_teardown(
			bytes_that_are_not_gb18030_are_refused_where_they_stand, begin, end),
	};
	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
