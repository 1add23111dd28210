/* command.c: options, opening and closing, the same for every command. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/staff.h"
#include "platform/list.h"
#include "platform/server.h"

enum {
	OPTIONS_MOST = 64,
	APP_ARENA_CAP = 64 * 1024 * 1024,
	BODY_LIMIT = 1024 * 1024,
	UPLOAD_LIMIT = 512 * 1024 * 1024
};

/* ---- options ---------------------------------------------------------------------------------------------
 */

struct shared {
	const char *listen, *clock;
};

static size_t shared_options(struct config *config, struct shared *shared, struct command_option *out)
{
	const struct command_option options[] = {
		{ "db", "地址", "数据库：文件路径或 postgresql://…（默认 数据目录/qifu.db）",
			&config->db_address, NULL },
		{ "data", "目录", "数据目录（默认 ./var/qifu）", &config->data_dir, NULL },
		{ "listen", "地址:端口", "监听地址（默认 127.0.0.1:8080）", &shared->listen, NULL },
		{ "tls-cert", "文件", "TLS 证书（PEM）", &config->tls_certificate, NULL },
		{ "tls-key", "文件", "TLS 私钥（PEM）", &config->tls_key, NULL },
		{ "public-url", "网址", "客户访问的网址，用于通知里的链接", &config->public_url, NULL },
		{ "smtp", "网址", "发信服务器 smtp://主机:端口（不填则邮件留在发件箱）", &config->smtp_url,
			NULL },
		{ "smtp-from", "邮箱", "发信人", &config->smtp_from, NULL },
		{ "sms", "网址", "短信网关", &config->sms_url, NULL },
		{ "clock", "时间", "从这个时间开始走（只用于演示和测试）", &shared->clock, NULL },
	};
	memcpy(out, options, sizeof options);
	return sizeof options / sizeof *options;
}

static void print_help(const struct command_line *line, const struct command_option *options, size_t count)
{
	printf("用法：%s\n", line->usage);
	if (line->about)
		printf("\n%s\n", line->about);
	printf("\n选项：\n");
	for (size_t i = 0; i < count; i++)
		printf("  --%s%s%s\n        %s\n", options[i].name, options[i].value ? " " : "",
			options[i].value ? options[i].value_label : "", options[i].help);
	printf("  --help\n        显示这份说明\n");
}

static bool mistake(const char *what, const char *given)
{
	fprintf(stderr, "%s：%s（用 --help 看说明）\n", what, given);
	return false;
}

static bool take_listen(struct command_line *line, const char *listen)
{
	struct config *config = &line->config;
	char *text = line->listen_text;
	bool fits = (size_t)snprintf(text, sizeof line->listen_text, "%s", listen) < sizeof line->listen_text;
	char *colon = fits ? strrchr(text, ':') : NULL, *end = NULL;
	long port = colon ? strtol(colon + 1, &end, 10) : -1;
	if (!colon || end == colon + 1 || *end || port < 0 || port > 65535)
		return mistake("--listen 应当是 地址:端口", listen);
	*colon = '\0';
	config->listen_host = text[0] == '[' ? text + 1 : text;
	if (text[0] == '[')
		text[strcspn(text, "]")] = '\0';
	config->listen_port = (int)port;
	return true;
}

static bool take_shared(struct command_line *line, const struct shared *shared)
{
	struct config *config = &line->config;
	if (!take_listen(line, shared->listen))
		return false;
	if (shared->clock && !instant_parse(shared->clock, &config->clock_start))
		return mistake("--clock 应当是带时区的时间，例如 2026-09-30T22:30:00+08:00", shared->clock);
	config->has_clock = shared->clock != NULL;
	if (!config->tls_certificate != !config->tls_key)
		return mistake("--tls-cert 与 --tls-key 要一起给",
			config->tls_key ? "缺 --tls-cert" : "缺 --tls-key");
	config->sms_token = getenv("QIFU_SMS_TOKEN"); /* secrets don't belong on a command line */
	return true;
}

bool command_parse(struct command_line *line, int argc, char **argv, int *answer)
{
	struct command_option options[OPTIONS_MOST];
	struct option known[OPTIONS_MOST + 2] = { 0 };
	struct shared shared = { .listen = "127.0.0.1:8080" };
	size_t count = shared_options(&line->config, &shared, options);
	line->config.body_limit = BODY_LIMIT;
	line->config.upload_limit = UPLOAD_LIMIT;
	line->config.data_dir = "./var/qifu";
	for (size_t i = 0; i < line->own_count && count < OPTIONS_MOST; i++)
		options[count++] = line->own[i];
	for (size_t i = 0; i < count; i++)
		known[i] = (struct option){ options[i].name,
			options[i].value ? required_argument : no_argument, NULL, 0 };
	known[count] = (struct option){ "help", no_argument, NULL, 'h' };
	*answer = 2;
	int at, letter;
	optind = 1;
	while ((letter = getopt_long(argc, argv, "h", known, &at)) != -1) {
		if (letter == 'h') {
			print_help(line, options, count);
			*answer = 0;
			return false;
		}
		if (letter != 0)
			return mistake("选项不对", argv[optind - 1]);
		if (options[at].value)
			*options[at].value = optarg;
		else
			*options[at].flag = true;
	}
	line->arguments = argv + optind;
	line->argument_count = argc - optind;
	return take_shared(line, &shared);
}

/* ---- opening ---------------------------------------------------------------------------------------------
 */

static bool make_directories(const char *path)
{
	char whole[4096];
	if (snprintf(whole, sizeof whole, "%s/", path) >= (int)sizeof whole)
		return mistake("目录名太长", path);
	for (char *at = whole + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(whole, 0750) != 0 && errno != EEXIST)
			return mistake("建不了数据目录", strerror(errno));
		*at = '/';
	}
	return true;
}

static void wire(struct app *app)
{
	app->modules = modules;
	app->module_count = module_count;
	app->authenticate = staff_authenticate;
	app->permissions = permission_infos;
	app->permission_count = PERMISSION_COUNT;
	app->started_at = instant_machine_now();
	if (app->config.has_clock)
		app->clock_shift_ms = app->config.clock_start.ms - app->started_at.ms;
}

struct ctx *command_open(const struct command_line *line)
{
	struct arena *arena = arena_new(APP_ARENA_CAP);
	if (!arena || !make_directories(line->config.data_dir)) {
		arena_free(arena);
		return NULL;
	}
	struct app *app = arena_new_object(arena, struct app);
	const char *error;
	app->arena = arena;
	app->config = line->config;
	if (!app->config.db_address)
		app->config.db_address = arena_format(arena, "%s/qifu.db", app->config.data_dir);
	wire(app);
	app->db = db_open(arena, app->config.db_address, &error);
	struct ctx *c = app->db ? ctx_begin(app) : NULL;
	if (c)
		return c;
	fprintf(stderr, "%s\n", app->db ? "连不上数据库" : error);
	db_close(app->db);
	arena_free(arena);
	return NULL;
}

/* ---- at start --------------------------------------------------------------------------------------------
 */

/* Its place in the register; module_count for what needs no line there (a header without tables and routes).
 */
static size_t place_of(const char *name)
{
	size_t place = 0;
	while (place < module_count && strcmp(modules[place]->name, name) != 0)
		place++;
	return place;
}

static bool check_register(struct ctx *c)
{
	for (size_t i = 0; i < module_count; i++) {
		if (place_of(modules[i]->name) != i)
			return fail(c, INTERNAL, "模块 %s 登记了两次", modules[i]->name);
		for (const char *const *need = modules[i]->needs; need && *need; need++)
			if (place_of(*need) >= i && place_of(*need) < module_count)
				return fail(c, INTERNAL, "模块 %s 需要 %s，应当登记在它之后",
					modules[i]->name, *need);
	}
	return true;
}

static bool check_tables(struct ctx *c)
{
	for (size_t i = 0; i < module_count; i++)
		for (const struct entity *const *entity = modules[i]->entities; entity && *entity; entity++)
			if (!entity_check_table(c, *entity))
				return false;
	return true;
}

static bool check_routes(struct ctx *c)
{
	const char *error;
	return server_check_routes(c->app, &error) || fail(c, INTERNAL, "%s", error);
}

static bool start_modules(struct ctx *c)
{
	if (!db_begin(c))
		return false;
	for (size_t i = 0; i < module_count; i++)
		if (modules[i]->start && !modules[i]->start(c)) {
			db_rollback(c);
			return false;
		}
	return db_commit(c);
}

bool command_migrate(struct ctx *c)
{
	return check_register(c) && app_migrate(c) && check_tables(c) && check_routes(c) && start_modules(c);
}

int command_close(struct ctx *c, bool good)
{
	if (!c)
		return 1;
	struct app *app = c->app;
	if (ctx_failed(c))
		fprintf(stderr, "%s\n", c->problem.detail);
	for (const struct fault *fault = c->problem.faults; fault; fault = fault->next)
		fprintf(stderr, "  %s：%s\n", fault->field, fault->detail);
	good = good && !ctx_failed(c);
	ctx_end(c);
	db_close(app->db);
	arena_free(app->arena);
	return good ? 0 : 1;
}
