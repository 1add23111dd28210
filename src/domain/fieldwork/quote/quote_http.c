/* quote_http.c: price lists. The quotation of an order has its routes with the visit. */
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/quote/quote.h"
#include "domain/fieldwork/quote/quote_internal.h"
#include "platform/list.h"
#include "platform/module.h"

static bool write_version(struct ctx *c, const struct price_version *version, struct json_out *out)
{
	out_object_open(out);
	entity_members(c, &price_version_entity, version, true, out);
	out_key(out, "items");
	if (!price_items_write(c, version->id, out))
		return false;
	out_object_close(out);
	return true;
}

static bool show_prices(struct ctx *c, struct call *call)
{
	struct price_version version = { 0 };
	struct date on = instant_date(c->now);
	int64_t org_id = call_query_int(c, call, "org_id", c->actor->org_id, 1, INT64_C(1) << 53);
	const char *day = call_query(call, "on");
	if (day && !date_parse(day, &on))
		fault(c, "on", "format", "日期应写成 2026-09-30");
	return !ctx_failed(c) && fence_require(c, MAY_VIEW_PRICE, org_id, "收费标准") &&
	       price_in_force(c, org_id, on, &version) && write_version(c, &version, call->out);
}

static bool list_versions(struct ctx *c, struct call *call)
{
	struct text_builder where = { .arena = c->arena };
	struct value values[FENCE_VALUES];
	size_t count = 0;
	/* The common version (org_id NULL) is everybody's; the list's own fence would hide it. */
	text_add(&where, "(org_id IS NULL OR ");
	fence_condition(c, MAY_VIEW_PRICE, "org_id", &where, values, &count);
	text_add(&where, ")");
	const struct entity unfenced = { .name = price_version_entity.name,
		.label = price_version_entity.label,
		.size = price_version_entity.size,
		.fields = price_version_entity.fields,
		.field_count = price_version_entity.field_count,
		.default_sort = price_version_entity.default_sort,
		.title = price_version_entity.title };
	const struct list list = { .entity = &unfenced,
		.permission = MAY_VIEW_PRICE,
		.where = text_built(&where),
		.values = values,
		.value_count = count };
	return list_reply(c, call, &list);
}

static bool show_version(struct ctx *c, struct call *call)
{
	struct price_version version = { 0 };
	if (!entity_read(c, &price_version_entity, call->id, &version))
		return false;
	if (version.org_id && !fence_require(c, MAY_VIEW_PRICE, version.org_id, "收费标准"))
		return false;
	return write_version(c, &version, call->out);
}

static bool read_items(struct ctx *c, const json_t *json, struct price_item **items, size_t *count)
{
	*count = json_array_size(json);
	if (*count > PRICE_ITEMS_MOST)
		return fault(c, "items", "too_many", "项目最多 %d 个，请拆分", PRICE_ITEMS_MOST);
	*items = arena_array(c->arena, struct price_item, *count + 1);
	for (size_t i = 0; i < *count; i++)
		entity_from_json(c, &price_item_entity, json_array_get(json, i), ENTITY_OPEN, &(*items)[i]);
	return !ctx_failed(c);
}

/* The version's own members, without the items, which its entity doesn't know. */
static bool publish(struct ctx *c, struct call *call)
{
	struct price_version version = { 0 };
	struct price_item *items = NULL;
	size_t count;
	json_t *own = json_copy(call->json);
	json_object_del(own, "items");
	bool good = entity_from_json(c, &price_version_entity, own, ENTITY_OPEN, &version);
	json_decref(own);
	good = read_items(c, json_object_get(call->json, "items"), &items, &count) && good;
	if (!good)
		return false;
	if (!version.org_id)
		version.org_id = c->actor->org_id;
	if (!fence_require(c, MAY_EDIT_PRICE, version.org_id, "收费标准") ||
		!price_publish(c, &version, items, count))
		return false;
	call->location = arena_format(c->arena, "/api/v1/price-versions/%lld", (long long)version.id);
	return write_version(c, &version, call->out);
}

static bool withdraw(struct ctx *c, struct call *call)
{
	struct price_version version = { 0 };
	if (!entity_read(c, &price_version_entity, call->id, &version))
		return false;
	if (!version.org_id && c->actor->kind != ACTOR_SYSTEM)
		return fail(c, CONFLICT, "通用的示例标准不能撤回；请登记本单位的标准");
	return fence_require(c, MAY_EDIT_PRICE, version.org_id, "收费标准") && price_withdraw(c, call->id);
}

static const struct route routes[] = {
	{ "GET", "/prices", show_prices, MAY_VIEW_PRICE, .summary = "现行收费标准" },
	{ "GET", "/price-versions", list_versions, MAY_VIEW_PRICE, .reply = &price_version_entity,
		.flags = IS_LIST, .summary = "收费标准各版" },
	{ "POST", "/price-versions", publish, MAY_EDIT_PRICE, .summary = "登记收费标准" },
	{ "GET", "/price-versions/{id}", show_version, MAY_VIEW_PRICE, .summary = "查看收费标准" },
	{ "DELETE", "/price-versions/{id}", withdraw, MAY_EDIT_PRICE, .summary = "撤回未生效的收费标准" },
};

static const struct entity *const entities[] = { &price_version_entity, &price_item_entity, NULL };
static const char *const needs[] = { "org", "evidence", "timeline", "notify", NULL };

const struct module quote_module = {
	.name = "quote",
	.wing = "fieldwork",
	.label = "报价",
	.needs = needs,
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
	.entities = entities,
	.start = price_start,
};
