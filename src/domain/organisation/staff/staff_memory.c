/* staff_memory.c: the roles and rules of rulebook/roles.json, and when each session was last seen. */
#include <assert.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/embedded.h"
#include "platform/json.h"
#include "platform/log.h"
#include "platform/writer.h"

/* ---- rulebook/roles.json
 * ------------------------------------------------------------------------------------------ */

static const char *text_of(struct arena *arena, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? arena_text(arena, text) : NULL;
}

static bool read_role(struct ctx *c, const json_t *json, struct role *role)
{
	struct arena *arena = c->app->arena;
	role->code = text_of(arena, json, "code");
	role->label = text_of(arena, json, "label");
	role->home = text_of(arena, json, "home");
	role->power = text_of(arena, json, "power");
	if (!role->code || !role->label || !role->home)
		return fail(c, INTERNAL, "rulebook/roles.json：有角色缺少 code、label 或 home");
	size_t i;
	json_t *code;
	json_array_foreach(json_object_get(json, "permissions"), i, code)
	{
		const char *text = json_string_value(code);
		int permission = text ? permission_of_code(text) : 0;
		if (!permission)
			return fail(c, INTERNAL, "rulebook/roles.json：角色 %s 里没有这种权限：%s",
				role->code, text ? text : "(不是文字)");
		permission_add(&role->permissions, permission);
	}
	return true;
}

static bool read_roles(struct ctx *c, const json_t *book, struct staff_memory *memory)
{
	const json_t *roles = json_object_get(book, "roles");
	memory->role_count = json_array_size(roles);
	memory->roles = arena_array(c->app->arena, struct role, memory->role_count);
	for (size_t i = 0; i < memory->role_count; i++)
		if (!read_role(c, json_array_get(roles, i), &memory->roles[i]))
			return false;
	return memory->role_count || fail(c, INTERNAL, "rulebook/roles.json 里没有角色");
}

static const struct staff_word *read_words(struct ctx *c, const json_t *book, const char *key, size_t *count)
{
	const json_t *words = json_object_get(book, key);
	*count = json_array_size(words);
	struct staff_word *out = arena_array(c->app->arena, struct staff_word, *count);
	for (size_t i = 0; i < *count; i++) {
		out[i].code = text_of(c->app->arena, json_array_get(words, i), "code");
		out[i].label = text_of(c->app->arena, json_array_get(words, i), "label");
		if (!out[i].code || !out[i].label) {
			fail(c, INTERNAL, "rulebook/roles.json：%s 里有一项缺少 code 或 label", key);
			break;
		}
	}
	return out;
}

static int64_t rule(struct ctx *c, const json_t *book, const char *group, const char *key)
{
	const json_t *number = json_object_get(json_object_get(book, group), key);
	int64_t value = json_integer_value(number);
	if (value <= 0 || value > 100000)
		fail(c, INTERNAL, "rulebook/roles.json：%s.%s 须是正整数", group, key);
	return value;
}

static void read_rules(struct ctx *c, const json_t *book, struct staff_rules *rules)
{
	rules->password_at_least = rule(c, book, "password", "at_least");
	rules->password_kinds = rule(c, book, "password", "kinds");
	rules->password_remembered = rule(c, book, "password", "remembered");
	rules->password_expires_ms = rule(c, book, "password", "expires_after_days") * DAY_MS;
	rules->session_idle_ms = rule(c, book, "session", "idle_minutes") * MINUTE_MS;
	rules->session_longest_ms = rule(c, book, "session", "longest_hours") * HOUR_MS;
	rules->login_failures = rule(c, book, "login", "failures");
	rules->login_within_ms = rule(c, book, "login", "within_minutes") * MINUTE_MS;
	rules->login_locked_ms = rule(c, book, "login", "locked_minutes") * MINUTE_MS;
	rules->login_failures_per_address = rule(c, book, "login", "failures_per_address");
}

static void memory_release(void *handle)
{
	struct staff_memory *memory = handle;
	pthread_mutex_destroy(&memory->seen_lock);
}

bool staff_memory_start(struct ctx *c)
{
	const struct embedded *file = embedded_find("rulebook/roles.json");
	json_t *book;
	if (c->app->staff)
		return true;
	if (!file)
		return fail(c, INTERNAL, "程序里缺少 rulebook/roles.json");
	if (!json_parse(c, (const char *)file->bytes, file->length, &book))
		return false;
	struct staff_memory *memory = arena_new_object(c->app->arena, struct staff_memory);
	read_rules(c, book, &memory->rules);
	memory->skills = read_words(c, book, "skills", &memory->skill_count);
	memory->certificates = read_words(c, book, "certificates", &memory->certificate_count);
	if (!read_roles(c, book, memory) || ctx_failed(c))
		return false;
	if (pthread_mutex_init(&memory->seen_lock, NULL) != 0)
		return fail(c, INTERNAL, "系统资源不足，请重新启动服务");
	arena_defer(c->app->arena, memory_release, memory);
	c->app->staff = memory;
	return true;
}

const struct staff_rules *staff_rules(const struct app *app)
{
	assert(app->staff);
	return &app->staff->rules;
}

static const struct staff_word *word_of(const struct staff_word *words, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(words[i].code, code))
			return &words[i];
	return NULL;
}

const struct staff_word *staff_skill_of(const struct app *app, const char *code)
{
	return word_of(app->staff->skills, app->staff->skill_count, code);
}

const struct staff_word *staff_certificate_of(const struct app *app, const char *code)
{
	return word_of(app->staff->certificates, app->staff->certificate_count, code);
}

/* ---- last seen
 * ------------------------------------------------------------------------------------------------------ */

enum { SEEN_SAVE_MS = MINUTE_MS, SEEN_ARENA_CAP = 256 * 1024, SEEN_BATCH = 500 };

static bool save(struct ctx *c, const struct staff_seen *seen)
{
	if (seen->is_key)
		return db_run(c,
			"UPDATE staff_key SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at < "
			"$3)",
			V(seen->seen_ms), V(seen->id), V(seen->seen_ms));
	return db_run(c, "UPDATE staff_session SET seen_at = $1 WHERE id = $2 AND seen_at < $3",
		V(seen->seen_ms), V(seen->id), V(seen->seen_ms));
}

/* A save that nobody waits for; it owns its arena. */
struct saving {
	struct write_request request;
	struct ctx c;
	struct staff_seen seen;
};

static bool saving_work(struct ctx *c, void *data)
{
	return save(c, data);
}

static void saving_done(struct write_request *request, bool committed)
{
	struct saving *saving = (struct saving *)request;
	(void)committed; /* the next minute's save says it again */
	arena_free(saving->c.arena);
}

static void save_later(struct app *app, const struct staff_seen *seen, struct instant now)
{
	struct arena *arena = app->writer ? arena_new(SEEN_ARENA_CAP) : NULL;
	if (!arena)
		return;
	struct saving *saving = arena_new_object(arena, struct saving);
	saving->c = (struct ctx){ .app = app, .arena = arena, .actor = &system_actor, .now = now };
	saving->seen = *seen;
	saving->request = (struct write_request){
		.work = saving_work, .data = &saving->seen, .c = &saving->c, .done = saving_done
	};
	if (!writer_submit(app->writer, &saving->request))
		arena_free(arena);
}

/* Within the lock. True when what the slot now holds, or held of another session, should be saved at once. */
static bool touch_slot(struct staff_seen *slot, const struct staff_seen *fresh, struct staff_seen *to_save)
{
	if (slot->id != fresh->id) {
		bool unsaved = slot->id && slot->seen_ms > slot->saved_ms;
		*to_save = *slot;
		*slot = *fresh;
		if (unsaved)
			return true;
	}
	if (fresh->saved_ms > slot->saved_ms)
		slot->saved_ms = fresh->saved_ms;
	if (fresh->seen_ms > slot->seen_ms)
		slot->seen_ms = fresh->seen_ms;
	if (slot->seen_ms - slot->saved_ms < SEEN_SAVE_MS)
		return false;
	slot->saved_ms = slot->seen_ms;
	*to_save = *slot;
	return true;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t staff_seen_at(const struct app *app, int64_t id, int64_t saved_ms)
{
	struct staff_memory *memory = app->staff;
	if (!memory)
		return saved_ms;
	const struct staff_seen *slot = &memory->seen[(uint64_t)id % SEEN_SLOTS];
	pthread_mutex_lock(&memory->seen_lock);
	int64_t seen = slot->id == id ? later(slot->seen_ms, saved_ms) : saved_ms;
	pthread_mutex_unlock(&memory->seen_lock);
	return seen;
}

void staff_seen_now(struct ctx *c, int64_t id, bool is_key, int64_t saved_ms)
{
	struct staff_memory *memory = c->app->staff;
	struct staff_seen to_save;
	if (!memory || c->passive)
		return;
	struct staff_seen fresh = { .id = id, .seen_ms = c->now.ms, .saved_ms = saved_ms, .is_key = is_key };
	pthread_mutex_lock(&memory->seen_lock);
	bool now = touch_slot(&memory->seen[(uint64_t)id % SEEN_SLOTS], &fresh, &to_save);
	pthread_mutex_unlock(&memory->seen_lock);
	if (now)
		save_later(c->app, &to_save, c->now);
}

/* The slots with news, marked as saved. A save that fails is made good by the next request of that session.
 */
static size_t take_unsaved(struct staff_memory *memory, struct staff_seen *taken, size_t limit)
{
	size_t count = 0;
	pthread_mutex_lock(&memory->seen_lock);
	for (size_t i = 0; i < SEEN_SLOTS && count < limit; i++) {
		struct staff_seen *slot = &memory->seen[i];
		if (slot->seen_ms <= slot->saved_ms)
			continue;
		slot->saved_ms = slot->seen_ms;
		taken[count++] = *slot;
	}
	pthread_mutex_unlock(&memory->seen_lock);
	return count;
}

bool staff_seen_save(struct ctx *c, bool *more)
{
	if (!c->app->staff)
		return true;
	struct staff_seen *taken = arena_array(c->arena, struct staff_seen, SEEN_BATCH);
	size_t count = take_unsaved(c->app->staff, taken, SEEN_BATCH);
	for (size_t i = 0; i < count; i++)
		if (!save(c, &taken[i]))
			return false;
	*more = count == SEEN_BATCH;
	return true;
}
