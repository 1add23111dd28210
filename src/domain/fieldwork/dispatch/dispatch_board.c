/* dispatch_board.c: the board: what waits, and who has what in hand. */
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"
#include "domain/organisation/staff/skill.h"

enum { BOARD_ORDERS_MOST = 1000 };

static void write_card(struct ctx *c, struct json_out *out, const struct repair *repair)
{
	out_object_open(out);
	put_int(out, "id", repair->id);
	put_text(out, "number", repair->number);
	put_text(out, "kind", repair->kind);
	put_text(out, "kind_label", catalogue_label(c->app, repair->kind));
	put_text(out, "level", choice_code(repair_levels, (int)repair->level));
	put_text(out, "status", choice_code(repair_statuses, (int)repair->status));
	put_text(out, "status_label", choice_label(repair_statuses, (int)repair->status));
	put_text(out, "address", repair->address);
	put_id(out, "org_id", repair->org_id);
	put_id(out, "team_id", repair->team_id);
	put_id(out, "assignee_id", repair->assignee_id);
	put_instant(out, "filed_at", repair->filed_at);
	put_instant(out, "due_at", repair->due_at);
	put_instant(out, "appointment_from", repair->appointment_from);
	put_instant(out, "appointment_to", repair->appointment_to);
	put_text(out, "waiting_reason", repair->waiting_reason);
	put_int(out, "reopened", repair->reopened);
	put_int(out, "version", repair->version);
	out_object_close(out);
}

struct board {
	struct repair *orders;
	size_t order_count;
	struct dispatch_person *people;
	size_t people_count;
	struct date day;  /* NO_DATE: any */
	const char *path; /* of the unit that was asked for; NULL: the whole fence */
};

/* Urgent ones first, then what runs out first. */
static bool read_orders(struct ctx *c, struct board *board)
{
	struct text_builder tail = { .arena = c->arena };
	struct value values[FENCE_VALUES + 4];
	size_t used = 0;
	struct rows *rows;
	text_add(&tail,
		"WHERE status IN ('filed', 'dispatched', 'accepted', 'departed', 'arrived', 'waiting') AND ");
	fence_condition(c, MAY_DISPATCH, "org_id", &tail, values, &used);
	if (board->path) {
		values[used++] = V(board->path);
		text_add_format(&tail,
			" AND org_id IN (SELECT id FROM org_tree WHERE path >= $%zu AND path < $%zu || '~')",
			used, used);
	}
	if (board->day.day != NO_DATE.day) {
		values[used++] = V(date_at(board->day, 0));
		values[used++] = V(date_at(board->day, DAY_MS));
		text_add_format(&tail,
			" AND (appointment_from IS NULL OR (appointment_from >= $%zu AND appointment_from < "
			"$%zu))",
			used - 1, used);
	}
	text_add_format(&tail,
		" ORDER BY CASE level WHEN 'P0' THEN 0 WHEN 'P1' THEN 1 ELSE 2 END, "
		"COALESCE(due_at, 9007199254740991), id LIMIT %d",
		BOARD_ORDERS_MOST);
	board->orders = arena_array(c->arena, struct repair, BOARD_ORDERS_MOST);
	if (!entity_query(c, &repair_entity, &rows, text_built(&tail), values, used))
		return false;
	while (board->order_count < BOARD_ORDERS_MOST && rows_next(rows))
		entity_row(rows, 0, &repair_entity, &board->orders[board->order_count++]);
	rows_close(rows);
	return !ctx_failed(c);
}

/* Everybody who is sent out within each subtree that the actor dispatches for; overlapping subtrees give each
 * once. */
static bool add_people(struct ctx *c, struct board *board, const char *path)
{
	struct dispatch_person *found = arena_array(c->arena, struct dispatch_person, PEOPLE_MOST);
	size_t count;
	if (!dispatch_people(c, path, found, PEOPLE_MOST, &count))
		return false;
	for (size_t i = 0; i < count && board->people_count < PEOPLE_MOST; i++) {
		size_t k = 0;
		while (k < board->people_count && board->people[k].staff_id != found[i].staff_id)
			k++;
		if (k == board->people_count)
			board->people[board->people_count++] = found[i];
	}
	return true;
}

static bool read_people(struct ctx *c, struct board *board)
{
	board->people = arena_array(c->arena, struct dispatch_person, PEOPLE_MOST);
	if (board->path)
		return add_people(c, board, board->path);
	if (c->actor->kind == ACTOR_SYSTEM)
		return add_people(c, board, "");
	for (size_t i = 0; i < c->actor->grant_count; i++) {
		const struct grant *grant = &c->actor->grants[i];
		if (permission_has(&grant->permissions, MAY_DISPATCH) && grant->org_path &&
			!add_people(c, board, grant->org_path))
			return false;
	}
	return true;
}

static bool write_skills(struct ctx *c, int64_t staff_id, struct json_out *out)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT skill FROM staff_ability WHERE staff_id = $1 ORDER BY skill",
		    V(staff_id)))
		return false;
	out_array_open(out);
	while (rows_next(rows))
		out_text(out, dispatch_skill_label(c->app, rows_text(rows, 0)));
	rows_close(rows);
	out_array_close(out);
	return !ctx_failed(c);
}

/* Of each kind the one that lasts longest. */
static bool write_certificates(struct ctx *c, int64_t staff_id, struct json_out *out)
{
	struct rows *rows;
	const char *last = NULL;
	struct date today = instant_date(c->now);
	if (!entity_query(c, &staff_certificate_entity, &rows,
		    "WHERE staff_id = $1 ORDER BY kind, expires_on DESC, id", VALUES(V(staff_id))))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		struct staff_certificate certificate = { 0 };
		entity_row(rows, 0, &staff_certificate_entity, &certificate);
		if (last && text_equal(last, certificate.kind))
			continue;
		last = certificate.kind;
		out_object_open(out);
		put_text(out, "kind", certificate.kind);
		put_text(out, "label", dispatch_certificate_label(c->app, certificate.kind));
		put_date(out, "expires_on", certificate.expires_on);
		put_bool(out, "valid", certificate.expires_on.day >= today.day);
		out_object_close(out);
	}
	rows_close(rows);
	out_array_close(out);
	return !ctx_failed(c);
}

static bool write_person(
	struct ctx *c, const struct board *board, struct dispatch_person *person, struct json_out *out)
{
	if (!dispatch_presence(c, person))
		return false;
	out_object_open(out);
	put_int(out, "id", person->staff_id);
	put_text(out, "name", person->name);
	put_text(out, "team", person->team);
	put_int(out, "team_id", person->org_id);
	put_bool(out, "on_duty", person->on_duty);
	put_int(out, "open", person->open);
	put_int(out, "longitude_e6", person->longitude_e6);
	put_int(out, "latitude_e6", person->latitude_e6);
	out_key(out, "skills");
	if (!write_skills(c, person->staff_id, out))
		return false;
	out_key(out, "certificates");
	if (!write_certificates(c, person->staff_id, out))
		return false;
	out_key(out, "orders");
	out_array_open(out);
	for (size_t i = 0; i < board->order_count; i++) {
		if (board->orders[i].assignee_id == person->staff_id)
			write_card(c, out, &board->orders[i]);
	}
	out_array_close(out);
	out_object_close(out);
	return true;
}

/* What nobody has in person: unassigned, given to a team, or held back before it was dispatched. */
static bool is_unassigned(const struct repair *repair)
{
	return !repair->assignee_id;
}

static bool write_board(struct ctx *c, const struct board *board, struct json_out *out)
{
	out_object_open(out);
	out_key(out, "unassigned");
	out_array_open(out);
	for (size_t i = 0; i < board->order_count; i++) {
		if (is_unassigned(&board->orders[i]))
			write_card(c, out, &board->orders[i]);
	}
	out_array_close(out);
	out_key(out, "people");
	out_array_open(out);
	for (size_t i = 0; i < board->people_count; i++) {
		if (!write_person(c, board, &board->people[i], out))
			return false;
	}
	out_array_close(out);
	put_bool(out, "more", board->order_count == BOARD_ORDERS_MOST);
	put_instant(out, "now", c->now);
	out_object_close(out);
	return true;
}

bool dispatch_board_write(struct ctx *c, int64_t org_id, struct date day, struct json_out *out)
{
	struct board board = { .day = day };
	struct rows *rows;
	if (org_id) {
		if (!db_query(c, &rows, "SELECT path FROM org_tree WHERE id = $1", V(org_id)))
			return false;
		board.path = rows_next(rows) ? rows_text(rows, 0) : "?";
		rows_close(rows);
	}
	return !ctx_failed(c) && read_orders(c, &board) && read_people(c, &board) &&
	       write_board(c, &board, out);
}
