/* quote_price.c: price versions and their items. */
#include "domain/core/book/book.h"
#include "domain/fieldwork/quote/quote.h"
#include "domain/fieldwork/quote/quote_internal.h"

CHOICE_TABLE(price_groups, PRICE_GROUPS);

static const struct field price_version_fields[] = {
	FIELD(price_version, id, "编号", .flags = BY_SERVER),
	FIELD(price_version, org_id, "适用单位", .flags = FILTERED | IN_LIST, .refers = "org"),
	FIELD(price_version, number, "文号", .flags = REQUIRED | IN_LIST, .at_most = 60),
	FIELD(price_version, basis, "收费依据", .flags = REQUIRED | IN_LIST | LONG_TEXT, .at_most = 500),
	FIELD(price_version, approval, "审批", .flags = REQUIRED | IN_LIST, .at_most = 200,
		.help = "审批人、审批文件"),
	FIELD(price_version, effective_from, "生效日期", .flags = REQUIRED | IN_LIST | SORTED | FILTERED),
	FIELD(price_version, created_at, "登记时间", .flags = BY_SERVER),
	FIELD(price_version, created_by, "登记人", .flags = BY_SERVER | IN_LIST),
	FIELD(price_version, version, "版本", .flags = BY_SERVER),
};
const struct entity price_version_entity = ENTITY(price_version, "收费标准", price_version_fields,
	.fence = "org_id", .default_sort = "-effective_from", .title = "number");

static const struct field price_item_fields[] = {
	FIELD(price_item, id, "编号", .flags = BY_SERVER),
	FIELD(price_item, version_id, "收费标准", .flags = BY_SERVER, .refers = "price_version"),
	FIELD(price_item, code, "项目代码", .flags = REQUIRED, .at_most = 40),
	FIELD(price_item, label, "项目名称", .flags = REQUIRED, .at_most = 80),
	FIELD(price_item, unit, "单位", .flags = REQUIRED, .at_most = 10),
	FIELD(price_item, section, "类别", .flags = REQUIRED, .choices = price_groups),
	FIELD(price_item, price_fen, "单价（分）", .at_most = 100000000),
};
const struct entity price_item_entity =
	ENTITY(price_item, "收费项目", price_item_fields, .default_sort = "id", .title = "label");

static bool insert_version(
	struct ctx *c, struct price_version *version, struct price_item *items, size_t count)
{
	version->id = db_new_id(c);
	version->version = 1;
	version->created_at = c->now;
	version->created_by = c->actor->name;
	if (!entity_insert(c, &price_version_entity, version))
		return false;
	for (size_t i = 0; i < count; i++) {
		items[i].id = db_new_id(c);
		items[i].version_id = version->id;
		if (!entity_insert(c, &price_item_entity, &items[i]))
			return false;
	}
	return true;
}

bool price_publish(struct ctx *c, struct price_version *version, struct price_item *items, size_t count)
{
	if (version->effective_from.day < instant_date(c->now).day)
		fault(c, "effective_from", "past", "生效日期不能早于今天：已按旧标准收的费不能改");
	if (count == 0)
		fault(c, "items", "required", "收费标准至少要有一个项目");
	if (count > PRICE_ITEMS_MOST)
		fault(c, "items", "too_many", "项目最多 %d 个，请拆分", PRICE_ITEMS_MOST);
	for (size_t i = 0; i < count && !ctx_failed(c); i++) {
		for (size_t k = 0; k < i; k++) {
			if (text_equal(items[i].code, items[k].code))
				fault(c, arena_format(c->arena, "items.%zu.code", i), "duplicate",
					"项目代码“%s”重复", items[i].code);
		}
	}
	return !ctx_failed(c) && insert_version(c, version, items, count);
}

bool price_withdraw(struct ctx *c, int64_t id)
{
	struct price_version version;
	if (!entity_read(c, &price_version_entity, id, &version))
		return false;
	if (version.effective_from.day <= instant_date(c->now).day)
		return fail(c, CONFLICT, "收费标准 %s 已经生效，不能撤回；请登记新的标准", version.number);
	return db_run(c, "DELETE FROM price_item WHERE version_id = $1", V(id)) &&
	       db_run(c, "DELETE FROM price_version WHERE id = $1", V(id));
}

/* The path lists the ids from the root; the longest own path is the nearest unit. */
bool price_in_force(struct ctx *c, int64_t org_id, struct date on, struct price_version *version)
{
	static const char nearest[] =
		"SELECT v.id FROM price_version v LEFT JOIN org_tree o ON o.id = v.org_id "
		"WHERE v.effective_from <= $2 AND (v.org_id IS NULL OR EXISTS (SELECT 1 FROM org_tree t "
		"WHERE t.id = $1 AND t.path >= o.path AND t.path < o.path || '~')) "
		"ORDER BY CASE WHEN v.org_id IS NULL THEN 0 ELSE length(o.path) END DESC, v.effective_from "
		"DESC, "
		"v.id DESC LIMIT 1";
	int64_t id;
	if (!db_number(c, &id, 0, nearest, V(org_id), V(on)))
		return false;
	if (!id)
		return fail(c, NOT_FOUND, "还没有生效的收费标准，请先在“收费标准”中登记");
	return entity_read(c, &price_version_entity, id, version);
}

bool price_item_find(
	struct ctx *c, int64_t version_id, const char *code, struct price_item *item, bool *found)
{
	return entity_find(c, &price_item_entity, item, found, "version_id = $1 AND code = $2",
		VALUES(V(version_id), V(code)));
}

bool price_items_write(struct ctx *c, int64_t version_id, struct json_out *out)
{
	struct rows *rows;
	if (!entity_query(c, &price_item_entity, &rows, "WHERE version_id = $1 ORDER BY section, id",
		    VALUES(V(version_id))))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		struct price_item item = { 0 };
		entity_row(rows, 0, &price_item_entity, &item);
		entity_to_json(c, &price_item_entity, &item, true, out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}

/* ---- the sample of the rulebook
 * ----------------------------------------------------------------------------- */

static void item_of_json(const json_t *one, struct price_item *item)
{
	*item = (struct price_item){
		.code = book_text(one, "code"),
		.label = book_text(one, "label"),
		.unit = book_text(one, "unit"),
		.section = (enum price_group)choice_of_code(price_groups, book_text(one, "group")),
		.price_fen = { book_int(one, "price_fen", 0) },
	};
}

/* Only into a database that has no prices at all: afterwards they are the company's. */
bool price_start(struct ctx *c)
{
	const json_t *json;
	int64_t known;
	if (!db_number(c, &known, 0, "SELECT count(*) FROM price_version"))
		return false;
	if (known)
		return true;
	if (!book_json(c, "rulebook/prices.json", &json))
		return false;
	const json_t *list = json_object_get(json, "items");
	size_t count = json_array_size(list);
	struct price_item *items = arena_array(c->arena, struct price_item, count + 1);
	for (size_t i = 0; i < count; i++)
		item_of_json(json_array_get(list, i), &items[i]);
	struct price_version version = { .number = book_text(json, "number"),
		.basis = book_text(json, "basis"),
		.approval = book_text(json, "approval") };
	if (!date_parse(book_text(json, "effective_from"), &version.effective_from))
		return fail(c, INTERNAL, "规章数据 rulebook/prices.json 的生效日期不对");
	return insert_version(c, &version, items, count);
}
