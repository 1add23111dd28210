/* person_http.c: the routes of customers, their phones, and merging. */
#include "domain/core/permission/permission.h"
#include "domain/customer/person/person.h"
#include "platform/list.h"
#include "platform/module.h"

static bool reach(struct ctx *c, int permission, int64_t id, struct person *person)
{
	return person_read(c, id, person) && fence_require(c, permission, person->org_id, "客户");
}

static bool list_persons(struct ctx *c, struct call *call)
{
	return list_reply(c, call,
		&(struct list){ .entity = &person_entity,
			.permission = MAY_VIEW_HOUSEHOLD,
			.where = "merged_into_id IS NULL" });
}

static bool show_person(struct ctx *c, struct call *call)
{
	return reach(c, MAY_VIEW_HOUSEHOLD, call->id, call->reply);
}

static bool open_person(struct ctx *c, struct call *call)
{
	struct person *person = call->record;
	person->org_id = person->org_id ? person->org_id : c->actor->org_id;
	if (!fence_require(c, MAY_EDIT_HOUSEHOLD, person->org_id, "所属单位") || !person_open(c, person))
		return false;
	*(struct person *)call->reply = *person;
	call->location = arena_format(c->arena, "/api/v1/persons/%lld", (long long)person->id);
	return true;
}

static bool edit_person(struct ctx *c, struct call *call)
{
	struct person *person = call->reply;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, person) || !call_require_version(c, call) ||
		!entity_from_json(c, &person_entity, call->json, ENTITY_EDIT, person))
		return false;
	person->version = call->if_match;
	return person_edit(c, person);
}

/* ---- phones
 * ---------------------------------------------------------------------------------------------------- */

static bool list_contacts(struct ctx *c, struct call *call)
{
	struct person person;
	int64_t count;
	if (!reach(c, MAY_VIEW_HOUSEHOLD, call->id, &person))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!person_contacts_write(c, person.id, false, call->out, &count))
		return false;
	out_object_close(call->out);
	return true;
}

static bool open_contact(struct ctx *c, struct call *call)
{
	struct person person;
	struct contact *contact = call->record;
	bool changed;
	if (!reach(c, MAY_EDIT_HOUSEHOLD, call->id, &person))
		return false;
	contact->company_id = person.company_id;
	bool first = contact->is_first || !person.phone;
	contact->is_first = false;
	if (!contact_open(c, person.id, contact) ||
		(first && !person_reach(c, person.id, contact->phone, &changed)) ||
		!contact_read(c, contact->id, call->reply))
		return false;
	call->location = arena_format(c->arena, "/api/v1/contacts/%lld", (long long)contact->id);
	return true;
}

static bool reach_contact(struct ctx *c, int64_t id, struct contact *contact)
{
	struct person person;
	return contact_read(c, id, contact) && reach(c, MAY_EDIT_HOUSEHOLD, contact->person_id, &person);
}

static bool edit_contact(struct ctx *c, struct call *call)
{
	struct contact *contact = call->reply;
	return reach_contact(c, call->id, contact) &&
	       entity_from_json(c, &contact_entity, call->json, ENTITY_EDIT, contact) &&
	       contact_edit(c, contact);
}

static bool drop_contact(struct ctx *c, struct call *call)
{
	struct contact contact;
	return reach_contact(c, call->id, &contact) && contact_drop(c, call->id);
}

/* ---- merging
 * ------------------------------------------------------------------------------------------------------ */

struct merge_order {
	int64_t into_id, from_id;
	const char *reason;
};
static const struct field merge_order_fields[] = {
	FIELD(merge_order, into_id, "保留的客户", .flags = REQUIRED | NOT_STORED, .at_least = 1,
		.at_most = INT64_C(9007199254740991), .refers = "person"),
	FIELD(merge_order, from_id, "并入的客户", .flags = REQUIRED | NOT_STORED, .at_least = 1,
		.at_most = INT64_C(9007199254740991), .refers = "person"),
	FIELD(merge_order, reason, "原因", .flags = REQUIRED | NOT_STORED, .at_most = 200),
};
static const struct entity merge_order_entity =
	ENTITY(merge_order, "合并客户", merge_order_fields, .title = "reason");

static bool merge_persons(struct ctx *c, struct call *call)
{
	const struct merge_order *order = call->record;
	struct person into, from;
	int64_t merge_id;
	return reach(c, MAY_MERGE_PERSON, order->into_id, &into) &&
	       reach(c, MAY_MERGE_PERSON, order->from_id, &from) &&
	       person_merge(c, order->into_id, order->from_id, order->reason, &merge_id) &&
	       entity_read(c, &person_merge_entity, merge_id, call->reply);
}

static bool undo_merge(struct ctx *c, struct call *call)
{
	struct person_merge merge;
	return entity_read(c, &person_merge_entity, call->id, &merge) &&
	       fence_require(c, MAY_MERGE_PERSON, merge.org_id, "合并记录") &&
	       person_merge_undo(c, call->id) && entity_read(c, &person_merge_entity, call->id, call->reply);
}

static bool list_merges(struct ctx *c, struct call *call)
{
	return list_reply(
		c, call, &(struct list){ .entity = &person_merge_entity, .permission = MAY_MERGE_PERSON });
}

static const struct route person_routes[] = {
	{ "GET", "/persons", list_persons, MAY_VIEW_HOUSEHOLD, .reply = &person_entity, .flags = IS_LIST,
		.summary = "客户清单", .menu = "档案/客户" },
	{ "POST", "/persons", open_person, MAY_EDIT_HOUSEHOLD, .body = &person_entity,
		.reply = &person_entity, .summary = "新建客户" },
	{ "GET", "/persons/{id}", show_person, MAY_VIEW_HOUSEHOLD, .reply = &person_entity,
		.summary = "查看客户" },
	{ "PUT", "/persons/{id}", edit_person, MAY_EDIT_HOUSEHOLD, .body = &person_entity,
		.reply = &person_entity, .body_mode = ENTITY_EDIT, .summary = "修改客户" },
	{ "GET", "/persons/{id}/contacts", list_contacts, MAY_VIEW_HOUSEHOLD, .summary = "客户的联系电话" },
	{ "POST", "/persons/{id}/contacts", open_contact, MAY_EDIT_HOUSEHOLD, .body = &contact_entity,
		.reply = &contact_entity, .summary = "增加联系电话" },
	{ "PUT", "/contacts/{id}", edit_contact, MAY_EDIT_HOUSEHOLD, .body = &contact_entity,
		.reply = &contact_entity, .body_mode = ENTITY_EDIT, .summary = "修改联系电话" },
	{ "DELETE", "/contacts/{id}", drop_contact, MAY_EDIT_HOUSEHOLD, .summary = "删除联系电话" },
	{ "POST", "/persons/merge", merge_persons, MAY_MERGE_PERSON, .body = &merge_order_entity,
		.reply = &person_merge_entity, .summary = "合并重复客户" },
	{ "POST", "/merges/{id}/undo", undo_merge, MAY_MERGE_PERSON, .reply = &person_merge_entity,
		.summary = "撤销合并" },
	{ "GET", "/merges", list_merges, MAY_MERGE_PERSON, .reply = &person_merge_entity, .flags = IS_LIST,
		.summary = "合并记录" },
};

static const struct entity *const person_entities[] = { &person_entity, &contact_entity, &person_merge_entity,
	NULL };
static const char *const person_needs[] = { "org", NULL };

const struct module person_module = {
	.name = "person",
	.wing = "customer",
	.label = "客户",
	.needs = person_needs,
	.routes = person_routes,
	.route_count = sizeof person_routes / sizeof *person_routes,
	.entities = person_entities,
};
