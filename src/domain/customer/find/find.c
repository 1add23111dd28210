/* find.c: one search box for numbers, phones, names, addresses, orders, staff.
 *
 * Each kind has an index of its own and is asked only when the text can be of that kind. Nothing here scans.
 */
#include "domain/customer/find/find.h"

#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/equipment/equipment.h"
#include "domain/customer/person/person.h"
#include "platform/app.h"
#include "platform/search.h"

struct finding {
	const char *query; /* trimmed */
	const char *form;  /* search form */
	const struct find_scope *scopes;
	size_t scope_count;
	struct household_hits households;
	const char **matched;  /* of households.ids */
	struct find_hit *hits; /* the others: persons, orders, staff */
	size_t count, limit;
	bool more;
};

static bool has_module(const struct ctx *c, const char *name)
{
	for (size_t i = 0; i < c->app->module_count; i++)
		if (strcmp(c->app->modules[i]->name, name) == 0)
			return true;
	return false;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static bool is_full(const struct finding *finding)
{
	return finding->households.count + finding->count >= finding->limit;
}

/* Room for one more hit that is no household. NULL and `more` when there is none. */
static struct find_hit *next_hit(struct finding *finding)
{
	if (is_full(finding)) {
		finding->more = true;
		return NULL;
	}
	finding->households.limit--;
	return &finding->hits[finding->count++];
}

/* ---- households
 * ------------------------------------------------------------------------------------------------------ */

typedef bool household_finder(
	struct ctx *c, const struct find_scope *scope, const char *text, struct household_hits *hits);

/* Asks one index in every scope; what is new since then was matched by `matched`. The bound on work is each
 * index's own. */
static bool ask(struct ctx *c, struct finding *finding, household_finder *finder, const char *text,
	const char *matched)
{
	for (size_t i = 0; i < finding->scope_count; i++) {
		if (is_full(finding) && finding->more)
			return true;
		size_t before = finding->households.count;
		finding->households.work = 0;
		finding->households.more = false;
		if (!finder(c, &finding->scopes[i], text, &finding->households))
			return false;
		finding->more = finding->more || finding->households.more;
		for (size_t k = before; k < finding->households.count; k++)
			finding->matched[k] = matched;
	}
	return true;
}

/* ---- names
 * -------------------------------------------------------------------------------------------------------------
 */

enum { NAMES_PASSED_OVER = 400 };

static bool person_hit(struct ctx *c, struct finding *finding, const struct find_scope *scope, int64_t id,
	const char *matched)
{
	struct person person;
	struct household_hits *hits = &finding->households;
	size_t before = hits->count;
	int64_t ids[FIND_LIMIT_MOST];
	size_t count;
	if (!person_read(c, id, &person) || !household_of_person(c, id, ids, FIND_LIMIT_MOST, &count))
		return false;
	if (person.merged_into_id)
		return true;
	for (size_t i = 0; i < count; i++) {
		struct household household;
		if (!household_read(c, ids[i], &household))
			return false;
		if (find_scope_has(scope, household.org_id))
			household_hit(hits, ids[i]);
	}
	finding->more = finding->more || hits->more;
	for (size_t k = before; k < hits->count; k++)
		finding->matched[k] = matched;
	if (count || !find_scope_has(scope, person.org_id))
		return true;
	for (size_t i = 0; i < finding->count; i++)
		if (finding->hits[i].id == id && strcmp(finding->hits[i].type, "person") == 0)
			return true;
	struct find_hit *hit = next_hit(finding);
	if (hit)
		*hit = (struct find_hit){ .type = "person",
			.id = id,
			.title = personal_mask(c, PERSONAL_NAME, person.name),
			.subtitle = personal_mask(c, PERSONAL_PHONE, person.phone),
			.matched = matched };
	return true;
}

/* The site of a household, for its fence: cheaper than the whole file. */
static bool site_org(struct ctx *c, int64_t household_id, int64_t *org_id)
{
	return db_number(c, org_id, 0, "SELECT org_id FROM household_site WHERE id = $1", V(household_id));
}

static bool household_by_name(
	struct ctx *c, struct finding *finding, const struct find_scope *scope, int64_t id)
{
	struct household_hits *hits = &finding->households;
	size_t before = hits->count;
	int64_t org_id = 0;
	if (!scope->whole && !site_org(c, id, &org_id))
		return false;
	if (!scope->whole && !find_scope_has(scope, org_id))
		return true;
	/* The index knows a name's suffixes only so far: the rest is looked at on the record. */
	if (text_characters(finding->form) > SEARCH_SUFFIX_CHARACTERS) {
		struct household household;
		if (!household_read(c, id, &household))
			return false;
		if (!strstr(text_search_form(c->arena, household.name ? household.name : ""), finding->form))
			return true;
	}
	household_hit(hits, id);
	finding->more = finding->more || hits->more;
	if (hits->count > before)
		finding->matched[before] = "name";
	return true;
}

static bool ask_names(struct ctx *c, struct finding *finding)
{
	static const int kinds[] = { SEARCH_HOUSEHOLD_NAME, SEARCH_PERSON_NAME };
	struct search_hit *found = arena_array(c->arena, struct search_hit, NAMES_PASSED_OVER);
	for (size_t s = 0; s < finding->scope_count && !(is_full(finding) && finding->more); s++) {
		const struct find_scope *scope = &finding->scopes[s];
		size_t most = scope->whole ? finding->limit + 1 : NAMES_PASSED_OVER, count;
		if (!search_find(c, scope->company_id, kinds, 2, finding->query, found, most, &count))
			return false;
		finding->households.more = false;
		for (size_t i = 0; i < count && !(is_full(finding) && finding->more); i++)
			if (found[i].kind == SEARCH_HOUSEHOLD_NAME
					? !household_by_name(c, finding, scope, found[i].id)
					: !person_hit(c, finding, scope, found[i].id, "name"))
				return false;
		if (!scope->whole && count == most)
			finding->more = true;
	}
	return true;
}

static bool ask_phones(struct ctx *c, struct finding *finding)
{
	int64_t persons[FIND_LIMIT_MOST + 1];
	for (size_t s = 0; s < finding->scope_count && !(is_full(finding) && finding->more); s++) {
		const struct find_scope *scope = &finding->scopes[s];
		size_t count;
		finding->households.more = false;
		if (!person_of_phone(
			    c, scope->company_id, finding->query, persons, FIND_LIMIT_MOST + 1, &count))
			return false;
		for (size_t i = 0; i < count && !(is_full(finding) && finding->more); i++)
			if (!person_hit(c, finding, scope, persons[i], "phone"))
				return false;
		if (count > FIND_LIMIT_MOST)
			finding->more = true;
	}
	return true;
}

/* Digits and what people put between them. */
static bool looks_like_phone(struct ctx *c, const char *query)
{
	static const char *const marks[] = { "（", "）", "－", "＋", "　", "转", "—", NULL };
	const char *form = text_phone_form(c->arena, query);
	if (strlen(form) < PHONE_DIGITS_LEAST)
		return false;
	for (const char *at = query; *at;) {
		if (strchr("0123456789 +-()./#xX,", *at)) {
			at++;
			continue;
		}
		const char *before = at;
		for (size_t i = 0; marks[i] && at == before; i++)
			at += text_starts(at, marks[i]) ? strlen(marks[i]) : 0;
		if (at == before) {
			uint32_t character = text_next(&at);
			if (character < 0xFF10 || character > 0xFF19)
				return false;
		}
	}
	return true;
}

/* ---- addresses written otherwise
 * --------------------------------------------------------------------------------------- */

/* "花园3-2-501", "花园3栋2单元501室": when the text itself is nowhere, its numbers are put into the words
 * that addresses are printed with. */
struct address_try {
	const char *head; /* what stands before the first number */
	const char *number[3];
	size_t count;
};

static size_t level_word(const char *at)
{
	static const char *const words[] = { "号楼", "栋", "幢", "座", "楼", "单元", "室", "号", "户", "－",
		"—", "#", "-", "/", " ", NULL };
	for (size_t i = 0; words[i]; i++)
		if (text_starts(at, words[i]))
			return strlen(words[i]);
	return 0;
}

static bool read_try(struct ctx *c, const char *query, struct address_try *try)
{
	size_t head = strcspn(query, "0123456789");
	const char *at = query + head;
	*try = (struct address_try){ .head = text_search_form(
					     c->arena, arena_text_n(c->arena, query, head)) };
	while (*at && try->count < 3) {
		size_t digits = strspn(at, "0123456789");
		if (!digits)
			return false;
		try->number[try->count++] = arena_text_n(c->arena, at, digits);
		at += digits;
		size_t word = level_word(at);
		if (*at && !word)
			return false;
		while ((word = level_word(at)))
			at += word;
	}
	return !*at && try->count >= 2;
}

static bool ask_otherwise(struct ctx *c, struct finding *finding)
{
	static const char *const buildings[] = { "号楼", "栋", "幢", "座", "楼", NULL };
	struct address_try try;
	if (!read_try(c, finding->query, &try))
		return true;
	for (size_t i = 0; buildings[i] && !is_full(finding); i++) {
		const char *form = try.count == 3
					   ? arena_format(c->arena, "%s%s%s%s单元%s", try.head, try.number[0],
						     buildings[i], try.number[1], try.number[2])
					   : arena_format(c->arena, "%s%s%s%s", try.head, try.number[0],
						     buildings[i], try.number[1]);
		if (strcmp(form, finding->form) != 0 &&
			!ask(c, finding, household_find_address, form, "address"))
			return false;
	}
	return true;
}

/* ---- orders and staff
 * ---------------------------------------------------------------------------------------------------- */

static const char orders_by_number[] =
	"SELECT id, org_id, number, address FROM repair_find WHERE company_id = $1 "
	"AND number >= $2 AND number < $3 ORDER BY number, id LIMIT $4";

static const char *upper(struct ctx *c, const char *text)
{
	char *out = arena_text(c->arena, text);
	for (char *at = out; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	return out;
}

static bool ask_orders(struct ctx *c, struct finding *finding)
{
	struct find_scope *scopes = arena_array(c->arena, struct find_scope, FIND_SCOPES_MOST);
	size_t scope_count;
	const char *prefix = upper(c, finding->query);
	const char *end = arena_format(c->arena, "%s\xF4\x8F\xBF\xBF", prefix);
	if (!actor_may(c->actor, MAY_VIEW_REPAIR) || !has_module(c, "repair"))
		return true;
	if (!find_scopes(c, MAY_VIEW_REPAIR, scopes, &scope_count))
		return false;
	for (size_t s = 0; s < scope_count; s++) {
		struct rows *rows;
		int64_t wanted = scopes[s].whole ? (int64_t)finding->limit + 1 : 400;
		if (!db_query(c, &rows, orders_by_number, V(scopes[s].company_id), V(prefix), V(end),
			    V(wanted)))
			return false;
		while (!(is_full(finding) && finding->more) && rows_next(rows)) {
			if (!find_scope_has(&scopes[s], rows_int(rows, 1)))
				continue;
			struct find_hit *hit = next_hit(finding);
			if (hit)
				*hit = (struct find_hit){ .type = "repair",
					.id = rows_int(rows, 0),
					.number = rows_text(rows, 2),
					.title = rows_text(rows, 2),
					.subtitle = rows_text(rows, 3),
					.matched = "order" };
		}
		rows_close(rows);
	}
	return !ctx_failed(c);
}

/* Staff are few: the beginning of the whole name or of the given name. */
static bool ask_staff(struct ctx *c, struct finding *finding)
{
	struct value values[FENCE_VALUES + 2];
	size_t count = 0;
	struct text_builder sql = { .arena = c->arena };
	struct rows *rows;
	if (!actor_may(c->actor, MAY_VIEW_STAFF) || !has_module(c, "staff"))
		return true;
	values[count++] = V(finding->query);
	values[count++] = V(arena_format(c->arena, "%s\xF4\x8F\xBF\xBF", finding->query));
	text_add(&sql, "SELECT s.staff_id, s.name, o.name FROM staff_contact s JOIN org_tree o ON o.id = "
		       "s.org_id WHERE "
		       "((s.name >= $1 AND s.name < $2) OR (substr(s.name, 2) >= $1 AND substr(s.name, 2) < "
		       "$2)) AND ");
	fence_condition(c, MAY_VIEW_STAFF, "s.org_id", &sql, values, &count);
	text_add(&sql, " ORDER BY s.name, s.staff_id LIMIT 51");
	if (!db_query_values(c, &rows, text_built(&sql), values, count))
		return false;
	while (rows_next(rows)) {
		struct find_hit *hit = next_hit(finding);
		if (!hit)
			break;
		*hit = (struct find_hit){ .type = "staff",
			.id = rows_int(rows, 0),
			.title = rows_text(rows, 1),
			.subtitle = rows_text(rows, 2),
			.matched = "name" };
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* ---- together
 * -------------------------------------------------------------------------------------------------------------
 */

static bool ask_all(struct ctx *c, struct finding *finding)
{
	bool plain = is_ascii(finding->query);
	if (plain && !ask(c, finding, household_find_number, finding->query, "number"))
		return false;
	if (plain && !ask_orders(c, finding))
		return false;
	if (looks_like_phone(c, finding->query) && !ask_phones(c, finding))
		return false;
	if (plain && !ask(c, finding, meter_find, finding->query, "number"))
		return false;
	if (!ask_names(c, finding) || !ask(c, finding, household_find_address, finding->form, "address"))
		return false;
	if (!finding->households.count && !ask_otherwise(c, finding))
		return false;
	return plain || ask_staff(c, finding);
}

static bool write_households(struct ctx *c, const struct finding *finding, struct find_hit *hits)
{
	for (size_t i = 0; i < finding->households.count; i++) {
		struct household household;
		if (!household_read(c, finding->households.ids[i], &household))
			return false;
		hits[i] = (struct find_hit){ .type = "household",
			.id = household.id,
			.number = household.number,
			.title = personal_mask(c, PERSONAL_NAME, household.name),
			.subtitle = household.address,
			.matched = finding->matched[i] };
	}
	return true;
}

bool find_everything(
	struct ctx *c, const char *query, struct find_hit *hits, size_t limit, size_t *count, bool *more)
{
	struct find_scope *scopes = arena_array(c->arena, struct find_scope, FIND_SCOPES_MOST);
	struct finding finding = { .query = text_trim(c->arena, query),
		.scopes = scopes,
		.households = { .ids = arena_array(c->arena, int64_t, limit), .limit = limit },
		.matched = arena_array(c->arena, const char *, limit),
		.hits = arena_array(c->arena, struct find_hit, limit),
		.limit = limit };
	*count = 0;
	*more = false;
	if (text_characters(finding.query) > FIND_QUERY_CHARACTERS)
		return fail(c, BAD_REQUEST, "要找的内容太长，请只输入其中一段");
	finding.form = text_search_form(c->arena, finding.query);
	if (!*finding.query || !*finding.form)
		return true;
	if (!find_scopes(c, MAY_VIEW_HOUSEHOLD, scopes, &finding.scope_count) || !ask_all(c, &finding) ||
		!write_households(c, &finding, hits))
		return false;
	memcpy(hits + finding.households.count, finding.hits, finding.count * sizeof *hits);
	*count = finding.households.count + finding.count;
	*more = finding.more;
	return true;
}
