/* command_user.c: the way in when nobody can log in: the first people, and a forgotten password. Whoever may
 * run this command on the server holds the database anyway; what it does is in the audit trail all the same.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/password.h"
#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/staff.h"

struct user_task {
	const char *login, *name, *number, *role, *org_code;
	const char *password; /* given; NULL: one is made up */
	bool reset, unlock;
	struct password_reset secret;
};

static bool find_staff(struct ctx *c, const char *login, struct staff *staff)
{
	bool found;
	if (!entity_find(c, &staff_entity, staff, &found, "login = $1", VALUES(V(login))))
		return false;
	return found || fail(c, NOT_FOUND, "没有登录名为“%s”的人员", login);
}

/* The unit of the code; without one the root, which is made when the database is new. */
static bool find_org(struct ctx *c, const char *code, struct org *org)
{
	bool found;
	if (code && !entity_find(c, &org_entity, org, &found, "code = $1", VALUES(V(code))))
		return false;
	if (!code && !entity_find(c, &org_entity, org, &found, "parent_id IS NULL", NO_VALUES))
		return false;
	if (found)
		return true;
	if (code)
		return fail(c, NOT_FOUND, "没有代码为“%s”的单位", code);
	*org = (struct org){ .kind = ORG_GROUP, .code = "ROOT", .name = "总部" };
	return org_open(c, org);
}

static bool create(struct ctx *c, void *data)
{
	struct user_task *task = data;
	struct org org;
	if (!find_org(c, task->org_code, &org))
		return false;
	struct staff staff = { .org_id = org.id,
		.login = task->login,
		.number = task->number ? task->number : task->login,
		.name = task->name ? task->name : task->login };
	return staff_open(c, &staff, task->password, true) &&
	       (!task->role || staff_grant_role(c, staff.id, task->role, org.id));
}

static bool set_password(struct ctx *c, void *data)
{
	struct user_task *task = data;
	struct staff staff;
	return find_staff(c, task->login, &staff) && password_reset(c, staff.id, &task->secret);
}

static bool unlock(struct ctx *c, void *data)
{
	struct user_task *task = data;
	struct staff staff;
	return find_staff(c, task->login, &staff) && session_unlock(c, staff.login);
}

/* From a pipe, so that it stands neither in the list of processes nor in the shell's history. */
static bool read_password(struct ctx *c, const char **password)
{
	char line[512];
	if (!fgets(line, sizeof line, stdin))
		return fail(c, BAD_REQUEST, "请把密码从标准输入送进来，例如 printf '%%s' 密码 | qifu user …");
	line[strcspn(line, "\r\n")] = '\0';
	*password = arena_text(c->arena, line);
	return text_is_valid(line, strlen(line)) || fail(c, BAD_REQUEST, "密码不是 UTF-8 文字");
}

static bool give_password(struct ctx *c, struct user_task *task)
{
	struct staff staff;
	return find_staff(c, task->login, &staff) &&
	       password_prepare_reset(c, staff.id, task->password, &task->secret) &&
	       app_write(c, set_password, task);
}

static bool run(struct ctx *c, struct user_task *task, bool from_input)
{
	if (task->unlock)
		return app_write(c, unlock, task);
	if (from_input && !read_password(c, &task->password))
		return false;
	if (!from_input)
		task->password = password_make(c);
	if (!(task->reset ? give_password(c, task) : app_write(c, create, task)))
		return false;
	if (!from_input)
		printf("初始密码：%s\n", task->password);
	printf("%s：%s，下次登录须修改密码。\n", task->login, task->reset ? "密码已重设" : "已建立");
	return true;
}

int command_user(int argc, char **argv)
{
	struct user_task task = { .login = NULL };
	bool from_input = false;
	const struct command_option own[] = {
		{ "name", "姓名", "姓名（新建时）", &task.name, NULL },
		{ "number", "工号", "工号（新建时；不填则同登录名）", &task.number, NULL },
		{ "role", "角色", "在所属单位授予的角色，例如 sysadmin、secadmin、auditor", &task.role,
			NULL },
		{ "org", "代码", "所属单位的代码；不填为最上级单位（没有则新建）", &task.org_code, NULL },
		{ "password-stdin", NULL, "密码从标准输入读取；不用此项则生成一个并显示", NULL, &from_input },
		{ "reset", NULL, "不新建，只重设密码", NULL, &task.reset },
		{ "unlock", NULL, "不新建，只解除登录锁定", NULL, &task.unlock },
	};
	struct command_line line = { .usage = "qifu user [选项] 登录名",
		.about = "新建人员（首位管理员）、重设密码或解除锁定。三权须分属三人：sysadmin、secadmin、aud"
			 "itor 各建一人。",
		.own = own,
		.own_count = sizeof own / sizeof *own };
	int answer;
	if (!command_parse(&line, argc, argv, &answer))
		return answer;
	if (line.argument_count != 1) {
		fprintf(stderr, "用法：%s\n", line.usage);
		return 2;
	}
	task.login = line.arguments[0];
	struct ctx *c = command_open(&line);
	bool good = c && command_migrate(c) && run(c, &task, from_input);
	return command_close(c, good);
}
