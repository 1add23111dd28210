/* demo_orders.c: sixty days of invented orders, taken through their course by the modules' own verbs with a
 * moved clock.
 *
 * Each order is filed, dispatched, accepted, ... at moments drawn for it; ctx->now follows. The orders of the
 * last hours stop on the way, so that clocks run when somebody looks. Some are late, some wait, some were
 * cancelled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/demo.h"
#include "domain/care/revisit/revisit.h"
#include "domain/core/evidence/evidence.h"
#include "domain/customer/household/household.h"
#include "domain/fieldwork/visit/visit.h"
#include "domain/organisation/org/org.h"
#include "platform/app.h"

enum {
	BATCH = 50,
	LEFT_OUT_MOST = 20,
	ORDERS_LEAST = 300,
	ORDERS_MOST = 5000,
	HOUSEHOLDS_AN_ORDER = 33,
	OPEN_HOURS = 3
};

struct demo_kind {
	const char *kind, *description, *cause, *result;
	int64_t weight, work_minutes;
};
static const struct demo_kind kinds[] = {
	{ "leak", "厨房闻到燃气味，灶具附近更明显", "hose_aged", "灶前软管接口松动，已更换软管并查漏合格", 10,
		40 },
	{ "gas_alarm", "燃气报警器一直响", "false_alarm", "报警器误报，查漏合格，已复位", 6, 25 },
	{ "no_gas", "早上起来打不着火，邻居家正常", "valve_closed", "表前阀被误关，已开启并试火正常", 22,
		20 },
	{ "low_pressure", "火小，热水器点不着", "blocked", "清理灶前过滤网，压力恢复正常", 12, 30 },
	{ "meter_fault", "表不走字", "meter_battery", "更换表具电池，走字正常", 12, 30 },
	{ "appliance_fault", "灶具打火后自动熄灭", "appliance_broken", "清理热电偶，熄火保护正常", 16, 45 },
	{ "hose_replace", "软管用了多年，要求更换", "hose_aged", "更换不锈钢波纹软管，查漏合格", 12, 30 },
	{ "network_pressure", "整栋楼火都小", "regulator", "调压箱出口压力偏低，已调整", 4, 90 },
	{ "network_stop", "小区好几户没气", "valve_leak", "阀井阀门故障，已修复供气", 3, 150 },
	{ "well_cover", "小区路上燃气井盖松动", "other", "已更换井盖", 3, 30 },
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* One order on its way: who works on it, where its time stands. */
struct passage {
	struct demo *demo;
	const struct demo_kind *kind;
	struct repair order;
	struct demo_person worker;
	struct instant at;
};

int64_t demo_random(struct demo *demo, int64_t bound)
{
	/* xorshift64*, so that a demo is the same wherever it is made */
	demo->seed ^= demo->seed >> 12;
	demo->seed ^= demo->seed << 25;
	demo->seed ^= demo->seed >> 27;
	return (int64_t)((demo->seed * 2685821657736338717u >> 33) % (uint64_t)bound);
}

/* Somebody acts for the group: what the person may do is not what the demo is about. */
static bool act_as(struct demo *demo, const struct demo_person *person)
{
	struct ctx *c = demo->c;
	struct actor *actor = arena_new_object(c->arena, struct actor);
	struct grant *grant = arena_new_object(c->arena, struct grant);
	struct org root, own;
	if (!org_read(c, demo->root_id, &root) || !org_read(c, person->org_id, &own))
		return false;
	grant->org_id = root.id;
	grant->org_path = root.path;
	for (int permission = 1; permission < c->app->permission_count; permission++)
		permission_add(&grant->permissions, permission);
	*actor = (struct actor){ .kind = ACTOR_STAFF,
		.id = person->id,
		.name = person->name,
		.title = person->title,
		.org_id = own.id,
		.org_path = own.path,
		.grants = grant,
		.grant_count = 1 };
	c->actor = actor;
	return true;
}

/* The clock goes on by `least` … `most` minutes. */
static void pass(struct passage *p, int64_t least, int64_t most)
{
	p->at = instant_plus(p->at, least * MINUTE_MS + demo_random(p->demo, (most - least) * MINUTE_MS + 1));
	p->demo->c->now = p->at;
}

static bool in_future(const struct passage *p)
{
	return p->at.ms > p->demo->now.ms;
}

static bool step(struct passage *p, struct repair_step step)
{
	return repair_step(p->demo->c, &p->order, &step);
}

static const struct demo_kind *draw_kind(struct demo *demo)
{
	int64_t total = 0;
	for (size_t i = 0; i < KIND_COUNT; i++)
		total += kinds[i].weight;
	int64_t drawn = demo_random(demo, total);
	size_t i = 0;
	while (drawn >= kinds[i].weight)
		drawn -= kinds[i++].weight;
	return &kinds[i];
}

static bool draw_household(struct demo *demo, struct household *household)
{
	bool found;
	const char *number = arena_format(
		demo->c->arena, "3713%08lld", (long long)demo_random(demo, demo->households) + 1);
	if (!household_of_number(demo->c, demo->company_ids[0], number, household, &found))
		return false;
	return found || household_of_number(demo->c, demo->company_ids[1], number, household, &found);
}

static bool file(struct passage *p)
{
	struct demo *demo = p->demo;
	struct household household;
	if (!draw_household(demo, &household) || !act_as(demo, &demo->hotline))
		return false;
	p->order = (struct repair){ .door = demo_random(demo, 4) ? DOOR_HOTLINE : DOOR_COUNTER,
		.kind = p->kind->kind,
		.household_id = household.id,
		.org_id = household.org_id,
		.caller_name = household.name,
		.caller_phone = household.phone,
		.description = p->kind->description,
		.script_read = true };
	return repair_file(demo->c, &p->order);
}

/* The first centre has a team to draw from; the others have one person each. */
static void choose_worker(struct passage *p)
{
	struct demo *demo = p->demo;
	/* Not the one for meters only, nor the one without a valid certificate. */
	int64_t able = DEMO_TECHNICIANS - 2;
	int64_t before = p->worker.id; /* a second handling is somebody else's */
	do {
		p->worker = demo->technicians[demo_random(demo, able)];
	} while (p->worker.id == before);
	for (int i = 1; i < DEMO_CENTRES; i++) {
		if (p->order.org_id == demo->centre_ids[i])
			p->worker = demo->alone[i - 1];
	}
}

static bool give(struct passage *p)
{
	choose_worker(p);
	return act_as(p->demo, &p->demo->dispatcher) &&
	       step(p, (struct repair_step){
			       .step = STEP_DISPATCH, .staff_id = p->worker.id, .reason = "就近指派" });
}

/* The same picture twice on one order would be one piece: work done anew needs others. */
static const struct stored_file *photo(const struct passage *p, enum evidence_kind kind)
{
	return &p->demo->photos[p->order.reopened % DEMO_ROUNDS][kind];
}

static bool prove(struct passage *p, enum evidence_kind kind)
{
	struct ctx *c = p->demo->c;
	struct evidence evidence = { .module = "repair",
		.subject_id = p->order.id,
		.org_id = p->order.org_id,
		.staff_id = p->worker.id,
		.kind = kind,
		.name = "示例影像.png",
		.longitude_e6 = p->order.longitude_e6,
		.latitude_e6 = p->order.latitude_e6,
		.device_at = c->now };
	return evidence_add(c, &evidence, photo(p, kind));
}

static bool charge(struct passage *p)
{
	struct ctx *c = p->demo->c;
	struct subject subject = { "repair", p->order.id };
	struct quote_line *lines = arena_array(c->arena, struct quote_line, 2);
	struct quote quote;
	lines[0] = (struct quote_line){ .item_code = "labour_small", .quantity_thousandths = 1000 };
	lines[1] = (struct quote_line){ .item_code = "hose_metal",
		.quantity_thousandths = 1000 + 100 * demo_random(p->demo, 10) };
	struct evidence evidence = { .module = "repair",
		.subject_id = p->order.id,
		.org_id = p->order.org_id,
		.staff_id = p->worker.id,
		.kind = EVIDENCE_CONSENT,
		.name = "示例签字.png",
		.device_at = c->now };
	struct visit_work work = { .lines = lines, .line_count = 2, .has_lines = true };
	return quote_make(c, subject, p->order.org_id, lines, 2, &quote) &&
	       evidence_add(c, &evidence, photo(p, EVIDENCE_CONSENT)) &&
	       quote_consent_by_signature(c, subject, evidence.id) && visit_record(c, &p->order, &work);
}

static bool tick_checklist(struct passage *p)
{
	bool network = strncmp(p->kind->kind, "network", 7) == 0 || strcmp(p->kind->kind, "well_cover") == 0;
	json_t *list = network ? json_pack("{s:b,s:b,s:b,s:b}", "tested", 1, "pressure", 1, "notified", 1,
					 "cleaned", 1)
			       : json_pack("{s:b,s:b,s:b,s:b,s:b}", "tested", 1, "lit", 1, "explained", 1,
					 "rooms", 1, "cleaned", 1);
	struct visit_work work = { .checklist = list };
	bool good = list && visit_record(p->demo->c, &p->order, &work);
	json_decref(list);
	return good;
}

static bool finish(struct passage *p)
{
	bool paid = strcmp(p->kind->kind, "hose_replace") == 0;
	return (!paid || p->order.reopened || charge(p)) && prove(p, EVIDENCE_AFTER) &&
	       prove(p, EVIDENCE_SIGNATURE) && tick_checklist(p) &&
	       step(p, (struct repair_step){
			       .step = STEP_FINISH, .cause = p->kind->cause, .result = p->kind->result });
}

static bool arrive(struct passage *p)
{
	return step(p, (struct repair_step){ .step = STEP_ARRIVE,
			       .longitude_e6 = 118650000 + demo_random(p->demo, 4000),
			       .latitude_e6 = 34920000 + demo_random(p->demo, 4000) }) &&
	       prove(p, EVIDENCE_ARRIVAL);
}

/* From dispatching to finishing; stops without a word where the present begins. */
static bool work_through(struct passage *p)
{
	struct demo *demo = p->demo;
	bool urgent = repair_is_emergency(&p->order), late = demo_random(demo, 100) < 7;
	if (p->order.status == REPAIR_FILED) {
		pass(p, 0, urgent ? 1 : 8);
		if (in_future(p) || !give(p))
			return in_future(p);
	} else {
		choose_worker(p);
		p->worker.id = p->order.assignee_id ? p->order.assignee_id : p->worker.id;
	}
	pass(p, urgent ? 0 : 1, urgent ? 1 : 15);
	if (late)
		pass(p, 30, urgent ? 50 : 400);
	if (in_future(p))
		return true;
	if (!act_as(demo, &p->worker) || !step(p, (struct repair_step){ .step = STEP_ACCEPT }))
		return false;
	pass(p, 1, urgent ? 4 : 12);
	if (in_future(p))
		return true;
	if (!step(p, (struct repair_step){ .step = STEP_DEPART }))
		return false;
	pass(p, 6, 20);
	if (in_future(p))
		return true;
	if (!arrive(p))
		return false;
	pass(p, 5, 15);
	if (in_future(p))
		return true;
	if (!p->order.secured && !step(p, (struct repair_step){ .step = STEP_SECURE }))
		return false;
	pass(p, p->kind->work_minutes / 2, p->kind->work_minutes * 2);
	return in_future(p) || finish(p);
}

/* Up to three tries; the last one is answered. `*again`: the customer wants it done anew. */
static bool call_back(struct passage *p, bool *again)
{
	struct demo *demo = p->demo;
	struct revisit revisit;
	*again = false;
	for (int attempt = 1; attempt <= 3; attempt++) {
		bool found;
		if (!entity_find(demo->c, &revisit_entity, &revisit, &found,
			    "module = 'repair' AND subject_id = $1 AND status = 'due'",
			    VALUES(V(p->order.id))))
			return false;
		pass(p, 120, 1000);
		if (!found || in_future(p))
			return true;
		int64_t drawn = demo_random(demo, 100);
		struct revisit_call call = { .outcome = drawn < 12 && attempt < 3 ? OUTCOME_NO_ANSWER
										  : OUTCOME_REACHED };
		if (call.outcome == OUTCOME_REACHED)
			call.satisfaction = drawn < 60	 ? 5
					    : drawn < 95 ? 4
					    : drawn < 98 ? 3
					    : drawn < 99 ? 2
							 : 1;
		/* Where there is nobody else to send, and after work done anew, everybody is content. */
		if (call.satisfaction && (p->order.reopened || p->order.org_id != demo->centre_ids[0]))
			call.satisfaction = 4;
		if (call.satisfaction && call.satisfaction <= 3)
			call.reason = "等候时间比说好的长";
		if (!act_as(demo, &demo->revisit) || !revisit_call_record(demo->c, &revisit, &call))
			return false;
		*again = call.satisfaction && call.satisfaction <= 3;
		if (call.outcome == OUTCOME_REACHED)
			return true;
	}
	return true;
}

/* Works, asks, and where the customer is not content works once more: only where there is somebody else to
 * send. */
static bool work_and_ask(struct passage *p)
{
	struct demo *demo = p->demo;
	bool again = true;
	for (int round = 0; again && round < DEMO_ROUNDS; round++) {
		if (!work_through(p) || p->order.status != REPAIR_DONE)
			return !ctx_failed(demo->c);
		if (!call_back(p, &again) || !repair_read(demo->c, p->order.id, &p->order))
			return false;
		again = again && repair_is_open(&p->order);
	}
	return true;
}

static bool pass_through(struct passage *p)
{
	struct demo *demo = p->demo;
	if (!file(p))
		return false;
	if (demo_random(demo, 100) >= 3 || repair_is_emergency(&p->order))
		return work_and_ask(p);
	pass(p, 3, 30);
	return in_future(p) ||
	       (act_as(demo, &demo->dispatcher) && step(p, (struct repair_step){ .step = STEP_CANCEL,
								   .reason = "用户来电说明已恢复正常" }));
}

/* What the server's job would have done in the meantime: orders that nobody is asked about are closed. */
static bool close_ripe(struct demo *demo)
{
	struct ctx *c = demo->c;
	bool more = true;
	c->actor = &system_actor;
	for (size_t i = 0; i < c->app->module_count; i++) {
		const struct module *module = c->app->modules[i];
		for (size_t k = 0; k < module->job_count; k++)
			while (more && strcmp(module->jobs[k].name, "revisit.close") == 0)
				if (!module->jobs[k].run(c, &more))
					return false;
	}
	return true;
}

static bool one_order(struct demo *demo, struct instant filed_at)
{
	struct passage p = { .demo = demo, .kind = draw_kind(demo), .at = filed_at };
	demo->c->now = filed_at;
	return close_ripe(demo) && pass_through(&p);
}

/* Filed by day rather than by night: most calls come between seven and ten. */
static struct instant draw_time(struct demo *demo, int64_t day)
{
	struct date date = date_plus(instant_date(demo->now), (int)-day);
	int64_t hour = demo_random(demo, 10) ? 7 + demo_random(demo, 15) : demo_random(demo, 24);
	return date_at(date, hour * HOUR_MS + demo_random(demo, HOUR_MS));
}

static int by_time(const void *a, const void *b)
{
	int64_t left = ((const struct instant *)a)->ms, right = ((const struct instant *)b)->ms;
	return (left > right) - (left < right);
}

/* What the rules refuse at the moment drawn for it is left out, and said: the demo stands all the same. */
static bool order_or_not(struct demo *demo, struct instant filed_at)
{
	struct ctx *c = demo->c;
	if (!db_savepoint(c, "demo_order"))
		return false;
	if (one_order(demo, filed_at))
		return db_release(c, "demo_order");
	const struct fault *first = c->problem.faults;
	fprintf(stderr, "略过一张演示工单：%s\n", first ? first->detail : c->problem.detail);
	bool refused = c->problem.code < INTERNAL;
	db_rollback_to(c, "demo_order");
	ctx_forgive(c);
	demo->left_out++;
	return refused && demo->left_out < LEFT_OUT_MOST;
}

/* Some dozens in a transaction, with an arena of their own. */
static bool enter(struct demo *demo, const struct instant *filed_at, int64_t count, struct arena *arena)
{
	struct ctx *c = demo->c;
	struct arena *own = c->arena;
	const struct actor *actor = c->actor;
	c->arena = arena;
	bool good = db_begin(c);
	for (int64_t i = 0; good && i < count; i++)
		good = order_or_not(demo, filed_at[i]);
	good = good && db_commit(c);
	if (!good)
		db_rollback(c);
	c->events = NULL; /* nobody listens yet */
	c->arena = own;
	c->actor = actor;
	arena_reset(arena);
	if (good)
		return true;
	ctx_forgive(c); /* what it says went with the arena */
	return fail(c, INTERNAL, "演示工单没有生成完，原因见上");
}

bool demo_orders(struct demo *demo)
{
	struct ctx *c = demo->c;
	int64_t count = demo->households / HOUSEHOLDS_AN_ORDER;
	count = count < ORDERS_LEAST ? ORDERS_LEAST : count > ORDERS_MOST ? ORDERS_MOST : count;
	struct instant *times = arena_array(c->arena, struct instant, (size_t)count);
	struct arena *arena = arena_new(32u << 20);
	bool good = arena != NULL;
	for (int64_t i = 0; i < count; i++) {
		/* A few in the last hours, so that there is something to do. */
		times[i] = i < 20 ? instant_plus(demo->now, -demo_random(demo, OPEN_HOURS * HOUR_MS))
				  : draw_time(demo, 1 + demo_random(demo, DEMO_HISTORY_DAYS));
	}
	qsort(times, (size_t)count, sizeof *times, by_time);
	for (int64_t i = 0; good && i < count; i += BATCH)
		good = enter(demo, times + i, count - i < BATCH ? count - i : BATCH, arena);
	c->now = demo->now;
	arena_free(arena);
	return good;
}
