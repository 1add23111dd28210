/* Search: the same answers on both databases. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "kit/kit.h"
#include "platform/search.h"

enum { COMPANY = 1, OTHER_COMPANY = 2, NAME = 1, ADDRESS = 2, PHONE = 3 };

/* The hits as "kind/id kind/id". */
static const char *found(struct ctx *c, int64_t company, int kinds, const char *query, size_t limit)
{
	static const int kind[] = { NAME, ADDRESS, PHONE };
	struct search_hit hits[SEARCH_HITS_LIMIT];
	size_t count;
	assert_true(limit <= SEARCH_HITS_LIMIT);
	assert_true(search_find(c, company, kind, (size_t)kinds, query, hits, limit, &count));
	struct text_builder out = { .arena = c->arena };
	for (size_t i = 0; i < count; i++)
		text_add_format(&out, "%s%d/%d", i ? " " : "", hits[i].kind, (int)hits[i].id);
	return text_built(&out);
}

static void index_text(struct ctx *c, int kind, int64_t id, const char *text)
{
	assert_true(search_index(c, COMPANY, kind, id, text));
}

static void one_two_and_three_chinese_characters_find_a_name(void **state)
{
	struct ctx *c = kit_ctx(*state);
	index_text(c, NAME, 1, "王小明");
	index_text(c, NAME, 2, "李小红");
	index_text(c, NAME, 3, "欧阳小明");
	assert_string_equal(found(c, COMPANY, 1, "王", 9), "1/1");
	assert_string_equal(found(c, COMPANY, 1, "明", 9), "1/1 1/3");
	assert_string_equal(found(c, COMPANY, 1, "小明", 9), "1/1 1/3");
	assert_string_equal(found(c, COMPANY, 1, "王小明", 9), "1/1");
	assert_string_equal(found(c, COMPANY, 1, "王明", 9), "");
	assert_string_equal(found(c, COMPANY, 1, "王小明白", 9), "");
}

static void a_place_is_found_in_the_middle_of_a_sentence(void **state)
{
	struct ctx *c = kit_ctx(*state);
	index_text(c, ADDRESS, 7, "我家在上海东边");
	assert_string_equal(found(c, COMPANY, 2, "上海", 9), "2/7");
	assert_string_equal(found(c, COMPANY, 2, "海东边", 9), "2/7");
	assert_string_equal(found(c, COMPANY, 1, "上海", 9), ""); /* another kind */
}

static void wildcards_quotes_and_four_byte_names_are_ordinary(void **state)
{
	struct ctx *c = kit_ctx(*state);
	index_text(c, NAME, 1, "𠮷田%_[a]'x");
	index_text(c, NAME, 2, "吉田");
	assert_string_equal(found(c, COMPANY, 1, "%", 9), "1/1");
	assert_string_equal(found(c, COMPANY, 1, "_", 9), "1/1");
	assert_string_equal(found(c, COMPANY, 1, "[a]'", 9), "1/1");
	assert_string_equal(found(c, COMPANY, 1, "𠮷", 9), "1/1");
	assert_string_equal(found(c, COMPANY, 1, "'; DROP TABLE search_suffix; --", 9), "");
	assert_string_equal(found(c, COMPANY, 1, "*", 9), "");
}

static void how_it_was_typed_makes_no_difference(void **state)
{
	struct ctx *c = kit_ctx(*state);
	index_text(c, ADDRESS, 1, "兰山区某小区 ３号楼-2-501Ａ");
	assert_string_equal(found(c, COMPANY, 2, "3号楼 2-501a", 9), "2/1");
	assert_string_equal(found(c, COMPANY, 2, "　", 9), "");
	assert_string_equal(found(c, COMPANY, 2, "", 9), "");
}

static void another_company_finds_nothing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	index_text(c, NAME, 1, "王小明");
	assert_string_equal(found(c, OTHER_COMPANY, 1, "王", 9), "");
}

static void a_changed_or_forgotten_text_is_not_found_any_more(void **state)
{
	struct ctx *c = kit_ctx(*state);
	int64_t rows;
	index_text(c, NAME, 1, "王小明");
	index_text(c, NAME, 1, "王大明的一个很长很长的名字");
	assert_string_equal(found(c, COMPANY, 1, "小明", 9), "");
	assert_string_equal(found(c, COMPANY, 1, "大明", 9), "1/1");
	assert_true(search_index(c, OTHER_COMPANY, NAME, 1, "王大明")); /* moved */
	assert_string_equal(found(c, COMPANY, 1, "大", 9), "");
	assert_string_equal(found(c, OTHER_COMPANY, 1, "大", 9), "1/1");
	assert_true(search_index(c, OTHER_COMPANY, NAME, 1, NULL));
	assert_true(search_index(c, COMPANY, NAME, 2, "王"));
	assert_true(search_forget(c, NAME, 2));
	assert_true(search_forget(c, NAME, 2));
	assert_true(search_replace(c, COMPANY, PHONE, 5, NULL, "13900000000"));
	assert_string_equal(found(c, COMPANY, 3, "0000", 9), "3/5");
	assert_true(search_replace(c, COMPANY, PHONE, 5, "13900000000", "13900001111"));
	assert_string_equal(found(c, COMPANY, 3, "1111", 9), "3/5");
	assert_string_equal(found(c, COMPANY, 3, "00000", 9), "");
	assert_true(search_replace(c, COMPANY, PHONE, 5, "139 0000 1111", ""));
	assert_true(db_number(c, &rows, -1,
		"SELECT (SELECT COUNT(*) FROM search_suffix) + (SELECT COUNT(*) FROM search_text)"));
	assert_int_equal(rows, 0);
}

static void each_record_is_given_once_in_one_order(void **state)
{
	struct ctx *c = kit_ctx(*state);
	index_text(c, NAME, 9, "王");
	index_text(c, NAME, 3, "王王王王王王王王王王王王王王王王王王王王王王王王王王王王王王");
	index_text(c, NAME, 5, "王一");
	index_text(c, ADDRESS, 4, "王");
	index_text(c, ADDRESS, 2, "王一");
	/* 一 U+4E00 sorts before 王 U+738B; the shortest suffix of 3 is 王 itself. */
	assert_string_equal(found(c, COMPANY, 2, "王", 9), "1/3 1/9 2/4 1/5 2/2");
	assert_string_equal(found(c, COMPANY, 2, "王", 3), "1/3 1/9 2/4");
	assert_string_equal(found(c, COMPANY, 2, "王王", 9), "1/3");
	assert_string_equal(found(c, COMPANY, 2, "王", 0), "");
	/* Twenty records whose texts repeat: pages of the range are read on. */
	for (int i = 100; i < 120; i++)
		index_text(c, PHONE, i, "000000000000000000000000000000");
	struct search_hit hits[20];
	size_t count;
	assert_true(search_find(c, COMPANY, (const int[]){ PHONE }, 1, "0", hits, 20, &count));
	assert_int_equal(count, 20);
	assert_true(
		search_find(c, COMPANY, (const int[]){ PHONE }, 1, "00000000000000000000", hits, 20, &count));
	assert_int_equal(count, 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(hits[i].id, 100 + i);
}

static void long_texts_are_found_by_their_middle_and_long_queries_by_their_head(void **state)
{
	struct ctx *c = kit_ctx(*state);
	char text[601] = "";
	for (int i = 0; i < 200; i++)
		memcpy(text + (ptrdiff_t)i * 3, i == 100 ? "楼" : "山", 3);
	index_text(c, ADDRESS, 1, text);
	assert_string_equal(found(c, COMPANY, 2, "山楼山", 9), "2/1");
	assert_string_equal(
		found(c, COMPANY, 2, text + 300, 9), "2/1"); /* 100 characters, 32 of them indexed */
	index_text(c, ADDRESS, 1, NULL);
	assert_string_equal(found(c, COMPANY, 2, "山", 9), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(one_two_and_three_chinese_characters_find_a_name),
		kit_test(a_place_is_found_in_the_middle_of_a_sentence),
		kit_test(wildcards_quotes_and_four_byte_names_are_ordinary),
		kit_test(how_it_was_typed_makes_no_difference),
		kit_test(another_company_finds_nothing),
		kit_test(a_changed_or_forgotten_text_is_not_found_any_more),
		kit_test(each_record_is_given_once_in_one_order),
		kit_test(long_texts_are_found_by_their_middle_and_long_queries_by_their_head),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
