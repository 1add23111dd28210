/* The data of rulebook/ fits together. */
#include <string.h>

#include "base/text.h"
#include "domain/core/book/book.h"
#include "domain/core/calendar/calendar.h"
#include "domain/core/promise/promise_internal.h"
#include "domain/core/rulebook/rulebook.h"
#include "kit/kit.h"

static void every_promise_that_an_article_names_exists(void **state)
{
	struct ctx *c = kit_ctx(*state);
	size_t count, promises = 0;
	const struct article *articles = rulebook_articles(c->app, &count);
	assert_int_equal(count, 25);
	for (size_t i = 0; i < count; i++) {
		for (size_t a = 0; a < articles[i].answer_count; a++) {
			if (strcmp(articles[i].answers[a].kind, "promise") != 0)
				continue;
			assert_non_null(promise_label(c, articles[i].answers[a].code));
			promises++;
		}
	}
	assert_true(promises > 10);
}

static void cut_articles_say_what_the_source_lacks(void **state)
{
	struct ctx *c = kit_ctx(*state);
	size_t count;
	const struct article *articles = rulebook_articles(c->app, &count);
	for (size_t i = 0; i < count; i++) {
		if (text_equal(articles[i].number, "第十条") || text_equal(articles[i].number, "第十四条"))
			assert_true(text_starts(articles[i].missing, "原文"));
		if (text_equal(articles[i].number, "第五条（三）")) {
			assert_null(articles[i].missing);
			assert_non_null(
				strstr(articles[i].text, "一般故障原则上在6小时内处理、24小时内修复"));
		}
	}
}

static bool role_exists(const json_t *roles, const char *code)
{
	const json_t *list = json_object_get(roles, "roles");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (text_equal(book_text(json_array_get(list, i), "code"), code))
			return true;
	}
	return false;
}

static void every_step_of_a_promise_goes_to_a_role_that_exists(void **state)
{
	struct ctx *c = kit_ctx(*state);
	const struct promise_book *book = promise_book(c);
	const json_t *roles;
	assert_true(book_json(c, "rulebook/roles.json", &roles));
	assert_true(book->count > 20);
	for (size_t i = 0; i < book->count; i++) {
		for (size_t s = 0; s < book->rules[i].step_count; s++) {
			const char *to = book->rules[i].steps[s].to;
			assert_true(text_equal(to, "assignee") || role_exists(roles, to));
		}
	}
}

static void every_promise_can_start_and_stop_and_names_its_ground(void **state)
{
	const struct promise_book *book = promise_book(kit_ctx(*state));
	for (size_t i = 0; i < book->count; i++) {
		const struct promise_rule *rule = &book->rules[i];
		assert_non_null(rule->starts_on);
		assert_non_null(rule->stops_on);
		assert_false(text_is_blank(rule->basis));
		/* Only what regulation or statute say may be called a floor. */
		if (rule->floor)
			assert_true(text_equal(rule->source, "regulation") ||
				    text_equal(rule->source, "statute"));
	}
}

static void every_group_that_a_promise_names_is_in_the_catalogue(void **state)
{
	const struct promise_book *book = promise_book(kit_ctx(*state));
	assert_true(book->group_count > 0);
	for (size_t i = 0; i < book->count; i++) {
		for (const char *const *group = book->rules[i].groups; group && *group; group++) {
			bool found = false;
			for (size_t g = 0; g < book->group_count; g++)
				found = found || text_equal(book->groups[g].group, *group);
			assert_true(found);
		}
	}
}

static void a_missing_calendar_stands_as_an_alarm_until_it_is_loaded(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct instant november;
	struct json_out before = json_out_new(c->arena), after = json_out_new(c->arena);
	assert_true(instant_parse("2026-11-01T09:00:00+08:00", &november));
	kit_set_clock(*state, november);
	assert_true(alarms_write(c, &before));
	assert_non_null(strstr(json_out_text(&before), "calendar.missing"));
	assert_non_null(strstr(json_out_text(&before), "2027"));
	assert_true(calendar_import(c, 2027,
		"year,name,off_from,off_to,makeup_workdays\n2027,元旦,2027-01-01,2027-01-03,\n", "测试通知"));
	assert_true(alarms_write(c, &after));
	assert_string_equal(json_out_text(&after), "[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(every_promise_that_an_article_names_exists),
		kit_test(cut_articles_say_what_the_source_lacks),
		kit_test(every_step_of_a_promise_goes_to_a_role_that_exists),
		kit_test(every_promise_can_start_and_stop_and_names_its_ground),
		kit_test(every_group_that_a_promise_names_is_in_the_catalogue),
		kit_test(a_missing_calendar_stands_as_an_alarm_until_it_is_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
