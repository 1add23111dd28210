/* find_http.c: the routes of the search box, the household's page, and the export. The import's are in
 * import_http.c. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/find/find.h"
#include "domain/customer/find/find_routes.h"
#include "domain/customer/find/import.h"
#include "platform/app.h"
#include "platform/audit.h"
#include "platform/crypto.h"
#include "platform/module.h"
#include "platform/sheet.h"

/* ---- search
 * ------------------------------------------------------------------------------------------------------ */

static bool search(struct ctx *c, struct call *call)
{
	const char *query = call_query(call, "q");
	int64_t limit = call_query_int(c, call, "limit", FIND_LIMIT_DEFAULT, 1, FIND_LIMIT_MOST);
	size_t count = 0;
	bool more = false;
	if (ctx_failed(c))
		return false;
	if (!query)
		return fault(c, "q", "required", "请输入要找的内容");
	struct find_hit *hits = arena_array(c->arena, struct find_hit, (size_t)limit);
	if (!find_everything(c, query, hits, (size_t)limit, &count, &more))
		return false;
	struct json_out *out = call->out;
	out_object_open(out);
	out_key(out, "hits");
	out_array_open(out);
	for (size_t i = 0; i < count; i++) {
		out_object_open(out);
		put_text(out, "type", hits[i].type);
		put_int(out, "id", hits[i].id);
		put_text(out, "number", hits[i].number);
		put_text(out, "title", hits[i].title);
		put_text(out, "subtitle", hits[i].subtitle);
		put_text(out, "matched", hits[i].matched);
		out_object_close(out);
	}
	out_array_close(out);
	put_bool(out, "more", more);
	out_object_close(out);
	return true;
}

static bool show_page(struct ctx *c, struct call *call)
{
	struct household household;
	return household_read(c, call->id, &household) &&
	       fence_require(c, MAY_VIEW_HOUSEHOLD, household.org_id, "户档") &&
	       find_page_write(c, &household, false, call->out);
}

/* ---- export
 * ------------------------------------------------------------------------------------------------------ */

struct household_export_order {
	int format;
	int64_t org_id;
	bool unmasked;
	const char *reason;
};
#define EXPORT_FORMATS(X)                                                                                    \
	X(EXPORT_CSV, "csv", "CSV（UTF-8）")                                                                 \
	X(EXPORT_GB18030, "csv_gb18030", "CSV（GB18030）")                                                   \
	X(EXPORT_XLSX, "xlsx", "XLSX")
CHOICE_ENUM(export_format, EXPORT_FORMATS);
static CHOICE_TABLE(export_formats, EXPORT_FORMATS);

static const char *reason_fault(const char *text)
{
	return text_characters(text) < 4 ? "请写明导出原因，至少 4 个字" : NULL;
}
static const struct field export_fields[] = {
	FIELD(household_export_order, format, "格式", .flags = REQUIRED | NOT_STORED,
		.choices = export_formats),
	FIELD(household_export_order, org_id, "单位", .flags = NOT_STORED, .refers = "org",
		.help = "不选：本人可见的全部"),
	FIELD(household_export_order, unmasked, "完整个人信息", .flags = NOT_STORED),
	FIELD(household_export_order, reason, "原因", .flags = REQUIRED | NOT_STORED, .at_most = 200,
		.check = reason_fault),
};
static const struct entity export_entity =
	ENTITY(household_export_order, "导出户档", export_fields, .title = "reason");

struct exported {
	const char *path;
	int64_t rows;
};

/* On a worker: the file is made before the transaction that writes down who took it. */
static bool prepare_export(struct ctx *c, struct call *call)
{
	static const enum sheet_format formats[] = { [EXPORT_CSV] = SHEET_CSV_UTF8_BOM,
		[EXPORT_GB18030] = SHEET_CSV_GB18030,
		[EXPORT_XLSX] = SHEET_XLSX };
	const struct household_export_order *body = call->record;
	struct exported *made = arena_new_object(c->arena, struct exported);
	struct export_order order = { .org_id = body->org_id,
		.permission = MAY_EXPORT_HOUSEHOLD,
		.unmasked = body->unmasked,
		.format = (int)formats[body->format] };
	if (body->unmasked && !actor_may(c->actor, MAY_UNMASK))
		return fail(c, FORBIDDEN, "没有查看完整个人信息的权限，请导出遮掩后的内容");
	const char *folder = arena_format(c->arena, "%s/exports", c->app->config.data_dir);
	if (mkdir(folder, 0700) != 0 && access(folder, W_OK) != 0)
		return fail(c, INTERNAL, "数据目录写不进去，请联系系统管理员");
	made->path = arena_format(c->arena, "%s/%s", folder, random_token(c->arena, 18));
	call->prepared = made;
	return household_export(c, &order, made->path, &made->rows);
}

static bool send_export(struct ctx *c, struct call *call)
{
	static const char *const types[] = { [EXPORT_CSV] = "text/csv; charset=utf-8",
		[EXPORT_GB18030] = "text/csv; charset=gb18030",
		[EXPORT_XLSX] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };
	const struct household_export_order *body = call->record;
	const struct exported *made = call->prepared;
	char day[DATE_TEXT_SIZE];
	call->file_path = made->path;
	call->delete_file = true;
	call->file_type = types[body->format];
	call->file_name = arena_format(c->arena, "户档-%s.%s", date_text(instant_date(c->now), day),
		body->format == EXPORT_XLSX ? "xlsx" : "csv");
	return audit_record(c, "household.export", "household", 0,
		body->org_id ? body->org_id : c->actor->org_id,
		arena_format(c->arena, "{\"rows\":%lld,\"unmasked\":%s}", (long long)made->rows,
			body->unmasked ? "true" : "false"),
		body->reason);
}

static const struct route find_routes[] = {
	{ "GET", "/search", search, .flags = ANY_STAFF, .summary = "搜索户号、电话、姓名、地址、工单、人员" },
	{ "GET", "/households/{id}/page", show_page, MAY_VIEW_HOUSEHOLD, .summary = "一户一档" },
	{ "POST", "/households/export", send_export, MAY_EXPORT_HOUSEHOLD, .body = &export_entity,
		.prepare = prepare_export, .flags = NO_RETRY_KEY, .summary = "导出户档" },
	IMPORT_ROUTES,
};

static const struct job find_jobs[] = {
	{ .name = "import.run", .every_ms = SECOND_MS, .run_outside = import_run_some }
};

static const struct entity *const find_entities[] = { &import_entity, &import_fault_entity, NULL };
static const char *const find_needs[] = { "org", "person", "household", "equipment", NULL };

const struct module find_module = {
	.name = "find",
	.wing = "customer",
	.label = "查找与导入",
	.needs = find_needs,
	.routes = find_routes,
	.route_count = sizeof find_routes / sizeof *find_routes,
	.entities = find_entities,
	.jobs = find_jobs,
	.job_count = sizeof find_jobs / sizeof *find_jobs,
};
