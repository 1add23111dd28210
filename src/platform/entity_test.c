/* entity_test.c: bodies checked, masks, SQL from the table of fields. */
#include <string.h>

#include "kit/kit.h"
#include "platform/entity.h"

#define SIZES(X) X(SIZE_SMALL, "small", "小") X(SIZE_LARGE, "large", "大")
CHOICE_ENUM(size, SIZES);
static CHOICE_TABLE(sizes, SIZES);

struct sample {
	int64_t id, org_id, amount;
	const char *name, *phone, *remark, *number;
	enum size size;
	struct money price_fen;
	struct volume used_litre;
	struct instant due_at;
	struct date made_on;
	bool open;
	int64_t version;
};

static const char *check_number(const char *text)
{
	return text[0] == 'N' ? NULL : "号码以 N 开头";
}

static const struct field sample_fields[] = {
	FIELD(sample, id, "编号", .flags = BY_SERVER),
	FIELD(sample, org_id, "单位", .refers = "org"),
	FIELD(sample, amount, "数量", .at_least = 1, .at_most = 99),
	FIELD(sample, name, "名称", .flags = REQUIRED, .at_most = 4),
	FIELD(sample, phone, "电话", .personal = PERSONAL_PHONE, .at_most = 20),
	FIELD(sample, remark, "备注", .flags = LONG_TEXT, .at_most = 100),
	FIELD(sample, number, "号码", .flags = FIXED, .check = check_number),
	FIELD(sample, size, "大小", .choices = sizes),
	FIELD(sample, price_fen, "价格", .flags = 0),
	FIELD(sample, used_litre, "用量", .at_least = -5, .at_most = 5),
	FIELD(sample, due_at, "期限", .flags = 0),
	FIELD(sample, made_on, "日期", .flags = 0),
	FIELD(sample, open, "开着", .flags = 0),
	FIELD(sample, version, "版本", .flags = BY_SERVER),
};
static const struct entity sample_entity = ENTITY(sample, "样品", sample_fields, .title = "name");

static const char sample_sql[] =
	"-- @1 one\n"
	"CREATE TABLE sample (id INTEGER PRIMARY KEY, org_id INTEGER, amount INTEGER NOT NULL,"
	" name TEXT NOT NULL, phone TEXT, remark TEXT, number TEXT, size TEXT,"
	" price_fen INTEGER NOT NULL, used_litre INTEGER NOT NULL, due_at INTEGER,"
	" made_on INTEGER, open INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;\n";

/* "code field, …", or "" when the body is taken. */
static const char *take_mode(struct ctx *c, const char *json, enum entity_mode mode, struct sample *record)
{
	json_t *object;
	ctx_forgive(c);
	if (json_parse(c, json, strlen(json), &object))
		entity_from_json(c, &sample_entity, object, mode, record);
	const char *problem = kit_problem(c);
	ctx_forgive(c);
	return problem;
}

static const char *take(struct ctx *c, const char *json)
{
	struct sample record;
	entity_blank(&sample_entity, &record);
	return take_mode(c, json, ENTITY_OPEN, &record);
}

static void every_fault_of_a_body_is_named_at_once(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_string_equal(
		take(c, "{\"id\":1,\"amount\":100,\"phone\":5,\"number\":\"X1\",\"size\":\"huge\",\"due_at\":"
			"\"2026-09-30\",\"made_on\":\"2026-02-29\",\"open\":1,\"colour\":\"red\"}"),
		"read_only id, too_large amount, required name, type phone, format number, choice size, type "
		"due_at, "
		"type made_on, type open, unknown colour");
}

static void a_text_is_measured_in_characters_not_bytes(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_string_equal(take(c, "{\"name\":\"𠮷𠮷😀气\",\"amount\":1}"), "");
	assert_string_equal(take(c, "{\"name\":\"𠮷𠮷😀气气\",\"amount\":1}"), "too_long name");
}

static void a_required_text_of_blanks_is_missing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_string_equal(take(c, "{\"name\":\" \\u3000 \"}"), "required name");
	assert_string_equal(take(c, "{\"name\":null}"), "required name");
	assert_string_equal(take(c, "{\"name\":\"a\\u0007b\"}"), "control_character name");
	assert_string_equal(take(c, "{\"name\":\"a\\nb\"}"), "control_character name");
	assert_string_equal(take(c, "{\"name\":\"a\",\"remark\":\"one\\ntwo\"}"), "");
}

static void numbers_keep_within_their_bounds(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_string_equal(take(c, "{\"name\":\"a\",\"price_fen\":9007199254740991}"), "");
	assert_string_equal(
		take(c, "{\"name\":\"a\",\"price_fen\":9007199254740992}"), "too_large price_fen");
	assert_string_equal(take(c, "{\"name\":\"a\",\"price_fen\":-1}"), "too_small price_fen");
	assert_string_equal(take(c, "{\"name\":\"a\",\"used_litre\":-5}"), "");
	assert_string_equal(take(c, "{\"name\":\"a\",\"used_litre\":-6}"), "too_small used_litre");
	assert_string_equal(take(c, "{\"name\":\"a\",\"price_fen\":1.5}"), "type price_fen");
	assert_string_equal(take(c, "{\"name\":\"a\",\"price_fen\":\"1\"}"), "type price_fen");
	assert_non_null(strstr(take(c, "{\"name\":\"a\",\"price_fen\":99999999999999999999}"), "400 "));
}

static void json_is_read_strictly(void **state)
{
	static const char *const bad[] = { "{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"a\"} x",
		"{\"name\":\"\\u0000\"}", "{\"name\":\"\\ud800\"}", "{\"name\":\"\xff\"}",
		"{\"name\":\"\xc0\xaf\"}", "{name:1}", "", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]" };
	struct ctx *c = kit_ctx(*state);
	json_t *out;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(json_parse(c, bad[i], strlen(bad[i]), &out));
		assert_int_equal(c->problem.code, BAD_REQUEST);
		ctx_forgive(c);
	}
	assert_true(json_parse(c, "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", 33, &out));
}

static void an_edit_keeps_what_it_does_not_name(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct sample record = {
		.name = "旧", .phone = "13900001234", .number = "N1", .made_on = { 20000 }, .amount = 7
	};
	assert_string_equal(take_mode(c, "{\"name\":\"新\"}", ENTITY_EDIT, &record), "");
	assert_string_equal(record.name, "新");
	assert_string_equal(record.phone, "13900001234");
	assert_int_equal(record.made_on.day, 20000);
	assert_int_equal(record.amount, 7);
	assert_string_equal(take_mode(c, "{\"number\":\"N2\"}", ENTITY_EDIT, &record), "fixed number");
	assert_string_equal(take_mode(c, "{\"made_on\":null,\"phone\":\"\"}", ENTITY_EDIT, &record), "");
	assert_int_equal(record.made_on.day, INT32_MIN);
	assert_null(record.phone);
}

static void a_mask_sent_back_does_not_overwrite_the_phone(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct sample record = { .name = "a", .phone = "13900001234" };
	assert_string_equal(take_mode(c, "{\"phone\":\"139****1234\"}", ENTITY_EDIT, &record), "");
	assert_string_equal(record.phone, "13900001234");
	assert_string_equal(take_mode(c, "{\"phone\":\"13900009999\"}", ENTITY_EDIT, &record), "");
	assert_string_equal(record.phone, "13900009999");
}

static void an_absent_date_is_none_and_not_1970(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct sample record = { 0 };
	assert_string_equal(take_mode(c, "{\"name\":\"a\"}", ENTITY_OPEN, &record), "");
	assert_int_equal(record.made_on.day, INT32_MIN);
}

static void personal_fields_leave_masked_unless_unmasked(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct sample record = {
		.id = 5, .name = "a", .phone = "13900001234", .size = SIZE_LARGE, .version = 2
	};
	record.made_on = NO_DATE;
	struct json_out out = json_out_new(c->arena), open = json_out_new(c->arena);
	entity_to_json(c, &sample_entity, &record, false, &out);
	assert_string_equal(json_out_text(&out), "{\"id\":5,\"org_id\":null,\"amount\":0,\"name\":\"a\","
						 "\"phone\":\"139****1234\",\"remark\":null,"
						 "\"number\":null,\"size\":\"large\",\"price_fen\":0,\"used_"
						 "litre\":0,\"due_at\":null,\"made_on\":null,"
						 "\"open\":false,\"version\":2}");
	entity_to_json(c, &sample_entity, &record, true, &open);
	assert_non_null(strstr(json_out_text(&open), "13900001234"));
}

static void text_is_escaped_so_that_another_parser_reads_it_back(void **state)
{
	static const char text[] = "\"\\/\b\f\n\r\t\x01\x7f 气😀𠮷";
	struct ctx *c = kit_ctx(*state);
	struct json_out out = json_out_new(c->arena);
	out_array_open(&out);
	out_text(&out, text);
	out_int(&out, INT64_MIN);
	out_int(&out, INT64_MAX);
	out_array_close(&out);
	json_error_t error;
	json_t *tree = json_loads(json_out_text(&out), 0, &error);
	assert_non_null(tree);
	assert_string_equal(json_string_value(json_array_get(tree, 0)), text);
	assert_true(json_integer_value(json_array_get(tree, 1)) == INT64_MIN);
	assert_true(json_integer_value(json_array_get(tree, 2)) == INT64_MAX);
	json_decref(tree);
}

static void make_table(struct ctx *c)
{
	assert_true(db_migrate(c, &(struct migration_source){ "sample", sample_sql }, 1));
}

static void a_record_written_is_the_record_read(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct sample in = { .id = 9,
		.org_id = 3,
		.amount = 2,
		.name = "𠮷",
		.size = SIZE_SMALL,
		.price_fen = { 734 },
		.used_litre = { -5 },
		.due_at = { 1790778600000 },
		.made_on = { 0 },
		.open = true,
		.version = 1 };
	struct sample out = { 0 };
	make_table(c);
	assert_true(entity_check_table(c, &sample_entity));
	assert_true(entity_insert(c, &sample_entity, &in));
	assert_true(entity_read(c, &sample_entity, 9, &out));
	assert_string_equal(out.name, "𠮷");
	assert_null(out.phone);
	assert_int_equal(out.org_id, 3);
	assert_int_equal(out.size, SIZE_SMALL);
	assert_int_equal(out.price_fen.fen, 734);
	assert_int_equal(out.used_litre.litre, -5);
	assert_int_equal(out.due_at.ms, 1790778600000);
	assert_int_equal(out.made_on.day, 0);
	assert_true(out.open);
	assert_false(entity_read(c, &sample_entity, 10, &out));
	assert_int_equal(c->problem.code, NOT_FOUND);
	ctx_forgive(c);
}

static void an_edit_of_an_older_version_is_refused_with_the_present_record(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct sample record = { .id = 9, .name = "一", .version = 1, .made_on = NO_DATE };
	make_table(c);
	assert_true(entity_insert(c, &sample_entity, &record));
	struct sample first = record, second = record;
	first.name = "二";
	second.name = "三";
	assert_true(entity_update(c, &sample_entity, &first));
	assert_int_equal(first.version, 2);
	assert_false(entity_update(c, &sample_entity, &second));
	assert_int_equal(c->problem.code, STALE);
	assert_non_null(strstr(c->problem.present, "\"name\":\"二\""));
	ctx_forgive(c);
	assert_true(entity_read(c, &sample_entity, 9, &record));
	assert_string_equal(record.name, "二");
}

static void a_table_that_differs_from_its_fields_is_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	make_table(c);
	assert_true(db_run(c, "ALTER TABLE sample ADD COLUMN extra TEXT"));
	assert_false(entity_check_table(c, &sample_entity));
	ctx_forgive(c);
	assert_true(db_run(c, "ALTER TABLE sample DROP COLUMN extra"));
	assert_true(entity_check_table(c, &sample_entity));
	assert_true(db_run(c, "ALTER TABLE sample DROP COLUMN remark"));
	assert_false(entity_check_table(c, &sample_entity));
	ctx_forgive(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test_empty(every_fault_of_a_body_is_named_at_once),
		kit_test_empty(a_text_is_measured_in_characters_not_bytes),
		kit_test_empty(a_required_text_of_blanks_is_missing),
		kit_test_empty(numbers_keep_within_their_bounds),
		kit_test_empty(json_is_read_strictly),
		kit_test_empty(an_edit_keeps_what_it_does_not_name),
		kit_test_empty(a_mask_sent_back_does_not_overwrite_the_phone),
		kit_test_empty(an_absent_date_is_none_and_not_1970),
		kit_test_empty(personal_fields_leave_masked_unless_unmasked),
		kit_test_empty(text_is_escaped_so_that_another_parser_reads_it_back),
		kit_test_empty(a_record_written_is_the_record_read),
		kit_test_empty(an_edit_of_an_older_version_is_refused_with_the_present_record),
		kit_test_empty(a_table_that_differs_from_its_fields_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
