/* staff.c: the record of a person who works here. */
#include <stdio.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"
#include "platform/crypto.h"
#include "platform/events.h"

static const char *check_login(const char *login)
{
	bool good = login[0] >= 'a' && login[0] <= 'z' && strlen(login) >= 2 &&
		    login[strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
	return good ? NULL : "登录名请用小写字母开头，只含小写字母、数字和 . _ -，2–32 位";
}

static const char *check_number(const char *number)
{
	return number[strspn(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")] ==
			       '\0'
		       ? NULL
		       : "工号请用字母、数字和 -";
}

static const char *check_phone(const char *phone)
{
	return text_is_phone_written(phone) ? NULL : "请填写手机号或带区号的固定电话";
}

static const char *check_mail(const char *mail)
{
	const char *at = strchr(mail, '@');
	bool good = at && at != mail && !strchr(at + 1, '@') && strchr(at + 1, '.') && at[1] != '.' &&
		    mail[strlen(mail) - 1] != '.' && !strpbrk(mail, " \t\r\n<>,;\"'\\");
	return good ? NULL : "请填写完整的邮箱地址";
}

static const struct field staff_fields[] = {
	FIELD(staff, id, "编号", .flags = BY_SERVER),
	FIELD(staff, org_id, "所属单位", .flags = REQUIRED | FIXED | FILTERED, .refers = "org",
		.help = "调动请用“调动”办理"),
	FIELD(staff, number, "工号", .flags = REQUIRED | FILTERED | SORTED | IN_LIST, .at_most = 20,
		.check = check_number),
	FIELD(staff, login, "登录名", .flags = REQUIRED | FILTERED | IN_LIST, .at_most = 32,
		.check = check_login),
	FIELD(staff, name, "姓名", .flags = REQUIRED | FILTERED | SORTED | IN_LIST, .at_most = 40),
	FIELD(staff, phone, "电话", .flags = IN_LIST, .at_most = 30, .personal = PERSONAL_PHONE,
		.check = check_phone),
	FIELD(staff, mail, "邮箱", .at_most = 100, .check = check_mail),
	FIELD(staff, post, "岗位", .flags = IN_LIST | FILTERED, .at_most = 40),
	FIELD(staff, photo_digest, "照片", .flags = BY_SERVER),
	FIELD(staff, has_left, "已离职", .flags = FILTERED | IN_LIST),
	FIELD(staff, created_at, "建档时间", .flags = BY_SERVER | SORTED),
	FIELD(staff, version, "版本", .flags = BY_SERVER),
};
const struct entity staff_entity =
	ENTITY(staff, "人员", staff_fields, .fence = "org_id", .default_sort = "number", .title = "name");

bool staff_read(struct ctx *c, int64_t id, struct staff *staff)
{
	return entity_read(c, &staff_entity, id, staff);
}

void staff_tell(struct ctx *c, int64_t staff_id, int64_t org_id)
{
	event_emit(c, (struct event){ .kind = "staff.changed",
			      .subject_id = staff_id,
			      .org_id = org_id,
			      .permission = MAY_VIEW_STAFF });
	event_emit(
		c, (struct event){ .kind = "staff.changed", .subject_id = staff_id, .staff_id = staff_id });
}

static bool record(struct ctx *c, const char *action, const struct staff *staff, const char *detail)
{
	staff_tell(c, staff->id, staff->org_id);
	return audit_record(c, action, "staff", staff->id, staff->org_id, detail, NULL);
}

static bool check_unit(struct ctx *c, int64_t org_id, struct org *org)
{
	if (!org_read(c, org_id, org)) {
		ctx_forgive(c);
		return fault(c, "org_id", "unknown", "没有这个单位，请重新选择");
	}
	return !org->closed || fault(c, "org_id", "closed", "“%s”已停用，请另选单位", org->name);
}

bool staff_open(struct ctx *c, struct staff *staff, const char *password, bool must_change)
{
	struct org org;
	const char *hash = NULL;
	if (!check_unit(c, staff->org_id, &org))
		return false;
	if (password &&
		(!staff_password_check(c, "password", staff, password) || !password_hash(c, password, &hash)))
		return false;
	if (!staff->id)
		staff->id = db_new_id(c);
	staff->created_at = staff->created_at.ms ? staff->created_at : c->now;
	staff->version = 1;
	return entity_insert(c, &staff_entity, staff) &&
	       (!hash || staff_secret_set(c, staff->id, hash, must_change)) &&
	       record(c, "staff.open", staff, staff->name);
}

/* Names what was changed, not from what to what: the trail is no place for phone numbers. */
static const char *changed_fields(struct ctx *c, const struct staff *old, const struct staff *edited)
{
	struct text_builder names = { .arena = c->arena };
	text_add(&names, edited->name);
	text_add(&names, text_equal(old->number, edited->number) ? "" : " 工号");
	text_add(&names, text_equal(old->login, edited->login) ? "" : " 登录名");
	text_add(&names, text_equal(old->name, edited->name) ? "" : " 姓名");
	text_add(&names, text_equal(old->phone, edited->phone) ? "" : " 电话");
	text_add(&names, text_equal(old->mail, edited->mail) ? "" : " 邮箱");
	text_add(&names, text_equal(old->post, edited->post) ? "" : " 岗位");
	return text_built(&names);
}

bool staff_edit(struct ctx *c, struct staff *staff)
{
	struct staff old;
	if (!staff_read(c, staff->id, &old))
		return false;
	bool leaves = staff->has_left && !old.has_left;
	if (leaves && c->actor->kind == ACTOR_STAFF && c->actor->id == staff->id)
		return fail(c, FORBIDDEN, "不能把自己设为离职，请由其他安全管理员办理");
	staff->org_id = old.org_id;
	if (!entity_update(c, &staff_entity, staff))
		return false;
	/* Who comes back gets rights anew: those of long ago may no longer be fitting. */
	if (leaves && !(session_end_all(c, staff->id, 0) &&
			      db_run(c, "DELETE FROM staff_grant WHERE staff_id = $1", V(staff->id))))
		return false;
	return record(c, leaves ? "staff.leave" : "staff.edit", staff, changed_fields(c, &old, staff));
}

/* A person's rights end at the border of the company, or of the unit itself where it stands above companies.
 */
static bool end_grants_outside(struct ctx *c, int64_t staff_id, const struct org *org)
{
	static const char end_outside[] = "DELETE FROM staff_grant WHERE staff_id = $1 AND org_id NOT IN"
					  " (SELECT id FROM org_tree WHERE path >= $2 AND path < $3)";
	struct org border = *org;
	if (org->company_id && !org_read(c, org->company_id, &border))
		return false;
	return db_run(
		c, end_outside, V(staff_id), V(border.path), V(arena_format(c->arena, "%s~", border.path)));
}

bool staff_move(struct ctx *c, int64_t staff_id, int64_t org_id, int64_t version)
{
	struct staff staff;
	struct org org, old;
	if (!staff_read(c, staff_id, &staff) || !check_unit(c, org_id, &org) ||
		!org_read(c, staff.org_id, &old))
		return false;
	if (staff.has_left)
		return fail(c, CONFLICT, "%s已离职，不能调动", staff.name);
	if (version)
		staff.version = version;
	staff.org_id = org_id;
	if (!entity_update(c, &staff_entity, &staff))
		return false;
	if (old.company_id != org.company_id || !org.company_id)
		if (!end_grants_outside(c, staff_id, &org))
			return false;
	staff_tell(c, staff_id, old.id);
	return record(c, "staff.move", &staff,
		arena_format(c->arena, "%s：由%s调到%s", staff.name, old.name, org.name));
}
