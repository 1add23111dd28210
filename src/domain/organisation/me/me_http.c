/* me_http.c: logging in and out, and what concerns oneself alone. */
#include "domain/core/permission/permission.h"
#include "domain/core/rulebook/rulebook.h"
#include "domain/organisation/duty/duty.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/grant.h"
#include "domain/organisation/staff/password.h"
#include "domain/organisation/staff/session.h"
#include "platform/module.h"

static bool require_person(struct ctx *c)
{
	return c->actor->kind == ACTOR_STAFF || fail(c, FORBIDDEN, "接口密钥没有个人信息，请用人员登录");
}

/* ---- who am I
 * -------------------------------------------------------------------------------------------------------- */

static bool put_unit(struct ctx *c, int64_t org_id, struct json_out *out)
{
	struct org org;
	if (!org_read(c, org_id, &org))
		return false;
	out_key(out, "org");
	out_object_open(out);
	put_int(out, "id", org.id);
	put_text(out, "name", org.name);
	put_text(out, "kind", choice_code(org_kinds, (int)org.kind));
	put_id(out, "company_id", org.company_id);
	out_object_close(out);
	return true;
}

static void put_permissions(const struct actor *actor, struct json_out *out)
{
	out_key(out, "permissions");
	out_array_open(out);
	for (int permission = 1; permission < PERMISSION_COUNT; permission++)
		if (actor_may(actor, permission))
			out_text(out, permission_infos[permission].code);
	out_array_close(out);
}

static bool put_me(struct ctx *c, struct json_out *out)
{
	int64_t alarms;
	const char *home;
	const struct actor *actor = c->actor;
	struct staff staff;
	struct duty_state duty;
	if (!staff_read(c, actor->id, &staff) || !duty_of(c, actor->id, c->now, &duty) ||
		!alarms_count(c, &alarms) || !grant_home(c, actor->id, &home))
		return false;
	out_object_open(out);
	put_int(out, "id", actor->id);
	put_text(out, "name", staff.name);
	put_text(out, "login", staff.login);
	put_text(out, "number", staff.number);
	put_text(out, "post", staff.post);
	put_text(out, "title", actor->title);
	out_key(out, "roles");
	if (!grant_write(c, actor->id, out) || !put_unit(c, actor->org_id, out))
		return false;
	put_text(out, "home", home);
	put_permissions(actor, out);
	put_bool(out, "must_change_password", actor->must_change_password);
	put_text(out, "csrf", actor->csrf);
	put_bool(out, "on_duty", duty.on_duty);
	put_instant(out, "duty_until", duty.until);
	put_instant(out, "now", c->now);
	put_int(out, "alarms", alarms);
	out_object_close(out);
	return true;
}

static bool show_me(struct ctx *c, struct call *call)
{
	return require_person(c) && put_me(c, call->out);
}

/* What a customer at the door may see of the person who rings. */
static bool show_badge(struct ctx *c, struct call *call)
{
	struct staff staff;
	struct org org;
	if (!require_person(c) || !staff_read(c, c->actor->id, &staff) || !org_read(c, staff.org_id, &org))
		return false;
	out_object_open(call->out);
	put_text(call->out, "name", staff.name);
	put_text(call->out, "number", staff.number);
	put_text(call->out, "post", staff.post);
	put_text(call->out, "title", c->actor->title);
	put_text(call->out, "org_name", org.name);
	put_text(call->out, "service_phone", org.service_phone);
	out_object_close(call->out);
	return true;
}

/* ---- in and out
 * ------------------------------------------------------------------------------------------------------ */

struct session_body {
	const char *user, *password;
};
static const struct field session_fields[] = {
	FIELD(session_body, user, "登录名", .flags = REQUIRED | NOT_STORED, .at_most = 64),
	FIELD(session_body, password, "密码", .flags = REQUIRED | NOT_STORED, .at_most = PASSWORD_MOST),
};
static const struct entity session_entity = { .name = "session_body",
	.label = "登录",
	.size = sizeof(struct session_body),
	.fields = session_fields,
	.field_count = 2 };

/* The password as it was typed: a body's texts come without the spaces around them. */
static const char *typed(const struct call *call, const char *key)
{
	return json_string_value(json_object_get(call->json, key));
}

static bool prepare_login(struct ctx *c, struct call *call)
{
	const struct session_body *body = call->record;
	call->prepared = arena_new_object(c->arena, struct login);
	return session_check(c, body->user, typed(call, "password"), call->prepared);
}

static const char *cookie(struct ctx *c, const char *token, const char *rest)
{
	const struct config *config = &c->app->config;
	bool secure = config->tls_certificate ||
		      (config->public_url && text_starts(config->public_url, "https://"));
	return arena_format(c->arena, "qifu_session=%s; Path=/; HttpOnly; SameSite=Strict%s%s", token,
		secure ? "; Secure" : "", rest);
}

static bool log_in(struct ctx *c, struct call *call)
{
	const char *token;
	if (!session_open(c, call->prepared, call_header(call, "User-Agent"), &token))
		return false;
	call->set_cookie = cookie(c, token, "");
	call->csrf = c->actor->csrf;
	out_object_open(call->out);
	put_text(call->out, "csrf", c->actor->csrf);
	out_key(call->out, "me");
	if (!put_me(c, call->out))
		return false;
	out_object_close(call->out);
	return true;
}

static bool log_out(struct ctx *c, struct call *call)
{
	call->set_cookie = cookie(c, "", "; Max-Age=0");
	return require_person(c) && session_end(c, c->actor->session_id, c->actor->id);
}

static bool list_sessions(struct ctx *c, struct call *call)
{
	return require_person(c) && session_write(c, call->out);
}

static bool end_session(struct ctx *c, struct call *call)
{
	return require_person(c) && session_end(c, call->id, c->actor->id);
}

/* ---- password
 * -------------------------------------------------------------------------------------------------------- */

static bool prepare_password(struct ctx *c, struct call *call)
{
	const char *old = typed(call, "old"), *fresh = typed(call, "new"), *hash;
	if (!require_person(c))
		return false;
	if (!old || !*old)
		fault(c, "old", "required", "请填写原密码");
	if (!fresh || !*fresh)
		fault(c, "new", "required", "请填写新密码");
	if (ctx_failed(c) || !password_prepare_change(c, old, fresh, &hash))
		return false;
	call->prepared = arena_text(c->arena, hash);
	return true;
}

static bool change_password(struct ctx *c, struct call *call)
{
	return password_change(c, call->prepared);
}

static const struct route me_routes[] = {
	{ "POST", "/session", log_in, .body = &session_entity, .flags = PUBLIC | NO_RETRY_KEY,
		.prepare = prepare_login, .summary = "登录" },
	{ "DELETE", "/session", log_out, .flags = ANY_STAFF, .summary = "退出登录" },
	{ "GET", "/me", show_me, .flags = ANY_STAFF, .summary = "本人信息与权限" },
	{ "GET", "/me/badge", show_badge, .flags = ANY_STAFF, .summary = "本人工作证" },
	{ "GET", "/me/sessions", list_sessions, .flags = ANY_STAFF, .summary = "本人的登录" },
	{ "DELETE", "/me/sessions/{id}", end_session, .flags = ANY_STAFF, .summary = "结束本人的一个登录" },
	{ "POST", "/me/password", change_password, .flags = ANY_STAFF | NO_RETRY_KEY,
		.prepare = prepare_password, .summary = "修改密码" },
};

static const char *const me_needs[] = { "rulebook", "org", "staff", "duty", NULL };

const struct module me_module = {
	.name = "me",
	.wing = "organisation",
	.label = "本人",
	.needs = me_needs,
	.routes = me_routes,
	.route_count = sizeof me_routes / sizeof *me_routes,
};
