/* main.c: the command line. */
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command commands[] = {
	{ "serve", "启动服务", command_serve },
	{ "demo", "带演示数据启动", command_demo },
	{ "migrate", "建立或升级数据库", command_migrate_only },
	{ "verify", "核对数据库与审计链", command_verify },
	{ "backup", "备份数据库", command_backup },
	{ "restore", "从备份恢复数据库", command_restore },
	{ "import", "导入户档", command_import },
	{ "export", "导出户档", command_export },
	{ "due", "推算一项承诺的期限", command_due },
	{ "user", "新建人员、重设密码、解除锁定", command_user },
	{ "openapi", "输出接口说明", command_openapi },
	{ "version", "显示版本", command_version },
};

static int help(FILE *out)
{
	fprintf(out, "气服：城镇燃气客户服务系统\n\n用法：qifu 命令 [选项]\n\n");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n每个命令都有 --help。\n");
	return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	/* A busy thread's heap would otherwise shrink and grow, by mprotect, with nearly every request. */
	mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
	mallopt(M_TOP_PAD, 512 * 1024);
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = "version";
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "没有“%s”这个命令。\n\n", argv[1]);
	return help(stderr);
}
