/* import_http.c: importing in the browser: upload, look at the columns, start, watch, stop; and the job that
 * does it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/find/find_routes.h"
#include "domain/customer/find/import.h"
#include "domain/organisation/org/org.h"
#include "platform/app.h"
#include "platform/audit.h"
#include "platform/jobs.h"
#include "platform/list.h"
#include "platform/sheet.h"

enum { SAMPLE_ROWS = 5 };

struct upload {
	const char *digest, *encoding;
	const char **headers;
	size_t header_count;
	const char **sample[SAMPLE_ROWS];
	size_t sample_cells[SAMPLE_ROWS], sample_count;
	int64_t rows;
	const char *mapping; /* JSON */
};

/* ---- upload
 * ------------------------------------------------------------------------------------------------------ */

static const char **copy_cells(struct ctx *c, const char *const *cells, size_t count)
{
	const char **copies = arena_array(c->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		copies[i] = text_trim(c->arena, cells[i]);
	return copies;
}

static bool is_blank_row(const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!text_is_blank(cells[i]))
			return false;
	return true;
}

/* Header, a few rows to look at, and how many there are. */
static bool look_into(struct ctx *c, const char *path, struct upload *upload)
{
	struct sheet_reader *sheet;
	const char *const *cells;
	size_t count;
	if (!sheet_open(c, path, &sheet))
		return false;
	upload->encoding = sheet_kind(sheet);
	if (!sheet_next(c, sheet, &cells, &count))
		return ctx_failed(c) ? false : fail(c, INVALID, "文件是空的，第一行应为表头");
	upload->headers = copy_cells(c, cells, count);
	upload->header_count = count;
	while (sheet_next(c, sheet, &cells, &count)) {
		if (is_blank_row(cells, count))
			continue;
		if (upload->sample_count < SAMPLE_ROWS) {
			upload->sample[upload->sample_count] = copy_cells(c, cells, count);
			upload->sample_cells[upload->sample_count++] = count;
		}
		upload->rows++;
	}
	return !ctx_failed(c);
}

/* The upload's own file goes after the call: a second name keeps its content. */
static bool keep_file(struct ctx *c, const char *from, const char *digest)
{
	const char *folder = arena_format(c->arena, "%s/imports", c->app->config.data_dir);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fail(c, INTERNAL, "数据目录写不进去，请联系系统管理员");
	const char *to = import_path(c, digest);
	if (link(from, to) != 0 && errno != EEXIST)
		return fail(c, INTERNAL, "文件保存不了，请联系系统管理员");
	return true;
}

bool import_prepare_upload(struct ctx *c, struct call *call)
{
	struct upload *upload = arena_new_object(c->arena, struct upload);
	struct import_mapping mapping;
	struct json_out text = json_out_new(c->arena);
	if (!call->upload_path)
		return fail(c, BAD_REQUEST, "没有收到文件，请重新选择");
	if (!import_digest(c, call->upload_path, &upload->digest) ||
		!look_into(c, call->upload_path, upload) || !keep_file(c, call->upload_path, upload->digest))
		return false;
	import_suggest(c, upload->headers, upload->header_count, &mapping);
	import_mapping_write(&mapping, upload->headers, &text);
	upload->mapping = json_out_text(&text);
	call->prepared = upload;
	return true;
}

static void write_fields(struct json_out *out)
{
	out_key(out, "fields");
	out_array_open(out);
	for (int i = 0; import_fields[i].code; i++) {
		out_object_open(out);
		put_text(out, "name", import_fields[i].code);
		put_text(out, "label", import_fields[i].label);
		out_object_close(out);
	}
	out_array_close(out);
}

static void write_run(struct ctx *c, const struct import *run, struct json_out *out)
{
	entity_members(c, &import_entity, run, true, out);
	out_key(out, "mapping");
	if (run->mapping)
		out_raw(out, run->mapping, strlen(run->mapping));
	else
		out_null(out);
	write_fields(out);
}

static void write_texts(struct json_out *out, const char *const *texts, size_t count)
{
	out_array_open(out);
	for (size_t i = 0; i < count; i++)
		out_text(out, texts[i]);
	out_array_close(out);
}

bool import_upload(struct ctx *c, struct call *call)
{
	const struct upload *upload = call->prepared;
	const char *name = call_query(call, "file_name");
	struct import run = { .digest = upload->digest,
		.encoding = upload->encoding,
		.mapping = upload->mapping,
		.rows = upload->rows,
		.state = "uploaded" };
	struct org org;
	run.org_id = call_query_int(c, call, "org_id", c->actor->org_id, 1, INT64_C(9007199254740991));
	run.file_name = name && !text_is_blank(name) && text_characters(name) <= 200 ? name : "未命名文件";
	if (ctx_failed(c) || !fence_require(c, MAY_IMPORT_HOUSEHOLD, run.org_id, "单位") ||
		!org_read(c, run.org_id, &org))
		return false;
	if (!org.company_id)
		return fault(c, "org_id", "no_company", "户档要导入到公司或其客服中心，请另选单位");
	run.company_id = org.company_id;
	if (!import_start(c, &run))
		return false;
	call->location = arena_format(c->arena, "/api/v1/imports/%lld", (long long)run.id);
	out_object_open(call->out);
	write_run(c, &run, call->out);
	out_key(call->out, "headers");
	write_texts(call->out, upload->headers, upload->header_count);
	out_key(call->out, "rows_sample");
	out_array_open(call->out);
	for (size_t i = 0; i < upload->sample_count; i++)
		write_texts(call->out, upload->sample[i], upload->sample_cells[i]);
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

/* ---- start and stop
 * ------------------------------------------------------------------------------------------------ */

static bool reach(struct ctx *c, int64_t id, struct import *run)
{
	return entity_read(c, &import_entity, id, run) &&
	       fence_require(c, MAY_IMPORT_HOUSEHOLD, run->org_id, "导入记录");
}

/* On a worker: the mapping must fit the file's header. */
bool import_prepare_start(struct ctx *c, struct call *call)
{
	struct import run;
	struct import_source *source;
	struct import_mapping mapping;
	struct json_out text = json_out_new(c->arena);
	size_t count;
	if (!reach(c, call->id, &run) || !import_source_open(c, import_path(c, run.digest), 1, &source))
		return false;
	const char *const *headers = import_source_headers(source, &count);
	bool good = import_mapping_read(
		c, call->json ? json_object_get(call->json, "mapping") : NULL, headers, count, &mapping);
	if (good)
		import_mapping_write(&mapping, headers, &text);
	import_source_close(source);
	call->prepared = (void *)(uintptr_t)json_out_text(&text);
	return good;
}

bool import_start_run(struct ctx *c, struct call *call)
{
	struct import run;
	bool dry_run = call->json && json_get_bool(c, call->json, "dry_run");
	if (ctx_failed(c) || !reach(c, call->id, &run) || !import_restart(c, &run, call->prepared, dry_run) ||
		!audit_record(c, dry_run ? "household.import_dry_run" : "household.import", "import", run.id,
			run.org_id, NULL, NULL))
		return false;
	call->status = 202;
	out_object_open(call->out);
	write_run(c, &run, call->out);
	out_object_close(call->out);
	return true;
}

bool import_cancel(struct ctx *c, struct call *call)
{
	struct import run;
	if (!reach(c, call->id, &run) || !import_stop(c, &run) ||
		!audit_record(c, "household.import_cancel", "import", run.id, run.org_id, NULL, NULL))
		return false;
	call->status = 200;
	out_object_open(call->out);
	write_run(c, &run, call->out);
	out_object_close(call->out);
	return true;
}

/* ---- looking
 * ----------------------------------------------------------------------------------------------------------
 */

bool import_list(struct ctx *c, struct call *call)
{
	return list_reply(
		c, call, &(struct list){ .entity = &import_entity, .permission = MAY_IMPORT_HOUSEHOLD });
}

bool import_show(struct ctx *c, struct call *call)
{
	struct import run;
	if (!reach(c, call->id, &run))
		return false;
	out_object_open(call->out);
	write_run(c, &run, call->out);
	out_object_close(call->out);
	return true;
}

static bool name_column(struct ctx *c, const void *record, struct json_out *out)
{
	(void)c;
	put_text(out, "column", ((const struct import_fault *)record)->column_name);
	return true;
}

bool import_faults(struct ctx *c, struct call *call)
{
	struct import run;
	const struct value of_run[] = { V(call->id) };
	return reach(c, call->id, &run) && list_reply(c, call,
						   &(struct list){ .entity = &import_fault_entity,
							   .permission = MAY_IMPORT_HOUSEHOLD,
							   .where = "import_id = $1",
							   .values = of_run,
							   .value_count = 1,
							   .decorate = name_column });
}
