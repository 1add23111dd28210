/* find_page.c: everything about one household on one page. A few prepared statements, each on an index. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/equipment/equipment.h"
#include "domain/customer/find/find.h"
#include "domain/customer/person/person.h"
#include "platform/app.h"

static const char orders_of[] = "SELECT id, number, kind, level, status, filed_at, due_at FROM "
				"repair_of_household WHERE household_id = $1 "
				"ORDER BY filed_at DESC, id DESC LIMIT 100";

static bool has_module(const struct ctx *c, const char *name)
{
	for (size_t i = 0; i < c->app->module_count; i++)
		if (strcmp(c->app->modules[i]->name, name) == 0)
			return true;
	return false;
}

static bool write_orders(struct ctx *c, int64_t household_id, struct json_out *out, int64_t *count)
{
	struct rows *rows = NULL;
	*count = 0;
	out_array_open(out);
	if (has_module(c, "repair") && actor_may(c->actor, MAY_VIEW_REPAIR)) {
		if (!db_query(c, &rows, orders_of, V(household_id)))
			return false;
		for (; rows_next(rows); (*count)++) {
			out_object_open(out);
			put_int(out, "id", rows_int(rows, 0));
			put_text(out, "number", rows_text(rows, 1));
			put_text(out, "kind", rows_text(rows, 2));
			put_text(out, "level", rows_text(rows, 3));
			put_text(out, "status", rows_text(rows, 4));
			put_instant(out, "filed_at", rows_instant(rows, 5));
			put_instant(out, "due_at", rows_instant(rows, 6));
			out_object_close(out);
		}
	}
	out_array_close(out);
	return !ctx_failed(c);
}

struct counts {
	int64_t contacts, contracts, meters, appliances, changes;
};

static void write_section(struct json_out *out, const char *code, const char *label, int64_t count)
{
	out_object_open(out);
	put_text(out, "code", code);
	put_text(out, "label", label);
	put_int(out, "count", count);
	out_object_close(out);
}

static void write_sections(struct json_out *out, const struct counts *counts, int64_t orders)
{
	out_key(out, "sections");
	out_array_open(out);
	write_section(out, "basic", "基本信息", 1);
	write_section(out, "contacts", "联系人", counts->contacts);
	write_section(out, "contracts", "合同", counts->contracts);
	write_section(out, "meters", "表具", counts->meters);
	write_section(out, "appliances", "燃气设备", counts->appliances);
	write_section(out, "orders", "报修抢险", orders);
	write_section(out, "changes", "变更履历", counts->changes);
	out_array_close(out);
}

bool find_page_write(struct ctx *c, const struct household *household, bool unmasked, struct json_out *out)
{
	struct counts counts = { 0 };
	struct person person = { .id = 0 };
	struct household shown = *household;
	int64_t orders;
	if (household->person_id && !person_read(c, household->person_id, &person))
		return false;
	shown.identity_number = person.identity_number;
	out_object_open(out);
	out_key(out, "household");
	entity_to_json(c, &household_entity, &shown, unmasked, out);
	out_key(out, "person");
	if (person.id)
		entity_to_json(c, &person_entity, &person, unmasked, out);
	else
		out_null(out);
	out_key(out, "contacts");
	if (!person_contacts_write(c, household->person_id, unmasked, out, &counts.contacts))
		return false;
	out_key(out, "contracts");
	if (!equipment_write(c, &contract_entity, household->id, out, &counts.contracts))
		return false;
	out_key(out, "meters");
	if (!equipment_write(c, &meter_entity, household->id, out, &counts.meters))
		return false;
	out_key(out, "appliances");
	if (!equipment_write(c, &appliance_entity, household->id, out, &counts.appliances))
		return false;
	out_key(out, "orders");
	if (!write_orders(c, household->id, out, &orders))
		return false;
	out_key(out, "changes");
	if (!household_changes_write(c, household->id, unmasked, out, &counts.changes))
		return false;
	write_sections(out, &counts, orders);
	out_object_close(out);
	return true;
}
