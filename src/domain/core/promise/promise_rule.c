/* promise_rule.c: the rules of the book, and what an organisation or a place has instead of their numbers. */
#include <string.h>

#include "base/text.h"
#include "domain/core/promise/promise_internal.h"
#include "platform/log.h"

static const char book_path[] = "rulebook/promises.json", catalogue_path[] = "rulebook/catalogue.json";

static enum promise_kind kind_of_code(const char *code)
{
	static const char *const codes[] = { "", "elapsed", "working_time", "working_days", "calendar_days",
		"clock_window" };
	for (int i = KIND_ELAPSED; i <= KIND_CLOCK_WINDOW; i++) {
		if (text_equal(code, codes[i]))
			return (enum promise_kind)i;
	}
	return 0;
}

static void read_steps(const json_t *json, struct promise_rule *rule)
{
	const json_t *steps = json_object_get(json, "steps");
	for (size_t i = 0; i < json_array_size(steps) && rule->step_count < STEPS_MOST; i++) {
		const json_t *one = json_array_get(steps, i);
		struct promise_step *step = &rule->steps[rule->step_count++];
		step->before = json_object_get(one, "before") != NULL;
		step->amount = book_int(one, step->before ? "before" : "after", 0);
		step->unit = book_text(one, "unit");
		if (!step->unit)
			step->unit = "minute";
		step->to = book_text(one, "to");
		step->level = (int)book_int(one, "level", 0);
	}
}

static void read_places(const json_t *json, struct promise_rule *rule)
{
	const json_t *places = json_object_get(json, "places");
	for (size_t i = 0; i < json_array_size(places) && rule->place_count < PLACES_MOST; i++) {
		const json_t *one = json_array_get(places, i);
		rule->places[rule->place_count++] = (struct promise_place){ .place = book_text(one, "place"),
			.basis = book_text(one, "basis"),
			.amount = book_int(one, "amount", rule->amount) };
	}
}

static bool read_rule(struct ctx *c, const json_t *json, struct promise_rule *rule)
{
	struct arena *arena = c->app->arena;
	const char *appointment = book_text(json, "appointment");
	*rule = (struct promise_rule){ .code = book_text(json, "code"),
		.label = book_text(json, "label"),
		.article = book_text(json, "article"),
		.basis = book_text(json, "basis"),
		.source = book_text(json, "source"),
		.note = book_text(json, "note"),
		.kind_code = book_text(json, "kind"),
		.unit = book_text(json, "unit"),
		.kind = kind_of_code(book_text(json, "kind")),
		.amount = book_int(json, "amount", 0),
		.version = book_int(json, "version", 1),
		.due_clock = clock_of_text(book_text(json, "due_clock")),
		.late_from = clock_of_text(book_text(json, "late_from")),
		.late_due = clock_of_text(book_text(json, "late_due")),
		.night_from = clock_of_text(book_text(json, "night_from")),
		.night_to = clock_of_text(book_text(json, "night_to")),
		.night_amount = book_int(json, "night_amount", 0),
		.floor = book_bool(json, "floor"),
		.again = book_bool(json, "again"),
		.appointment_due = book_text(json, "appointment_due"),
		.starts_on = book_texts(arena, json, "starts_on"),
		.stops_on = book_texts(arena, json, "stops_on"),
		.cancels_on = book_texts(arena, json, "cancels_on"),
		.reopens_on = book_texts(arena, json, "reopens_on"),
		.pauses_in = book_texts(arena, json, "pauses_in"),
		.groups = book_texts(arena, json, "groups"),
		.kinds = book_texts(arena, json, "kinds"),
		.levels = book_texts(arena, json, "levels"),
		.classes = book_texts(arena, json, "classes") };
	rule->appointment = text_equal(appointment, "none")	? APPOINTMENT_NONE
			    : text_equal(appointment, "agreed") ? APPOINTMENT_AGREED
								: APPOINTMENT_ANY;
	read_steps(json, rule);
	read_places(json, rule);
	bool good = rule->code && rule->label && rule->basis && rule->source && rule->unit &&
		    rule->kind != 0 && rule->amount > 0 &&
		    (rule->kind != KIND_CLOCK_WINDOW || (rule->late_from >= 0 && rule->late_due >= 0));
	for (size_t i = 0; i < rule->step_count; i++)
		good = good && rule->steps[i].to;
	for (size_t i = 0; i < rule->place_count; i++)
		good = good && rule->places[i].place && rule->places[i].basis;
	if (!good) {
		log_line(LOG_ERROR, "promise", "a rule of the book is incomplete", "code",
			rule->code ? rule->code : "?", NULL);
		return fail(c, INTERNAL, "规章数据 %s 不完整，请重新安装程序", book_path);
	}
	return true;
}

/* The business kinds' groups, from the catalogue of the doors and field work: {"kinds":[{"code","group"}…]}.
 */
static bool read_groups(struct ctx *c, struct promise_book *book)
{
	const json_t *json, *kinds;
	if (!book_json_if_any(c, catalogue_path, &json))
		return false;
	kinds = json_is_array(json) ? json : json_object_get(json, "kinds");
	size_t count = json_array_size(kinds);
	book->groups = arena_alloc_array(c->app->arena, sizeof *book->groups, count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(kinds, i);
		book->groups[book->group_count].kind = book_text(one, "code");
		book->groups[book->group_count].group = book_text(one, "group");
		if (book->groups[book->group_count].kind)
			book->group_count++;
	}
	return true;
}

bool promise_book_load(struct ctx *c)
{
	const json_t *json;
	if (book_part(c->app, "promises"))
		return true;
	if (!book_json(c, book_path, &json))
		return false;
	struct promise_book *book = arena_new_object(c->app->arena, struct promise_book);
	book->count = json_array_size(json);
	book->rules = arena_array(c->app->arena, struct promise_rule, book->count + 1);
	for (size_t i = 0; i < book->count; i++) {
		if (!read_rule(c, json_array_get(json, i), &book->rules[i]))
			return false;
		if (promise_rule_of_code(
			    &(struct promise_book){ .rules = book->rules, .count = i }, book->rules[i].code))
			return fail(c, INTERNAL, "规章数据 %s 中 %s 重复", book_path, book->rules[i].code);
	}
	if (!read_groups(c, book))
		return false;
	book_put(c->app, "promises", book);
	return true;
}

const struct promise_book *promise_book(const struct ctx *c)
{
	static const struct promise_book empty = { .count = 0 };
	const struct promise_book *book = book_part(c->app, "promises");
	return book ? book : &empty;
}

const struct promise_rule *promise_rule_of_code(const struct promise_book *book, const char *code)
{
	for (size_t i = 0; i < book->count; i++) {
		if (text_equal(book->rules[i].code, code))
			return &book->rules[i];
	}
	return NULL;
}

const char *promise_label(const struct ctx *c, const char *code)
{
	const struct promise_rule *rule = promise_rule_of_code(promise_book(c), code);
	return rule ? rule->label : NULL;
}

static bool group_matches(const struct promise_book *book, const struct promise_rule *rule, const char *kind)
{
	if (!rule->groups && !rule->kinds)
		return true;
	if (book_lists(rule->kinds, kind))
		return true;
	for (size_t i = 0; kind && i < book->group_count; i++) {
		if (strcmp(book->groups[i].kind, kind) == 0 &&
			book_lists(rule->groups, book->groups[i].group))
			return true;
	}
	return false;
}

bool promise_rule_applies(
	const struct promise_book *book, const struct promise_rule *rule, const struct promise_facts *facts)
{
	if (rule->levels && !book_lists(rule->levels, facts->level))
		return false;
	if (rule->classes && !book_lists(rule->classes, facts->user_class))
		return false;
	if (rule->appointment == APPOINTMENT_NONE && facts->has_appointment)
		return false;
	if (rule->appointment == APPOINTMENT_AGREED && !facts->has_appointment)
		return false;
	return group_matches(book, rule, facts->kind);
}

const char *promise_amount_text(struct ctx *c, const struct promise_rule *rule, int64_t amount)
{
	const char *unit = text_equal(rule->unit, "second")	   ? "秒"
			   : text_equal(rule->unit, "minute")	   ? "分钟"
			   : text_equal(rule->unit, "hour")	   ? "小时"
			   : text_equal(rule->unit, "working_day") ? "个工作日"
								   : "日";
	return arena_format(c->arena, "%lld%s", (long long)amount, unit);
}

/* ---- overrides and places
 * -------------------------------------------------------------------------------------- */

bool promise_overrides_load(struct ctx *c, int64_t org_id, struct promise_overrides *overrides)
{
	static const char nearest[] =
		"SELECT o.id, o.code, o.amount, o.due_clock, o.basis, o.effective_from"
		" FROM org_tree mine JOIN promise_override o ON 1 = 1 JOIN org_tree theirs ON theirs.id = "
		"o.org_id"
		" WHERE mine.id = $1 AND substr(mine.path, 1, length(theirs.path)) = theirs.path"
		" ORDER BY length(theirs.path) DESC, o.effective_from DESC, o.id LIMIT $2";
	struct rows *rows;
	*overrides = (struct promise_overrides){ .org_id = org_id };
	if (!c->conn || org_id == 0)
		return true;
	/* Most installations have none: one cheap look instead of the joins. */
	if (!db_query(c, &rows, "SELECT 1 FROM promise_override LIMIT 1"))
		return false;
	bool any = rows_next(rows);
	rows_close(rows);
	if (ctx_failed(c) || !any)
		return !ctx_failed(c);
	overrides->list = arena_array(c->arena, struct promise_override, OVERRIDES_MOST);
	if (!db_query(c, &rows, nearest, V(org_id), V((int)OVERRIDES_MOST)))
		return false;
	while (rows_next(rows) && overrides->count < OVERRIDES_MOST) {
		const char *due_clock = rows_text(rows, 3);
		overrides->list[overrides->count++] = (struct promise_override){ .id = rows_int(rows, 0),
			.code = rows_text(rows, 1),
			.amount = rows_int(rows, 2),
			.due_clock = clock_of_text(due_clock),
			.basis = rows_text(rows, 4),
			.effective_from = rows_date(rows, 5) };
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* The GB/T 2260 code in force at the organisation: its own or the nearest ancestor's. */
static bool place_of_org(struct ctx *c, struct promise_overrides *overrides)
{
	static const char nearest[] =
		"SELECT theirs.place_code FROM org_tree mine JOIN org_tree theirs ON 1 = 1"
		" WHERE mine.id = $1 AND theirs.place_code IS NOT NULL"
		" AND substr(mine.path, 1, length(theirs.path)) = theirs.path"
		" ORDER BY length(theirs.path) DESC, theirs.id LIMIT 1";
	struct rows *rows;
	if (overrides->place_known || !c->conn || overrides->org_id == 0)
		return true;
	if (!db_query(c, &rows, nearest, V(overrides->org_id)))
		return false;
	if (rows_next(rows))
		overrides->place = rows_text(rows, 0);
	rows_close(rows);
	overrides->place_known = true;
	return !ctx_failed(c);
}

bool promise_limit_find(struct ctx *c, struct promise_overrides *overrides, const struct promise_rule *rule,
	struct instant started, struct promise_limit *limit)
{
	size_t longest = 0;
	*limit = (struct promise_limit){ .amount = rule->amount,
		.version = rule->version,
		.due_clock = rule->due_clock,
		.basis = rule->basis };
	if (rule->place_count > 0 && !place_of_org(c, overrides))
		return false;
	for (size_t i = 0; overrides->place && i < rule->place_count; i++) {
		size_t length = strlen(rule->places[i].place);
		if (length > longest && text_starts(overrides->place, rule->places[i].place)) {
			longest = length;
			limit->amount = rule->places[i].amount;
			limit->basis = rule->places[i].basis;
		}
	}
	struct date day = instant_date(started);
	for (size_t i = 0; i < overrides->count; i++) {
		const struct promise_override *one = &overrides->list[i];
		if (strcmp(one->code, rule->code) != 0 || one->effective_from.day > day.day)
			continue;
		limit->amount = one->amount;
		limit->version = one->id;
		limit->basis = one->basis;
		if (one->due_clock >= 0)
			limit->due_clock = one->due_clock;
		break;
	}
	return true;
}
