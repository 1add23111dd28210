/* household_find.c: finding households by number, phone and any piece of their address.
 *
 * A fragment F of a printed address begins somewhere in one of the four levels. Let P be that level's text
 * and T the address from that level on (household_tail):
 *   - F lies inside P: then P has a suffix that begins with F (a range of address_part), and T begins with P;
 *   - F runs out of P: then some beginning S of F is a whole suffix of P (equality in address_part), and T
 * begins with P followed by the rest of F. Either way the households are a range of household_tail. The
 * number of different P is small (address_part), so is the number of ranges; each is read only as far as hits
 * are still wanted. FIND_WORK_MOST bounds the whole in index rows, not in time, so that both databases give
 * the same hits. */
#include "domain/customer/household/household.h"

#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/person/person.h"
#include "platform/auth.h"

/* ---- scope
 * ---------------------------------------------------------------------------------------------------- */

bool find_scope_has(const struct find_scope *scope, int64_t org_id)
{
	size_t low = 0, high = scope->org_count;
	if (scope->whole)
		return true;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (scope->org_ids[middle] < org_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < scope->org_count && scope->org_ids[low] == org_id;
}

enum { SCOPE_ORGS_MOST = 4000 };

static bool read_units(struct ctx *c, int permission, struct find_scope *scope)
{
	struct value values[FENCE_VALUES + 1] = { V(scope->company_id) };
	size_t count = 1;
	struct text_builder sql = { .arena = c->arena };
	struct rows *rows;
	text_add(&sql, "SELECT id FROM org_tree WHERE company_id = $1 AND ");
	fence_condition(c, permission, "id", &sql, values, &count);
	text_add(&sql, " ORDER BY id");
	if (!db_query_values(c, &rows, text_built(&sql), values, count))
		return false;
	int64_t *ids = arena_array(c->arena, int64_t, SCOPE_ORGS_MOST);
	while (scope->org_count < SCOPE_ORGS_MOST && rows_next(rows))
		ids[scope->org_count++] = rows_int(rows, 0);
	rows_close(rows);
	scope->org_ids = ids;
	return !ctx_failed(c);
}

bool find_scopes(struct ctx *c, int permission, struct find_scope *scopes, size_t *count)
{
	struct value values[FENCE_VALUES];
	size_t value_count = 0;
	struct text_builder sql = { .arena = c->arena };
	struct rows *rows;
	*count = 0;
	text_add(&sql, "SELECT id, path FROM org_tree WHERE kind = 'company' AND id IN "
		       "(SELECT company_id FROM org_tree WHERE ");
	fence_condition(c, permission, "id", &sql, values, &value_count);
	text_add(&sql, ") ORDER BY id");
	if (!db_query_values(c, &rows, text_built(&sql), values, value_count))
		return false;
	while (*count < FIND_SCOPES_MOST && rows_next(rows)) {
		struct find_scope *scope = &scopes[(*count)++];
		*scope = (struct find_scope){ .company_id = rows_int(rows, 0) };
		scope->whole = actor_may_at(c->actor, permission, rows_text(rows, 1));
	}
	rows_close(rows);
	for (size_t i = 0; i < *count; i++)
		if (!scopes[i].whole && !read_units(c, permission, &scopes[i]))
			return false;
	return !ctx_failed(c);
}

/* ---- hits
 * ---------------------------------------------------------------------------------------------------------
 */

void household_hit(struct household_hits *hits, int64_t id)
{
	for (size_t i = 0; i < hits->count; i++)
		if (hits->ids[i] == id)
			return;
	if (hits->count == hits->limit)
		hits->more = true;
	else
		hits->ids[hits->count++] = id;
}

static bool is_enough(struct household_hits *hits)
{
	if (hits->work >= FIND_WORK_MOST)
		hits->more = true;
	return hits->more && (hits->count == hits->limit || hits->work >= FIND_WORK_MOST);
}

/* A whole company needs one row more than hits are wanted: that many can be known already. Part of one may
 * have to pass over many rows of others. */
enum { PASS_OVER_MOST = 1000 };

static int64_t rows_wanted(const struct find_scope *scope, const struct household_hits *hits)
{
	return scope->whole ? (int64_t)hits->limit + 1 : PASS_OVER_MOST;
}

/* Takes (household id, org id) rows until there are enough. */
static bool take_rows(
	struct ctx *c, struct rows *rows, const struct find_scope *scope, struct household_hits *hits)
{
	int64_t seen = 0;
	while (rows_next(rows)) {
		seen++;
		hits->work++;
		if (find_scope_has(scope, rows_int(rows, 1)))
			household_hit(hits, rows_int(rows, 0));
		if (is_enough(hits))
			break;
	}
	rows_close(rows);
	if (!scope->whole && seen == PASS_OVER_MOST)
		hits->more = true;
	return !ctx_failed(c);
}

/* Just beyond every text that begins with `prefix`: U+10FFFF is no character of a text. */
static const char *range_end(struct ctx *c, const char *prefix)
{
	return arena_format(c->arena, "%s\xF4\x8F\xBF\xBF", prefix);
}

/* ---- number
 * ---------------------------------------------------------------------------------------------------------
 */

static const char by_number[] =
	"SELECT id, org_id FROM household WHERE company_id = $1 AND number >= $2 AND number < $3 "
	"ORDER BY number, id LIMIT $4";

bool household_find_number(
	struct ctx *c, const struct find_scope *scope, const char *prefix, struct household_hits *hits)
{
	struct rows *rows;
	return db_query(c, &rows, by_number, V(scope->company_id), V(prefix), V(range_end(c, prefix)),
		       V(rows_wanted(scope, hits))) &&
	       take_rows(c, rows, scope, hits);
}

/* ---- address
 * ----------------------------------------------------------------------------------------------------------
 */

/* A descent of the index counts as much as so many rows. */
enum { PROBE_WORK = 4 };
static const char by_tail[] =
	"SELECT household_id, org_id FROM household_tail WHERE company_id = $1 AND level = $2 "
	"AND tail >= $3 AND tail < $4 ORDER BY tail, household_id LIMIT $5";

static bool find_tails(struct ctx *c, const struct find_scope *scope, int64_t level, const char *prefix,
	struct household_hits *hits)
{
	struct rows *rows;
	hits->work += PROBE_WORK;
	return db_query(c, &rows, by_tail, V(scope->company_id), V(level), V(prefix), V(range_end(c, prefix)),
		       V(rows_wanted(scope, hits))) &&
	       take_rows(c, rows, scope, hits);
}

static const char parts_around[] = "SELECT level, part FROM address_part WHERE company_id = $1 AND level = "
				   "$2 AND suffix >= $3 AND suffix < $4 "
				   "ORDER BY suffix, part LIMIT $5";

static bool find_inside_level(struct ctx *c, const struct find_scope *scope, int level, const char *form,
	struct household_hits *hits)
{
	struct rows *rows;
	const char *last = NULL;
	int64_t seen = 0;
	if (!db_query(c, &rows, parts_around, V(scope->company_id), V(level), V(form), V(range_end(c, form)),
		    V(FIND_WORK_MOST)))
		return false;
	while (!is_enough(hits) && rows_next(rows)) {
		const char *part = rows_text(rows, 1);
		hits->work++;
		/* "1栋11" holds 1 more than once: one look is enough. */
		if (!text_equal(part, last) && !find_tails(c, scope, rows_int(rows, 0), part, hits))
			return false;
		last = part;
		seen++;
	}
	rows_close(rows);
	if (seen == FIND_WORK_MOST)
		hits->more = true;
	return !ctx_failed(c);
}

/* SPLITS beginnings of the fragment at once. */
enum { SPLITS = 8 };
static const char parts_ending[] =
	"SELECT level, suffix, part FROM address_part WHERE company_id = $1 AND level IN (0, 1, 2) AND "
	"followed = 1 "
	"AND suffix IN ($2, $3, $4, $5, $6, $7, $8, $9) ORDER BY level, suffix, part LIMIT $10";

static const char tail_known[] =
	"SELECT 1 FROM household_tail WHERE company_id = $1 AND level = $2 AND tail >= $3 "
	"AND tail < $4 LIMIT 1";

/* Whether any address below `level` begins with `rest`: if not, no part needs to be tried. */
static bool rest_exists(struct ctx *c, const struct find_scope *scope, int64_t level, const char *rest,
	struct household_hits *hits, bool *exists)
{
	int64_t one = 0;
	const char *end = range_end(c, rest);
	for (int64_t below = level + 1; below < ADDRESS_LEVELS && !one; below++) {
		hits->work += PROBE_WORK;
		if (!db_number(c, &one, 0, tail_known, V(scope->company_id), V(below), V(rest), V(end)))
			return false;
	}
	*exists = one;
	return true;
}

/* The rows come by level and beginning: what is known of one pair holds until the next. */
static bool find_from_parts(struct ctx *c, const struct find_scope *scope, const char *const *starts,
	const char *form, struct household_hits *hits)
{
	struct rows *rows;
	int64_t level = -1;
	size_t start_length = 0;
	bool exists = false;
	if (!db_query(c, &rows, parts_ending, V(scope->company_id), V(starts[0]), V(starts[1]), V(starts[2]),
		    V(starts[3]), V(starts[4]), V(starts[5]), V(starts[6]), V(starts[7]), V(FIND_WORK_MOST)))
		return false;
	while (!is_enough(hits) && rows_next(rows)) {
		size_t length = strlen(rows_text(rows, 1));
		hits->work++;
		if (rows_int(rows, 0) != level || length != start_length) {
			level = rows_int(rows, 0);
			start_length = length;
			if (!rest_exists(c, scope, level, form + length, hits, &exists))
				return false;
		}
		if (exists &&
			!find_tails(c, scope, level,
				arena_format(c->arena, "%s%s", rows_text(rows, 2), form + length), hits))
			return false;
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static bool find_across_levels(
	struct ctx *c, const struct find_scope *scope, const char *form, struct household_hits *hits)
{
	const char *at = form;
	text_next(&at);
	while (*at && !is_enough(hits)) {
		const char *starts[SPLITS] = { NULL };
		for (size_t i = 0; i < SPLITS && *at; i++, text_next(&at))
			starts[i] = arena_text_n(c->arena, form, (size_t)(at - form));
		if (!find_from_parts(c, scope, starts, form, hits))
			return false;
	}
	return true;
}

bool household_find_address(
	struct ctx *c, const struct find_scope *scope, const char *form, struct household_hits *hits)
{
	if (!*form)
		return true;
	for (int level = 0; level < ADDRESS_LEVELS && !is_enough(hits); level++)
		if (!find_inside_level(c, scope, level, form, hits))
			return false;
	return is_enough(hits) || find_across_levels(c, scope, form, hits);
}

/* ---- phone
 * ----------------------------------------------------------------------------------------------------------------
 */

enum { PHONE_PERSONS_MOST = 60 };

static bool take_households(
	struct ctx *c, const struct find_scope *scope, int64_t person_id, struct household_hits *hits)
{
	struct rows *rows;
	return db_query(c, &rows,
		       "SELECT id, org_id FROM household WHERE person_id = $1 ORDER BY id LIMIT 100",
		       V(person_id)) &&
	       take_rows(c, rows, scope, hits);
}

bool household_find_phone(
	struct ctx *c, const struct find_scope *scope, const char *phone, struct household_hits *hits)
{
	int64_t persons[PHONE_PERSONS_MOST];
	size_t count;
	if (!person_of_phone(c, scope->company_id, phone, persons, PHONE_PERSONS_MOST, &count))
		return false;
	for (size_t i = 0; i < count && !is_enough(hits); i++)
		if (!take_households(c, scope, persons[i], hits))
			return false;
	if (count == PHONE_PERSONS_MOST)
		hits->more = true;
	return true;
}

bool household_of_phone(struct ctx *c, const char *phone, int64_t *ids, size_t limit, size_t *count)
{
	struct find_scope *scopes = arena_array(c->arena, struct find_scope, FIND_SCOPES_MOST);
	struct household_hits hits = { .ids = ids, .limit = limit };
	size_t scope_count;
	if (!find_scopes(c, MAY_VIEW_HOUSEHOLD, scopes, &scope_count))
		return false;
	for (size_t i = 0; i < scope_count && !is_enough(&hits); i++)
		if (!household_find_phone(c, &scopes[i], phone, &hits))
			return false;
	*count = hits.count;
	return true;
}

/* ---- numbers that begin with 0
 * ----------------------------------------------------------------------------------------- */

bool household_zeros_known(struct ctx *c, int64_t company_id, bool *known)
{
	int64_t one;
	bool good = db_number(c, &one, 0,
		"SELECT 1 FROM household WHERE company_id = $1 AND number >= '0' AND number < '1' LIMIT 1",
		V(company_id));
	*known = good && one;
	return good;
}

static const char with_zeros[] = "SELECT number FROM household WHERE company_id = $1 AND number IN ($2, $3, "
				 "$4, $5, $6, $7, $8, $9) LIMIT 1";

bool household_with_zeros(struct ctx *c, int64_t company_id, const char *number, const char **known)
{
	const char *z[8];
	struct rows *rows;
	for (int i = 0; i < 8; i++)
		z[i] = arena_format(c->arena, "%.*s%s", i + 1, "00000000", number);
	*known = NULL;
	if (!db_query(c, &rows, with_zeros, V(company_id), V(z[0]), V(z[1]), V(z[2]), V(z[3]), V(z[4]),
		    V(z[5]), V(z[6]), V(z[7])))
		return false;
	if (rows_next(rows))
		*known = rows_text(rows, 0);
	rows_close(rows);
	return !ctx_failed(c);
}
