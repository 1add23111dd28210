/* fieldwork_test.c: an order through the running server, as the screens take it: the call, the board, the
 * phone. */
#include <stdio.h>
#include <string.h>

#include "kit/crew.h"
#include "kit/served.h"
#include "platform/json.h"

struct office {
	struct kit *kit;
	struct people people;
	int64_t member;
	struct visitor agent, dispatcher, technician, stranger;
};

static struct office open_office(void **state)
{
	struct office office = { .kit = *state };
	struct ctx *c = kit_ctx(*state);
	people_units(c, &office.people);
	office.member = crew_technician(c, "T1", office.people.team);
	office.technician = served_person(c, office.member);
	office.agent = served_person(c, people_member(c, "H1", office.people.company, "hotline"));
	office.dispatcher = served_person(c, people_member(c, "D1", office.people.centre, "dispatcher"));
	office.stranger = served_person(c, people_member(c, "D2", office.people.other_centre, "dispatcher"));
	return office;
}

static void release(void *json)
{
	json_decref(json);
}

/* The answer's JSON, after its status has been looked at. */
static json_t *ask(struct office *office, const struct visitor *visitor, const char *method, const char *path,
	const char *body, int status)
{
	struct answer answer = served_ask(office->kit, visitor, method, path, NULL, body);
	if (answer.status != status)
		print_error("%s %s: %d %s\n", method, path, answer.status, answer.body);
	assert_int_equal(answer.status, status);
	json_t *json = *answer.body ? json_loads(answer.body, 0, NULL) : NULL;
	answer_free(&answer);
	if (json)
		arena_defer(office->kit->c->arena, release, json);
	return json;
}

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));
	return text ? text : "";
}

static int64_t id_of(const json_t *json)
{
	return json_integer_value(json_object_get(json, "id"));
}

static const char *path(struct office *office, int64_t id, const char *rest)
{
	return arena_format(office->kit->c->arena, "/repairs/%lld%s", (long long)id, rest);
}

static const char file_leak[] =
	"{\"door\":\"hotline\",\"kind\":\"leak\",\"address\":\"测试花园3号楼2单元501\","
	"\"caller_phone\":\"0539-0000000\",\"script_read\":true}";
static const char file_plain[] =
	"{\"door\":\"hotline\",\"kind\":\"no_gas\",\"address\":\"测试花园1号楼\","
	"\"caller_name\":\"测试甲\",\"caller_phone\":\"0539-0000000\",\"org_id\":%lld}";

static json_t *file_at(struct office *office, int64_t org_id)
{
	char body[512];
	snprintf(body, sizeof body, file_plain, (long long)org_id);
	return ask(office, &office->agent, "POST", "/repairs", body, 201);
}

static json_t *step(
	struct office *office, const struct visitor *visitor, int64_t id, const char *body, int status)
{
	return ask(office, visitor, "POST", path(office, id, "/steps"), body, status);
}

/* ---- the whole way
 * ------------------------------------------------------------------------------------------------- */

static void a_leak_is_filed_dispatched_at_once_and_done_on_the_phone(void **state)
{
	struct office o = open_office(state);
	struct ctx *c = o.kit->c;
	json_t *order = ask(&o, &o.agent, "POST", "/repairs", file_leak, 201);
	int64_t id = id_of(order);
	assert_string_equal(text_of(order, "number"), "LS-2026-000001");
	assert_string_equal(text_of(order, "status"), "dispatched");
	assert_string_equal(text_of(order, "assignee_name"), "甲某");
	assert_true(json_array_size(json_object_get(order, "promises")) >= 2);
	json_t *route = json_object_get(ask(&o, &o.technician, "GET", "/me/route", NULL, 200), "items");
	assert_int_equal(json_array_size(route), 1);
	assert_string_equal(text_of(json_array_get(route, 0), "caller_phone"), "0539-0000000");
	step(&o, &o.technician, id, "{\"step\":\"accept\"}", 200);
	step(&o, &o.technician, id, "{\"step\":\"depart\"}", 200);
	step(&o, &o.technician, id, "{\"step\":\"arrive\"}", 422);
	step(&o, &o.technician, id,
		"{\"step\":\"arrive\",\"longitude_e6\":118650000,\"latitude_e6\":34920000}", 200);
	step(&o, &o.technician, id, "{\"step\":\"secure\"}", 200);
	struct repair repair;
	assert_true(repair_read(c, id, &repair));
	crew_evidence(c, &repair, EVIDENCE_ARRIVAL);
	crew_evidence(c, &repair, EVIDENCE_AFTER);
	crew_evidence(c, &repair, EVIDENCE_SIGNATURE);
	json_t *points = json_object_get(
		ask(&o, &o.technician, "GET", path(&o, id, "/checklist"), NULL, 200), "items");
	assert_int_equal(json_array_size(points), 5);
	ask(&o, &o.technician, "POST", path(&o, id, "/work"),
		"{\"checklist\":{\"tested\":true,\"lit\":true,\"explained\":true,\"rooms\":true,\"cleaned\":"
		"true}}",
		200);
	order = step(&o, &o.technician, id,
		"{\"step\":\"finish\",\"cause\":\"joint_leak\",\"result\":\"紧固接口，查漏合格\"}", 200);
	assert_string_equal(text_of(order, "status"), "done");
	assert_string_equal(text_of(order, "cause_label"), "接口、螺纹松动漏气");
	assert_true(json_array_size(json_object_get(order, "timeline")) >= 7);
	size_t at;
	json_t *promise;
	json_array_foreach(json_object_get(order, "promises"), at, promise)
	{
		if (strncmp(text_of(promise, "code"), "leak.", 5) == 0)
			assert_string_equal(text_of(promise, "state"), "met");
	}
}

static void consent_by_code_opens_the_paid_step(void **state)
{
	struct office o = open_office(state);
	struct ctx *c = o.kit->c;
	struct repair order = crew_order(c, o.people.centre, "hose_replace");
	crew_arrive(c, &order, o.member);
	const char *work = "{\"lines\":[{\"item_code\":\"hose_metal\",\"quantity_thousandths\":1500}]}";
	ask(&o, &o.technician, "POST", path(&o, order.id, "/work"), work, 422);
	json_t *quote = ask(&o, &o.technician, "POST", path(&o, order.id, "/quote"), work, 200);
	assert_int_equal(json_integer_value(json_object_get(quote, "total_fen")), 10200);
	ask(&o, &o.technician, "POST", path(&o, order.id, "/work"), work, 409);
	ask(&o, &o.technician, "POST", path(&o, order.id, "/consent"),
		"{\"method\":\"code\",\"code\":\"000000\"}", 422);
	json_t *sent = ask(&o, &o.technician, "POST", path(&o, order.id, "/consent-code"), "{}", 200);
	assert_null(strstr(text_of(sent, "phone"), "0000000"));
	struct rows *rows;
	assert_true(db_query(c, &rows, "SELECT parameters FROM outbox WHERE template_code = 'quote.code'"));
	assert_true(rows_next(rows));
	json_t *parameters = json_loads(rows_text(rows, 0), 0, NULL);
	arena_defer(c->arena, release, parameters);
	rows_close(rows);
	const char *code = text_of(parameters, "code");
	char *wrong = arena_text(c->arena, code);
	wrong[0] = (char)(wrong[0] == '9' ? '0' : wrong[0] + 1);
	const char *consent = "{\"method\":\"code\",\"code\":\"%s\"}";
	char body[128];
	snprintf(body, sizeof body, consent, wrong);
	ask(&o, &o.technician, "POST", path(&o, order.id, "/consent"), body, 422);
	int64_t tries;
	assert_true(db_number(c, &tries, 0, "SELECT tries FROM quote_code"));
	assert_int_equal(tries, 1); /* counted although the request failed */
	snprintf(body, sizeof body, consent, code);
	json_t *page = ask(&o, &o.technician, "POST", path(&o, order.id, "/consent"), body, 200);
	assert_string_equal(text_of(json_object_get(page, "quote"), "consent_method"), "code");
	page = ask(&o, &o.technician, "POST", path(&o, order.id, "/work"), work, 200);
	assert_int_equal(json_integer_value(json_object_get(page, "charge_fen")), 10200);
}

/* ---- intake
 * ----------------------------------------------------------------------------------------------------------
 */

static void the_same_key_files_once(void **state)
{
	struct office o = open_office(state);
	const char *key = "Idempotency-Key: 7f3c-test-1\r\n";
	struct answer first = served_ask(o.kit, &o.agent, "POST", "/repairs", key, file_leak);
	struct answer second = served_ask(o.kit, &o.agent, "POST", "/repairs", key, file_leak);
	assert_int_equal(first.status, 201);
	assert_int_equal(second.status, 201);
	assert_string_equal(first.body, second.body);
	answer_free(&first);
	answer_free(&second);
	int64_t orders;
	assert_true(db_number(o.kit->c, &orders, 0, "SELECT count(*) FROM repair"));
	assert_int_equal(orders, 1);
}

static void the_caller_finds_household_and_open_orders_in_any_writing(void **state)
{
	struct office o = open_office(state);
	struct ctx *c = o.kit->c;
	struct household household = { .org_id = o.people.centre,
		.number = "90000001",
		.name = "测试甲乙",
		.phone = "0539-0000001",
		.community = "测试花园",
		.building = "3",
		.unit = "2",
		.room = "501",
		.user_class = CLASS_RESIDENT };
	assert_true(household_open(c, &household));
	struct repair order = { .household_id = household.id, .kind = "no_gas" };
	assert_true(repair_file(c, &order));
	static const char *const writings[] = { "0539-0000001", "(0539)0000001", "05390000001",
		"%2B86%200539%200000001", "%EF%BC%90%EF%BC%95%EF%BC%93%EF%BC%99-0000001",
		"0539-0000001%E8%BD%AC8001" };
	for (size_t i = 0; i < sizeof writings / sizeof *writings; i++) {
		json_t *caller = ask(&o, &o.agent, "GET",
			arena_format(c->arena, "/intake/caller?phone=%s", writings[i]), NULL, 200);
		json_t *households = json_object_get(caller, "households"),
		       *orders = json_object_get(caller, "orders");
		assert_int_equal(json_array_size(households), 1);
		assert_string_equal(text_of(json_array_get(households, 0), "number"), "90000001");
		assert_string_not_equal(text_of(json_array_get(households, 0), "name"), "测试甲乙");
		assert_int_equal(json_array_size(orders), 1);
	}
	json_t *foreign = ask(&o, &o.dispatcher, "GET", "/intake/caller?phone=0539-0000001", NULL, 200);
	assert_int_equal(json_array_size(json_object_get(foreign, "households")), 1);
	json_t *none = ask(&o, &o.stranger, "GET", "/intake/caller?phone=0539-0000001", NULL, 200);
	assert_int_equal(json_array_size(json_object_get(none, "households")), 0);
	assert_int_equal(json_array_size(json_object_get(none, "orders")), 0);
}

static void typing_classifies_and_duplicates_are_offered(void **state)
{
	struct office o = open_office(state);
	file_at(&o, o.people.centre);
	json_t *found = json_object_get(
		ask(&o, &o.agent, "GET", "/intake/classify?text=%E6%BC%8F%E6%B0%94", NULL, 200),
		"items"); /* 漏气 */
	assert_string_equal(text_of(json_array_get(found, 0), "kind"), "leak");
	found = json_object_get(
		ask(&o, &o.agent, "GET",
			"/repairs/duplicates?address=%E6%B5%8B%E8%AF%95%E8%8A%B1%E5%9B%AD1%E5%8F%B7%E6%A5%BC",
			NULL, 200),
		"items"); /* 测试花园1号楼 */
	assert_int_equal(json_array_size(found), 1);
}

static void a_bad_body_names_every_field(void **state)
{
	struct office o = open_office(state);
	json_t *problem = ask(&o, &o.agent, "POST", "/repairs",
		"{\"kind\":\"no_gas\",\"level\":\"P9\",\"caller_phone\":\"12\",\"address\":7,\"status\":"
		"\"done\",\"ghost\":1}",
		422);
	assert_int_equal(json_array_size(json_object_get(problem, "errors")), 5);
}

/* ---- rights
 * ------------------------------------------------------------------------------------------------------------
 */

static void another_companys_order_is_not_there(void **state)
{
	struct office o = open_office(state);
	int64_t id = id_of(file_at(&o, o.people.centre));
	ask(&o, &o.stranger, "GET", path(&o, id, ""), NULL, 404);
	step(&o, &o.stranger, id, "{\"step\":\"cancel\",\"reason\":\"x\"}", 404);
	ask(&o, &o.stranger, "POST", path(&o, id, "/notes"), "{\"text\":\"x\"}", 404);
	ask(&o, &o.stranger, "POST", path(&o, id, "/unmask"), "{\"reason\":\"想看一看\"}", 404);
	json_t *list = ask(&o, &o.stranger, "GET", "/repairs?count=1", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(list, "count")), 0);
	list = ask(&o, &o.dispatcher, "GET", "/repairs?count=1&status=filed", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(list, "count")), 1);
	assert_string_equal(
		text_of(json_array_get(json_object_get(list, "items"), 0), "kind_label"), "户内停气");
}

static void unmasking_takes_a_reason_and_is_in_the_audit(void **state)
{
	struct office o = open_office(state);
	int64_t id = id_of(file_at(&o, o.people.centre)), rows;
	json_t *page = ask(&o, &o.dispatcher, "GET", path(&o, id, ""), NULL, 200);
	assert_string_not_equal(text_of(page, "caller_phone"), "0539-0000000");
	ask(&o, &o.dispatcher, "POST", path(&o, id, "/unmask"), "{\"reason\":\"看\"}", 422);
	page = ask(
		&o, &o.dispatcher, "POST", path(&o, id, "/unmask"), "{\"reason\":\"联系用户确认地址\"}", 200);
	assert_string_equal(text_of(page, "caller_phone"), "0539-0000000");
	assert_true(db_number(o.kit->c, &rows, 0,
		"SELECT count(*) FROM audit WHERE action = 'repair.unmask' AND subject_id = $1", V(id)));
	assert_int_equal(rows, 1);
}

static void the_second_editor_gets_the_present_version(void **state)
{
	struct office o = open_office(state);
	int64_t id = id_of(file_at(&o, o.people.centre));
	struct answer answer =
		served_ask(o.kit, &o.dispatcher, "PUT", path(&o, id, ""), NULL, "{\"description\":\"甲\"}");
	assert_int_equal(answer.status, 428);
	answer_free(&answer);
	answer = served_ask(o.kit, &o.dispatcher, "PUT", path(&o, id, ""), "If-Match: \"1\"\r\n",
		"{\"description\":\"甲\"}");
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	answer = served_ask(
		o.kit, &o.agent, "PUT", path(&o, id, ""), "If-Match: \"1\"\r\n", "{\"description\":\"乙\"}");
	assert_int_equal(answer.status, 412);
	assert_non_null(strstr(answer.body, "甲"));
	answer_free(&answer);
}

static void a_masked_number_sent_back_changes_nothing(void **state)
{
	struct office o = open_office(state);
	json_t *filed = file_at(&o, o.people.centre);
	int64_t id = id_of(filed);
	struct repair repair;
	const char *body = arena_format(o.kit->c->arena, "{\"caller_phone\":\"%s\",\"caller_name\":\"%s\"}",
		text_of(filed, "caller_phone"), text_of(filed, "caller_name"));
	assert_non_null(strchr(body, '*'));
	struct answer answer =
		served_ask(o.kit, &o.dispatcher, "PUT", path(&o, id, ""), "If-Match: \"1\"\r\n", body);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	assert_true(repair_read(o.kit->c, id, &repair));
	assert_string_equal(repair.caller_phone, "0539-0000000");
}

/* ---- dispatching
 * -----------------------------------------------------------------------------------------------------------
 */

static void the_board_takes_a_drop_and_refuses_another_with_codes(void **state)
{
	struct office o = open_office(state);
	int64_t id = id_of(file_at(&o, o.people.centre));
	int64_t novice = crew_novice(o.kit->c, "T9", o.people.team);
	char body[128];
	snprintf(body, sizeof body, "{\"step\":\"dispatch\",\"staff_id\":%lld}", (long long)novice);
	json_t *problem = step(&o, &o.dispatcher, id, body, 422);
	json_t *errors = json_object_get(problem, "errors");
	assert_int_equal(json_array_size(errors), 3);
	assert_string_equal(text_of(json_array_get(errors, 2), "code"), "dispatch.off_duty");
	snprintf(body, sizeof body, "{\"step\":\"dispatch\",\"staff_id\":%lld}", (long long)o.member);
	step(&o, &o.dispatcher, id, body, 200);
	json_t *board = ask(&o, &o.dispatcher, "GET", "/dispatch/board?day=2026-09-30", NULL, 200);
	assert_int_equal(json_array_size(json_object_get(board, "unassigned")), 0);
	assert_int_equal(json_array_size(json_object_get(board, "people")), 2);
	json_t *items = json_object_get(
		ask(&o, &o.dispatcher, "GET",
			arena_format(o.kit->c->arena, "/dispatch/suggestions?repair_id=%lld", (long long)id),
			NULL, 200),
		"items");
	assert_int_equal(json_array_size(items), 2);
	assert_true(json_is_null(json_object_get(json_array_get(items, 0), "refused")));
	assert_true(json_is_string(json_object_get(json_array_get(items, 1), "refused")));
}

static void the_one_on_site_asks_for_help_and_the_dispatcher_sends_it(void **state)
{
	struct office o = open_office(state);
	int64_t id = id_of(ask(&o, &o.agent, "POST", "/repairs", file_leak, 201));
	int64_t second = crew_technician(o.kit->c, "T2", o.people.team);
	char body[160];
	snprintf(body, sizeof body, "{\"repair_id\":%lld,\"reason\":\"需要两个人\"}", (long long)id);
	ask(&o, &o.technician, "POST", "/dispatch/help", body, 200);
	snprintf(body, sizeof body, "{\"repair_id\":%lld,\"staff_id\":%lld,\"reason\":\"需要两个人\"}",
		(long long)id, (long long)second);
	ask(&o, &o.technician, "POST", "/dispatch/help", body, 403);
	json_t *page = ask(&o, &o.dispatcher, "POST", "/dispatch/help", body, 200);
	assert_int_equal(json_array_size(json_object_get(page, "helpers")), 1);
	struct visitor helper = served_person(o.kit->c, second);
	json_t *route = json_object_get(ask(&o, &helper, "GET", "/me/route", NULL, 200), "items");
	assert_int_equal(json_array_size(route), 1);
}

static void my_work_is_ones_own_or_what_one_dispatches(void **state)
{
	struct office o = open_office(state);
	file_at(&o, o.people.centre);
	ask(&o, &o.agent, "POST", "/repairs", file_leak, 201);
	json_t *work = ask(&o, &o.technician, "GET", "/me/work", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(work, "count")), 1);
	assert_string_equal(text_of(json_array_get(json_object_get(work, "items"), 0), "level"), "P1");
	work = ask(&o, &o.dispatcher, "GET", "/me/work?limit=1&count=1", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(work, "count")), 1);
	assert_string_equal(text_of(json_array_get(json_object_get(work, "items"), 0), "title"), "户内停气");
	work = ask(&o, &o.stranger, "GET", "/me/work", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(work, "count")), 0);
}

static void prices_are_shown_published_and_withdrawn(void **state)
{
	struct office o = open_office(state);
	struct visitor manager =
		served_person(o.kit->c, people_member(o.kit->c, "M1", o.people.company, "company"));
	json_t *prices = ask(&o, &o.technician, "GET", "/prices", NULL, 200);
	assert_true(json_array_size(json_object_get(prices, "items")) > 5);
	const char *body = "{\"number\":\"测价〔2026〕1号\",\"basis\":\"测试依据\",\"approval\":\"测试审批\","
			   "\"effective_from\":\"2026-10-08\",\"items\":[{\"code\":\"visit\",\"label\":"
			   "\"上门费\",\"unit\":\"次\","
			   "\"section\":\"labour\",\"price_fen\":2000}]}";
	ask(&o, &o.technician, "POST", "/price-versions", body, 403);
	json_t *version = ask(&o, &manager, "POST", "/price-versions", body, 201);
	assert_int_equal(json_array_size(json_object_get(version, "items")), 1);
	prices = ask(&o, &o.technician, "GET", "/prices?on=2026-10-08", NULL, 200);
	assert_string_equal(text_of(prices, "number"), "测价〔2026〕1号");
	json_t *list = ask(&o, &manager, "GET", "/price-versions?count=1", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(list, "count")), 2);
	list = ask(&o, &o.stranger, "GET", "/price-versions?count=1", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(list, "count")), 1);
	ask(&o, &manager, "DELETE",
		arena_format(o.kit->c->arena, "/price-versions/%lld", (long long)id_of(version)), NULL, 204);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		served_test(a_leak_is_filed_dispatched_at_once_and_done_on_the_phone),
		served_test(consent_by_code_opens_the_paid_step),
		served_test(the_same_key_files_once),
		served_test(the_caller_finds_household_and_open_orders_in_any_writing),
		served_test(typing_classifies_and_duplicates_are_offered),
		served_test(a_bad_body_names_every_field),
		served_test(another_companys_order_is_not_there),
		served_test(unmasking_takes_a_reason_and_is_in_the_audit),
		served_test(the_second_editor_gets_the_present_version),
		served_test(a_masked_number_sent_back_changes_nothing),
		served_test(the_board_takes_a_drop_and_refuses_another_with_codes),
		served_test(the_one_on_site_asks_for_help_and_the_dispatcher_sends_it),
		served_test(my_work_is_ones_own_or_what_one_dispatches),
		served_test(prices_are_shown_published_and_withdrawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
