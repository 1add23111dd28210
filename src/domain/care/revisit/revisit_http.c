/* revisit_http.c: the routes of return visits. */
#include "domain/care/revisit/revisit_internal.h"
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "platform/audit.h"
#include "platform/list.h"
#include "platform/module.h"

bool revisit_write_names(struct ctx *c, const void *record, struct json_out *out)
{
	const struct revisit *revisit = record;
	put_text(out, "status_label", choice_label(revisit_statuses, (int)revisit->status));
	put_text(out, "outcome_label", choice_label(revisit_outcomes, (int)revisit->outcome));
	put_text(out, "rule_label", revisit_rule_label(c->app, revisit->rule));
	put_int(out, "repair_id", revisit->subject_id);
	return true;
}

static bool write_repair(struct ctx *c, const struct revisit *revisit, bool unmasked, struct json_out *out)
{
	struct repair repair = { 0 };
	if (!repair_read(c, revisit->subject_id, &repair))
		return false;
	out_key(out, "repair");
	out_object_open(out);
	if (!repair_members_write(c, &repair, unmasked, out))
		return false;
	out_object_close(out);
	return true;
}

bool revisit_page_write(struct ctx *c, const struct revisit *revisit, bool unmasked, struct json_out *out)
{
	out_object_open(out);
	entity_members(c, &revisit_entity, revisit, unmasked, out);
	if (!revisit_write_names(c, revisit, out) || !write_repair(c, revisit, unmasked, out))
		return false;
	out_key(out, "calls");
	if (!revisit_calls_write(c, revisit, out))
		return false;
	out_object_close(out);
	return true;
}

static bool list_revisits(struct ctx *c, struct call *call)
{
	const struct list list = { .entity = &revisit_entity,
		.permission = MAY_VIEW_REVISIT,
		.where = call_query(call, "status") ? NULL : "status <> 'not_due'",
		.decorate = revisit_write_names };
	return list_reply(c, call, &list);
}

static bool read_seen(struct ctx *c, int64_t id, int permission, struct revisit *revisit)
{
	return revisit_read(c, id, revisit) && fence_require(c, permission, revisit->org_id, "这条回访");
}

/* Who has to call must know the number; each time it is looked at is kept in the audit. */
static bool show_revisit(struct ctx *c, struct call *call)
{
	struct revisit revisit = { 0 };
	if (!read_seen(c, call->id, MAY_VIEW_REVISIT, &revisit))
		return false;
	bool calls = revisit.status == REVISIT_DUE && actor_may(c->actor, MAY_CALL_REVISIT);
	if (calls && !fence_require(c, MAY_CALL_REVISIT, revisit.org_id, "这条回访")) {
		ctx_forgive(c); /* may call elsewhere, not here: sees it masked */
		calls = false;
	}
	if (calls && !audit_record(c, "revisit.unmask", "revisit", revisit.id, revisit.org_id, NULL,
			     arena_format(c->arena, "回访工单 %s", revisit.number)))
		return false;
	call->unmasked = calls;
	return revisit_page_write(c, &revisit, calls, call->out);
}

static bool call_revisit(struct ctx *c, struct call *call)
{
	struct revisit revisit = { 0 };
	if (!read_seen(c, call->id, MAY_CALL_REVISIT, &revisit))
		return false;
	if (call->if_match)
		revisit.version = call->if_match;
	if (!revisit_call_record(c, &revisit, call->record))
		return false;
	call->unmasked = false;
	return revisit_page_write(c, &revisit, false, call->out);
}

static const struct route revisit_routes[] = {
	{ "GET", "/revisits", list_revisits, MAY_VIEW_REVISIT, .reply = &revisit_entity, .flags = IS_LIST,
		.summary = "回访清单", .menu = "客服/回访" },
	{ "GET", "/revisits/{id}", show_revisit, MAY_VIEW_REVISIT, .flags = UNMASKS, .run = IN_WRITE,
		.summary = "查看回访" },
	{ "POST", "/revisits/{id}/calls", call_revisit, MAY_CALL_REVISIT, .body = &revisit_call_entity,
		.summary = "登记回访电话" },
};

static const struct work_source source = { .module = "revisit", .collect = revisit_work_collect };
static const struct job jobs[] = {
	{ .name = "revisit.close", .every_ms = 5 * MINUTE_MS, .run = revisit_close_job },
};

static bool start(struct ctx *c)
{
	if (!revisit_rules_start(c))
		return false;
	repair_extend(c, &revisit_extension);
	work_register(c, &source);
	return true;
}

static const struct entity *const entities[] = { &revisit_entity, &revisit_call_entity, NULL };
static const char *const needs[] = { "work", "timeline", "promise", "notify", "catalogue", "repair",
	"dispatch", NULL };

const struct module revisit_module = {
	.name = "revisit",
	.wing = "care",
	.label = "回访",
	.needs = needs,
	.routes = revisit_routes,
	.route_count = sizeof revisit_routes / sizeof *revisit_routes,
	.entities = entities,
	.jobs = jobs,
	.job_count = sizeof jobs / sizeof *jobs,
	.start = start,
};
