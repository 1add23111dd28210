/* catalogue_test.c: what people say, and what it means. The sentences are invented; the answers are what a
 * dispatcher of a gas company would say. */
#include "domain/fieldwork/catalogue/catalogue.h"
#include <string.h>

#include "kit/kit.h"

static const char *best(struct ctx *c, const char *text)
{
	struct catalogue_match match;
	return catalogue_classify(c, text, &match, 1) == 1 ? match.kind->code : "none";
}

static void assert_all(struct ctx *c, const char *const (*cases)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *found = best(c, cases[i][0]);
		if (strcmp(found, cases[i][1]) != 0)
			print_error("%s: %s instead of %s\n", cases[i][0], found, cases[i][1]);
		assert_string_equal(found, cases[i][1]);
	}
}
#define ASSERT_ALL(c, cases) assert_all(c, cases, sizeof cases / sizeof *cases)

static void plain_sentences_find_their_kind(void **state)
{
	static const char *const cases[][2] = {
		{ "厨房里有煤气味", "leak" },
		{ "家里闻到一股臭鸡蛋味", "leak" },
		{ "厨房着火了快来", "gas_fire" },
		{ "有人中毒晕倒了", "poisoning" },
		{ "挖机把燃气管挖断了", "dug_pipe" },
		{ "报警器一直在响", "gas_alarm" },
		{ "整个小区都没气了", "network_stop" },
		{ "家里没气了", "no_gas" },
		{ "灶火很小", "low_pressure" },
		{ "燃气表不走字", "meter_fault" },
		{ "热水器打不着火", "appliance_fault" },
		{ "想换一下软管", "hose_replace" },
		{ "新房要通气点火", "ignition" },
	};
	ASSERT_ALL(kit_ctx(*state), cases);
}

static void a_stove_that_does_not_light_is_no_fire(void **state)
{
	static const char *const cases[][2] = {
		{ "灶打不着火", "appliance_fault" },
		{ "燃气灶点不着火", "appliance_fault" },
		{ "灶具着火了", "gas_fire" },
	};
	ASSERT_ALL(kit_ctx(*state), cases);
}

static void what_is_denied_does_not_count(void **state)
{
	static const char *const cases[][2] = {
		{ "没有气味，就是打不着火", "appliance_fault" },
		{ "没闻到气味，表不走", "meter_fault" },
		{ "没有燃气味，灶火小", "low_pressure" },
		{ "不漏气，软管老化想换", "hose_replace" },
		{ "没有着火", "none" },
		{ "报警器没有响", "none" },
		{ "报警器不响了没电了", "none" },
	};
	ASSERT_ALL(kit_ctx(*state), cases);
}

static void a_question_and_another_sentence_deny_nothing(void **state)
{
	static const char *const cases[][2] = {
		{ "是不是漏气了", "leak" },
		{ "有没有漏气啊你们来看看", "leak" },
		{ "没有，气味很大", "leak" },
		{ "家里没气有气味", "leak" },
		{ "没有人在家，楼道里有气味", "leak" },
	};
	ASSERT_ALL(kit_ctx(*state), cases);
}

static void danger_goes_before_everything_else(void **state)
{
	static const char *const cases[][2] = {
		{ "要换软管、换灶前阀，另外厨房有点漏气", "leak" },
		{ "热水器坏了，报警器响了", "gas_alarm" },
		{ "燃气表黑屏不显示，闻到臭味", "leak" },
	};
	ASSERT_ALL(kit_ctx(*state), cases);
}

static void the_more_specific_word_wins(void **state)
{
	static const char *const cases[][2] = {
		{ "报警器到期了要换", "alarm_fault" },
		{ "充值以后没气", "meter_valve" },
		{ "调压箱漏气", "leak_network" },
		{ "小区里好大气味", "leak_network" },
		{ "大量漏气嘶嘶响", "leak_heavy" },
	};
	ASSERT_ALL(kit_ctx(*state), cases);
}

static void odd_texts_are_no_matter(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct catalogue_match matches[3];
	assert_int_equal(catalogue_classify(c, NULL, matches, 3), 0);
	assert_int_equal(catalogue_classify(c, " \t　", matches, 3), 0);
	assert_int_equal(catalogue_classify(c, "𠮷😀%_[", matches, 3), 0);
	struct text_builder long_text = { .arena = c->arena };
	for (int i = 0; i < 5000; i++)
		text_add(&long_text, "没气");
	assert_int_equal(catalogue_classify(c, text_built(&long_text), matches, 3), 1);
	assert_string_equal(matches[0].kind->code, "no_gas");
}

/* The rulebook's own consistency: a kind without level, skill or certificate could not be dispatched. */
static void every_kind_is_complete_and_every_code_is_unique(void **state)
{
	struct ctx *c = kit_ctx(*state);
	const struct catalogue *book = catalogue_of(&((struct kit *)*state)->app);
	assert_true(book->kind_count >= 15);
	for (size_t i = 0; i < book->kind_count; i++) {
		const struct catalogue_kind *kind = &book->kinds[i];
		assert_non_null(kind->code);
		assert_non_null(kind->label);
		assert_non_null(kind->group);
		assert_non_null(kind->skill);
		assert_non_null(kind->certificate);
		assert_true(kind->level[0] == 'P' && kind->level[1] >= '0' && kind->level[1] <= '3');
		assert_int_equal(kind->emergency, kind->level[1] <= '1');
		assert_ptr_equal(catalogue_kind_of(c->app, kind->code), kind);
	}
	for (size_t i = 0; i < book->cause_count; i++)
		assert_ptr_equal(catalogue_cause_of(c->app, book->causes[i].code), &book->causes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(plain_sentences_find_their_kind),
		kit_test(a_stove_that_does_not_light_is_no_fire),
		kit_test(what_is_denied_does_not_count),
		kit_test(a_question_and_another_sentence_deny_nothing),
		kit_test(danger_goes_before_everything_else),
		kit_test(the_more_specific_word_wins),
		kit_test(odd_texts_are_no_matter),
		kit_test(every_kind_is_complete_and_every_code_is_unique),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
