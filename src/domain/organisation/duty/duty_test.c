/* duty_test.c: who is there, and how far away. */
#include "domain/organisation/duty/duty.h"
#include "domain/organisation/duty/shift.h"
#include "kit/people.h"

static bool is_on_duty(struct ctx *c, int64_t staff_id, int64_t after_ms)
{
	struct duty_state state;
	assert_true(duty_of(c, staff_id, instant_plus(KIT_NOW, after_ms), &state));
	return state.on_duty;
}

static void duty_lasts_until_its_end_and_not_a_moment_longer(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = people_member(c, "A01", p.team, NULL);
	assert_false(is_on_duty(c, member, 0));
	assert_true(duty_start(c, member, KIT_NOW, instant_plus(KIT_NOW, 8 * HOUR_MS)));
	assert_true(is_on_duty(c, member, 0));
	assert_true(is_on_duty(c, member, 8 * HOUR_MS - 1));
	assert_false(is_on_duty(c, member, 8 * HOUR_MS));
	assert_false(is_on_duty(c, member, -1));
	assert_true(duty_end(c, member));
	assert_false(is_on_duty(c, member, 0));
}

static void without_an_end_duty_lasts_as_long_as_the_shift(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = people_member(c, "A01", p.team, NULL);
	struct duty_shift shift = { .staff_id = member,
		.starts_at = instant_plus(KIT_NOW, -HOUR_MS),
		.ends_at = instant_plus(KIT_NOW, 3 * HOUR_MS) };
	assert_true(shift_open(c, &shift));
	assert_int_equal(shift.org_id, p.team);
	assert_true(duty_begin(c, member, (struct instant){ 0 }));
	assert_true(is_on_duty(c, member, 3 * HOUR_MS - 1));
	assert_false(is_on_duty(c, member, 3 * HOUR_MS));
}

static void without_a_shift_duty_lasts_twelve_hours_and_never_more_than_a_day(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = people_member(c, "A01", p.team, NULL);
	assert_true(duty_begin(c, member, (struct instant){ 0 }));
	assert_true(is_on_duty(c, member, 12 * HOUR_MS - 1));
	assert_false(is_on_duty(c, member, 12 * HOUR_MS));
	assert_false(duty_begin(c, member, instant_plus(KIT_NOW, DAY_MS + 1)));
	assert_string_equal(kit_problem(c), "range until");
}

static void one_person_has_one_shift_at_a_time(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	people_units(c, &p);
	int64_t member = people_member(c, "A01", p.team, NULL);
	struct duty_shift day = {
		.staff_id = member, .starts_at = KIT_NOW, .ends_at = instant_plus(KIT_NOW, 8 * HOUR_MS)
	};
	struct duty_shift overlapping = day, next = day;
	overlapping.starts_at = instant_plus(KIT_NOW, 8 * HOUR_MS - 1);
	overlapping.ends_at = instant_plus(KIT_NOW, 9 * HOUR_MS);
	next.starts_at = day.ends_at;
	next.ends_at = instant_plus(KIT_NOW, 16 * HOUR_MS);
	assert_true(shift_open(c, &day));
	assert_false(shift_open(c, &overlapping));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_true(shift_open(c, &next));
}

static void a_place_is_taken_only_on_duty_and_only_on_this_earth(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people p;
	struct duty_state duty;
	people_units(c, &p);
	int64_t member = people_member(c, "A01", p.team, NULL);
	assert_false(duty_report_place(c, member, 118350000, 35100000));
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	assert_true(duty_start(c, member, KIT_NOW, instant_plus(KIT_NOW, HOUR_MS)));
	assert_false(duty_report_place(c, member, 180000001, -90000001));
	assert_string_equal(kit_problem(c), "range longitude_e6, range latitude_e6");
	ctx_forgive(c);
	assert_true(duty_report_place(c, member, 118350000, 35100000));
	assert_true(duty_of(c, member, KIT_NOW, &duty));
	assert_int_equal(duty.longitude_e6, 118350000);
	assert_int_equal(duty.latitude_e6, 35100000);
	assert_int_equal(duty.seen_at.ms, KIT_NOW.ms);
}

/* The right values: a quarter and half of the circumference of a sphere of 6 371 008.8 m (2 pi r = 40 030
 * 228.9 m), and one degree of it, 111 195.08 m. */
static void distances_are_those_of_the_sphere(void **state)
{
	(void)state;
	assert_int_equal(duty_distance(118350000, 35100000, 118350000, 35100000), 0);
	assert_int_equal(duty_distance(0, 0, 0, 1000000), 111195);
	assert_int_equal(duty_distance(0, 0, 1000000, 0), 111195);
	assert_int_equal(duty_distance(0, 0, 0, 90000000), 10007557);
	assert_int_equal(duty_distance(0, 0, 180000000, 0), 20015114);
	assert_int_equal(duty_distance(-179000000, 0, 179000000, 0), 222390);
	/* At 60 degrees north a degree of longitude is half as long, the great circle a little shorter still.
	 */
	assert_in_range(duty_distance(0, 60000000, 1000000, 60000000), 55590, 55598);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(duty_lasts_until_its_end_and_not_a_moment_longer),
		kit_test(without_an_end_duty_lasts_as_long_as_the_shift),
		kit_test(without_a_shift_duty_lasts_twelve_hours_and_never_more_than_a_day),
		kit_test(one_person_has_one_shift_at_a_time),
		kit_test(a_place_is_taken_only_on_duty_and_only_on_this_earth),
		cmocka_unit_test(distances_are_those_of_the_sphere),
	};
	return cmocka_run_group_tests_name("duty", tests, NULL, NULL);
}
