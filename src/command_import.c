/* command_import.c: qifu import households, qifu export households. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "domain/core/permission/permission.h"
#include "domain/customer/find/import.h"
#include "domain/organisation/org/org.h"
#include "platform/audit.h"
#include "platform/sheet.h"

enum { IMPORT_DONE = 0, IMPORT_BROKEN = 1, IMPORT_WRONG = 2, IMPORT_ROWS_FAILED = 3, COMMAND_BATCH = 4000 };

/* ---- where to
 * ------------------------------------------------------------------------------------------------------ */

static bool find_org(struct ctx *c, struct org *org, bool *found, const char *where, struct value value)
{
	return entity_find(c, &org_entity, org, found, where, &value, 1);
}

static bool has_second(struct ctx *c, const char *kind, bool *second)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT id FROM org_tree WHERE kind = $1 ORDER BY id LIMIT 2", V(kind)))
		return false;
	*second = rows_next(rows) && rows_next(rows);
	rows_close(rows);
	return !ctx_failed(c);
}

/* The only centre, else the only company. */
static bool only_org(struct ctx *c, struct org *org, bool *found)
{
	static const char *const kinds[] = { "centre", "company", NULL };
	bool second = false;
	*found = false;
	for (size_t i = 0; kinds[i] && !*found; i++) {
		if (!find_org(c, org, found, "kind = $1", V(kinds[i])) || !has_second(c, kinds[i], &second))
			return false;
		if (second)
			return fail(c, INVALID, "有不止一个%s，请用 --org 代码 指明导入到哪一个",
				i == 0 ? "客服中心" : "公司");
	}
	return true;
}

/* An empty database gets what a household needs to lie in; the names can be changed afterwards. */
static bool make_orgs(struct ctx *c, void *data)
{
	struct org *centre = data;
	struct org group = { .kind = ORG_GROUP, .code = "JT", .name = "燃气集团" };
	struct org company = { .kind = ORG_COMPANY, .code = "GS", .name = "燃气公司" };
	*centre = (struct org){ .kind = ORG_CENTRE, .code = "KF", .name = "客服中心" };
	if (!org_open(c, &group))
		return false;
	company.parent_id = group.id;
	if (!org_open(c, &company))
		return false;
	centre->parent_id = company.id;
	return org_open(c, centre);
}

static bool in_transaction(struct ctx *c, bool (*work)(struct ctx *c, void *data), void *data)
{
	if (!db_begin(c))
		return false;
	if (work(c, data) && db_commit(c))
		return true;
	db_rollback(c);
	return false;
}

static bool choose_org(struct ctx *c, const char *code, bool dry_run, struct org *org)
{
	bool found;
	*org = (struct org){ .id = 0 };
	if (code) {
		if (!find_org(c, org, &found, "code = $1", V(code)))
			return false;
		if (!found)
			return fail(c, NOT_FOUND, "没有代码为 %s 的单位", code);
		return org->company_id || fail(c, INVALID, "%s 不是公司或其客服中心，请另选", org->name);
	}
	if (!only_org(c, org, &found) || found)
		return found;
	return dry_run || in_transaction(c, make_orgs, org);
}

/* ---- import
 * ---------------------------------------------------------------------------------------------------------
 */

static void print_fault(void *data, int64_t line, const char *column, const char *reason)
{
	(void)data;
	fprintf(stderr, "%" PRId64 "\t%s\t%s\n", line, column, reason);
}

static void print_progress(void *data, const struct import *run)
{
	(void)data;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r已处理 %" PRId64 " 行 ", run->done);
}

/* Faults of the rows that an interrupted run had finished: told again, so that the list is whole. */
static bool print_earlier_faults(struct ctx *c, const struct import *run)
{
	struct rows *rows;
	int64_t last = 0;
	bool more = true;
	while (more) {
		more = false;
		if (!entity_query(c, &import_fault_entity, &rows,
			    "WHERE import_id = $1 AND id > $2 ORDER BY id LIMIT 1000",
			    VALUES(V(run->id), V(last))))
			return false;
		while (rows_next(rows)) {
			struct import_fault fault;
			entity_row(rows, 0, &import_fault_entity, &fault);
			print_fault(NULL, fault.line, fault.column_name, fault.reason);
			last = fault.id;
			more = true;
		}
	}
	return !ctx_failed(c);
}

static bool begin_run(struct ctx *c, void *data)
{
	struct import *run = data;
	run->started_at = c->now;
	return import_start(c, run) &&
	       audit_record(c, "household.import", "import", run->id, run->org_id, NULL, NULL);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool open_run(struct ctx *c, const char *path, const struct org *org, bool dry_run, struct import *run)
{
	const char *digest;
	bool found = false;
	if (!import_digest(c, path, &digest))
		return false;
	if (!dry_run && !import_interrupted(c, org->id, digest, dry_run, run, &found))
		return false;
	if (found) {
		fprintf(stderr, "接着上次中断的地方继续：已完成 %" PRId64 " 行\n", run->done);
		return print_earlier_faults(c, run);
	}
	*run = (struct import){ .org_id = org->id,
		.company_id = org->company_id,
		.digest = digest,
		.file_name = base_name(path),
		.encoding = "",
		.dry_run = dry_run,
		.by_command = true,
		.state = "running" };
	return dry_run || in_transaction(c, begin_run, run);
}

/* The import has the machine's memory to itself: index pages that come again and again stay in it. */
static bool widen_cache(struct ctx *c)
{
	struct rows *rows;
	if (conn_kind(c->conn) != DB_SQLITE)
		return true;
	if (!db_query(c, &rows, "PRAGMA cache_size = -262144"))
		return false;
	rows_close(rows);
	return true;
}

static bool import_households(
	struct ctx *c, const char *path, const char *org_code, bool dry_run, struct import *run)
{
	struct org org;
	struct import_options options = { .unrecorded = dry_run,
		.batch_rows = COMMAND_BATCH,
		.on_fault = print_fault,
		.on_progress = print_progress };
	if (access(path, R_OK) != 0)
		return fail(c, NOT_FOUND, "打不开文件 %s", path);
	return command_migrate(c) && widen_cache(c) && choose_org(c, org_code, dry_run, &org) &&
	       open_run(c, path, &org, dry_run, run) && import_run(c, run, path, &options);
}

static bool is_households(const struct command_line *line)
{
	return line->argument_count == 2 && strcmp(line->arguments[0], "households") == 0;
}

int command_import(int argc, char **argv)
{
	const char *org = NULL;
	bool dry_run = false;
	const struct command_option own[] = {
		{ "org", "代码", "导入到哪个单位（公司或客服中心）；只有一个时可不填", &org, NULL },
		{ "dry-run", NULL, "试运行：只检查，不写入", NULL, &dry_run },
	};
	struct command_line line = { .usage =
					     "qifu import households 文件 [--dry-run] [--org 代码] --db 地址",
		.about = "导入户档：CSV（UTF-8、带 BOM 的 UTF-8、GB18030）或 XLSX，第一行为表头：\n"
			 "户号,户名,证件号码,联系电话,小区,楼栋,单元,室,用气类别,用气人口,表号,表型,表底数,"
			 "开户日期\n"
			 "空白单元格保留原有内容。不合格的行印在标准错误上：行号、列、原因，以制表符分开。\n"
			 "中断后用同样的命令再运行一次，从断点继续。退出码：0 全部成功，3 有行失败，1 "
			 "没有完成，2 用法不对。",
		.own = own,
		.own_count = sizeof own / sizeof *own };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	if (!is_households(&line)) {
		fputs("用法：qifu import households 文件 [--dry-run] [--org 代码] --db 地址（用 --help "
		      "看说明）\n",
			stderr);
		return IMPORT_WRONG;
	}
	struct ctx *c = command_open(&line);
	struct import run = { .id = 0 };
	if (!c)
		return IMPORT_BROKEN;
	bool good = import_households(c, line.arguments[1], org, dry_run, &run);
	printf("created=%" PRId64 " updated=%" PRId64 " unchanged=%" PRId64 " failed=%" PRId64
	       " rows=%" PRId64 "\n",
		run.created, run.updated, run.unchanged, run.failed, run.done);
	answer = command_close(c, good);
	if (answer)
		return IMPORT_BROKEN;
	return run.failed ? IMPORT_ROWS_FAILED : IMPORT_DONE;
}

/* ---- export
 * ---------------------------------------------------------------------------------------------------------
 */

static bool format_of(const char *format, const char *path, int *out)
{
	size_t length = strlen(path);
	bool xlsx = length > 5 && strcmp(path + length - 5, ".xlsx") == 0;
	if (!format) {
		*out = xlsx ? SHEET_XLSX : SHEET_CSV_UTF8_BOM;
		return true;
	}
	static const struct {
		const char *name;
		enum sheet_format format;
	} names[] = { { "csv", SHEET_CSV_UTF8_BOM }, { "gb18030", SHEET_CSV_GB18030 },
		{ "xlsx", SHEET_XLSX } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		*out = (int)names[i].format;
		if (strcmp(names[i].name, format) == 0)
			return true;
	}
	return false;
}

static bool note_export(struct ctx *c, void *data)
{
	const struct export_order *order = data;
	return audit_record(
		c, "household.export", "household", 0, order->org_id, "{\"by\":\"command\"}", "命令行导出");
}

static bool export_households(
	struct ctx *c, const char *path, const char *org_code, struct export_order *order, int64_t *rows)
{
	struct org org;
	bool found = false;
	if (!command_migrate(c))
		return false;
	if (org_code && (!find_org(c, &org, &found, "code = $1", V(org_code)) ||
				(!found && !fail(c, NOT_FOUND, "没有代码为 %s 的单位", org_code))))
		return false;
	order->org_id = org_code ? org.id : 0;
	return in_transaction(c, note_export, order) && household_export(c, order, path, rows);
}

int command_export(int argc, char **argv)
{
	const char *org = NULL, *format = NULL;
	const struct command_option own[] = {
		{ "org", "代码", "只导出这个单位及其下级", &org, NULL },
		{ "format", "格式", "csv、gb18030 或 xlsx；不填则看文件名", &format, NULL },
	};
	struct command_line line = {
		.usage = "qifu export households 文件 [--format csv|gb18030|xlsx] [--org 代码] --db 地址",
		.about = "导出户档（完整个人信息，记入审计）。表头与导入相同，导出的文件可以原样导入。",
		.own = own,
		.own_count = sizeof own / sizeof *own
	};
	int answer;
	struct export_order order = { .permission = MAY_EXPORT_HOUSEHOLD, .unmasked = true };
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	if (!is_households(&line) || !format_of(format, line.arguments[1], &order.format)) {
		fputs("用法：qifu export households 文件 [--format csv|gb18030|xlsx] [--org 代码] --db "
		      "地址\n",
			stderr);
		return IMPORT_WRONG;
	}
	struct ctx *c = command_open(&line);
	int64_t rows = 0;
	if (!c)
		return IMPORT_BROKEN;
	answer = command_close(c, export_households(c, line.arguments[1], org, &order, &rows));
	if (!answer)
		printf("rows=%" PRId64 "\n", rows);
	return answer;
}
