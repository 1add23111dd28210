/* command_backup.c: a consistent copy while the service runs, and the way back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

static bool to_disk(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

/* VACUUM INTO writes a whole copy of one snapshot; it appears under its name only when it is complete. */
static bool back_up(struct ctx *c, const char *path)
{
	const char *part = arena_format(c->arena, "%s.part", path);
	struct stat status;
	if (conn_kind(c->conn) != DB_SQLITE)
		return fail(c, CONFLICT,
			"PostgreSQL 请用 pg_dump 备份，例如：pg_dump -Fc -f 备份文件 数据库地址");
	if (stat(path, &status) == 0)
		return fail(c, CONFLICT, "%s 已经存在，请换一个文件名", path);
	unlink(part);
	if (!db_run(c, "VACUUM INTO $1", V(part)))
		return false;
	if (!to_disk(part) || rename(part, path) != 0)
		return fail(c, INTERNAL, "写不了备份文件 %s：%s", path, strerror(errno));
	printf("已备份到 %s。上传的文件在数据目录的 files 下，请一并复制。\n", path);
	return true;
}

int command_backup(int argc, char **argv)
{
	struct command_line line = { .usage = "qifu backup [选项] 备份文件",
		.about = "备份 SQLite 数据库，服务运行时也可以。" };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	if (line.argument_count != 1) {
		fprintf(stderr, "用法：%s\n", line.usage);
		return 2;
	}
	struct ctx *c = command_open(&line);
	return command_close(c, c && back_up(c, line.arguments[0]));
}

/* ---- restore ---------------------------------------------------------------------------------------------
 */

static bool told(const char *what, const char *path)
{
	fprintf(stderr, "%s：%s\n", what, path);
	return false;
}

static bool copy(const char *from, const char *to)
{
	char bytes[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	bool good = in >= 0 && out >= 0;
	for (ssize_t length; good && (length = read(in, bytes, sizeof bytes)) != 0;)
		good = length > 0 && write(out, bytes, (size_t)length) == length;
	good = good && fsync(out) == 0;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return good;
}

static bool is_sqlite(const char *path)
{
	char head[16] = "";
	FILE *file = fopen(path, "rb");
	bool good = file && fread(head, 1, sizeof head, file) == sizeof head;
	if (file)
		fclose(file);
	return good && memcmp(head, "SQLite format 3", 16) == 0;
}

static bool restore(struct arena *arena, const char *from, const char *to)
{
	const char *part = arena_format(arena, "%s.part", to);
	const char *aside = arena_format(arena, "%s.before-restore", to);
	const char *log = arena_format(arena, "%s-wal", to);
	struct stat status;
	if (!is_sqlite(from))
		return told("这不是备份文件", from);
	if (stat(log, &status) == 0 && status.st_size > 0)
		return told("数据库正在使用或没有正常关闭，请先停下服务", to);
	if (!copy(from, part))
		return told("写不了", part);
	if (stat(to, &status) == 0 && rename(to, aside) != 0)
		return told("挪不开原来的数据库", to);
	if (rename(part, to) != 0)
		return told("写不了", to);
	printf("已恢复。原来的数据库（如有）留在 %s。\n", aside);
	return true;
}

int command_restore(int argc, char **argv)
{
	struct command_line line = { .usage = "qifu restore [选项] 备份文件",
		.about = "用备份替换 SQLite 数据库；要先停下服务。原来的数据库改名留着。" };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	if (line.argument_count != 1) {
		fprintf(stderr, "用法：%s\n", line.usage);
		return 2;
	}
	if (line.config.db_address && strncmp(line.config.db_address, "postgres", 8) == 0) {
		fprintf(stderr, "PostgreSQL 请用 pg_restore 恢复\n");
		return 1;
	}
	struct arena *arena = arena_new(64 * 1024);
	if (!arena)
		return 1;
	const char *usual = arena_format(arena, "%s/qifu.db", line.config.data_dir);
	bool good =
		restore(arena, line.arguments[0], line.config.db_address ? line.config.db_address : usual);
	arena_free(arena);
	return good ? 0 : 1;
}
