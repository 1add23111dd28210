/* dispatch_person.c: who could go, and what speaks for and against each. */
#include <stdlib.h>

#include "domain/fieldwork/catalogue/catalogue.h"
#include "domain/fieldwork/dispatch/dispatch_internal.h"
#include "domain/organisation/duty/duty.h"
#include "domain/organisation/staff/staff.h"

enum { BASE_SCORE = 1000, METRES_PER_KM = 1000 };

bool dispatch_people(
	struct ctx *c, const char *org_path, struct dispatch_person *people, size_t limit, size_t *count)
{
	static const char people_below[] =
		"SELECT s.staff_id, s.name, s.org_id, o.name FROM staff_contact s JOIN org_tree o ON o.id = "
		"s.org_id "
		"WHERE o.path >= $1 AND o.path < $1 || '~' AND EXISTS (SELECT 1 FROM staff_role r "
		"WHERE r.staff_id = s.staff_id AND (r.role = $2 OR r.role = $3 OR r.role = $4 OR r.role = "
		"$5)) "
		"ORDER BY s.name, s.staff_id LIMIT $6";
	const struct dispatch_rules *rules = dispatch_rules(c->app);
	struct rows *rows;
	*count = 0;
	if (!db_query(c, &rows, people_below, V(org_path), V(rules->roles[0]), V(rules->roles[1]),
		    V(rules->roles[2]), V(rules->roles[3]), V((int64_t)limit)))
		return false;
	while (*count < limit && rows_next(rows)) {
		people[(*count)++] = (struct dispatch_person){ .staff_id = rows_int(rows, 0),
			.name = rows_text(rows, 1),
			.org_id = rows_int(rows, 2),
			.team = rows_text(rows, 3),
			.distance_m = -1 };
	}
	rows_close(rows);
	return !ctx_failed(c);
}

bool dispatch_presence(struct ctx *c, struct dispatch_person *person)
{
	struct duty_state duty = { 0 };
	if (!duty_of(c, person->staff_id, c->now, &duty))
		return false;
	person->on_duty = duty.on_duty;
	person->longitude_e6 = duty.longitude_e6;
	person->latitude_e6 = duty.latitude_e6;
	return db_number(c, &person->open, 0, "SELECT count(*) FROM repair_on_hand WHERE assignee_id = $1",
		V(person->staff_id));
}

/* ---- judging
 * -------------------------------------------------------------------------------------------------------- */

static void refuse(struct dispatch_person *person, const char *code, bool yields, const char *detail)
{
	if (person->refusal_count < REFUSALS_MOST)
		person->refusals[person->refusal_count++] = (struct dispatch_refusal){ code, detail, yields };
}

static void favour(struct dispatch_person *person, const char *reason)
{
	if (person->reason_count < REASONS_MOST)
		person->reasons[person->reason_count++] = reason;
}

/* The first role of the rulebook's list is whose trade it is; the others stand in. */
static bool judge_role(struct ctx *c, struct dispatch_person *person)
{
	static const char best_role[] =
		"SELECT MIN(CASE WHEN role = $2 THEN 1 WHEN role = $3 THEN 2 WHEN role = $4 THEN 3 ELSE 4 "
		"END) "
		"FROM staff_role WHERE staff_id = $1 AND (role = $2 OR role = $3 OR role = $4 OR role = $5)";
	const struct dispatch_rules *rules = dispatch_rules(c->app);
	int64_t rank;
	if (!db_number(c, &rank, 0, best_role, V(person->staff_id), V(rules->roles[0]), V(rules->roles[1]),
		    V(rules->roles[2]), V(rules->roles[3])))
		return false;
	if (!rank)
		refuse(person, "dispatch.role", false,
			arena_format(c->arena, "%s不是上门作业人员", person->name));
	else
		person->score -= (rank - 1) * rules->weight_role;
	return true;
}

static bool judge_skill(struct ctx *c, const char *skill, struct dispatch_person *person)
{
	bool has = true;
	if (!skill)
		return true;
	if (!staff_has_skill(c, person->staff_id, skill, &has))
		return false;
	const char *label = dispatch_skill_label(c->app, skill);
	if (has)
		favour(person, arena_format(c->arena, "具备“%s”技能", label));
	else
		refuse(person, "dispatch.skill", false,
			arena_format(c->arena, "%s没有“%s”技能", person->name, label));
	return true;
}

static bool judge_certificate(struct ctx *c, const char *kind, struct dispatch_person *person)
{
	bool valid = true;
	struct date expires_on = NO_DATE;
	char day[DATE_TEXT_SIZE];
	if (!kind)
		return true;
	if (!staff_certificate_valid(c, person->staff_id, kind, instant_date(c->now), &valid, &expires_on))
		return false;
	const char *label = dispatch_certificate_label(c->app, kind);
	if (valid)
		favour(person, arena_format(c->arena, "证书有效至 %s", date_text(expires_on, day)));
	else if (expires_on.day == NO_DATE.day)
		refuse(person, "dispatch.certificate", false,
			arena_format(c->arena, "%s没有%s", person->name, label));
	else
		refuse(person, "dispatch.certificate_expired", false,
			arena_format(c->arena, "%s的%s已于 %s 到期", person->name, label,
				date_text(expires_on, day)));
	return true;
}

static void judge_presence(struct ctx *c, const struct repair *repair, struct dispatch_person *person)
{
	const struct dispatch_rules *rules = dispatch_rules(c->app);
	if (person->on_duty)
		favour(person, "在岗");
	else
		refuse(person, "dispatch.off_duty", true,
			arena_format(c->arena, "%s现在不在岗", person->name));
	/* Whoever has the order already does not count it twice. */
	int64_t open = person->open - (repair->assignee_id == person->staff_id);
	favour(person, open > 0 ? arena_format(c->arena, "手上 %lld 单", (long long)open) : "手上没有工单");
	if (open >= rules->open_most)
		refuse(person, "dispatch.load", true,
			arena_format(c->arena, "%s手上已有 %lld 单", person->name, (long long)open));
	if ((repair->longitude_e6 || repair->latitude_e6) && (person->longitude_e6 || person->latitude_e6)) {
		person->distance_m = duty_distance(
			repair->longitude_e6, repair->latitude_e6, person->longitude_e6, person->latitude_e6);
		favour(person, arena_format(c->arena, "距离 %lld.%lld 公里",
				       (long long)(person->distance_m / METRES_PER_KM),
				       (long long)(person->distance_m % METRES_PER_KM / 100)));
	}
	person->score +=
		BASE_SCORE - open * rules->weight_load - (person->on_duty ? 0 : rules->weight_off_duty);
	if (person->distance_m > 0)
		person->score -= person->distance_m / METRES_PER_KM * rules->weight_km;
	if (repair->team_id && repair->team_id == person->org_id) {
		person->score += rules->weight_team;
		favour(person, "原班组");
	}
}

bool dispatch_recuse(struct ctx *c, int64_t repair_id, int64_t staff_id, const char *reason)
{
	static const char insert[] = "INSERT INTO dispatch_recusal (repair_id, staff_id, reason, recused_at) "
				     "VALUES ($1, $2, $3, $4) "
				     "ON CONFLICT (repair_id, staff_id) DO NOTHING";
	return db_run(c, insert, V(repair_id), V(staff_id), V(reason), V(c->now));
}

/* Only a reopened order can have any, so that filing asks nothing more. */
static bool judge_recusal(struct ctx *c, const struct repair *repair, struct dispatch_person *person)
{
	int64_t recused;
	if (!repair->reopened)
		return true;
	if (!db_number(c, &recused, 0,
		    "SELECT count(*) FROM dispatch_recusal WHERE repair_id = $1 AND staff_id = $2",
		    V(repair->id), V(person->staff_id)))
		return false;
	if (recused)
		refuse(person, "dispatch.recused", false,
			arena_format(c->arena, "用户对%s的处理不满意，二次处理请派别人", person->name));
	return true;
}

static bool judge(struct ctx *c, const struct repair *repair, struct dispatch_person *person)
{
	const struct catalogue_kind *kind = catalogue_kind_of(c->app, repair->kind);
	if (!judge_role(c, person) || !judge_skill(c, kind ? kind->skill : NULL, person) ||
		!judge_certificate(c, kind ? kind->certificate : NULL, person) ||
		!judge_recusal(c, repair, person) || !dispatch_presence(c, person))
		return false;
	judge_presence(c, repair, person);
	return true;
}

bool dispatch_judge(
	struct ctx *c, const struct repair *repair, int64_t staff_id, struct dispatch_person *person)
{
	static const char person_of_id[] = "SELECT s.name, s.org_id, o.name FROM staff_contact s "
					   "JOIN org_tree o ON o.id = s.org_id WHERE s.staff_id = $1";
	struct rows *rows;
	if (!db_query(c, &rows, person_of_id, V(staff_id)))
		return false;
	if (!rows_next(rows)) {
		rows_close(rows);
		return ctx_failed(c) ? false : fail(c, NOT_FOUND, "没有这个人员，可能已离职");
	}
	*person = (struct dispatch_person){ .staff_id = staff_id,
		.name = rows_text(rows, 0),
		.org_id = rows_int(rows, 1),
		.team = rows_text(rows, 2),
		.distance_m = -1 };
	rows_close(rows);
	return judge(c, repair, person);
}

/* ---- suggesting
 * ------------------------------------------------------------------------------------------------------ */

static int by_fitness(const void *a, const void *b)
{
	const struct dispatch_person *x = a, *y = b;
	bool fit_x = x->refusal_count == 0, fit_y = y->refusal_count == 0;
	if (fit_x != fit_y)
		return fit_x ? -1 : 1;
	if (x->refusal_count != y->refusal_count)
		return x->refusal_count < y->refusal_count ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->staff_id < y->staff_id ? -1 : x->staff_id > y->staff_id;
}

static bool path_of(struct ctx *c, int64_t org_id, const char **path)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT path FROM org_tree WHERE id = $1", V(org_id)))
		return false;
	*path = rows_next(rows) ? rows_text(rows, 0) : "?";
	rows_close(rows);
	return !ctx_failed(c);
}

static size_t fit_ones(const struct dispatch_person *people, size_t count)
{
	size_t fit = 0;
	for (size_t i = 0; i < count; i++)
		fit += people[i].refusal_count == 0;
	return fit;
}

static bool judge_unit(struct ctx *c, const struct repair *repair, int64_t org_id,
	struct dispatch_person *people, size_t *count)
{
	const char *path;
	if (!path_of(c, org_id, &path) || !dispatch_people(c, path, people, PEOPLE_MOST, count))
		return false;
	for (size_t i = 0; i < *count; i++) {
		if (!judge(c, repair, &people[i]))
			return false;
	}
	if (*count > 1)
		qsort(people, *count, sizeof *people, by_fitness);
	return true;
}

bool dispatch_suggest(struct ctx *c, const struct repair *repair, struct dispatch_person *people,
	size_t limit, size_t *count)
{
	struct dispatch_person *all = arena_array(c->arena, struct dispatch_person, PEOPLE_MOST);
	if (!judge_unit(c, repair, repair->org_id, all, count))
		return false;
	if (fit_ones(all, *count) < FEW_PEOPLE && repair->company_id != repair->org_id &&
		!judge_unit(c, repair, repair->company_id, all, count))
		return false;
	if (*count > limit)
		*count = limit;
	for (size_t i = 0; i < *count; i++)
		people[i] = all[i];
	return true;
}
