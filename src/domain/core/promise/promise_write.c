/* promise_write.c: what screens and `qifu due` are told. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/core/promise/promise_internal.h"

bool promise_next_due(struct ctx *c, struct subject subject, struct instant *due_at, const char **code)
{
	struct rows *rows;
	*due_at = (struct instant){ 0 };
	if (code)
		*code = NULL;
	if (!db_query(c, &rows,
		    "SELECT due_at, code FROM promise WHERE module = $1 AND subject_id = $2 AND state = 1"
		    " AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 1",
		    V(subject.module), V(subject.id)))
		return false;
	if (rows_next(rows)) {
		*due_at = rows_instant(rows, 0);
		if (code)
			*code = rows_text(rows, 1);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static int by_due(const void *a, const void *b)
{
	const struct promise *x = a, *y = b;
	int64_t dx = x->due_at.ms ? x->due_at.ms : INT64_MAX, dy = y->due_at.ms ? y->due_at.ms : INT64_MAX;
	if (dx != dy)
		return dx < dy ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* What would be left if a paused one ran on now; negative when it is overdue. */
static bool remaining(struct promise_case *all, struct promise_clock *clock, int64_t *ms, bool *told)
{
	struct instant now = all->c->now, due;
	struct span *spans = arena_array(all->c->arena, struct span, clock->pause_count + 1);
	int missing_year;
	for (size_t i = 0; i < clock->pause_count; i++) {
		spans[i] = clock->pauses[i];
		if (spans[i].to.ms == 0)
			spans[i].to = now.ms > spans[i].from.ms ? now : spans[i].from;
	}
	struct promise_clock running = *clock;
	running.pauses = spans;
	*told = promise_clock_due(&running, &due, &missing_year);
	*ms = *told ? due.ms - now.ms : 0;
	return true;
}

static bool write_times(struct promise_case *all, const struct promise *one, struct json_out *out)
{
	struct promise_clock clock;
	bool open = one->state <= STATE_PAUSED, told = false;
	int64_t left = 0;
	if (!promise_case_clock(all, one, &clock))
		return false;
	struct instant end = open ? all->c->now : one->stopped_at;
	int64_t running = promise_clock_running(&clock, end), whole = end.ms - one->started_at.ms;
	if (open && !remaining(all, &clock, &left, &told))
		return false;
	put_text(out, "basis", clock.limit.basis);
	put_text(out, "amount", promise_amount_text(all->c, one->rule, clock.limit.amount));
	out_key(out, "remaining_ms");
	if (told)
		out_int(out, left);
	else
		out_null(out);
	put_int(out, "running_ms", running);
	put_int(out, "paused_ms", whole > running ? whole - running : 0);
	return true;
}

bool promise_write(struct ctx *c, struct subject subject, struct json_out *out)
{
	static const char *const states[] = { "", "running", "paused", "met", "broken", "cancelled" };
	struct promise_case all;
	if (!promise_case_load(c, subject, &all))
		return false;
	if (all.count > 1)
		qsort(all.list, all.count, sizeof *all.list, by_due);
	out_array_open(out);
	for (size_t i = 0; i < all.count; i++) {
		const struct promise *one = &all.list[i];
		if (!one->rule)
			continue;
		out_object_open(out);
		put_id(out, "id", one->id);
		put_text(out, "code", one->code);
		put_text(out, "label", one->rule->label);
		put_text(out, "article", one->rule->article);
		put_text(out, "source", one->rule->source);
		put_text(out, "kind", one->rule->kind_code);
		put_text(out, "state", states[one->state]);
		put_int(out, "attempt", one->attempt);
		put_int(out, "round", one->round);
		put_instant(out, "started_at", one->started_at);
		put_instant(out, "due_at", one->due_at);
		put_instant(out, "warn_at", one->warn_at);
		put_instant(out, "stopped_at", one->stopped_at);
		put_bool(out, "overdue",
			one->state == STATE_RUNNING && one->due_at.ms && one->due_at.ms < c->now.ms);
		if (!write_times(&all, one, out))
			return false;
		out_object_close(out);
	}
	out_array_close(out);
	return true;
}

/* ---- without a subject
 * -------------------------------------------------------------------------------------------- */

static void explain_days(const struct promise_clock *clock, struct instant due, struct text_builder *out)
{
	struct date day = instant_date(clock->started), last = instant_date(instant_plus(due, -1));
	char text[DATE_TEXT_SIZE];
	int64_t counted = 0;
	text_add_format(
		out, "%s %s 当日不计\n", date_text(day, text), hours_day_labels[date_weekday(day) - 1]);
	while (day.day < last.day) {
		day = date_plus(day, 1);
		enum day_kind kind = calendar_day(clock->calendar, day);
		bool counts = clock->rule->kind == KIND_CALENDAR_DAYS ? counted < clock->limit.amount
								      : kind == DAY_WORKED;
		const char *name = calendar_day_name(clock->calendar, day);
		name = strcmp(name, hours_day_labels[date_weekday(day) - 1]) == 0 ? "" : name;
		text_add_format(out, "%s %s", date_text(day, text), hours_day_labels[date_weekday(day) - 1]);
		if (counts)
			text_add_format(out, " 第%lld%s", (long long)++counted,
				clock->rule->kind == KIND_CALENDAR_DAYS ? "日" : "个工作日");
		else
			text_add(out, " 不计");
		text_add_format(out, "%s%s\n", *name ? " " : "", name);
	}
}

static void explain(
	struct ctx *c, const struct promise_clock *clock, struct instant due, struct text_builder *out)
{
	char text[INSTANT_TEXT_SIZE];
	text_add_format(out, "%s：%s（%s）\n", clock->rule->label,
		promise_amount_text(c, clock->rule, clock->limit.amount), clock->limit.basis);
	text_add_format(out, "起点 %s\n", instant_text(clock->started, text));
	if (clock->rule->kind == KIND_WORKING_DAYS || clock->rule->kind == KIND_CALENDAR_DAYS)
		explain_days(clock, due, out);
	else
		text_add(out,
			clock->rule->kind == KIND_WORKING_TIME ? "只计服务时间\n" : "按自然时间连续计算\n");
}

bool promise_due(struct ctx *c, const char *code, struct instant from, const char *user_class, int64_t org_id,
	const char *place, struct instant *due, struct text_builder *explanation, int *missing_year)
{
	const struct promise_rule *rule = promise_rule_of_code(promise_book(c), code);
	struct promise_overrides overrides;
	*missing_year = 0;
	if (!rule)
		return fail(c, NOT_FOUND, "没有承诺 %s，可用的承诺见制度对照", code);
	if (rule->classes && user_class && !book_lists(rule->classes, user_class))
		return fail(c, INVALID, "承诺 %s 不适用于用气类别 %s", code, user_class);
	struct promise_clock clock = { .rule = rule, .started = from };
	if (!promise_overrides_load(c, org_id, &overrides))
		return false;
	if (place) {
		overrides.place = place;
		overrides.place_known = true;
	}
	if (!promise_limit_find(c, &overrides, rule, from, &clock.limit))
		return false;
	if (promise_needs_calendar(rule) && !calendar_load(c, org_id, &clock.calendar))
		return false;
	if (!promise_clock_due(&clock, due, missing_year))
		return false;
	if (explanation)
		explain(c, &clock, *due, explanation);
	return true;
}
