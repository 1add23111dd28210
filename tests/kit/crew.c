/* crew.c: see crew.h. */
#include <stdio.h>
#include <string.h>

#include "domain/fieldwork/visit/visit.h"
#include "domain/organisation/duty/shift.h"
#include "domain/organisation/staff/skill.h"
#include "kit/crew.h"

void crew_skill(struct ctx *c, int64_t staff_id, const char *skill)
{
	const char *const skills[] = { skill };
	assert_true(skill_set(c, staff_id, skills, 1));
}

void crew_certificate(struct ctx *c, int64_t staff_id, const char *kind, struct date expires_on)
{
	struct staff_certificate certificate = { .staff_id = staff_id,
		.kind = kind,
		.number = arena_format(c->arena, "%s-%lld-%d", kind, (long long)staff_id, expires_on.day),
		.issued_on = date_plus(expires_on, -1000),
		.expires_on = expires_on };
	if (!certificate_open(c, &certificate))
		print_error("certificate: %s\n", kit_problem(c));
	assert_false(ctx_failed(c));
}

int64_t crew_novice(struct ctx *c, const char *number, int64_t org_id)
{
	return people_member_with_role_at(c, number, org_id, "technician", org_id);
}

int64_t crew_technician(struct ctx *c, const char *number, int64_t org_id)
{
	const char *const skills[] = { "leak", "indoor", "meter", "pipeline", "appliance", "regulator",
		"ignition", "inspection" };
	const char *const kinds[] = { "gas_operation", "gas_repair", "gas_appliance" };
	int64_t staff_id = crew_novice(c, number, org_id);
	assert_true(skill_set(c, staff_id, skills, sizeof skills / sizeof *skills));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		crew_certificate(c, staff_id, kinds[i], date_plus(instant_date(c->now), 365));
	assert_true(duty_begin(c, staff_id, instant_plus(c->now, 12 * HOUR_MS)));
	return staff_id;
}

struct repair crew_order(struct ctx *c, int64_t org_id, const char *kind)
{
	struct repair repair = { .org_id = org_id,
		.door = DOOR_HOTLINE,
		.kind = kind,
		.address = "测试花园3号楼2单元501",
		.caller_phone = "0539-0000000",
		.script_read = true };
	if (!repair_file(c, &repair))
		print_error("order: %s\n", kit_problem(c));
	assert_false(ctx_failed(c));
	return repair;
}

void crew_step(struct ctx *c, struct repair *repair, struct repair_step step)
{
	if (!repair_step(c, repair, &step))
		print_error("step %s: %s\n", choice_code(repair_step_names, (int)step.step), kit_problem(c));
	assert_false(ctx_failed(c));
}

void crew_arrive(struct ctx *c, struct repair *repair, int64_t staff_id)
{
	if (repair->status == REPAIR_FILED)
		crew_step(c, repair, (struct repair_step){ .step = STEP_DISPATCH, .staff_id = staff_id });
	crew_step(c, repair, (struct repair_step){ .step = STEP_ACCEPT });
	crew_step(c, repair, (struct repair_step){ .step = STEP_DEPART });
	crew_step(c, repair,
		(struct repair_step){
			.step = STEP_ARRIVE, .longitude_e6 = 118650000, .latitude_e6 = 34920000 });
}

int64_t crew_evidence(struct ctx *c, const struct repair *repair, enum evidence_kind kind)
{
	static int pieces;
	char digest[65];
	snprintf(digest, sizeof digest, "%064x", ++pieces);
	struct evidence evidence = { .module = "repair",
		.subject_id = repair->id,
		.org_id = repair->org_id,
		.kind = kind,
		.name = "照片.jpg" };
	const struct stored_file file = { .digest = arena_text(c->arena, digest),
		.shown_digest = arena_text(c->arena, digest),
		.type = "image/jpeg",
		.bytes = 1000,
		.width = 10,
		.height = 10 };
	if (!evidence_add(c, &evidence, &file))
		print_error("evidence: %s\n", kit_problem(c));
	assert_false(ctx_failed(c));
	return evidence.id;
}

void crew_prove(struct ctx *c, struct repair *repair)
{
	json_t *checklist = json_pack(
		"{s:b,s:b,s:b,s:b,s:b}", "tested", 1, "lit", 1, "explained", 1, "rooms", 1, "cleaned", 1);
	struct visit_work work = { .checklist = checklist };
	crew_evidence(c, repair, EVIDENCE_ARRIVAL);
	crew_evidence(c, repair, EVIDENCE_AFTER);
	crew_evidence(c, repair, EVIDENCE_SIGNATURE);
	bool recorded = visit_record(c, repair, &work);
	json_decref(checklist);
	if (!recorded)
		print_error("checklist: %s\n", kit_problem(c));
	assert_true(recorded);
}

void crew_finish(struct ctx *c, struct repair *repair)
{
	crew_step(c, repair,
		(struct repair_step){ .step = STEP_FINISH, .cause = "valve_closed", .result = "已恢复供气" });
}
