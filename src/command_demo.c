/* command_demo.c: qifu demo: invented data on the first start, then the same as serve. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "demo/demo.h"

enum { HOUSEHOLDS_USUAL = 20000, HOUSEHOLDS_MOST = 2000000 };

static bool is_made(struct ctx *c, bool *made)
{
	int64_t units;
	if (!db_number(c, &units, 0, "SELECT COUNT(*) FROM org"))
		return false;
	*made = units > 0;
	return true;
}

static bool in_transaction(struct demo *demo, bool (*work)(struct demo *demo))
{
	if (db_begin(demo->c) && work(demo) && db_commit(demo->c))
		return true;
	db_rollback(demo->c);
	return false;
}

static bool orgs_and_people(struct demo *demo)
{
	return demo_orgs(demo) && demo_people(demo);
}

static bool make(struct ctx *c, int64_t households)
{
	/* The moment that was asked for, not how long the program has run since: the same demo each time. */
	if (c->app->config.has_clock)
		c->now = c->app->config.clock_start;
	struct demo demo = { .c = c, .seed = 20230601, .households = households, .now = c->now };
	fprintf(stderr, "正在生成演示数据：%lld 户……\n", (long long)households);
	return demo_photos(&demo) && in_transaction(&demo, orgs_and_people) && demo_households(&demo) &&
	       demo_orders(&demo);
}

/* The last thing made; a first start that was broken off has none. */
static const char *mark(struct ctx *c)
{
	return arena_format(c->arena, "%s/demo-made", c->app->config.data_dir);
}

static bool set_mark(struct ctx *c)
{
	FILE *file = fopen(mark(c), "w");
	return (file && fclose(file) == 0) ||
	       fail(c, INTERNAL, "数据目录写不进去：%s", c->app->config.data_dir);
}

static bool prepare(struct ctx *c, int64_t households)
{
	bool made;
	if (!is_made(c, &made))
		return false;
	if (made && access(mark(c), F_OK) != 0)
		return fail(c, CONFLICT,
			"这个数据库不是演示库，或上次演示数据没有生成完。请换一个 --data，或删掉 %s 再启动",
			c->app->config.data_dir);
	if (!made && !(make(c, households) && set_mark(c)))
		return false;
	c->now = app_now(c->app);
	if (db_begin(c) && demo_duty(c) && db_commit(c))
		return true;
	db_rollback(c);
	return false;
}

int command_demo(int argc, char **argv)
{
	const char *wanted = NULL;
	const struct command_option own[] = {
		{ "households", "户数", "第一次启动时生成多少户，缺省 20000，最多 2000000", &wanted, NULL },
	};
	struct command_line line = { .usage = "qifu demo [选项]",
		.about = "带演示数据启动：第一次生成，以后沿用。每个岗位一个账号，打印在标准输出上。",
		.own = own,
		.own_count = sizeof own / sizeof *own };
	int answer;
	char *end = NULL;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	int64_t households = wanted ? strtoll(wanted, &end, 10) : HOUSEHOLDS_USUAL;
	if (households < 1 || households > HOUSEHOLDS_MOST || (wanted && *end)) {
		fprintf(stderr, "--households 应为 1 到 %d 的整数\n", HOUSEHOLDS_MOST);
		return 2;
	}
	line.config.demo = true;
	struct ctx *c = command_open(&line);
	bool good = c && command_migrate(c) && prepare(c, households);
	if (good)
		demo_print_logins();
	return command_close(c, good && command_serve_app(c));
}
