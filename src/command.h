/* command.h: what the commands of the command line share. Each is in a file of its own, command_NAME.c, and
 * has a line in the table in main.c:
 *
 *   int command_due(int argc, char **argv)
 *   {
 *           const char *code = NULL;
 *           const struct command_option own[] = { { "code", "代码", "承诺代码", &code, NULL } };
 *           struct command_line line = { .usage = "qifu due --code 代码", .own = own, .own_count = 1 };
 *           int answer;
 *           if (!command_parse(&line, argc, argv, &answer))
 *                   return answer;
 *           struct ctx *c = command_open(&line);
 *           bool good = c && command_migrate(c) && …;
 *           return command_close(c, good);
 *   }
 */
#ifndef QIFU_COMMAND_H
#define QIFU_COMMAND_H

#include "platform/app.h"

struct command {
	const char *name, *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* An option of one command. With `value` it takes one; with `flag` it takes none. */
struct command_option {
	const char *name, *value_label, *help;
	const char **value;
	bool *flag;
};

struct command_line {
	const char *usage; /* "qifu backup [选项] 文件" */
	const char *about; /* what it does, one or a few lines; NULL: nothing more to say */
	const struct command_option *own;
	size_t own_count;
	/* filled by command_parse */
	struct config config;
	char listen_text[256]; /* config.listen_host lies in it */
	char **arguments;      /* those that are no options */
	int argument_count;
};

/* Reads --db --data --listen … and the command's own options. False: the program ends with `*answer` (0 after
 * --help, 2 after a mistake, which has been told). */
bool command_parse(struct command_line *line, int argc, char **argv, int *answer);

/* An app on the database, and a context in it; the data directory is made. NULL after telling why not. */
struct ctx *command_open(const struct command_line *line);
/* Brings the database up to date, checks tables and routes, runs the modules' start. False after telling why
 * not. */
bool command_migrate(struct ctx *c);
/* Tells c's problem when there is one; frees everything. Gives the exit status: 0, or 1 when not good. */
int command_close(struct ctx *c, bool good);

/* Serves until SIGTERM or SIGINT. The context is the one that command_open gave; the address is printed. */
bool command_serve_app(struct ctx *c);

int command_serve(int argc, char **argv);
int command_demo(int argc, char **argv); /* command_demo.c */
int command_migrate_only(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_openapi(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_user(int argc, char **argv);   /* command_user.c */
int command_due(int argc, char **argv);	   /* command_due.c */
int command_import(int argc, char **argv); /* command_import.c */
int command_export(int argc, char **argv); /* command_import.c */
int command_version(int argc, char **argv);

#endif
