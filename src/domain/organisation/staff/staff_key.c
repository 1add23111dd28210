/* staff_key.c: keys of programs. */
#include <stdlib.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/key.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"
#include "platform/crypto.h"

enum { SECRET_SIZE = 32, BEARER_MOST = 200, SCOPES_MOST = 2000 };

static const struct field staff_key_fields[] = {
	FIELD(staff_key, id, "编号", .flags = BY_SERVER),
	FIELD(staff_key, name, "用途", .flags = REQUIRED | IN_LIST, .at_most = 60),
	FIELD(staff_key, org_id, "可用范围", .flags = REQUIRED | FILTERED, .refers = "org"),
	FIELD(staff_key, scopes, "权限", .flags = REQUIRED | IN_LIST, .at_most = SCOPES_MOST,
		.help = "权限代码，用逗号分开，例如 repair.view,repair.file"),
	FIELD(staff_key, secret_digest, "密钥摘要", .flags = BY_SERVER | SECRET),
	FIELD(staff_key, created_by, "签发人", .flags = BY_SERVER, .refers = "staff"),
	FIELD(staff_key, created_at, "签发时间", .flags = BY_SERVER | SORTED | IN_LIST),
	FIELD(staff_key, expires_on, "有效期至", .flags = IN_LIST),
	FIELD(staff_key, used_at, "最近使用", .flags = BY_SERVER | IN_LIST),
	FIELD(staff_key, revoked_at, "吊销时间", .flags = BY_SERVER | IN_LIST),
};
const struct entity staff_key_entity = ENTITY(staff_key, "接口密钥", staff_key_fields, .fence = "org_id",
	.default_sort = "-created_at", .title = "name");

/* What a program may never do, for then its holder could give himself every right or read who watches him. */
static const int never[] = { MAY_GRANT_ROLE, MAY_EDIT_KEY, MAY_EDIT_STAFF, MAY_VIEW_AUDIT };

static bool is_never(int permission)
{
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (never[i] == permission)
			return true;
	return false;
}

/* The next code of a comma-separated list, or NULL at its end. */
static const char *next_scope(struct arena *arena, const char **at)
{
	while (**at == ',' || **at == ' ')
		++*at;
	size_t length = strcspn(*at, ", ");
	const char *scope = length ? arena_text_n(arena, *at, length) : NULL;
	*at += length;
	return scope;
}

static struct permission_set scope_set(struct ctx *c, const char *scopes)
{
	struct permission_set set = { 0 };
	for (const char *at = scopes, *scope; (scope = next_scope(c->arena, &at));) {
		int permission = permission_of_code(scope);
		if (permission && !is_never(permission))
			permission_add(&set, permission);
	}
	return set;
}

/* ---- using
 * ----------------------------------------------------------------------------------------------------------
 */

static bool is_good(struct ctx *c, struct rows *rows, const char *secret)
{
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	struct date expires_on = rows_date(rows, 4);
	sha256(secret, strlen(secret), digest);
	return equal_in_constant_time(rows_text(rows, 3), digest_hex(digest, hex)) &&
	       (expires_on.day == INT32_MIN || expires_on.day >= instant_date(c->now).day);
}

static void become(struct ctx *c, struct rows *rows, int64_t id, struct actor *actor)
{
	struct grant *grant = arena_new_object(c->arena, struct grant);
	actor->kind = ACTOR_KEY;
	actor->id = id;
	actor->name = rows_text(rows, 0);
	actor->title = "接口密钥";
	actor->org_id = rows_int(rows, 1);
	actor->org_path = rows_text(rows, 6);
	*grant = (struct grant){ .org_id = actor->org_id,
		.org_path = actor->org_path,
		.permissions = scope_set(c, rows_text(rows, 2)) };
	actor->grants = grant;
	actor->grant_count = 1;
}

bool key_authenticate(struct ctx *c, const char *bearer, struct actor *actor)
{
	static const char of_id[] =
		"SELECT k.name, k.org_id, k.scopes, k.secret_digest, k.expires_on, k.used_at, o.path FROM "
		"staff_key k"
		" JOIN org_tree o ON o.id = k.org_id WHERE k.id = $1 AND k.revoked_at IS NULL";
	char *end;
	struct rows *rows;
	if (!text_starts(bearer, "qk_") || strlen(bearer) > BEARER_MOST || bearer[3] < '1' || bearer[3] > '9')
		return true;
	int64_t id = strtoll(bearer + 3, &end, 10);
	if (*end != '_' || end - bearer > 20)
		return true;
	if (!db_query(c, &rows, of_id, V(id)))
		return false;
	int64_t used_ms = 0;
	if (rows_next(rows) && is_good(c, rows, end + 1)) {
		become(c, rows, id, actor);
		used_ms = rows_int(rows, 5);
	}
	rows_close(rows);
	if (actor->kind == ACTOR_KEY)
		staff_seen_now(c, id, true, used_ms);
	return !ctx_failed(c);
}

/* ---- issuing
 * ------------------------------------------------------------------------------------------------------- */

static bool check_scopes(struct ctx *c, struct staff_key *key)
{
	struct text_builder clean = { .arena = c->arena };
	bool good = true;
	for (const char *at = key->scopes, *scope; (scope = next_scope(c->arena, &at));) {
		int permission = permission_of_code(scope);
		if (!permission)
			good = fault(c, "scopes", "unknown", "没有“%s”这种权限，请核对", scope);
		else if (is_never(permission))
			good = fault(c, "scopes", "never", "“%s”不能交给程序，只能由人办理",
				permission_infos[permission].label);
		text_add(&clean, clean.length ? "," : "");
		text_add(&clean, scope);
	}
	key->scopes = text_built(&clean);
	if (good && !*key->scopes)
		return fault(c, "scopes", "required", "请至少选择一项权限");
	return good;
}

bool key_open(struct ctx *c, struct staff_key *key, const char **secret)
{
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	if (!check_scopes(c, key))
		return false;
	if (key->expires_on.day != INT32_MIN && key->expires_on.day < instant_date(c->now).day)
		return fault(c, "expires_on", "past", "有效期已过，请填今天或以后的日期");
	const char *token = random_token(c->arena, SECRET_SIZE);
	sha256(token, strlen(token), digest);
	key->id = db_new_id(c);
	key->secret_digest = arena_text(c->arena, digest_hex(digest, hex));
	key->created_by = c->actor->id;
	key->created_at = c->now;
	*secret = arena_format(c->arena, "qk_%lld_%s", (long long)key->id, token);
	return entity_insert(c, &staff_key_entity, key) &&
	       audit_record(c, "key.open", "staff_key", key->id, key->org_id,
		       arena_format(c->arena, "%s：%s", key->name, key->scopes), NULL);
}

bool key_revoke(struct ctx *c, int64_t id)
{
	struct staff_key key;
	if (!entity_read(c, &staff_key_entity, id, &key) ||
		!fence_require(c, MAY_EDIT_KEY, key.org_id, "这个接口密钥"))
		return false;
	if (key.revoked_at.ms)
		return true;
	staff_tell(c, 0, key.org_id);
	return db_run(c, "UPDATE staff_key SET revoked_at = $1 WHERE id = $2", V(c->now), V(id)) &&
	       audit_record(c, "key.revoke", "staff_key", id, key.org_id, key.name, NULL);
}
