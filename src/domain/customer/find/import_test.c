/* import_test.c: files as people have them, in and out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/customer/find/import.h"
#include "kit/kit.h"
#include "kit/people.h"
#include "platform/sheet.h"

#define HEADER "户号,户名,证件号码,联系电话,小区,楼栋,单元,室,用气类别,用气人口,表号,表型,表底数,开户日期\r\n"

struct told {
	char text[8192]; /* "line column|" of each fault */
	char reasons[8192];
	struct ctx *cancel; /* cancels the run after the first batch */
};

static void tell(void *data, int64_t line, const char *column, const char *reason)
{
	struct told *told = data;
	size_t used = strlen(told->text), said = strlen(told->reasons);
	snprintf(told->text + used, sizeof told->text - used, "%lld %s|", (long long)line, column);
	snprintf(told->reasons + said, sizeof told->reasons - said, "%s|", reason);
}

static void watch(void *data, const struct import *run)
{
	struct told *told = data;
	if (told->cancel)
		assert_true(db_run(
			told->cancel, "UPDATE import SET state = 'cancelled' WHERE id = $1", V(run->id)));
}

static const char *file_of(struct kit *kit, const char *name, const char *text)
{
	const char *path = arena_format(kit->c->arena, "%s/%s", kit->directory, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	return path;
}

static const char *bytes_file_of(struct kit *kit, const char *name, const char *bytes, size_t length)
{
	const char *path = arena_format(kit->c->arena, "%s/%s", kit->directory, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	return path;
}

static struct import begin(struct ctx *c, const struct people *people, const char *path, bool dry_run)
{
	struct import run = { .org_id = people->centre,
		.company_id = people->company,
		.file_name = "test",
		.encoding = "",
		.dry_run = dry_run,
		.by_command = true,
		.state = "running" };
	assert_true(import_digest(c, path, &run.digest));
	assert_true(import_start(c, &run));
	return run;
}

static struct import import_of(
	struct ctx *c, const struct people *people, const char *path, bool dry_run, struct told *told)
{
	struct import_options options = {
		.batch_rows = 2, .on_fault = tell, .on_progress = watch, .data = told
	};
	struct import run = begin(c, people, path, dry_run);
	*told = (struct told){ .text = "" };
	if (!import_run(c, &run, path, &options))
		print_error("import: %s\n", kit_problem(c));
	assert_false(ctx_failed(c));
	assert_string_equal(run.state, "finished");
	assert_int_equal(run.created + run.updated + run.unchanged + run.failed, run.rows);
	return run;
}

static void assert_totals(
	const struct import *run, int64_t created, int64_t updated, int64_t unchanged, int64_t failed)
{
	assert_int_equal(run->created, created);
	assert_int_equal(run->updated, updated);
	assert_int_equal(run->unchanged, unchanged);
	assert_int_equal(run->failed, failed);
}

static int64_t count_of(struct ctx *c, const char *sql)
{
	int64_t count;
	assert_true(db_number(c, &count, -1, sql));
	return count;
}

static struct household household_with(struct ctx *c, const struct people *people, const char *number)
{
	struct household household;
	bool found;
	assert_true(household_of_number(c, people->company, number, &household, &found));
	assert_true(found);
	return household;
}

static const char two_rows[] =
	HEADER "00123456,王小明,37132919900307123X,190-1234-5678/"
	       "0539-1234567,锦绣花园,3号楼,2单元,501,居民,3,00098765,G2.5,"
	       "12.345,2020-02-29\r\n"
	       "2002,示例餐馆,91371329MA3C0ABC1C,0539-7654321,沿街,,,8号,商业用户,,,,,2021/3/5\r\n";

/* ---- in
 * ----------------------------------------------------------------------------------------------------------
 */

static void a_standard_file_makes_households_persons_phones_and_meters(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	struct import run = import_of(c, &people, file_of(*state, "a.csv", two_rows), false, &told);
	assert_totals(&run, 2, 0, 0, 0);
	struct household household = household_with(c, &people, "00123456");
	assert_string_equal(household.name, "王小明");
	assert_string_equal(household.address, "锦绣花园3号楼2单元501室");
	assert_string_equal(household.meter_number, "00098765");
	assert_string_equal(household.phone, "190-1234-5678");
	assert_int_equal(household.status, HOUSEHOLD_ACTIVE);
	assert_int_equal(household.population, 3);
	struct date leap;
	assert_true(date_parse("2020-02-29", &leap));
	assert_int_equal(household.opened_on.day, leap.day);
	struct person person;
	assert_true(person_read(c, household.person_id, &person));
	assert_string_equal(person.identity_number, "37132919900307123X");
	assert_int_equal(person.kind, PERSON_HUMAN);
	struct meter meter;
	bool found;
	assert_true(meter_in_use(c, household.id, &meter, &found));
	assert_true(found);
	assert_int_equal(meter.base_litre.litre, 12345);
	household = household_with(c, &people, "2002");
	assert_int_equal(household.user_class, CLASS_COMMERCIAL);
	assert_true(person_read(c, household.person_id, &person));
	assert_int_equal(person.kind, PERSON_ORGANISATION);
	assert_int_equal(count_of(c, "SELECT count(*) FROM contact"), 3);
}

static void the_same_file_twice_changes_nothing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	const char *path = file_of(*state, "a.csv", two_rows);
	import_of(c, &people, path, false, &told);
	struct household before = household_with(c, &people, "00123456");
	struct import run = import_of(c, &people, path, false, &told);
	assert_totals(&run, 0, 0, 2, 0);
	assert_int_equal(household_with(c, &people, "00123456").version, before.version);
	assert_int_equal(count_of(c, "SELECT count(*) FROM person"), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household_change"), 0);
}

static void a_changed_cell_updates_and_a_blank_one_keeps(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	import_of(c, &people, file_of(*state, "a.csv", two_rows), false, &told);
	struct import run = import_of(c, &people,
		file_of(*state, "b.csv",
			"户号,户名,联系电话,用气人口,室\n00123456,,19012345679,4,\n2002,,,,\n"),
		false, &told);
	assert_totals(&run, 0, 1, 1, 0);
	struct household household = household_with(c, &people, "00123456");
	assert_string_equal(household.name, "王小明");
	assert_string_equal(household.room, "501");
	assert_string_equal(household.phone, "19012345679");
	assert_int_equal(household.population, 4);
	assert_int_equal(count_of(c, "SELECT count(*) FROM contact"), 4); /* the earlier phones stay */
}

static void a_byte_order_mark_is_no_part_of_the_first_header(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	const char *text = arena_format(c->arena, "\xEF\xBB\xBF%s", two_rows);
	struct import run = import_of(c, &people, file_of(*state, "a.csv", text), false, &told);
	assert_totals(&run, 2, 0, 0, 0);
}

static void a_gb18030_file_of_chinese_excel_is_read_with_rare_surnames(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	size_t length;
	people_units(c, &people);
	char *bytes = text_to_gb18030(c->arena, HEADER "1,䶮𠮷,,,甲小区,,,,居民,,,,,\r\n", &length);
	struct import run =
		import_of(c, &people, bytes_file_of(*state, "a.csv", bytes, length), false, &told);
	assert_totals(&run, 1, 0, 0, 0);
	assert_string_equal(household_with(c, &people, "1").name, "䶮𠮷");
}

static void a_line_break_inside_quotes_keeps_the_lines_counted(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	struct import run = import_of(c, &people,
		file_of(*state, "a.csv", "户号,户名,用气类别\r\n1,\"王\r\n小明\",居民\r\n2,李,宇航员\r\n"),
		false, &told);
	assert_totals(&run, 1, 0, 0, 1);
	assert_string_equal(told.text, "4 用气类别|");
	assert_string_equal(household_with(c, &people, "1").name, "王 小明");
}

static void every_wrong_cell_is_named_with_its_line(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	static const char text[] = HEADER "1,甲,,12345,,,,,居民,,,,,\r\n"     /* 2 phone */
					  "2,甲,,,,,,,太空,,,,,\r\n"	      /* 3 class */
					  "6.2145E+17,甲,,,,,,,居民,,,,,\r\n" /* 4 scientific number */
					  "4,甲,,,,,,,居民,,1.23E+10,,,\r\n"  /* 5 scientific meter */
					  "5,甲,371329199003071230,,,,,,居民,,,,,\r\n" /* 6 check digit */
					  "6,甲,,,,,,,居民,,,,,2025-02-30\r\n"	       /* 7 no such day */
					  "7,甲,,,,,,,居民,,,,,45678\r\n"	       /* 8 serial number */
					  "8,甲,,,,,,,居民,10000,,,,\r\n"	       /* 9 too many people */
					  "9,甲,,,,,,,居民,,9,,-1,\r\n"	  /* 10 negative reading */
					  ",甲,,,,,,,居民,,,,,\r\n"	  /* 11 no number */
					  "11,甲\x01,,,,,,,居民,,,,,\r\n" /* 12 control character */
					  "12,甲,,,"
					  "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三"
					  "四五六七八九十一二三四五六七八九十"
					  "一二三四五六七八九十一,,,,居民,,,,,\r\n" /* 13 too long */
					  "14,甲,,,,,,,居民,,,,,\r\n"
					  "14,乙,,,,,,,居民,,,,,\r\n"	   /* 15 twice */
					  "16,甲,,,,,,,,,,,,\r\n"	   /* 16 no class */
					  "17,甲,,1,,,,,火星,,,,,x\r\n"	   /* 17 three at once */
					  "18,甲,,,,,,,居民,,,,,,多余\r\n" /* 18 more cells than headers */
					  "19.0,甲,,,,,,,居民,,,,,\r\n";   /* 19 a number with decimals */
	struct import run = import_of(c, &people, file_of(*state, "a.csv", text), false, &told);
	assert_totals(&run, 1, 0, 0, 17);
	assert_string_equal(told.text,
		"2 联系电话|3 用气类别|4 户号|5 表号|6 证件号码|7 开户日期|8 开户日期|"
		"9 用气人口|10 表底数|11 户号|12 户名|13 小区|15 户号|16 用气类别|17 联系电话|"
		"17 开户日期|17 用气类别|18 户号|19 户号|");
	assert_int_equal(count_of(c, "SELECT count(*) FROM household"), 1);
	assert_int_equal(count_of(c, "SELECT count(*) FROM person"), 1);
	assert_int_equal(count_of(c, "SELECT count(*) FROM import_fault"), 19);
}

static void lost_leading_zeros_are_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	import_of(c, &people, file_of(*state, "a.csv", two_rows), false, &told);
	struct import run = import_of(c, &people,
		file_of(*state, "b.csv",
			"户号,用气类别,表号\n"
			"123456,居民,\n"	/* 00123456 is known */
			"00123456,居民,98765\n" /* its meter is 00098765 */
			"777,居民,98765\n"	/* that meter is known elsewhere */
			"000888,居民,000999\n"
			"888,居民,\n"	   /* 000888 stands two lines above */
			"889,居民,999\n"), /* and so does 000999 */
		false, &told);
	assert_totals(&run, 1, 0, 0, 5);
	assert_string_equal(told.text, "2 户号|3 表号|4 表号|6 户号|7 表号|");
	assert_non_null(strstr(told.reasons, "开头的 0"));
}

static void a_meter_that_is_in_use_elsewhere_is_refused(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	import_of(c, &people, file_of(*state, "a.csv", two_rows), false, &told);
	struct import run = import_of(c, &people,
		file_of(*state, "b.csv", "户号,用气类别,表号\n3003,居民,00098765\n00123456,居民,55555\n"),
		false, &told);
	assert_totals(&run, 0, 0, 0, 2);
	assert_string_equal(told.text, "2 表号|3 表号|");
}

static void a_dry_run_tells_the_same_and_writes_nothing(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	struct import run = import_of(c, &people, file_of(*state, "a.csv", two_rows), true, &told);
	assert_totals(&run, 2, 0, 0, 0);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household"), 0);
	assert_int_equal(count_of(c, "SELECT count(*) FROM person"), 0);
	assert_int_equal(count_of(c, "SELECT count(*) FROM place"), 0);
}

static void a_stopped_run_goes_on_where_it_stood_and_its_totals_add_up(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	static struct told told;
	people_units(c, &people);
	struct text_builder text = { .arena = c->arena };
	text_add(&text, "户号,户名,用气类别\n");
	for (int i = 0; i < 9; i++)
		text_add_format(&text, "%d,甲,%s\n", i == 8 ? 1 : i, i == 2 ? "太空" : "居民");
	const char *path = file_of(*state, "a.csv", text_built(&text));
	struct import run = begin(c, &people, path, false);
	struct import_options options = {
		.batch_rows = 2, .on_fault = tell, .on_progress = watch, .data = &told
	};
	told = (struct told){ .cancel = c };
	assert_false(import_run(c, &run, path, &options));
	assert_int_equal(c->problem.code, GONE);
	ctx_forgive(c);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household"), 2);
	assert_int_equal(count_of(c, "SELECT done FROM import"), 2);

	assert_true(db_run(c, "UPDATE import SET state = 'running'"));
	struct import again;
	bool found;
	assert_true(import_interrupted(c, people.centre, run.digest, false, &again, &found));
	assert_true(found);
	told = (struct told){ .text = "" };
	assert_true(import_run(c, &again, path, &options));
	assert_string_equal(again.state, "finished");
	assert_int_equal(again.rows, 9);
	assert_totals(&again, 7, 0, 0, 2);
	/* Row 9 repeats a number of the part that was read before the stop. */
	assert_string_equal(told.text, "4 用气类别|10 户号|");
	assert_true(import_interrupted(c, people.centre, run.digest, false, &again, &found));
	assert_false(found);
}

static void a_row_that_the_database_refuses_fails_alone_and_leaves_nothing(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people people;
	struct told told;
	people_units(c, &people);
	if (kit_on_postgres(kit)) {
		assert_true(db_run(
			c, "ALTER TABLE meter ADD CONSTRAINT meter_number_check CHECK (number <> 'M2')"));
	} else {
		assert_true(
			db_run(c, "CREATE TRIGGER refuse BEFORE INSERT ON meter WHEN new.number = 'M2' BEGIN "
				  "SELECT raise(ABORT, 'CHECK constraint failed: meter_number_check'); END"));
	}
	struct import run = import_of(c, &people,
		file_of(kit, "a.csv",
			"户号,户名,小区,用气类别,表号\n1,甲,新区,居民,M1\n2,乙,旧区,居民,M2\n3,丙,旧区,居民,"
			"M3\n"),
		false, &told);
	assert_totals(&run, 2, 0, 0, 1);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household"), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM person"), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM place"), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM household_tail"), 2);
}

static void two_persons_with_one_phone_stay_two(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	struct told told;
	people_units(c, &people);
	import_of(c, &people,
		file_of(*state, "a.csv",
			"户号,户名,联系电话,用气类别\n1,甲,19012345678,居民\n2,甲,19012345678,居民\n"),
		false, &told);
	assert_int_equal(count_of(c, "SELECT count(*) FROM person"), 2);
	assert_int_equal(count_of(c, "SELECT count(*) FROM person WHERE merged_into_id IS NOT NULL"), 0);
}

static void headers_that_people_write_are_understood(void **state)
{
	struct ctx *c = kit_ctx(*state);
	static const char *const headers[] = { "用户编号*", "姓名（必填）", "手机号码", "房号", "天气",
		"地址", "小区" };
	struct import_mapping mapping;
	import_suggest(c, headers, 7, &mapping);
	const int wanted[] = { IMPORT_NUMBER, IMPORT_NAME, IMPORT_PHONE, IMPORT_ROOM, 0, 0,
		IMPORT_COMMUNITY };
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(mapping.field[i], wanted[i]);
}

static void a_file_without_household_numbers_is_refused_as_a_whole(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct people people;
	people_units(c, &people);
	const char *path = file_of(*state, "a.csv", "姓名,电话\n甲,19012345678\n");
	struct import run = begin(c, &people, path, false);
	struct import_options options = { .batch_rows = 2 };
	assert_false(import_run(c, &run, path, &options));
	assert_string_equal(run.state, "failed");
	assert_string_equal(kit_problem(c), "required mapping");
	ctx_forgive(c);
}

static void dates_and_classes_are_read_as_people_write_them(void **state)
{
	(void)state;
	struct date wanted, got;
	assert_true(date_parse("2025-01-02", &wanted));
	const char *const dates[] = { "2025-01-02", "2025/1/2", "2025.1.2", "2025年1月2日", "20250102",
		"2025-01-02 00:00:00" };
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		assert_true(import_date(dates[i], &got));
		assert_int_equal(got.day, wanted.day);
	}
	const char *const wrong[] = { "2025-13-01", "2026-02-29", "2025-1", "1/2/2025", "2025-01-02x", "",
		"2025--1-2" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(import_date(wrong[i], &got));
	assert_int_equal(import_class("居民用户"), CLASS_RESIDENT);
	assert_int_equal(import_class("民用"), CLASS_RESIDENT);
	assert_int_equal(import_class("Commercial"), CLASS_COMMERCIAL);
	assert_int_equal(import_class("公共福利用户"), CLASS_PUBLIC);
	assert_int_equal(import_class("居"), user_class_none);
}

/* ---- out and in again
 * ------------------------------------------------------------------------------------------------- */

static void an_export_comes_back_without_loss(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people people;
	struct told told;
	people_units(c, &people);
	static const char rows[] = HEADER
		"00123456,=cmd|' /C "
		"calc'!A0,37132919900307123X,190-1234-5678/0539-1234567,@小区,+3,-2单元,501,居民,3,00098765,"
		"G2.5,12.345,2020-02-29\r\n"
		"000000000000000000001,𠮷䶮😀,,,\"甲,乙\"\"丙\"\"\",,,,采暖,0,,,,\r\n"
		"37132919900307123,＝甲,,,,,,8号,公福,12,1E5号,IC卡,0,1987-05-10\r\n";
	struct import run = import_of(c, &people, file_of(kit, "in.csv", rows), false, &told);
	assert_string_equal(told.text, "");
	assert_totals(&run, 3, 0, 0, 0);
	const enum sheet_format formats[] = { SHEET_CSV_UTF8_BOM, SHEET_CSV_GB18030, SHEET_XLSX };
	for (size_t i = 0; i < 3; i++) {
		const char *path =
			arena_format(c->arena, "%s/out%zu%s", kit->directory, i, i == 2 ? ".xlsx" : ".csv");
		struct export_order order = {
			.permission = MAY_EXPORT_HOUSEHOLD, .unmasked = true, .format = (int)formats[i]
		};
		int64_t count;
		assert_true(household_export(c, &order, path, &count));
		assert_int_equal(count, 3);
		run = import_of(c, &people, path, true, &told);
		if (*told.text)
			print_error("format %zu: %s %s\n", i, told.text, told.reasons);
		assert_totals(&run, 0, 0, 3, 0);
	}
}

static void an_exported_cell_never_begins_a_formula(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people people;
	struct told told;
	people_units(c, &people);
	import_of(c, &people, file_of(kit, "in.csv", HEADER "1,=1+1,,,＠乙,,,,居民,,,,,\r\n"), false, &told);
	const char *path = arena_format(c->arena, "%s/out.csv", kit->directory);
	struct export_order order = {
		.permission = MAY_EXPORT_HOUSEHOLD, .unmasked = true, .format = SHEET_CSV_UTF8_BOM
	};
	int64_t count;
	assert_true(household_export(c, &order, path, &count));
	char text[4096] = "";
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, "'=1+1"));
	assert_non_null(strstr(text, "'＠乙"));
}

static void an_export_holds_what_lies_within_the_fence_and_masks_it(void **state)
{
	struct kit *kit = *state;
	struct ctx *c = kit_ctx(kit);
	struct people people;
	struct told told;
	people_units(c, &people);
	import_of(c, &people, file_of(kit, "in.csv", two_rows), false, &told);
	struct household foreign = { .org_id = people.other_centre,
		.number = "9",
		.name = "外人",
		.user_class = CLASS_RESIDENT,
		.opened_on = NO_DATE };
	assert_true(household_open(c, &foreign));
	people_act(c, people_member(c, "T1", people.centre, "archive"));
	const char *path = arena_format(c->arena, "%s/out.csv", kit->directory);
	struct export_order order = { .permission = MAY_EXPORT_HOUSEHOLD, .format = SHEET_CSV_UTF8_BOM };
	int64_t count;
	assert_true(household_export(c, &order, path, &count));
	assert_int_equal(count, 2);
	char text[4096] = "";
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, "王*明"));
	assert_null(strstr(text, "王小明"));
	assert_null(strstr(text, "1234-5678"));
	assert_non_null(strstr(text, "****5678"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_standard_file_makes_households_persons_phones_and_meters),
		kit_test(the_same_file_twice_changes_nothing),
		kit_test(a_changed_cell_updates_and_a_blank_one_keeps),
		kit_test(a_byte_order_mark_is_no_part_of_the_first_header),
		kit_test(a_gb18030_file_of_chinese_excel_is_read_with_rare_surnames),
		kit_test(a_line_break_inside_quotes_keeps_the_lines_counted),
		kit_test(every_wrong_cell_is_named_with_its_line),
		kit_test(lost_leading_zeros_are_refused),
		kit_test(a_meter_that_is_in_use_elsewhere_is_refused),
		kit_test(a_dry_run_tells_the_same_and_writes_nothing),
		kit_test(a_stopped_run_goes_on_where_it_stood_and_its_totals_add_up),
		kit_test(a_row_that_the_database_refuses_fails_alone_and_leaves_nothing),
		kit_test(two_persons_with_one_phone_stay_two),
		kit_test(headers_that_people_write_are_understood),
		kit_test(a_file_without_household_numbers_is_refused_as_a_whole),
		kit_test(dates_and_classes_are_read_as_people_write_them),
		kit_test(an_export_comes_back_without_loss),
		kit_test(an_exported_cell_never_begins_a_formula),
		kit_test(an_export_holds_what_lies_within_the_fence_and_masks_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
