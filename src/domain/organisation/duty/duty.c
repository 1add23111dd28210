/* duty.c: the roster says who should be at work; a person says that he is. Dispatch believes the person. */
#include <math.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/duty/duty.h"
#include "domain/organisation/duty/shift.h"
#include "domain/organisation/staff/staff.h"
#include "platform/audit.h"
#include "platform/events.h"

static const struct field duty_shift_fields[] = {
	FIELD(duty_shift, id, "编号", .flags = BY_SERVER),
	FIELD(duty_shift, staff_id, "人员", .flags = REQUIRED | FILTERED, .refers = "staff"),
	FIELD(duty_shift, org_id, "值班单位", .flags = FILTERED, .refers = "org",
		.help = "不填则为人员所属单位"),
	FIELD(duty_shift, starts_at, "开始", .flags = REQUIRED | FILTERED | SORTED | IN_LIST),
	FIELD(duty_shift, ends_at, "结束", .flags = REQUIRED | FILTERED | SORTED | IN_LIST),
	FIELD(duty_shift, note, "备注", .flags = IN_LIST, .at_most = 100),
};
const struct entity duty_shift_entity =
	ENTITY(duty_shift, "班次", duty_shift_fields, .fence = "org_id", .default_sort = "starts_at");

/* ---- who is there
 * --------------------------------------------------------------------------------------------------- */

bool duty_of(struct ctx *c, int64_t staff_id, struct instant at, struct duty_state *state)
{
	static const char of_person[] = "SELECT since, until, longitude_e6, latitude_e6, seen_at FROM "
					"duty_presence WHERE staff_id = $1";
	struct rows *rows;
	*state = (struct duty_state){ 0 };
	if (!db_query(c, &rows, of_person, V(staff_id)))
		return false;
	if (rows_next(rows)) {
		struct instant since = rows_instant(rows, 0), until = rows_instant(rows, 1);
		state->on_duty = since.ms && since.ms <= at.ms && at.ms < until.ms;
		state->until = state->on_duty ? until : (struct instant){ 0 };
		state->longitude_e6 = rows_int(rows, 2);
		state->latitude_e6 = rows_int(rows, 3);
		state->seen_at = rows_instant(rows, 4);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

static bool tell(struct ctx *c, int64_t staff_id, int64_t org_id)
{
	event_emit(c, (struct event){ .kind = "duty.changed",
			      .subject_id = staff_id,
			      .org_id = org_id,
			      .permission = MAY_VIEW_DUTY });
	return true;
}

bool duty_start(struct ctx *c, int64_t staff_id, struct instant from, struct instant until)
{
	static const char upsert[] =
		"INSERT INTO duty_presence (staff_id, since, until, longitude_e6, latitude_e6) VALUES ($1, "
		"$2, $3, 0, 0)"
		" ON CONFLICT (staff_id) DO UPDATE SET since = excluded.since, until = excluded.until";
	struct staff staff;
	if (!staff_read(c, staff_id, &staff))
		return false;
	if (staff.has_left)
		return fail(c, CONFLICT, "%s已离职，不能上岗", staff.name);
	if (until.ms <= from.ms || until.ms - from.ms > DUTY_LONGEST_MS)
		return fault(c, "until", "range", "下岗时间须晚于上岗，且一次最多 24 小时");
	return db_run(c, upsert, V(staff_id), V(from), V(until)) && tell(c, staff_id, staff.org_id) &&
	       audit_record(c, "duty.start", "staff", staff_id, staff.org_id, NULL, NULL);
}

static bool end_of_shift(struct ctx *c, int64_t staff_id, struct instant *end)
{
	return db_number(c, &end->ms, c->now.ms + DUTY_USUAL_MS,
		"SELECT MAX(ends_at) FROM duty_shift WHERE staff_id = $1 AND starts_at <= $2 AND ends_at > "
		"$3",
		V(staff_id), V(c->now), V(c->now));
}

bool duty_begin(struct ctx *c, int64_t staff_id, struct instant until)
{
	if (!until.ms && !end_of_shift(c, staff_id, &until))
		return false;
	if (until.ms - c->now.ms > DUTY_LONGEST_MS)
		return fault(c, "until", "range", "一次上岗最多 24 小时");
	return duty_start(c, staff_id, c->now, until);
}

bool duty_end(struct ctx *c, int64_t staff_id)
{
	struct staff staff;
	return staff_read(c, staff_id, &staff) &&
	       db_run(c, "UPDATE duty_presence SET since = NULL, until = NULL WHERE staff_id = $1",
		       V(staff_id)) &&
	       tell(c, staff_id, staff.org_id) &&
	       audit_record(c, "duty.end", "staff", staff_id, staff.org_id, NULL, NULL);
}

/* ---- where
 * -----------------------------------------------------------------------------------------------------------
 */

static bool place_is_good(struct ctx *c, int64_t longitude_e6, int64_t latitude_e6)
{
	bool good = true;
	if (longitude_e6 < -180000000 || longitude_e6 > 180000000)
		good = fault(c, "longitude_e6", "range", "经度须在 -180 到 180 度之间（以百万分之一度计）");
	if (latitude_e6 < -90000000 || latitude_e6 > 90000000)
		good = fault(c, "latitude_e6", "range", "纬度须在 -90 到 90 度之间（以百万分之一度计）");
	return good;
}

bool duty_report_place(struct ctx *c, int64_t staff_id, int64_t longitude_e6, int64_t latitude_e6)
{
	struct duty_state state;
	struct staff staff;
	if (!place_is_good(c, longitude_e6, latitude_e6) || !duty_of(c, staff_id, c->now, &state))
		return false;
	if (!state.on_duty)
		return fail(c, CONFLICT, "您现在不在岗，不上报位置；请先上岗");
	return db_run(c,
		       "UPDATE duty_presence SET longitude_e6 = $1, latitude_e6 = $2, seen_at = $3 WHERE "
		       "staff_id = $4",
		       V(longitude_e6), V(latitude_e6), V(c->now), V(staff_id)) &&
	       staff_read(c, staff_id, &staff) && tell(c, staff_id, staff.org_id);
}

/* Haversine on a sphere of the earth's mean radius (IUGG: 6 371 008.8 m). Exact for equal places, and near
 * the antipode the argument of asin is held at 1, which rounding may pass. */
int64_t duty_distance(
	int64_t longitude_a_e6, int64_t latitude_a_e6, int64_t longitude_b_e6, int64_t latitude_b_e6)
{
	const double radian = 3.14159265358979323846 / 180e6, radius = 6371008.8;
	double half_north = sin((double)(latitude_b_e6 - latitude_a_e6) * radian / 2);
	double half_east = sin((double)(longitude_b_e6 - longitude_a_e6) * radian / 2);
	double share = half_north * half_north + cos((double)latitude_a_e6 * radian) *
							 cos((double)latitude_b_e6 * radian) * half_east *
							 half_east;
	return llround(2 * radius * asin(sqrt(fmin(share, 1))));
}

/* ---- the roster
 * ------------------------------------------------------------------------------------------------------ */

static bool check_shift(struct ctx *c, const struct duty_shift *shift, const struct staff *staff)
{
	int64_t overlapping;
	if (staff->has_left)
		return fault(c, "staff_id", "left", "%s已离职，请另选人员", staff->name);
	if (shift->ends_at.ms <= shift->starts_at.ms)
		return fault(c, "ends_at", "order", "结束须晚于开始");
	if (shift->ends_at.ms - shift->starts_at.ms > SHIFT_LONGEST_MS)
		return fault(c, "ends_at", "too_long", "一个班次最多 36 小时，请分成几班");
	if (!db_number(c, &overlapping, 0,
		    "SELECT COUNT(*) FROM duty_shift WHERE staff_id = $1 AND starts_at < $2 AND ends_at > $3",
		    V(shift->staff_id), V(shift->ends_at), V(shift->starts_at)))
		return false;
	return !overlapping || fail(c, CONFLICT, "%s在这段时间已有班次，请先删除或改时间", staff->name);
}

bool shift_open(struct ctx *c, struct duty_shift *shift)
{
	struct staff staff;
	if (!staff_read(c, shift->staff_id, &staff) || !check_shift(c, shift, &staff))
		return false;
	if (!shift->org_id)
		shift->org_id = staff.org_id;
	shift->id = db_new_id(c);
	return entity_insert(c, &duty_shift_entity, shift) && tell(c, shift->staff_id, shift->org_id) &&
	       audit_record(c, "shift.open", "staff", shift->staff_id, shift->org_id, staff.name, NULL);
}

bool shift_end(struct ctx *c, int64_t id)
{
	struct duty_shift shift;
	return entity_read(c, &duty_shift_entity, id, &shift) &&
	       fence_require(c, MAY_EDIT_DUTY, shift.org_id, "这个班次") &&
	       db_run(c, "DELETE FROM duty_shift WHERE id = $1", V(id)) &&
	       tell(c, shift.staff_id, shift.org_id) &&
	       audit_record(c, "shift.end", "staff", shift.staff_id, shift.org_id, NULL, NULL);
}
