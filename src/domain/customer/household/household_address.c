/* household_address.c: how an address is printed, the tree of places, and the index of address tails.
 *
 * An address has four levels: 小区, 楼栋, 单元, 室. What is found is a piece of the printed address in search
 * form. For each level that is not blank one row of household_tail holds the address from that level to its
 * end, and address_part holds the suffixes of each different text that a level has in the company.
 * household_find.c puts the two together. */
#include <string.h>

#include "domain/customer/household/household.h"

/* ---- printing
 * ------------------------------------------------------------------------------------------------- */

/* "3", "A2", "12-1": a bare mark that needs its word. */
static bool is_bare(const char *text)
{
	for (; *text; text++) {
		bool plain = (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= 'a' && *text <= 'z') || *text == '-' || *text == '#';
		if (!plain)
			return false;
	}
	return true;
}

const char *address_part_print(struct arena *arena, enum address_level level, const char *text)
{
	static const char *const words[ADDRESS_LEVELS] = { "", "号楼", "单元", "室" };
	if (!text || text_is_blank(text))
		return "";
	if (level == LEVEL_COMMUNITY || !is_bare(text))
		return text;
	size_t length = strlen(text);
	if (level == LEVEL_BUILDING && text[length - 1] == '#') /* 3# is 3号楼 */
		length--;
	return arena_format(arena, "%.*s%s", (int)length, text, words[level]);
}

static const char *level_text(const struct household *household, int level)
{
	const char *const texts[ADDRESS_LEVELS] = { household->community, household->building,
		household->unit, household->room };
	return texts[level];
}

const char *address_print(struct arena *arena, const struct household *household)
{
	struct text_builder all = { .arena = arena };
	for (int level = 0; level < ADDRESS_LEVELS; level++)
		text_add(&all,
			address_part_print(arena, (enum address_level)level, level_text(household, level)));
	return all.length ? text_built(&all) : NULL;
}

/* ---- what an import has learnt
 * ---------------------------------------------------------------------------------- */

/* Open addressing by the key's text; the keys live in the import's arena. */
struct address_cache {
	struct arena *arena;
	struct known {
		const char *key;
		uint64_t hash;
		int64_t value;
	} * slots;
	size_t count, capacity;
};

enum { CACHE_FIRST = 1024, CACHE_KEYS_MOST = 400000, CACHE_KEY_SIZE = 1024 };

struct address_cache *address_cache_new(struct arena *arena)
{
	struct address_cache *cache = arena_new_object(arena, struct address_cache);
	cache->arena = arena;
	cache->capacity = CACHE_FIRST;
	cache->slots = arena_array(arena, struct known, CACHE_FIRST);
	return cache;
}

void address_cache_clear(struct address_cache *cache)
{
	if (cache)
		memset(cache->slots, 0, cache->capacity * sizeof *cache->slots);
	if (cache)
		cache->count = 0;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash ^ hash >> 29;
}

static struct known *cache_slot(const struct address_cache *cache, const char *key, uint64_t hash)
{
	size_t at = (size_t)hash & (cache->capacity - 1);
	while (cache->slots[at].key &&
		(cache->slots[at].hash != hash || strcmp(cache->slots[at].key, key) != 0))
		at = (at + 1) & (cache->capacity - 1);
	return &cache->slots[at];
}

static bool cache_get(const struct address_cache *cache, const char *key, int64_t *value)
{
	if (!cache)
		return false;
	const struct known *slot = cache_slot(cache, key, hash_text(key));
	*value = slot->value;
	return slot->key;
}

static void cache_put(struct address_cache *cache, const char *key, int64_t value)
{
	if (!cache || cache->count >= CACHE_KEYS_MOST)
		return;
	if (cache->count * 2 >= cache->capacity) {
		struct known *old = cache->slots;
		size_t before = cache->capacity;
		cache->capacity *= 2;
		cache->slots = arena_array(cache->arena, struct known, cache->capacity);
		for (size_t i = 0; i < before; i++)
			if (old[i].key)
				*cache_slot(cache, old[i].key, old[i].hash) = old[i];
	}
	uint64_t hash = hash_text(key);
	struct known *slot = cache_slot(cache, key, hash);
	if (!slot->key)
		*slot = (struct known){ arena_text(cache->arena, key), hash, 0 }, cache->count++;
	slot->value = value;
}

/* ---- the tree
 * ----------------------------------------------------------------------------------------------------- */

static const char place_of_name[] =
	"SELECT id FROM place WHERE company_id = $1 AND parent_id = $2 AND level = $3 AND name = $4";
static const char place_insert[] = "INSERT INTO place (id, company_id, parent_id, level, name) "
				   "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

static bool place_find(
	struct ctx *c, int64_t company_id, int64_t parent_id, int level, const char *name, int64_t *id)
{
	return db_number(c, id, 0, place_of_name, V(company_id), V(parent_id), V(level), V(name));
}

static bool place_make(
	struct ctx *c, int64_t company_id, int64_t parent_id, int level, const char *name, int64_t *id)
{
	if (!place_find(c, company_id, parent_id, level, name, id))
		return false;
	return *id ||
	       (db_run(c, place_insert, V(db_new_id(c)), V(company_id), V(parent_id), V(level), V(name)) &&
		       place_find(c, company_id, parent_id, level, name, id));
}

bool address_place(
	struct ctx *c, const struct household *household, struct address_cache *cache, int64_t *place_id)
{
	char key[CACHE_KEY_SIZE];
	*place_id = 0;
	for (int level = LEVEL_COMMUNITY; level <= LEVEL_UNIT; level++) {
		const char *name =
			address_part_print(c->arena, (enum address_level)level, level_text(household, level));
		if (!*name)
			continue;
		int64_t parent = *place_id;
		int length = snprintf(key, sizeof key, "p%lld.%d.%lld.%s", (long long)household->company_id,
			level, (long long)parent, name);
		bool keeps = length > 0 && (size_t)length < sizeof key;
		if (keeps && cache_get(cache, key, place_id))
			continue;
		if (!place_make(c, household->company_id, parent, level + 1, name, place_id))
			return false;
		if (keeps)
			cache_put(cache, key, *place_id);
	}
	return true;
}

/* ---- tails and parts
 * ------------------------------------------------------------------------------------------------ */

static const char part_insert[] =
	"INSERT INTO address_part (company_id, level, suffix, part, followed) VALUES ($1, $2, $3, $4, $5) "
	"ON CONFLICT (company_id, level, suffix, part) DO UPDATE SET followed = 1 "
	"WHERE address_part.followed = 0 AND excluded.followed = 1";
static const char tail_insert[] =
	"INSERT INTO household_tail (company_id, level, tail, household_id, org_id) "
	"VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
static const char tail_delete[] =
	"DELETE FROM household_tail WHERE company_id = $1 AND level = $2 AND tail = $3 AND household_id = $4";

static bool part_known(struct ctx *c, int64_t company_id, int level, const char *part, bool followed,
	struct address_cache *cache)
{
	char key[CACHE_KEY_SIZE];
	int64_t ignored;
	int length =
		snprintf(key, sizeof key, "t%lld.%d.%d.%s", (long long)company_id, level, followed, part);
	bool keeps = length > 0 && (size_t)length < sizeof key;
	if (keeps && cache_get(cache, key, &ignored))
		return true;
	for (const char *suffix = part; *suffix; text_next(&suffix))
		if (!db_run(c, part_insert, V(company_id), V(level), V(suffix), V(part), V(followed)))
			return false;
	if (keeps)
		cache_put(cache, key, 1);
	return true;
}

/* tails[level]: the address from that level on, in search form; "" where the level is blank. */
static void tails_of(struct ctx *c, const struct household *household, const char *parts[ADDRESS_LEVELS],
	const char *tails[ADDRESS_LEVELS])
{
	struct text_builder all = { .arena = c->arena };
	size_t starts[ADDRESS_LEVELS];
	for (int level = 0; level < ADDRESS_LEVELS; level++) {
		const char *printed =
			address_part_print(c->arena, (enum address_level)level, level_text(household, level));
		parts[level] = *printed ? text_search_form(c->arena, printed) : "";
		starts[level] = all.length;
		text_add(&all, parts[level]);
	}
	for (int level = 0; level < ADDRESS_LEVELS; level++)
		tails[level] = *parts[level] ? text_built(&all) + starts[level] : "";
}

bool address_index(struct ctx *c, const struct household *household, struct address_cache *cache)
{
	const char *parts[ADDRESS_LEVELS], *tails[ADDRESS_LEVELS];
	tails_of(c, household, parts, tails);
	for (int level = 0; level < ADDRESS_LEVELS; level++) {
		if (!*parts[level])
			continue;
		bool followed = strlen(tails[level]) > strlen(parts[level]);
		if (!part_known(c, household->company_id, level, parts[level], followed, cache) ||
			!db_run(c, tail_insert, V(household->company_id), V(level), V(tails[level]),
				V(household->id), V(household->org_id)))
			return false;
	}
	return true;
}

bool address_unindex(struct ctx *c, const struct household *household)
{
	const char *parts[ADDRESS_LEVELS], *tails[ADDRESS_LEVELS];
	tails_of(c, household, parts, tails);
	for (int level = 0; level < ADDRESS_LEVELS; level++)
		if (*parts[level] && !db_run(c, tail_delete, V(household->company_id), V(level),
					     V(tails[level]), V(household->id)))
			return false;
	return true; /* address_part keeps the texts: they cost nothing and may come again */
}

/* ---- browsing
 * ---------------------------------------------------------------------------------------------------------
 */

static const char places_below[] =
	"SELECT p.id, p.level, p.name, "
	"EXISTS (SELECT 1 FROM place q WHERE q.company_id = p.company_id AND q.parent_id = p.id) "
	"FROM place p WHERE p.company_id = $1 AND p.parent_id = $2 ORDER BY p.level, p.name, p.id LIMIT 5000";

bool address_children_write(struct ctx *c, int64_t company_id, int64_t parent_id, struct json_out *out)
{
	struct rows *rows;
	if (!db_query(c, &rows, places_below, V(company_id), V(parent_id)))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		out_object_open(out);
		put_int(out, "id", rows_int(rows, 0));
		put_int(out, "level", rows_int(rows, 1));
		put_text(out, "name", rows_text(rows, 2));
		put_bool(out, "has_children", rows_bool(rows, 3));
		out_object_close(out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}
