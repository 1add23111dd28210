/* staff_http.c: routes of people, their roles, skills, certificates, and of the keys of programs. */
#include "domain/core/permission/permission.h"
#include "domain/organisation/org/org.h"
#include "domain/organisation/staff/grant.h"
#include "domain/organisation/staff/key.h"
#include "domain/organisation/staff/password.h"
#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/skill.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"
#include "platform/list.h"

/* The person of {id}, if the actor may do this where the person belongs. */
static bool person_within(struct ctx *c, struct call *call, int permission, struct staff *staff)
{
	return staff_read(c, call->id, staff) && fence_require(c, permission, staff->org_id, "这名人员");
}

/* Phone numbers show only where one may also edit. In a list: only if that holds wherever one may look. */
static bool edits_wherever_it_sees(const struct actor *actor)
{
	for (size_t i = 0; i < actor->grant_count; i++)
		if (permission_has(&actor->grants[i].permissions, MAY_VIEW_STAFF) &&
			!actor_may_at(actor, MAY_EDIT_STAFF, actor->grants[i].org_path))
			return false;
	return actor_may(actor, MAY_EDIT_STAFF);
}

static bool unmask_person(struct ctx *c, struct call *call, const struct staff *staff)
{
	struct org org;
	if (!org_read(c, staff->org_id, &org))
		return false;
	call->unmasked = actor_may_at(c->actor, MAY_EDIT_STAFF, org.path);
	return true;
}

/* ---- people
 * ---------------------------------------------------------------------------------------------------------
 */

static bool put_unit_and_roles(struct ctx *c, const void *record, struct json_out *out)
{
	const struct staff *staff = record;
	struct org org;
	if (!org_read(c, staff->org_id, &org))
		return false;
	put_text(out, "org_name", org.name);
	out_key(out, "roles");
	return grant_write(c, staff->id, out);
}

static bool list_staff(struct ctx *c, struct call *call)
{
	call->unmasked = edits_wherever_it_sees(c->actor);
	return list_reply(c, call,
		&(struct list){ .entity = &staff_entity,
			.permission = MAY_VIEW_STAFF,
			.decorate = put_unit_and_roles });
}

static bool show_staff(struct ctx *c, struct call *call)
{
	struct staff *staff = call->reply;
	return person_within(c, call, MAY_VIEW_STAFF, staff) && unmask_person(c, call, staff);
}

static bool open_staff(struct ctx *c, struct call *call)
{
	struct staff *staff = call->record;
	if (!fence_require(c, MAY_EDIT_STAFF, staff->org_id, "这个单位") || !staff_open(c, staff, NULL, true))
		return false;
	*(struct staff *)call->reply = *staff;
	call->unmasked = true;
	call->location = arena_format(c->arena, "/api/v1/staff/%lld", (long long)staff->id);
	return true;
}

static bool edit_staff(struct ctx *c, struct call *call)
{
	struct staff *staff = call->reply;
	if (!person_within(c, call, MAY_EDIT_STAFF, staff) || !call_require_version(c, call) ||
		!entity_from_json(c, &staff_entity, call->json, ENTITY_EDIT, staff))
		return false;
	staff->version = call->if_match;
	call->unmasked = true;
	return staff_edit(c, staff);
}

static bool move_staff(struct ctx *c, struct call *call)
{
	struct staff *staff = call->reply;
	int64_t org_id = json_get_int(c, call->json, "org_id", 0);
	if (!person_within(c, call, MAY_EDIT_STAFF, staff))
		return false;
	if (!org_id)
		return fault(c, "org_id", "required", "请选择调往的单位");
	if (!fence_require(c, MAY_EDIT_STAFF, org_id, "调往的单位") ||
		!staff_move(c, call->id, org_id, call->if_match) || !staff_read(c, call->id, staff))
		return false;
	call->unmasked = true;
	return true;
}

static bool unlock_staff(struct ctx *c, struct call *call)
{
	struct staff staff;
	return person_within(c, call, MAY_EDIT_STAFF, &staff) && session_unlock(c, staff.login) &&
	       audit_record(c, "session.unlock", "staff", staff.id, staff.org_id, staff.name, NULL);
}

/* ---- passwords of others
 * ------------------------------------------------------------------------------------------- */

static bool prepare_reset(struct ctx *c, struct call *call)
{
	struct staff staff;
	const char *fresh = json_get_text(c, call->json, "password");
	if (ctx_failed(c) || !person_within(c, call, MAY_EDIT_STAFF, &staff))
		return false;
	call->prepared = arena_new_object(c->arena, struct password_reset);
	return password_prepare_reset(c, call->id, fresh, call->prepared);
}

static bool reset_password(struct ctx *c, struct call *call)
{
	struct staff staff;
	const struct password_reset *reset = call->prepared;
	if (!person_within(c, call, MAY_EDIT_STAFF, &staff) || !password_reset(c, call->id, reset))
		return false;
	out_object_open(call->out);
	put_text(call->out, "password", reset->generated);
	put_bool(call->out, "must_change_password", true);
	out_object_close(call->out);
	return true;
}

/* ---- roles
 * ----------------------------------------------------------------------------------------------------------
 */

static void put_role(struct json_out *out, const struct role *role)
{
	out_object_open(out);
	put_text(out, "code", role->code);
	put_text(out, "label", role->label);
	put_text(out, "home", role->home);
	put_text(out, "power", role->power);
	out_key(out, "permissions");
	out_array_open(out);
	for (int p = 1; p < PERMISSION_COUNT; p++)
		if (permission_has(&role->permissions, p))
			out_text(out, permission_infos[p].code);
	out_array_close(out);
	out_object_close(out);
}

static void put_words(struct json_out *out, const char *key, const struct staff_word *words, size_t count)
{
	out_key(out, key);
	out_array_open(out);
	for (size_t i = 0; i < count; i++) {
		out_object_open(out);
		put_text(out, "code", words[i].code);
		put_text(out, "label", words[i].label);
		out_object_close(out);
	}
	out_array_close(out);
}

static bool list_roles(struct ctx *c, struct call *call)
{
	const struct staff_memory *memory = c->app->staff;
	struct json_out *out = call->out;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	for (size_t i = 0; i < memory->role_count; i++)
		put_role(out, &memory->roles[i]);
	out_array_close(out);
	out_key(out, "permissions");
	out_array_open(out);
	for (int p = 1; p < PERMISSION_COUNT; p++) {
		out_object_open(out);
		put_text(out, "code", permission_infos[p].code);
		put_text(out, "label", permission_infos[p].label);
		out_object_close(out);
	}
	out_array_close(out);
	put_words(out, "skills", memory->skills, memory->skill_count);
	put_words(out, "certificates", memory->certificates, memory->certificate_count);
	out_object_close(out);
	return true;
}

static bool put_grants(struct ctx *c, struct call *call)
{
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!grant_write(c, call->id, call->out))
		return false;
	out_object_close(call->out);
	return true;
}

static bool show_grants(struct ctx *c, struct call *call)
{
	struct staff staff;
	return person_within(c, call, MAY_VIEW_STAFF, &staff) && put_grants(c, call);
}

static bool grant_role(struct ctx *c, struct call *call)
{
	struct staff staff;
	const char *role = json_get_text(c, call->json, "role");
	int64_t org_id = json_get_int(c, call->json, "org_id", 0);
	if (ctx_failed(c) || !person_within(c, call, MAY_GRANT_ROLE, &staff))
		return false;
	if (text_is_blank(role))
		fault(c, "role", "required", "请选择角色");
	if (!org_id)
		fault(c, "org_id", "required", "请选择角色的范围");
	if (ctx_failed(c))
		return false;
	return fence_require(c, MAY_GRANT_ROLE, org_id, "这个范围") &&
	       staff_grant_role(c, call->id, role, org_id) && put_grants(c, call);
}

static bool end_grant(struct ctx *c, struct call *call)
{
	return grant_end(c, call->id);
}

/* ---- skills and certificates
 * ---------------------------------------------------------------------------------------- */

static bool show_skills(struct ctx *c, struct call *call)
{
	struct staff staff;
	return person_within(c, call, MAY_VIEW_STAFF, &staff) && skill_write(c, call->id, call->out);
}

enum { SKILLS_MOST = 50 };

static bool set_skills(struct ctx *c, struct call *call)
{
	struct staff staff;
	const char *skills[SKILLS_MOST];
	const json_t *list = json_object_get(call->json, "skills");
	if (!person_within(c, call, MAY_EDIT_CERTIFICATE, &staff))
		return false;
	if (!json_is_array(list) || json_array_size(list) > SKILLS_MOST)
		return fault(c, "skills", "type", "请给出技能代码的数组");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!(skills[i] = json_string_value(json_array_get(list, i))))
			return fault(c, "skills", "type", "请给出技能代码的数组");
	return skill_set(c, call->id, skills, json_array_size(list)) && skill_write(c, call->id, call->out);
}

static bool show_certificates(struct ctx *c, struct call *call)
{
	struct staff staff;
	return person_within(c, call, MAY_VIEW_STAFF, &staff) && certificate_write(c, call->id, call->out);
}

static bool open_certificate(struct ctx *c, struct call *call)
{
	struct staff staff;
	struct staff_certificate *certificate = call->record;
	certificate->staff_id = call->id;
	if (!person_within(c, call, MAY_EDIT_CERTIFICATE, &staff) || !certificate_open(c, certificate))
		return false;
	*(struct staff_certificate *)call->reply = *certificate;
	call->status = 201;
	return true;
}

static bool end_certificate(struct ctx *c, struct call *call)
{
	return certificate_end(c, call->id);
}

/* ---- keys
 * -----------------------------------------------------------------------------------------------------------
 */

static bool put_key_unit(struct ctx *c, const void *record, struct json_out *out)
{
	const struct staff_key *key = record;
	struct org org;
	if (!org_read(c, key->org_id, &org))
		return false;
	put_text(out, "org_name", org.name);
	return true;
}

static bool list_keys(struct ctx *c, struct call *call)
{
	return list_reply(c, call,
		&(struct list){
			.entity = &staff_key_entity, .permission = MAY_EDIT_KEY, .decorate = put_key_unit });
}

static bool open_key(struct ctx *c, struct call *call)
{
	struct staff_key *key = call->record;
	const char *secret;
	if (!fence_require(c, MAY_EDIT_KEY, key->org_id, "这个范围") || !key_open(c, key, &secret))
		return false;
	out_object_open(call->out);
	entity_members(c, &staff_key_entity, key, true, call->out);
	put_text(call->out, "key", secret);
	out_object_close(call->out);
	call->status = 201;
	return true;
}

static bool revoke_key(struct ctx *c, struct call *call)
{
	return key_revoke(c, call->id);
}

static const struct route staff_routes[] = {
	{ "GET", "/staff", list_staff, MAY_VIEW_STAFF, .reply = &staff_entity, .flags = IS_LIST,
		.summary = "人员清单" },
	{ "POST", "/staff", open_staff, MAY_EDIT_STAFF, .body = &staff_entity, .reply = &staff_entity,
		.summary = "新建人员" },
	{ "GET", "/staff/{id}", show_staff, MAY_VIEW_STAFF, .reply = &staff_entity, .summary = "查看人员" },
	{ "PUT", "/staff/{id}", edit_staff, MAY_EDIT_STAFF, .body = &staff_entity, .reply = &staff_entity,
		.body_mode = ENTITY_EDIT, .summary = "修改人员" },
	{ "POST", "/staff/{id}/move", move_staff, MAY_EDIT_STAFF, .reply = &staff_entity,
		.summary = "调动人员" },
	{ "POST", "/staff/{id}/unlock", unlock_staff, MAY_EDIT_STAFF, .summary = "解除登录锁定" },
	{ "POST", "/staff/{id}/password", reset_password, MAY_EDIT_STAFF, .flags = NO_RETRY_KEY,
		.prepare = prepare_reset, .summary = "重设密码" },
	{ "GET", "/roles", list_roles, .flags = ANY_STAFF, .summary = "角色、权限、技能与证书种类" },
	{ "GET", "/staff/{id}/grants", show_grants, MAY_VIEW_STAFF, .summary = "人员的角色" },
	{ "POST", "/staff/{id}/grants", grant_role, MAY_GRANT_ROLE, .summary = "授予角色" },
	{ "DELETE", "/grants/{id}", end_grant, MAY_GRANT_ROLE, .summary = "收回角色" },
	{ "GET", "/staff/{id}/skills", show_skills, MAY_VIEW_STAFF, .summary = "人员的技能" },
	{ "POST", "/staff/{id}/skills", set_skills, MAY_EDIT_CERTIFICATE, .summary = "设定技能" },
	{ "GET", "/staff/{id}/certificates", show_certificates, MAY_VIEW_STAFF, .summary = "人员的证书" },
	{ "POST", "/staff/{id}/certificates", open_certificate, MAY_EDIT_CERTIFICATE,
		.body = &staff_certificate_entity, .reply = &staff_certificate_entity,
		.summary = "登记证书" },
	{ "DELETE", "/certificates/{id}", end_certificate, MAY_EDIT_CERTIFICATE, .summary = "删除证书" },
	{ "GET", "/keys", list_keys, MAY_EDIT_KEY, .reply = &staff_key_entity, .flags = IS_LIST,
		.summary = "接口密钥清单" },
	{ "POST", "/keys", open_key, MAY_EDIT_KEY, .body = &staff_key_entity, .flags = NO_RETRY_KEY,
		.summary = "签发接口密钥" },
	{ "DELETE", "/keys/{id}", revoke_key, MAY_EDIT_KEY, .summary = "吊销接口密钥" },
};

static const struct entity *const staff_entities[] = { &staff_entity, &staff_key_entity,
	&staff_certificate_entity, NULL };
static const char *const staff_needs[] = { "org", NULL };
static const struct job staff_jobs[] = {
	{ .name = "staff.seen", .every_ms = 30 * SECOND_MS, .run = staff_seen_save },
	{ .name = "staff.tidy", .every_ms = HOUR_MS, .run = session_tidy },
};

const struct module staff_module = {
	.name = "staff",
	.wing = "organisation",
	.label = "人员",
	.needs = staff_needs,
	.routes = staff_routes,
	.route_count = sizeof staff_routes / sizeof *staff_routes,
	.entities = staff_entities,
	.jobs = staff_jobs,
	.job_count = sizeof staff_jobs / sizeof *staff_jobs,
	.start = staff_memory_start,
};
