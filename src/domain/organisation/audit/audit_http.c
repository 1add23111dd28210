/* audit_http.c: looking at the trail, and proving that nobody has touched it. The trail itself is the
 * platform's. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "platform/audit.h"
#include "platform/list.h"
#include "platform/module.h"

struct audit {
	int64_t id, sequence;
	const char *hash;
	struct instant at;
	int64_t actor_kind, actor_id;
	const char *actor_name, *address, *action, *module;
	int64_t subject_id, org_id;
	const char *detail, *reason, *request_id;
};

static const struct field audit_fields[] = {
	FIELD(audit, id, "编号", .flags = BY_SERVER),
	FIELD(audit, sequence, "链序号", .flags = BY_SERVER | IN_LIST),
	FIELD(audit, hash, "链校验值", .flags = BY_SERVER),
	FIELD(audit, at, "时间", .flags = BY_SERVER | FILTERED | SORTED | IN_LIST),
	FIELD(audit, actor_kind, "操作者种类", .flags = BY_SERVER | FILTERED),
	FIELD(audit, actor_id, "操作者编号", .flags = BY_SERVER | FILTERED),
	FIELD(audit, actor_name, "操作者", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(audit, address, "网络地址", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(audit, action, "操作", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(audit, module, "模块", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(audit, subject_id, "对象编号", .flags = BY_SERVER | FILTERED | IN_LIST),
	FIELD(audit, org_id, "单位", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(audit, detail, "内容", .flags = BY_SERVER | IN_LIST),
	FIELD(audit, reason, "理由", .flags = BY_SERVER | IN_LIST),
	FIELD(audit, request_id, "请求编号", .flags = BY_SERVER | FILTERED),
};
static const struct entity audit_entity = ENTITY(audit, "审计记录", audit_fields, .default_sort = "-at");

/* What belongs to no unit (a wrong login, the system's own doing) is for those who watch over the whole tree.
 */
static bool watches_everything(const struct actor *actor)
{
	if (actor->kind == ACTOR_SYSTEM)
		return true;
	for (size_t i = 0; i < actor->grant_count; i++) {
		const char *path = actor->grants[i].org_path;
		const char *dot = path ? strchr(path, '.') : NULL;
		if (dot && !dot[1] && permission_has(&actor->grants[i].permissions, MAY_VIEW_AUDIT))
			return true;
	}
	return false;
}

static bool put_kind(struct ctx *c, const void *record, struct json_out *out)
{
	static const char *const kinds[] = { "anonymous", "staff", "key", "system", "customer" };
	const struct audit *audit = record;
	(void)c;
	bool known = audit->actor_kind >= 0 && audit->actor_kind < (int64_t)(sizeof kinds / sizeof *kinds);
	put_text(out, "actor", known ? kinds[audit->actor_kind] : NULL);
	return true;
}

static bool list_audit(struct ctx *c, struct call *call)
{
	struct text_builder where = { .arena = c->arena };
	struct value values[FENCE_VALUES];
	size_t count = 0;
	text_add(&where, "(");
	fence_condition(c, MAY_VIEW_AUDIT, "org_id", &where, values, &count);
	text_add(&where, watches_everything(c->actor) ? " OR org_id IS NULL)" : ")");
	return list_reply(c, call,
		&(struct list){ .entity = &audit_entity,
			.permission = MAY_VIEW_AUDIT,
			.where = text_built(&where),
			.values = values,
			.value_count = count,
			.decorate = put_kind });
}

static bool verify_audit(struct ctx *c, struct call *call)
{
	int64_t rows, first_bad;
	if (!audit_verify(c, &rows, &first_bad))
		return false;
	out_object_open(call->out);
	put_bool(call->out, "good", first_bad == 0);
	put_int(call->out, "rows", rows);
	put_id(call->out, "first_bad", first_bad);
	put_text(call->out, "detail",
		first_bad ? arena_format(c->arena,
				    "第 %lld 条与校验链不符：记录可能被改动过，请保全数据库并上报",
				    (long long)first_bad)
			  : arena_format(c->arena, "%lld 条记录全部相符", (long long)rows));
	out_object_close(call->out);
	return true;
}

static const struct route audit_routes[] = {
	{ "GET", "/audit", list_audit, MAY_VIEW_AUDIT, .reply = &audit_entity, .flags = IS_LIST,
		.summary = "审计记录" },
	{ "GET", "/audit/verify", verify_audit, MAY_VIEW_AUDIT, .run = ON_WORKER, .summary = "校验审计链" },
};

static const struct entity *const audit_entities[] = { &audit_entity, NULL };
static const char *const audit_needs[] = { "org", NULL };

const struct module audit_module = {
	.name = "audit",
	.wing = "organisation",
	.label = "审计",
	.needs = audit_needs,
	.routes = audit_routes,
	.route_count = sizeof audit_routes / sizeof *audit_routes,
	.entities = audit_entities,
};
