/* notify_desk.c: what people do with the outbox: send again, lift a stop, read their own. */
#include "domain/core/notify/notify_internal.h"
#include "platform/audit.h"

bool notice_retry(struct ctx *c, struct outbox *row)
{
	/* The state stands in the condition too: the delivering job may have been quicker. */
	static const char again[] =
		"UPDATE outbox SET state = 'waiting', attempts = 0, next_at = $2, answer = NULL"
		" WHERE id = $1 AND channel <> 'in_app' AND state NOT IN ('delivered', 'sending')";
	int64_t stopped, touched;
	if (!db_number(c, &stopped, 0, "SELECT COUNT(*) FROM suppression WHERE channel = $1 AND address = $2",
		    V(choice_code(channels, (int)row->channel)), V(row->address)))
		return false;
	if (stopped > 0)
		return fail(c, CONFLICT, "这个号码或邮箱已停发，请先在停发名单中解除");
	if (!db_run_counting(c, &touched, again, V(row->id), V(c->now)) ||
		!entity_read(c, &outbox_entity, row->id, row))
		return false;
	return touched == 1 ||
	       fail(c, CONFLICT, "这条通知%s，不能重发", choice_label(outbox_states, (int)row->state));
}

bool suppression_lift(struct ctx *c, int64_t id)
{
	struct suppression row = { 0 };
	return entity_read(c, &suppression_entity, id, &row) &&
	       db_run(c, "DELETE FROM suppression WHERE id = $1", V(id)) &&
	       audit_record(c, "suppression.lift", "notify", id, 0, row.reason, NULL);
}

static void put_notice(struct json_out *out, struct rows *rows)
{
	out_object_open(out);
	put_id(out, "id", rows_int(rows, 0));
	put_text(out, "title", rows_text(rows, 1));
	put_text(out, "text", rows_text(rows, 2));
	put_text(out, "module", rows_text(rows, 3));
	put_id(out, "subject_id", rows_int(rows, 4));
	put_bool(out, "urgent", rows_bool(rows, 5));
	put_instant(out, "created_at", rows_instant(rows, 6));
	put_bool(out, "read", !rows_is_null(rows, 7));
	out_object_close(out);
}

bool notices_write_own(struct ctx *c, int64_t staff_id, bool only_unread, int64_t before, int64_t limit,
	struct json_out *out)
{
	static const char own[] =
		"SELECT id, title, body, module, subject_id, urgent, created_at, read_at FROM outbox"
		" WHERE staff_id = $1 AND channel = 'in_app' AND ($2 = 0 OR read_at IS NULL) AND id < $3"
		" ORDER BY id DESC LIMIT $4";
	static const char waiting[] =
		"SELECT COUNT(*) FROM outbox WHERE staff_id = $1 AND channel = 'in_app' AND read_at IS NULL";
	struct rows *rows;
	int64_t unread;
	if (!db_number(c, &unread, 0, waiting, V(staff_id)) ||
		!db_query(c, &rows, own, V(staff_id), V(only_unread), V(before), V(limit)))
		return false;
	out_object_open(out);
	put_int(out, "unread", unread);
	out_key(out, "items");
	out_array_open(out);
	while (rows_next(rows))
		put_notice(out, rows);
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}

bool notices_mark_read(struct ctx *c, int64_t staff_id, int64_t id, int64_t *touched)
{
	return db_run_counting(c, touched,
		"UPDATE outbox SET read_at = $3 WHERE staff_id = $1 AND ($2 = 0 OR id = $2) AND channel = "
		"'in_app'"
		" AND read_at IS NULL",
		V(staff_id), V(id), V(c->now));
}
