/* equipment_http.c: the routes of meters, appliances and contracts. Each lies within its household's fence.
 */
#include "domain/core/permission/permission.h"
#include "domain/customer/equipment/equipment.h"
#include "domain/customer/person/person.h"
#include "platform/events.h"
#include "platform/module.h"

static bool reach(struct ctx *c, int permission, int64_t id, struct household *household)
{
	return household_read(c, id, household) && fence_require(c, permission, household->org_id, "户档");
}

static void tell_changed(struct ctx *c, const struct household *household)
{
	event_emit(c, (struct event){ .kind = "household.changed",
			      .subject_id = household->id,
			      .org_id = household->org_id,
			      .permission = MAY_VIEW_HOUSEHOLD });
}

static bool list_of(struct ctx *c, struct call *call, const struct entity *entity)
{
	struct household household;
	int64_t count;
	if (!reach(c, MAY_VIEW_HOUSEHOLD, call->id, &household))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!equipment_write(c, entity, household.id, call->out, &count))
		return false;
	out_object_close(call->out);
	return true;
}

static bool list_meters(struct ctx *c, struct call *call)
{
	return list_of(c, call, &meter_entity);
}

static bool list_appliances(struct ctx *c, struct call *call)
{
	return list_of(c, call, &appliance_entity);
}

static bool list_contracts(struct ctx *c, struct call *call)
{
	return list_of(c, call, &contract_entity);
}

static bool open_meter(struct ctx *c, struct call *call)
{
	struct household household;
	struct meter *meter = call->record;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, &household) || !meter_open(c, &household, meter))
		return false;
	*(struct meter *)call->reply = *meter;
	call->location = arena_format(c->arena, "/api/v1/meters/%lld", (long long)meter->id);
	tell_changed(c, &household);
	return true;
}

static bool edit_meter(struct ctx *c, struct call *call)
{
	struct household household;
	struct meter *meter = call->reply;
	if (!entity_read(c, &meter_entity, call->id, meter) ||
		!reach(c, MAY_EDIT_HOUSEHOLD, meter->household_id, &household) ||
		!call_require_version(c, call) ||
		!entity_from_json(c, &meter_entity, call->json, ENTITY_EDIT, meter))
		return false;
	meter->version = call->if_match;
	tell_changed(c, &household);
	return meter_edit(c, meter);
}

static bool open_appliance(struct ctx *c, struct call *call)
{
	struct household household;
	struct appliance *appliance = call->record;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, &household) || !appliance_open(c, &household, appliance))
		return false;
	*(struct appliance *)call->reply = *appliance;
	call->location = arena_format(c->arena, "/api/v1/appliances/%lld", (long long)appliance->id);
	tell_changed(c, &household);
	return true;
}

static bool edit_appliance(struct ctx *c, struct call *call)
{
	struct household household;
	struct appliance *appliance = call->reply;
	if (!entity_read(c, &appliance_entity, call->id, appliance) ||
		!reach(c, MAY_EDIT_HOUSEHOLD, appliance->household_id, &household) ||
		!call_require_version(c, call) ||
		!entity_from_json(c, &appliance_entity, call->json, ENTITY_EDIT, appliance))
		return false;
	appliance->version = call->if_match;
	tell_changed(c, &household);
	return appliance_edit(c, appliance);
}

static bool open_contract(struct ctx *c, struct call *call)
{
	struct household household;
	struct contract *contract = call->record;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, &household) || !contract_open(c, &household, contract))
		return false;
	*(struct contract *)call->reply = *contract;
	call->location = arena_format(c->arena, "/api/v1/contracts/%lld", (long long)contract->id);
	tell_changed(c, &household);
	return true;
}

static bool edit_contract(struct ctx *c, struct call *call)
{
	struct household household;
	struct contract *contract = call->reply;
	if (!entity_read(c, &contract_entity, call->id, contract) ||
		!reach(c, MAY_EDIT_HOUSEHOLD, contract->household_id, &household) ||
		!call_require_version(c, call) ||
		!entity_from_json(c, &contract_entity, call->json, ENTITY_EDIT, contract))
		return false;
	contract->version = call->if_match;
	tell_changed(c, &household);
	return contract_edit(c, contract);
}

static const struct route equipment_routes[] = {
	{ "GET", "/households/{id}/meters", list_meters, MAY_VIEW_HOUSEHOLD, .summary = "该户的表具" },
	{ "POST", "/households/{id}/meters", open_meter, MAY_EDIT_HOUSEHOLD, .body = &meter_entity,
		.reply = &meter_entity, .summary = "装表" },
	{ "PUT", "/meters/{id}", edit_meter, MAY_EDIT_HOUSEHOLD, .body = &meter_entity,
		.reply = &meter_entity, .body_mode = ENTITY_EDIT, .summary = "修改或拆除表具" },
	{ "GET", "/households/{id}/appliances", list_appliances, MAY_VIEW_HOUSEHOLD,
		.summary = "该户的燃气设备" },
	{ "POST", "/households/{id}/appliances", open_appliance, MAY_EDIT_HOUSEHOLD,
		.body = &appliance_entity, .reply = &appliance_entity, .summary = "登记燃气设备" },
	{ "PUT", "/appliances/{id}", edit_appliance, MAY_EDIT_HOUSEHOLD, .body = &appliance_entity,
		.reply = &appliance_entity, .body_mode = ENTITY_EDIT, .summary = "修改或拆除燃气设备" },
	{ "GET", "/households/{id}/contracts", list_contracts, MAY_VIEW_HOUSEHOLD, .summary = "该户的合同" },
	{ "POST", "/households/{id}/contracts", open_contract, MAY_EDIT_HOUSEHOLD, .body = &contract_entity,
		.reply = &contract_entity, .summary = "登记合同" },
	{ "PUT", "/contracts/{id}", edit_contract, MAY_EDIT_HOUSEHOLD, .body = &contract_entity,
		.reply = &contract_entity, .body_mode = ENTITY_EDIT, .summary = "修改或终止合同" },
};

static bool start(struct ctx *c)
{
	return person_referred_by(c, "contract", "person_id");
}

static const struct entity *const equipment_entities[] = { &meter_entity, &appliance_entity, &contract_entity,
	NULL };
static const char *const equipment_needs[] = { "person", "household", NULL };

const struct module equipment_module = {
	.name = "equipment",
	.wing = "customer",
	.label = "表具设备合同",
	.needs = equipment_needs,
	.routes = equipment_routes,
	.route_count = sizeof equipment_routes / sizeof *equipment_routes,
	.entities = equipment_entities,
	.start = start,
};
