/* hotline_http.c: what the one who answers the telephone needs while the caller speaks. */
#include "domain/core/permission/permission.h"
#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/doors/hotline/hotline.h"
#include "domain/fieldwork/repair/repair.h"
#include "platform/module.h"

enum { CALLERS_MOST = 10, KINDS_MOST = 5 };

static bool classify(struct ctx *c, struct call *call)
{
	struct catalogue_match matches[KINDS_MOST];
	size_t count = catalogue_classify(c, call_query(call, "text"), matches, KINDS_MOST);
	out_object_open(call->out);
	out_key(call->out, "items");
	out_array_open(call->out);
	for (size_t i = 0; i < count; i++) {
		out_object_open(call->out);
		put_text(call->out, "kind", matches[i].kind->code);
		put_text(call->out, "label", matches[i].kind->label);
		put_text(call->out, "level", matches[i].kind->level);
		put_bool(call->out, "emergency", matches[i].kind->emergency);
		put_int(call->out, "score", matches[i].score);
		out_object_close(call->out);
	}
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

static bool write_household(struct ctx *c, int64_t id, struct json_out *out)
{
	struct household household = { 0 };
	if (!household_read(c, id, &household))
		return false;
	const char *name = personal_mask(c, PERSONAL_NAME, household.name);
	out_object_open(out);
	put_int(out, "id", household.id);
	put_int(out, "org_id", household.org_id);
	put_text(out, "number", household.number);
	put_text(out, "name", name);
	put_text(out, "title", name);
	put_text(out, "address", household.address);
	put_text(out, "subtitle", household.address);
	put_text(out, "user_class", choice_code(user_classes, (int)household.user_class));
	put_text(out, "status", choice_code(household_statuses, (int)household.status));
	put_text(out, "risk", household.risk);
	put_bool(out, "no_stop", household.no_stop);
	out_object_close(out);
	return true;
}

static bool write_order(struct ctx *c, int64_t id, struct json_out *out)
{
	struct repair repair = { 0 };
	if (!repair_read(c, id, &repair))
		return false;
	out_object_open(out);
	if (!repair_members_write(c, &repair, false, out))
		return false;
	out_object_close(out);
	return true;
}

static bool show_caller(struct ctx *c, struct call *call)
{
	const char *phone = call_query(call, "phone");
	int64_t households[CALLERS_MOST], orders[CALLER_ORDERS_MOST];
	size_t household_count = 0, order_count = 0;
	if (text_is_blank(phone))
		return fault(c, "phone", "required", "请填写来电号码");
	if (!household_of_phone(c, phone, households, CALLERS_MOST, &household_count) ||
		!hotline_orders(c, phone, households, household_count, orders, &order_count))
		return false;
	out_object_open(call->out);
	out_key(call->out, "households");
	out_array_open(call->out);
	for (size_t i = 0; i < household_count; i++) {
		if (!write_household(c, households[i], call->out))
			return false;
	}
	out_array_close(call->out);
	out_key(call->out, "orders");
	out_array_open(call->out);
	for (size_t i = 0; i < order_count; i++) {
		if (!write_order(c, orders[i], call->out))
			return false;
	}
	out_array_close(call->out);
	out_object_close(call->out);
	return true;
}

static const struct route routes[] = {
	{ "GET", "/intake/classify", classify, MAY_FILE_REPAIR, .summary = "按文字识别报修类别" },
	{ "GET", "/intake/caller", show_caller, MAY_FILE_REPAIR, .summary = "按来电号码找用户和未结工单" },
};

static const char *const needs[] = { "household", "catalogue", "repair", NULL };

const struct module hotline_module = {
	.name = "hotline",
	.wing = "doors",
	.label = "热线",
	.needs = needs,
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
};
