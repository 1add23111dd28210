/* notify_http.c: the outbox, stopped addresses, one's own notices. */
#include "base/text.h"
#include "domain/core/notify/notify_internal.h"
#include "domain/core/permission/permission.h"
#include "platform/audit.h"
#include "platform/list.h"
#include "platform/module.h"

enum { OWN_MOST = 200 };

static const struct field outbox_fields[] = {
	FIELD(outbox, id, "编号", .flags = BY_SERVER),
	FIELD(outbox, org_id, "单位", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(outbox, module, "业务", .flags = BY_SERVER | FILTERED),
	FIELD(outbox, subject_id, "业务编号", .flags = BY_SERVER | FILTERED),
	FIELD(outbox, staff_id, "接收人员", .flags = BY_SERVER | FILTERED, .refers = "staff"),
	FIELD(outbox, channel, "方式", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = channels),
	FIELD(outbox, address, "号码或邮箱", .flags = BY_SERVER | IN_LIST, .personal = PERSONAL_PHONE),
	FIELD(outbox, template_code, "模板", .flags = BY_SERVER | FILTERED),
	FIELD(outbox, title, "标题", .flags = BY_SERVER | IN_LIST),
	FIELD(outbox, body, "内容", .flags = BY_SERVER | LONG_TEXT | IN_LIST, .at_most = 2000),
	FIELD(outbox, parameters, "参数", .flags = BY_SERVER | SECRET, .at_most = 4000),
	FIELD(outbox, urgent, "紧急", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(outbox, state, "状态", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = outbox_states),
	FIELD(outbox, attempts, "已发次数", .flags = BY_SERVER | IN_LIST),
	FIELD(outbox, next_at, "下次发送", .flags = BY_SERVER | IN_LIST),
	FIELD(outbox, lease_until, "占用到", .flags = BY_SERVER),
	FIELD(outbox, answer, "对方答复", .flags = BY_SERVER | IN_LIST, .at_most = 600),
	FIELD(outbox, once_key, "唯一键", .flags = BY_SERVER | SECRET),
	FIELD(outbox, recipient, "接收方", .flags = BY_SERVER | SECRET),
	FIELD(outbox, created_at, "写入时间", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(outbox, delivered_at, "送达时间", .flags = BY_SERVER | IN_LIST),
	FIELD(outbox, read_at, "阅读时间", .flags = BY_SERVER),
};
const struct entity outbox_entity =
	ENTITY(outbox, "通知", outbox_fields, .fence = "org_id", .default_sort = "-created_at", .title = "title");

static const struct field suppression_fields[] = {
	FIELD(suppression, id, "编号", .flags = BY_SERVER),
	FIELD(suppression, channel, "方式", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = channels),
	FIELD(suppression, address, "号码或邮箱", .flags = BY_SERVER | IN_LIST, .personal = PERSONAL_PHONE),
	FIELD(suppression, reason, "原因", .flags = BY_SERVER | IN_LIST, .at_most = 600),
	FIELD(suppression, outbox_id, "来自通知", .flags = BY_SERVER),
	FIELD(suppression, created_at, "停发时间", .flags = BY_SERVER | SORTED | IN_LIST),
};
const struct entity suppression_entity =
	ENTITY(suppression, "停发名单", suppression_fields, .default_sort = "-created_at", .title = "address");

static bool list_outbox(struct ctx *c, struct call *call)
{
	return list_reply(c, call, &(struct list){ .entity = &outbox_entity, .permission = MAY_VIEW_NOTICE });
}

static bool list_suppressions(struct ctx *c, struct call *call)
{
	return list_reply(c, call, &(struct list){ .entity = &suppression_entity, .permission = MAY_VIEW_NOTICE });
}

static bool retry(struct ctx *c, struct call *call)
{
	struct outbox *row = call->reply;
	if (!entity_read(c, &outbox_entity, call->id, row) ||
		!fence_require(c, MAY_EDIT_NOTICE, row->org_id, "这条通知"))
		return false;
	if (row->state == OUTBOX_DELIVERED || row->state == OUTBOX_SENDING)
		return fail(c, CONFLICT, "这条通知%s，不能重发", choice_label(outbox_states, (int)row->state));
	int64_t stopped;
	if (!db_number(c, &stopped, 0, "SELECT COUNT(*) FROM suppression WHERE channel = $1 AND address = $2",
		    V(choice_code(channels, (int)row->channel)), V(row->address)))
		return false;
	if (stopped > 0)
		return fail(c, CONFLICT, "这个号码或邮箱已停发，请先在停发名单中解除");
	return db_run(c, "UPDATE outbox SET state = 'waiting', attempts = 0, next_at = $2, answer = NULL WHERE id = $1",
		       V(row->id), V(c->now)) &&
		entity_read(c, &outbox_entity, call->id, row);
}

static bool lift(struct ctx *c, struct call *call)
{
	struct suppression row = { 0 };
	if (!entity_read(c, &suppression_entity, call->id, &row))
		return false;
	return db_run(c, "DELETE FROM suppression WHERE id = $1", V(row.id)) &&
		audit_record(c, "suppression.lift", "notify", row.id, 0, row.reason, NULL);
}

static bool own_notices(struct ctx *c, struct call *call)
{
	static const char own[] =
		"SELECT id, title, body, module, subject_id, urgent, created_at, read_at FROM outbox"
		" WHERE staff_id = $1 AND channel = 'in_app' AND ($2 = 0 OR read_at IS NULL) AND id < $3"
		" ORDER BY id DESC LIMIT $4";
	int64_t limit = call_query_int(c, call, "limit", 50, 1, OWN_MOST), unread;
	int64_t before = call_query_int(c, call, "before", INT64_C(9007199254740991), 1, INT64_C(9007199254740991));
	bool only_unread = call_query_int(c, call, "unread", 0, 0, 1) == 1;
	struct rows *rows;
	if (ctx_failed(c) ||
		!db_number(c, &unread, 0,
			"SELECT COUNT(*) FROM outbox WHERE staff_id = $1 AND channel = 'in_app' AND read_at IS NULL",
			V(c->actor->id)) ||
		!db_query(c, &rows, own, V(c->actor->kind == ACTOR_STAFF ? c->actor->id : (int64_t)-1),
			V(only_unread), V(before), V(limit)))
		return false;
	struct json_out *out = call->out;
	out_object_open(out);
	put_int(out, "unread", unread);
	out_key(out, "items");
	out_array_open(out);
	while (rows_next(rows)) {
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
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}

/* {"ids":[…]}, or all of one's own without it. */
static bool read_notices(struct ctx *c, struct call *call)
{
	const json_t *ids = json_object_get(call->json, "ids");
	int64_t touched = 0, sum = 0;
	if (ids && !json_is_array(ids))
		return fault(c, "ids", "type", "应为通知编号的列表");
	if (!ids &&
		!db_run_counting(c, &sum,
			"UPDATE outbox SET read_at = $2 WHERE staff_id = $1 AND channel = 'in_app' AND read_at IS NULL",
			V(c->actor->id), V(c->now)))
		return false;
	for (size_t i = 0; i < json_array_size(ids) && i < OWN_MOST; i++) {
		if (!db_run_counting(c, &touched,
			    "UPDATE outbox SET read_at = $3 WHERE id = $2 AND staff_id = $1 AND channel = 'in_app'"
			    " AND read_at IS NULL",
			    V(c->actor->id), V((int64_t)json_integer_value(json_array_get(ids, i))), V(c->now)))
			return false;
		sum += touched;
	}
	out_object_open(call->out);
	put_int(call->out, "read", sum);
	out_object_close(call->out);
	return true;
}

bool notify_start(struct ctx *c)
{
	return notify_templates_load(c);
}

static const struct route notify_routes[] = {
	{ "GET", "/notices", list_outbox, MAY_VIEW_NOTICE, .reply = &outbox_entity, .flags = IS_LIST,
		.summary = "通知发送清单", .menu = "系统/通知发送" },
	{ "POST", "/notices/{id}/retry", retry, MAY_EDIT_NOTICE, .reply = &outbox_entity, .summary = "重发通知" },
	{ "GET", "/suppressions", list_suppressions, MAY_VIEW_NOTICE, .reply = &suppression_entity, .flags = IS_LIST,
		.summary = "停发名单", .menu = "系统/停发名单" },
	{ "DELETE", "/suppressions/{id}", lift, MAY_EDIT_NOTICE, .summary = "解除停发" },
	{ "GET", "/me/notices", own_notices, .flags = ANY_STAFF, .summary = "本人的通知" },
	{ "POST", "/me/notices/read", read_notices, .flags = ANY_STAFF, .summary = "标记本人通知为已读" },
};
static const struct entity *const notify_entities[] = { &outbox_entity, &suppression_entity, NULL };
static const struct job notify_jobs[] = {
	{ .name = "notify.deliver", .every_ms = 5 * SECOND_MS, .run_outside = notify_deliver_job },
};

const struct module notify_module = { .name = "notify",
	.wing = "core",
	.label = "通知",
	.routes = notify_routes,
	.route_count = sizeof notify_routes / sizeof *notify_routes,
	.entities = notify_entities,
	.jobs = notify_jobs,
	.job_count = sizeof notify_jobs / sizeof *notify_jobs,
	.start = notify_start };
