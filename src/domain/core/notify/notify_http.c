/* notify_http.c: the outbox, stopped addresses, one's own notices. */
#include "domain/core/notify/notify_internal.h"
#include "domain/core/permission/permission.h"
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
const struct entity outbox_entity = ENTITY(
	outbox, "通知", outbox_fields, .fence = "org_id", .default_sort = "-created_at", .title = "title");

static const struct field suppression_fields[] = {
	FIELD(suppression, id, "编号", .flags = BY_SERVER),
	FIELD(suppression, channel, "方式", .flags = BY_SERVER | FILTERED | IN_LIST, .choices = channels),
	FIELD(suppression, address, "号码或邮箱", .flags = BY_SERVER | IN_LIST, .personal = PERSONAL_PHONE),
	FIELD(suppression, reason, "原因", .flags = BY_SERVER | IN_LIST, .at_most = 600),
	FIELD(suppression, outbox_id, "来自通知", .flags = BY_SERVER),
	FIELD(suppression, created_at, "停发时间", .flags = BY_SERVER | SORTED | IN_LIST),
};
const struct entity suppression_entity = ENTITY(
	suppression, "停发名单", suppression_fields, .default_sort = "-created_at", .title = "address");

static bool list_outbox(struct ctx *c, struct call *call)
{
	return list_reply(c, call, &(struct list){ .entity = &outbox_entity, .permission = MAY_VIEW_NOTICE });
}

static bool list_suppressions(struct ctx *c, struct call *call)
{
	return list_reply(
		c, call, &(struct list){ .entity = &suppression_entity, .permission = MAY_VIEW_NOTICE });
}

static bool retry(struct ctx *c, struct call *call)
{
	struct outbox *row = call->reply;
	return entity_read(c, &outbox_entity, call->id, row) &&
	       fence_require(c, MAY_EDIT_NOTICE, row->org_id, "这条通知") && notice_retry(c, row);
}

static bool lift(struct ctx *c, struct call *call)
{
	return suppression_lift(c, call->id);
}

/* In-app notices belong to people; a key has none. */
static int64_t own_id(const struct ctx *c)
{
	return c->actor->kind == ACTOR_STAFF ? c->actor->id : -1;
}

static bool own_notices(struct ctx *c, struct call *call)
{
	const int64_t most = INT64_C(9007199254740991);
	int64_t limit = call_query_int(c, call, "limit", 50, 1, OWN_MOST);
	int64_t before = call_query_int(c, call, "before", most, 1, most);
	bool only_unread = call_query_int(c, call, "unread", 0, 0, 1) == 1;
	return !ctx_failed(c) && notices_write_own(c, own_id(c), only_unread, before, limit, call->out);
}

/* {"ids":[…]}, or all of one's own without it. */
static bool read_notices(struct ctx *c, struct call *call)
{
	const json_t *ids = json_object_get(call->json, "ids");
	int64_t touched = 0, sum = 0;
	if (ids && !json_is_array(ids))
		return fault(c, "ids", "type", "应为通知编号的列表");
	if (!ids && !notices_mark_read(c, own_id(c), 0, &sum))
		return false;
	for (size_t i = 0; i < json_array_size(ids) && i < OWN_MOST; i++) {
		int64_t id = json_integer_value(json_array_get(ids, i));
		if (id > 0 && !notices_mark_read(c, own_id(c), id, &touched))
			return false;
		sum += id > 0 ? touched : 0;
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
	{ "POST", "/notices/{id}/retry", retry, MAY_EDIT_NOTICE, .reply = &outbox_entity,
		.summary = "重发通知" },
	{ "GET", "/suppressions", list_suppressions, MAY_VIEW_NOTICE, .reply = &suppression_entity,
		.flags = IS_LIST, .summary = "停发名单", .menu = "系统/停发名单" },
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
