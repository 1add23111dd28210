/* equipment_test.c: meters come, are read, go; appliances and contracts. */
#include <string.h>

#include "domain/customer/equipment/equipment.h"
#include "kit/kit.h"
#include "kit/people.h"

static struct household household_at(struct ctx *c, int64_t org_id, const char *number)
{
	struct household household = { .org_id = org_id,
		.number = number,
		.name = "甲",
		.user_class = CLASS_RESIDENT,
		.opened_on = NO_DATE };
	assert_true(household_open(c, &household));
	return household;
}

static struct meter meter_with(const char *number)
{
	return (struct meter){ .number = number,
		.kind = METER_DIAPHRAGM,
		.base_litre = { 5000 },
		.installed_on = NO_DATE,
		.verified_until = NO_DATE,
		.removed_on = NO_DATE };
}

static void a_meter_is_changed_with_its_last_reading(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = household_at(c, people.centre, "1");
	struct meter old_meter = meter_with("00123456"), new_meter = meter_with("00777777");
	assert_true(meter_open(c, &household, &old_meter));
	assert_false(meter_open(c, &household, &new_meter)); /* the old one is still there */
	assert_int_equal(c->problem.code, CONFLICT);
	ctx_forgive(c);
	old_meter.removed_on = instant_date(c->now);
	old_meter.final_litre.litre = 4999;
	assert_false(meter_edit(c, &old_meter));
	assert_string_equal(kit_problem(c), "below_base final_litre");
	ctx_forgive(c);
	old_meter.final_litre.litre = 558100;
	assert_true(meter_edit(c, &old_meter));
	assert_true(meter_open(c, &household, &new_meter));
	struct household now;
	assert_true(household_read(c, household.id, &now));
	assert_string_equal(now.meter_number, "00777777");
}

static void a_meter_stands_at_one_household_at_a_time(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household a = household_at(c, people.centre, "1"), b = household_at(c, people.centre, "2"),
			 foreign = household_at(c, people.other_centre, "1");
	struct meter first = meter_with("M1"), second = meter_with("M1"), third = meter_with("M1");
	assert_true(meter_open(c, &a, &first));
	assert_false(meter_open(c, &b, &second));
	assert_string_equal(kit_problem(c), "taken number");
	ctx_forgive(c);
	assert_true(meter_open(c, &foreign, &third)); /* another company's meters are its own */
	first.removed_on = instant_date(c->now);
	first.final_litre.litre = 6000;
	assert_true(meter_edit(c, &first));
	assert_true(meter_open(c, &b, &second));
}

static void a_meter_is_not_taken_out_tomorrow_or_before_it_came(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = household_at(c, people.centre, "1");
	struct meter meter = meter_with("M1");
	meter.installed_on = instant_date(c->now);
	assert_true(meter_open(c, &household, &meter));
	meter.final_litre.litre = 9000;
	meter.removed_on = date_plus(instant_date(c->now), 1);
	assert_false(meter_edit(c, &meter));
	assert_string_equal(kit_problem(c), "future removed_on");
	ctx_forgive(c);
	meter.removed_on = date_plus(instant_date(c->now), -1);
	assert_false(meter_edit(c, &meter));
	assert_string_equal(kit_problem(c), "before_installed removed_on");
	ctx_forgive(c);
}

static void what_is_written_for_a_meter_tells_its_kind(void **state)
{
	(void)state;
	assert_int_equal(meter_kind_of_text("IC卡膜式表G2.5"), METER_IC_CARD);
	assert_int_equal(meter_kind_of_text("NB-IoT物联网表"), METER_IOT);
	assert_int_equal(meter_kind_of_text("无线远传表"), METER_REMOTE);
	assert_int_equal(meter_kind_of_text("G2.5"), METER_DIAPHRAGM);
	assert_int_equal(meter_kind_of_text("气体涡轮流量计"), METER_FLOW);
	assert_int_equal(meter_kind_of_text(""), METER_OTHER);
	assert_int_equal(meter_kind_of_text("iot"), METER_IOT);
}

static void appliances_and_contracts_keep_their_dates_in_order(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	struct household household = household_at(c, people.centre, "1");
	struct date day = instant_date(c->now);
	struct appliance appliance = { .kind = APPLIANCE_STOVE,
		.made_on = day,
		.expires_on = day,
		.installed_on = NO_DATE,
		.removed_on = NO_DATE };
	assert_false(appliance_open(c, &household, &appliance));
	assert_string_equal(kit_problem(c), "before_made expires_on");
	ctx_forgive(c);
	appliance.expires_on = date_plus_months(day, 96);
	assert_true(appliance_open(c, &household, &appliance));
	struct contract contract = { .kind = CONTRACT_SUPPLY,
		.number = "HT-1",
		.signed_on = day,
		.ends_on = date_plus(day, -1),
		.ended_on = NO_DATE };
	assert_false(contract_open(c, &household, &contract));
	assert_string_equal(kit_problem(c), "before_signed ends_on");
	ctx_forgive(c);
	contract.ends_on = NO_DATE;
	assert_true(contract_open(c, &household, &contract));
	assert_int_equal(contract.person_id, household.person_id);
	struct contract twice = contract;
	assert_false(contract_open(c, &household, &twice));
	assert_int_equal(c->problem.code == CONFLICT || c->problem.code == INVALID, 1);
	ctx_forgive(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_meter_is_changed_with_its_last_reading),
		kit_test(a_meter_stands_at_one_household_at_a_time),
		kit_test(a_meter_is_not_taken_out_tomorrow_or_before_it_came),
		kit_test(what_is_written_for_a_meter_tells_its_kind),
		kit_test(appliances_and_contracts_keep_their_dates_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
