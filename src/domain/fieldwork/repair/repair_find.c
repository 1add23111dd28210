/* repair_find.c: orders at the same place, of the same caller, and what people have to do. */
#include "domain/core/permission/permission.h"
#include "domain/core/work/work.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/repair/repair_internal.h"

static bool take_ids(struct ctx *c, struct rows *rows, int64_t *ids, size_t limit, size_t *count)
{
	*count = 0;
	while (*count < limit && rows_next(rows))
		ids[(*count)++] = rows_int(rows, 0);
	rows_close(rows);
	return !ctx_failed(c);
}

/* Two statements, so that each can use its index. */
bool repair_duplicates(struct ctx *c, int64_t org_id, int64_t household_id, const char *address,
	int64_t except_id, int64_t *ids, size_t limit, size_t *count)
{
	static const char same_household[] =
		"SELECT id FROM repair WHERE household_id = $1 AND filed_at >= $2 AND " OPEN_STATUSES
		" AND id <> $3 ORDER BY filed_at DESC, id DESC LIMIT $4";
	static const char same_address[] =
		"SELECT id FROM repair WHERE company_id = (SELECT company_id FROM org_tree WHERE id = $1) "
		"AND address_form = $2 AND " OPEN_STATUSES " AND filed_at >= $3 AND id <> $4 "
		"AND (household_id IS NULL OR household_id <> $5) ORDER BY filed_at DESC, id DESC LIMIT $6";
	struct instant since = instant_plus(c->now, -(int64_t)DUPLICATE_MS);
	struct rows *rows;
	size_t more = 0;
	*count = 0;
	if (household_id && (!db_query(c, &rows, same_household, V(household_id), V(since), V(except_id),
				     V((int64_t)limit)) ||
				    !take_ids(c, rows, ids, limit, count)))
		return false;
	const char *form = text_is_blank(address) ? "" : text_search_form(c->arena, address);
	if (!*form || *count == limit)
		return true;
	if (!db_query(c, &rows, same_address, V(org_id), V(form), V(since), V(except_id), V(household_id),
		    V((int64_t)(limit - *count))) ||
		!take_ids(c, rows, ids + *count, limit - *count, &more))
		return false;
	*count += more;
	return true;
}

bool repair_of_phone(struct ctx *c, const char *phone, int64_t *ids, size_t limit, size_t *count)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 2];
	size_t used = 1;
	struct rows *rows;
	values[0] = V(text_phone_form(c->arena, phone));
	*count = 0;
	if (!*(const char *)values[0].bytes)
		return true;
	text_add(&sql, "SELECT id FROM repair WHERE phone_form = $1 AND " OPEN_STATUSES " AND ");
	fence_condition(c, MAY_VIEW_REPAIR, "org_id", &sql, values, &used);
	values[used++] = V((int64_t)limit);
	text_add_format(&sql, " ORDER BY id DESC LIMIT $%zu", used);
	return db_query_values(c, &rows, text_built(&sql), values, used) &&
	       take_ids(c, rows, ids, limit, count);
}

/* ---- my work
 * ------------------------------------------------------------------------------------------------------ */

#define WORK_SELECT                                                                                          \
	"SELECT id, number, kind, level, status, address, filed_at, due_at, assignee_id FROM repair WHERE "

static bool add_rows(struct ctx *c, struct work_list *list, struct rows *rows, bool is_mine)
{
	while (rows_next(rows)) {
		const char *kind = rows_text(rows, 2), *level = rows_text(rows, 3),
			   *status = rows_text(rows, 4);
		const struct work_item item = {
			.subject = { "repair", rows_int(rows, 0) },
			.number = rows_text(rows, 1),
			.title = catalogue_label(c->app, kind),
			.kind_label = choice_label(repair_levels, choice_of_code(repair_levels, level)),
			.level = level,
			.status = status,
			.status_label =
				choice_label(repair_statuses, choice_of_code(repair_statuses, status)),
			.address = rows_text(rows, 5),
			.filed_at = rows_instant(rows, 6),
			.due_at = rows_instant(rows, 7),
			.is_urgent = text_equal(level, "P0") || text_equal(level, "P1"),
			.is_mine = is_mine,
		};
		if (!work_add(c, list, &item))
			break;
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* Given to me, or to my team and not yet taken by anybody. */
static bool add_own(struct ctx *c, struct work_list *list)
{
	static const char own[] = WORK_SELECT "assignee_id = $1 AND " OPEN_STATUSES " ORDER BY id LIMIT 500";
	static const char team[] = WORK_SELECT "team_id = $1 AND assignee_id IS NULL AND " OPEN_STATUSES
					       " ORDER BY id LIMIT 500";
	struct rows *rows;
	return db_query(c, &rows, own, V(c->actor->id)) && add_rows(c, list, rows, true) &&
	       db_query(c, &rows, team, V(c->actor->org_id)) && add_rows(c, list, rows, false);
}

/* Who dispatches has what nobody has yet, and what has run out. */
static bool add_to_dispatch(struct ctx *c, struct work_list *list)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 2];
	size_t used = 2;
	struct rows *rows;
	values[0] = V(c->now);
	values[1] = V(c->actor->id);
	text_add(&sql, WORK_SELECT OPEN_STATUSES " AND (status = 'filed' OR due_at < $1) "
						 "AND (assignee_id IS NULL OR assignee_id <> $2) AND ");
	fence_condition(c, MAY_DISPATCH, "org_id", &sql, values, &used);
	text_add(&sql, " ORDER BY due_at, id LIMIT 500");
	return db_query_values(c, &rows, text_built(&sql), values, used) && add_rows(c, list, rows, false);
}

bool repair_work_collect(struct ctx *c, struct work_list *list)
{
	if (c->actor->kind != ACTOR_STAFF)
		return true;
	return add_own(c, list) && (!actor_may(c->actor, MAY_DISPATCH) || add_to_dispatch(c, list));
}
