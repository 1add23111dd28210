/* command_due.c: `qifu due CODE --from INSTANT`: a deadline, without a database unless one is named.
 *
 * One instant a line comes out; --batch reads further "CODE INSTANT" lines from standard input, so that a
 * whole calendar can be compared with another program's in one run. Where a year has no calendar there is no
 * date, only a word on standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command.h"
#include "domain/core/promise/promise.h"
#include "platform/app.h"

enum { DUE_ARENA = 64 * 1024 * 1024, DUE_LINE_ARENA = 16 * 1024 * 1024, DUE_WRONG = 1, DUE_UNKNOWN = 2 };

struct due_options {
	const char *code, *from, *user_class, *place;
	int64_t org_id;
	bool explain, batch;
};

static int answer(struct ctx *c, const struct due_options *options, const char *code, const char *from)
{
	struct text_builder lines = { .arena = c->arena };
	struct instant start, due;
	char text[INSTANT_TEXT_SIZE];
	int missing_year = 0;
	if (!instant_parse(from, &start)) {
		fprintf(stderr, "qifu due：“%s”不是时刻，应写成 2026-09-30T22:30:00+08:00\n", from);
		return DUE_WRONG;
	}
	if (!promise_due(c, code, start, options->user_class, options->org_id, options->place, &due,
		    options->explain ? &lines : NULL, &missing_year)) {
		if (missing_year)
			fprintf(stderr, "qifu due：%d 年的工作日历还没有导入，无法推算期限\n", missing_year);
		else
			fprintf(stderr, "qifu due：%s\n",
				c->problem.detail ? c->problem.detail : "无法推算期限");
		ctx_forgive(c);
		return missing_year ? DUE_UNKNOWN : DUE_WRONG;
	}
	printf("%s\n", instant_text(due, text));
	if (options->explain)
		fputs(text_built(&lines), stdout);
	return 0;
}

/* "CODE INSTANT" a line; an answer, or "-" where there is none, a line. */
static int answer_all(struct ctx *c, const struct due_options *options)
{
	char line[256], code[96], from[64];
	int worst = 0;
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%95s %63s", code, from) != 2)
			continue;
		int result = answer(c, options, code, from);
		if (result != 0)
			puts("-");
		worst = result > worst ? result : worst;
		arena_reset(c->arena);
	}
	return worst;
}

static int answer_options(struct ctx *c, const struct due_options *options)
{
	if (!promise_book_load(c)) {
		fprintf(stderr, "qifu due：%s\n", c->problem.detail);
		return DUE_WRONG;
	}
	return options->batch ? answer_all(c, options) : answer(c, options, options->code, options->from);
}

/* Rules and calendars that the program carries. */
static int without_database(const struct due_options *options)
{
	struct app app = { .arena = arena_new(DUE_ARENA) };
	struct ctx c = { .app = &app,
		.arena = arena_new(DUE_LINE_ARENA),
		.actor = &system_actor,
		.now = instant_machine_now() };
	int result = DUE_WRONG;
	if (app.arena && c.arena)
		result = answer_options(&c, options);
	else
		fputs("qifu due：内存不足\n", stderr);
	arena_free(c.arena);
	arena_free(app.arena);
	return result;
}

static int with_database(const struct command_line *line, const struct due_options *options)
{
	struct ctx *c = command_open(line);
	if (!c)
		return DUE_WRONG;
	int result = answer_options(c, options);
	ctx_forgive(c); /* told already */
	command_close(c, true);
	return result;
}

int command_due(int argc, char **argv)
{
	struct due_options options = { .code = NULL };
	const char *org = NULL;
	const struct command_option own[] = { { "from", "时刻", "起点，例如 2026-09-30T22:30:00+08:00",
						      &options.from, NULL },
		{ "class", "类别", "用气类别，例如 resident", &options.user_class, NULL },
		{ "place", "代码", "区划代码（GB/T 2260），例如 371329", &options.place, NULL },
		{ "org", "编号", "单位编号（与 --db 同用：按该单位的标准和服务时间）", &org, NULL },
		{ "explain", NULL, "逐日说明怎样数到期限", NULL, &options.explain },
		{ "batch", NULL, "从标准输入读“承诺代码 时刻”，一行一个", NULL, &options.batch } };
	struct command_line line = {
		.usage = "qifu due 承诺代码 --from 时刻 [--class 类别] [--place 代码] [--explain]",
		.about = "按服务承诺推算期限，印出 RFC 3339 时刻（+08:00）。不给 --db "
			 "时用程序自带的承诺和工作日历。\n"
			 "期限所在年份没有工作日历时不印日期，只在标准错误说明，退出码为 2。",
		.own = own,
		.own_count = sizeof own / sizeof *own
	};
	int mistaken;
	if (!command_parse(&line, argc, argv, &mistaken))
		return mistaken;
	options.code = line.argument_count == 1 ? line.arguments[0] : NULL;
	options.org_id = org ? strtoll(org, NULL, 10) : 0;
	if (options.batch ? line.argument_count != 0 : !options.code || !options.from) {
		fputs("用法：qifu due 承诺代码 --from 时刻（用 --help 看说明）\n", stderr);
		return DUE_WRONG;
	}
	return line.config.db_address ? with_database(&line, &options) : without_database(&options);
}
