/* command_tools.c: verify, openapi, version: what only reads. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "domain/core/timeline/timeline.h"
#include "platform/audit.h"
#include "platform/openapi.h"

#ifndef QIFU_VERSION
#define QIFU_VERSION "0.1.0"
#endif

int command_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("qifu %s\n", QIFU_VERSION);
	return 0;
}

int command_openapi(int argc, char **argv)
{
	struct command_line line = { .usage = "qifu openapi",
		.about = "把接口说明（OpenAPI 3.1）写到标准输出。" };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	struct command_line nowhere = line;
	nowhere.config.db_address = ":memory:";
	struct ctx *c = command_open(&nowhere);
	const char *error = NULL;
	struct router *router =
		c ? router_new(c->app->arena, c->app->modules, c->app->module_count, &error) : NULL;
	if (router) {
		struct json_out out = json_out_new(c->arena);
		openapi_write(c->app, router, &out);
		printf("%s\n", json_out_text(&out));
	} else if (c) {
		fail(c, INTERNAL, "%s", error);
	}
	return command_close(c, router != NULL);
}

static bool check_file(struct ctx *c)
{
	struct rows *rows;
	bool good = true;
	if (conn_kind(c->conn) != DB_SQLITE)
		return true; /* PostgreSQL checks its pages itself */
	if (!db_query(c, &rows, "PRAGMA integrity_check(20)"))
		return false;
	while (rows_next(rows)) {
		const char *line = rows_text(rows, 0);
		good = good && text_equal(line, "ok");
		printf("数据库文件：%s\n", text_equal(line, "ok") ? "完好" : line);
	}
	rows_close(rows);
	if (!db_query(c, &rows, "PRAGMA foreign_key_check"))
		return false;
	for (; rows_next(rows); good = false)
		printf("引用不存在的记录：表 %s 第 %s 行\n", rows_text(rows, 0), rows_text(rows, 1));
	rows_close(rows);
	return good && !ctx_failed(c);
}

static bool check_audit(struct ctx *c)
{
	int64_t rows = 0, first_bad = 0;
	if (!audit_verify(c, &rows, &first_bad))
		return false;
	if (first_bad == 0)
		printf("审计链：%lld 行，前后相符\n", (long long)rows);
	else
		printf("审计链：从第 %lld 行起不符，记录被改动过\n", (long long)first_bad);
	return first_bad == 0;
}

static bool check_timeline(struct ctx *c)
{
	int64_t entries = 0, first_bad = 0;
	if (!timeline_verify(c, &entries, &first_bad))
		return false;
	if (first_bad == 0)
		printf("时间轴：%lld 条，前后相符\n", (long long)entries);
	else
		printf("时间轴：编号 %lld 的一条不符，记录被改动过\n", (long long)first_bad);
	return first_bad == 0;
}

int command_verify(int argc, char **argv)
{
	struct command_line line = { .usage = "qifu verify [选项]",
		.about = "核对数据库文件、引用关系、审计链和各单的时间轴。有不符时退出状态为 1。" };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	struct ctx *c = command_open(&line);
	bool file = c && check_file(c), audit = c && !ctx_failed(c) && check_audit(c),
	     timeline = c && !ctx_failed(c) && check_timeline(c);
	return command_close(c, file && audit && timeline);
}
