/* visit_http.c: the routes of the one who is on site. */
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/visit/visit_internal.h"

static struct subject subject_of(const struct repair *repair)
{
	return (struct subject){ "repair", repair->id };
}

/* Only the one who has the order works on it. */
static bool read_own(struct ctx *c, int64_t id, struct repair *repair)
{
	bool own;
	if (!repair_read(c, id, repair) || !repair_require(c, repair, MAY_WORK_ON_SITE) ||
		!repair_is_actors(c, repair, &own))
		return false;
	return own || fail(c, FORBIDDEN, "工单 %s 不在您名下，可能已改派，请刷新后再看", repair->number);
}

static bool read_on_site(struct ctx *c, int64_t id, struct repair *repair)
{
	if (!read_own(c, id, repair))
		return false;
	return repair->status == REPAIR_ARRIVED ||
	       fail(c, CONFLICT, "工单 %s 现在是“%s”，到场以后才能办理", repair->number,
		       choice_label(repair_statuses, (int)repair->status));
}

static bool show_route(struct ctx *c, struct call *call)
{
	return visit_route_write(c, call->out);
}

static bool show_checklist(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	return repair_read(c, call->id, &repair) && repair_require(c, &repair, MAY_VIEW_REPAIR) &&
	       visit_checklist_write(c, &repair, call->out);
}

/* [{"item_code","quantity_thousandths"}…] */
static bool read_lines(
	struct ctx *c, const json_t *json, size_t most, struct quote_line **lines, size_t *count)
{
	*count = 0;
	if (!json_is_array(json))
		return fault(c, "lines", "type", "项目应是一个列表");
	if (json_array_size(json) > most)
		return fault(c, "lines", "too_many", "最多 %zu 行", most);
	*lines = arena_array(c->arena, struct quote_line, most);
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *one = json_array_get(json, i);
		(*lines)[(*count)++] = (struct quote_line){ .item_code = json_get_text(c, one, "item_code"),
			.quantity_thousandths = json_get_int(c, one, "quantity_thousandths", 0) };
	}
	return !ctx_failed(c);
}

static bool make_quote(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	struct quote_line *lines;
	struct quote quote;
	size_t count;
	if (!read_lines(c, json_object_get(call->json, "lines"), QUOTE_LINES_MOST, &lines, &count) ||
		!read_on_site(c, call->id, &repair) ||
		!quote_make(c, subject_of(&repair), repair.org_id, lines, count, &quote))
		return false;
	repair_tell(c, &repair, "repair.changed", 0);
	return quote_write(c, subject_of(&repair), call->out);
}

static bool withdraw_quote(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	if (!read_on_site(c, call->id, &repair) || !quote_withdraw(c, subject_of(&repair)))
		return false;
	repair_tell(c, &repair, "repair.changed", 0);
	return true;
}

static bool send_code(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	if (!read_on_site(c, call->id, &repair) ||
		!quote_code_send(c, subject_of(&repair), repair.number, repair.caller_phone))
		return false;
	out_object_open(call->out);
	put_text(call->out, "phone", personal_mask(c, PERSONAL_PHONE, repair.caller_phone));
	put_instant(call->out, "expires_at", instant_plus(c->now, CODE_MS));
	out_object_close(call->out);
	return true;
}

static bool is_by_code(struct ctx *c, const struct call *call)
{
	const char *method = json_get_text(c, call->json, "method");
	if (method && !text_equal(method, "code") && !text_equal(method, "signature"))
		fault(c, "method", "unknown", "同意方式只有签字和验证码");
	else if (!method)
		fault(c, "method", "required", "请选择同意方式：签字或验证码");
	return text_equal(method, "code");
}

/* A wrong code is counted although the request fails, so it cannot be in the request's own transaction. */
static bool try_code(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	bool by_code = is_by_code(c, call);
	if (ctx_failed(c))
		return false;
	return !by_code ||
	       (read_on_site(c, call->id, &repair) &&
		       quote_code_try(c, subject_of(&repair), json_get_text(c, call->json, "code")));
}

static bool consent(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	bool by_code = is_by_code(c, call);
	int64_t evidence_id = json_get_int(c, call->json, "evidence_id", 0);
	if (ctx_failed(c) || !read_on_site(c, call->id, &repair))
		return false;
	if (!(by_code ? quote_consent_by_code(c, subject_of(&repair))
		      : quote_consent_by_signature(c, subject_of(&repair), evidence_id)))
		return false;
	repair_tell(c, &repair, "repair.changed", 0);
	return repair_page_write(c, &repair, call->out);
}

static bool record_work(struct ctx *c, struct call *call)
{
	struct repair repair = { 0 };
	const json_t *lines = json_object_get(call->json, "lines"),
		     *checklist = json_object_get(call->json, "checklist");
	struct visit_work work = { .note = json_get_text(c, call->json, "note"),
		.has_lines = lines != NULL,
		.checklist = checklist };
	if (lines)
		read_lines(c, lines, VISIT_LINES_MOST, &work.lines, &work.line_count);
	if (checklist && !json_is_object(checklist))
		fault(c, "checklist", "type", "离场检查表的格式不对，请刷新后再填");
	if (!lines && !checklist && text_is_blank(work.note))
		fault(c, "lines", "required", "请登记作业项目、说明或离场检查");
	return !ctx_failed(c) && read_own(c, call->id, &repair) && visit_record(c, &repair, &work) &&
	       repair_page_write(c, &repair, call->out);
}

static const struct route routes[] = {
	{ "GET", "/me/route", show_route, MAY_WORK_ON_SITE, .summary = "我的路线" },
	{ "GET", "/repairs/{id}/checklist", show_checklist, MAY_VIEW_REPAIR, .summary = "离场检查表" },
	{ "POST", "/repairs/{id}/quote", make_quote, MAY_WORK_ON_SITE, .summary = "报价" },
	{ "DELETE", "/repairs/{id}/quote", withdraw_quote, MAY_WORK_ON_SITE, .summary = "撤回报价" },
	{ "POST", "/repairs/{id}/consent-code", send_code, MAY_WORK_ON_SITE,
		.summary = "发送收费确认验证码" },
	{ "POST", "/repairs/{id}/consent", consent, MAY_WORK_ON_SITE, .prepare = try_code,
		.summary = "用户同意报价" },
	{ "POST", "/repairs/{id}/work", record_work, MAY_WORK_ON_SITE, .summary = "登记作业" },
};

static bool start(struct ctx *c)
{
	repair_extend(c, &visit_extension);
	return visit_rules_start(c);
}

static const char *const needs[] = { "timeline", "evidence", "catalogue", "quote", "repair", "dispatch",
	NULL };

const struct module visit_module = {
	.name = "visit",
	.wing = "fieldwork",
	.label = "上门",
	.needs = needs,
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
	.start = start,
};
