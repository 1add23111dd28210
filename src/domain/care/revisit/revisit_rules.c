/* revisit_rules.c: rulebook/revisit.json. */
#include <stdio.h>
#include <string.h>

#include "domain/care/revisit/revisit_internal.h"
#include "domain/core/book/book.h"
#include "platform/crypto.h"

static const char part_name[] = "revisit";

static int64_t clock_of(const json_t *json, const char *key)
{
	const char *text = book_text(json, key);
	int hour, minute;
	if (!text || sscanf(text, "%2d:%2d", &hour, &minute) != 2)
		return -1;
	return hour * (int64_t)HOUR_MS + minute * (int64_t)MINUTE_MS;
}

static bool read_rule(struct ctx *c, const json_t *json, struct revisit_rule *rule)
{
	*rule = (struct revisit_rule){ .code = book_text(json, "code"),
		.label = book_text(json, "label"),
		.module = book_text(json, "module"),
		.levels = book_texts(c->app->arena, json, "levels"),
		.groups = book_texts(c->app->arena, json, "groups"),
		.share_permille = book_int(json, "share_permille", -1),
		.within_ms = book_int(json, "within_hours", 0) * HOUR_MS };
	return rule->code && rule->label && rule->module && rule->share_permille >= 0 &&
	       rule->share_permille <= WHOLE_PERMILLE && rule->within_ms > 0;
}

static bool read_attempts(const json_t *json, struct revisit_rules *rules)
{
	rules->attempts_most = book_int(json, "most", 0);
	rules->attempt_days = book_int(json, "days", 0);
	rules->again_after_ms = book_int(json, "again_after_minutes", 0) * MINUTE_MS;
	rules->later_days_most = book_int(json, "later_days_most", 0);
	rules->call_from = clock_of(json, "from");
	rules->call_to = clock_of(json, "to");
	rules->next_day = clock_of(json, "next_day");
	return rules->attempts_most > 0 && rules->attempt_days > 0 && rules->again_after_ms > 0 &&
	       rules->later_days_most > 0 && rules->call_from >= 0 && rules->call_to > rules->call_from &&
	       rules->next_day >= 0;
}

bool revisit_rules_start(struct ctx *c)
{
	const json_t *json;
	if (book_part(c->app, part_name))
		return true;
	if (!book_json(c, "rulebook/revisit.json", &json))
		return false;
	struct revisit_rules *rules = arena_new_object(c->app->arena, struct revisit_rules);
	const json_t *list = json_object_get(json, "rules");
	bool good = json_array_size(list) > 0 && json_array_size(list) <= RULES_MOST;
	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = read_rule(c, json_array_get(list, i), &rules->list[rules->count++]);
	rules->satisfied_at_least = book_int(json, "satisfied_at_least", 0);
	rules->close_after_ms = book_int(json, "close_after_hours", -1) * HOUR_MS;
	if (!good || !read_attempts(json_object_get(json, "attempts"), rules) ||
		rules->satisfied_at_least < 1 || rules->close_after_ms < 0)
		return fail(c, INTERNAL, "规章数据 rulebook/revisit.json 不完整，请重新安装程序");
	book_put(c->app, part_name, rules);
	return true;
}

const struct revisit_rules *revisit_rules(const struct app *app)
{
	return book_part(app, part_name);
}

const struct revisit_rule *revisit_rule_of(
	const struct app *app, const char *module, const char *level, const char *group)
{
	const struct revisit_rules *rules = revisit_rules(app);
	for (size_t i = 0; i < rules->count; i++) {
		const struct revisit_rule *rule = &rules->list[i];
		if (strcmp(rule->module, module) == 0 && (!rule->levels || book_lists(rule->levels, level)) &&
			(!rule->groups || book_lists(rule->groups, group)))
			return rule;
	}
	return NULL;
}

const char *revisit_rule_label(const struct app *app, const char *code)
{
	const struct revisit_rules *rules = revisit_rules(app);
	for (size_t i = 0; i < rules->count; i++)
		if (text_equal(rules->list[i].code, code))
			return rules->list[i].label;
	return code;
}

struct instant revisit_again(const struct revisit_rules *rules, struct instant now, int64_t tries_today)
{
	struct instant again = instant_plus(now, rules->again_after_ms);
	struct date day = instant_date(again);
	if (tries_today >= 2 && day.day == instant_date(now).day)
		return date_at(date_plus(day, 1), rules->next_day);
	if (instant_clock(again) > rules->call_to)
		return date_at(date_plus(day, 1), rules->next_day);
	if (instant_clock(again) < rules->call_from)
		return date_at(day, rules->next_day);
	return again;
}

bool revisit_draws(const char *number, int64_t share_permille)
{
	unsigned char digest[DIGEST_SIZE];
	sm3(number, strlen(number), digest);
	unsigned drawn = (unsigned)digest[0] << 16 | (unsigned)digest[1] << 8 | digest[2];
	return (int64_t)(drawn % WHOLE_PERMILLE) < share_permille;
}
