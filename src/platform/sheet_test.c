/* Tables in and out. Expected cells are written out by hand from RFC 4180, ECMA-376 and GB18030's tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zip.h>

#include "kit/kit.h"
#include "platform/sheet.h"

struct desk {
	struct ctx c;
	char path[64];
};

static int begin(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	assert_non_null(desk);
	desk->c.arena = arena_new((size_t)32 * 1024 * 1024);
	desk->c.now = KIT_NOW;
	snprintf(desk->path, sizeof desk->path, "/tmp/qifu-sheet-%d", (int)getpid());
	*state = desk;
	return 0;
}

static int end(void **state)
{
	struct desk *desk = *state;
	arena_free(desk->c.arena);
	unlink(desk->path);
	free(desk);
	return 0;
}

static void put_file(struct desk *desk, const char *bytes, size_t length)
{
	FILE *file = fopen(desk->path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static char *get_file(struct desk *desk, size_t *length)
{
	static char bytes[1 << 20];
	FILE *file = fopen(desk->path, "rb");
	assert_non_null(file);
	*length = fread(bytes, 1, sizeof bytes - 1, file);
	bytes[*length] = '\0';
	fclose(file);
	return bytes;
}

/* All records as "line:cell|cell;" and, when it failed, "!code". */
static const char *all_records(struct desk *desk)
{
	static char out[8192];
	struct sheet_reader *reader;
	const char *const *cells;
	size_t count, length = 0;
	out[0] = '\0';
	ctx_forgive(&desk->c);
	if (sheet_open(&desk->c, desk->path, &reader))
		while (sheet_next(&desk->c, reader, &cells, &count)) {
			length += (size_t)snprintf(
				out + length, sizeof out - length, "%d:", (int)sheet_line(reader));
			for (size_t i = 0; i < count; i++)
				length += (size_t)snprintf(out + length, sizeof out - length, "%s%s",
					cells[i], i + 1 < count ? "|" : ";");
			assert_true(length < sizeof out);
		}
	if (ctx_failed(&desk->c))
		snprintf(out + length, sizeof out - length, "!%d", (int)desk->c.problem.code);
	return out;
}

static const char *csv_of(struct desk *desk, const char *bytes, size_t length)
{
	put_file(desk, bytes, length);
	return all_records(desk);
}
#define CSV(text) csv_of(desk, text, sizeof text - 1)

/* ---- CSV in ---- */

static void records_are_cut_as_rfc_4180_says(void **state)
{
	struct desk *desk = *state;
	assert_string_equal(CSV("a,b,c\r\n1,,3\r\n"), "1:a|b|c;2:1||3;");
	assert_string_equal(CSV("a,b\n1,2"), "1:a|b;2:1|2;");
	assert_string_equal(CSV("\"a,\"\"b\"\"\",\"\"\n"), "1:a,\"b\"|;");
	assert_string_equal(CSV("a,\n,b\n,\n"), "1:a|;2:|b;3:|;");
	assert_string_equal(CSV("5\" pipe,x\n"), "1:5\" pipe|x;");
	assert_string_equal(CSV("a,"), "1:a|;");
	assert_string_equal(CSV(""), "");
	assert_string_equal(CSV("\xEF\xBB\xBF"), "");
	assert_string_equal(CSV(" a , b \n"), "1: a | b ;");
}

static void lines_are_counted_over_quoted_newlines_and_mixed_endings(void **state)
{
	struct desk *desk = *state;
	assert_string_equal(CSV("a\r\n\"x\ny\r\nz\",1\rb\n\n\r\nc\n"), "1:a;2:x\ny\r\nz|1;5:b;8:c;");
	assert_string_equal(CSV("\n\n\"\"\nd"), "3:;4:d;");
	assert_string_equal(CSV("a\rb\r"), "1:a;2:b;");
}

static void a_byte_order_mark_is_no_part_of_the_first_header(void **state)
{
	struct desk *desk = *state;
	assert_string_equal(CSV("\xEF\xBB\xBF户号,姓名\r\n1,王小明\r\n"), "1:户号|姓名;2:1|王小明;");
	assert_string_equal(CSV("\xEF\xBB\xBF\"户号\"\n"), "1:户号;");
}

static void a_chinese_spreadsheets_gbk_file_is_read(void **state)
{
	struct desk *desk = *state;
	/* GB 2312 code points; 镕 is GBK E946, 0x81308130 the first of the four-byte forms, U+0080. */
	assert_string_equal(CSV("\xBB\xA7\xBA\xC5,\xD0\xD5\xC3\xFB\r\n1,\xCD\xF5\xD0\xA1\xC3\xF7\r\n"),
		"1:户号|姓名;2:1|王小明;");
	struct csv_reader *reader;
	assert_true(csv_open(&desk->c, desk->path, &reader));
	assert_int_equal(csv_encoding(reader), CSV_GB18030);
	assert_string_equal(CSV("\x81\x30\x81\x30\xE9\x46,\xA1\xA1\n"), "1:\xC2\x80镕|　;");
}

static void characters_on_the_border_of_blocks_stay_whole(void **state)
{
	struct desk *desk = *state;
	enum { ROWS = 60000 };
	static const char *const rows[] = { "\"王\"\"小\n明\",a\n",
		"\"\xCD\xF5\"\"\xD0\xA1\n\xC3\xF7\",a\n" };
	for (int kind = 0; kind < 2; kind++)
		for (int shift = 0; shift < 3; shift++) {
			struct csv_reader *reader;
			const char *const *cells;
			size_t count;
			FILE *file = fopen(desk->path, "wb");
			assert_non_null(file);
			fprintf(file, "%.*s%s\n", shift, "xyz", kind ? "\xCD\xF5" : "王");
			for (int i = 0; i < ROWS; i++)
				fputs(rows[kind], file);
			fclose(file);
			assert_true(csv_open(&desk->c, desk->path, &reader));
			assert_int_equal(csv_encoding(reader), kind ? CSV_GB18030 : CSV_UTF8);
			assert_true(csv_next(&desk->c, reader, &cells, &count));
			for (int i = 0; i < ROWS; i++) {
				assert_true(csv_next(&desk->c, reader, &cells, &count));
				assert_int_equal(count, 2);
				assert_string_equal(cells[0], "王\"小\n明");
				assert_string_equal(cells[1], "a");
				assert_int_equal(csv_line(reader), 2 + 2 * i);
			}
			assert_false(csv_next(&desk->c, reader, &cells, &count));
			assert_false(ctx_failed(&desk->c));
			assert_int_equal(csv_bytes_read(reader), csv_bytes_total(reader));
		}
}

static void a_broken_file_is_refused_and_the_place_is_named(void **state)
{
	struct desk *desk = *state;
	assert_string_equal(CSV("a,b\n\"never closed,1\n2,3\n"), "1:a|b;!422");
	assert_non_null(strstr(desk->c.problem.detail, "第 2 行"));
	assert_string_equal(CSV("a\nb\"c\nx,\"y\" z\n"), "1:a;2:b\"c;!422");
	assert_non_null(strstr(desk->c.problem.detail, "第 3 行"));
	assert_string_equal(CSV("a\n1\0002\n"), "!422");
	assert_non_null(strstr(desk->c.problem.detail, "第 4 个字节"));
	assert_string_equal(CSV("\xEF\xBB\xBFok\nbad \xC3\x28\n"), "!422");
	assert_non_null(strstr(desk->c.problem.detail, "第 11 个字节"));
	assert_string_equal(CSV("ok\n\xFF\xFF\n"), "!422"); /* neither */
	assert_non_null(strstr(desk->c.problem.detail, "第 4 个字节"));
	assert_string_equal(CSV("\xBB\xA7\n\xBB"), "!422");	   /* ends within a character */
	assert_string_equal(CSV("a\n\xFE\x39\xFE\x39\n"), "!422"); /* well-formed, but beyond U+10FFFF */
	assert_non_null(strstr(desk->c.problem.detail, "第 3 个字节"));
}

static void a_cell_and_a_row_have_limits(void **state)
{
	struct desk *desk = *state;
	enum { SIZE = 3 * SHEET_CELL_LIMIT };
	static char big[SIZE];
	memset(big, 'x', SIZE);
	big[SHEET_CELL_LIMIT] = '\n';
	put_file(desk, big, SHEET_CELL_LIMIT + 1);
	struct csv_reader *reader;
	const char *const *cells;
	size_t count;
	assert_true(csv_open(&desk->c, desk->path, &reader));
	assert_true(csv_next(&desk->c, reader, &cells, &count));
	assert_int_equal(strlen(cells[0]), SHEET_CELL_LIMIT);
	big[SHEET_CELL_LIMIT] = 'x';
	assert_string_equal(csv_of(desk, big, SHEET_CELL_LIMIT + 1), "!422");
	big[0] = '"';
	assert_string_equal(csv_of(desk, big, SIZE), "!422");
	memset(big, ',', 256);
	assert_string_equal(csv_of(desk, big, 256), "!422");
	put_file(desk, big, 255);
	assert_true((ctx_forgive(&desk->c), csv_open(&desk->c, desk->path, &reader)));
	assert_true(csv_next(&desk->c, reader, &cells, &count));
	assert_int_equal(count, 256);
}

static void a_missing_file_a_folder_and_an_old_excel_file_are_refused(void **state)
{
	struct desk *desk = *state;
	assert_string_equal(all_records(desk), "!404");
	assert_int_equal(mkdir(desk->path, 0700), 0);
	assert_string_equal(all_records(desk), "!404");
	assert_int_equal(rmdir(desk->path), 0);
	assert_string_equal(CSV("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "!415");
}

/* ---- out ---- */

static void write_table(struct desk *desk, enum sheet_format format)
{
	struct sheet *sheet;
	assert_true(sheet_create(&desk->c, desk->path, format, "户档[1]*", &sheet));
	static const char *const header[] = { "户号", "姓名", "余额", "备注" };
	for (int i = 0; i < 4; i++)
		sheet_text(sheet, header[i]);
	assert_true(sheet_row(&desk->c, sheet));
	sheet_text(sheet, "00123456");
	sheet_text(sheet, "𠮷,\"小\"\n明");
	sheet_decimal(sheet, -12345, 2);
	sheet_text(sheet, "=cmd|' /C calc'!A0");
	assert_true(sheet_row(&desk->c, sheet));
	sheet_text(sheet, "'＝1+1");
	sheet_text(sheet, NULL);
	sheet_number(sheet, INT64_MAX);
	sheet_text(sheet, "-3.50");
	assert_true(sheet_row(&desk->c, sheet));
	assert_true(sheet_finish(&desk->c, sheet));
}

static const char table[] = "1:户号|姓名|余额|备注;"
			    "2:00123456|𠮷,\"小\"\n明|-123.45|=cmd|' /C calc'!A0;"
			    "%d:'＝1+1||9223372036854775807|-3.50;";

static void an_exported_table_comes_back_as_it_was(void **state)
{
	struct desk *desk = *state;
	char expected[256];
	for (int format = SHEET_CSV_UTF8_BOM; format <= SHEET_XLSX; format++) {
		write_table(desk, (enum sheet_format)format);
		snprintf(expected, sizeof expected, table, format == SHEET_XLSX ? 3 : 4);
		assert_string_equal(all_records(desk), expected);
	}
}

static void formulas_are_neutralised_and_rows_end_in_cr_lf(void **state)
{
	struct desk *desk = *state;
	size_t length;
	write_table(desk, SHEET_CSV_UTF8_BOM);
	assert_string_equal(get_file(desk, &length),
		"\xEF\xBB\xBF户号,姓名,余额,备注\r\n"
		"00123456,\"𠮷,\"\"小\"\"\n明\",-123.45,\"'=cmd|' /C calc'!A0\"\r\n"
		"\"''＝1+1\",,9223372036854775807,-3.50\r\n");
	write_table(desk, SHEET_CSV_GB18030);
	/* 户 BBA7 号 BAC5; 𠮷 is 95 34 8A 37 by the four-byte rule of the standard. */
	assert_memory_equal(get_file(desk, &length), "\xBB\xA7\xBA\xC5,", 5);
	uint32_t linear = 0x20BB7 - 0x10000; /* 90 30 81 30 + linear */
	char four[4] = { (char)(0x90 + linear / 12600), (char)(0x30 + linear / 1260 % 10),
		(char)(0x81 + linear / 10 % 126), (char)(0x30 + linear % 10) };
	char *found = strstr(get_file(desk, &length), ",\"");
	assert_non_null(found);
	assert_memory_equal(found + 2, four, 4);
}

static void only_what_a_spreadsheet_runs_gets_an_apostrophe(void **state)
{
	struct desk *desk = *state;
	static const struct {
		const char *text;
		bool guarded;
	} cases[] = { { "=1", true }, { "+86 138", true }, { "-x", true }, { "@a", true }, { "\tx", true },
		{ "\rx", true }, { "＝1", true }, { "＋1", true }, { "－1", true }, { "＠a", true },
		{ "-", true }, { "--1", true }, { "-1.2.3", true }, { "-1e5", true }, { "-123.45", false },
		{ "+5", false }, { "王", false }, { "a=b", false }, { "'", false }, { "'x", false },
		{ "", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sheet *sheet;
		struct csv_reader *reader;
		const char *const *cells;
		size_t count;
		assert_true(sheet_create(&desk->c, desk->path, SHEET_CSV_UTF8_BOM, "x", &sheet));
		sheet_text(sheet, cases[i].text);
		sheet_text(sheet, "end");
		assert_true(sheet_row(&desk->c, sheet));
		assert_true(sheet_finish(&desk->c, sheet));
		assert_true(csv_open(&desk->c, desk->path, &reader));
		assert_true(csv_next(&desk->c, reader, &cells, &count));
		assert_int_equal(cells[0][0] == '\'' && cases[i].text[0] != '\'', cases[i].guarded);
		assert_string_equal(sheet_plain(cells[0]), cases[i].text);
	}
}

static void an_unfinished_table_leaves_nothing_behind(void **state)
{
	struct desk *desk = *state;
	for (int format = SHEET_CSV_UTF8_BOM; format <= SHEET_XLSX; format++) {
		struct sheet *sheet;
		assert_true(sheet_create(&desk->c, desk->path, (enum sheet_format)format, "x", &sheet));
		sheet_text(sheet, "x");
		assert_true(sheet_row(&desk->c, sheet));
		arena_reset(desk->c.arena);
		assert_int_not_equal(access(desk->path, F_OK), 0);
	}
	struct sheet *sheet;
	assert_false(
		sheet_create(&desk->c, "/tmp/no-such-folder-of-qifu/x.csv", SHEET_CSV_GB18030, "x", &sheet));
}

static void what_xlsx_cannot_hold_is_said(void **state)
{
	struct desk *desk = *state;
	static char big[32769];
	struct sheet *sheet;
	memset(big, 'x', sizeof big - 1);
	assert_true(sheet_create(&desk->c, desk->path, SHEET_XLSX, "x", &sheet));
	sheet_text(sheet, big);
	assert_false(sheet_row(&desk->c, sheet));
	assert_int_equal(desk->c.problem.code, TOO_LARGE);
	assert_false(sheet_finish(&desk->c, sheet));
	assert_int_not_equal(access(desk->path, F_OK), 0);
}

/* ---- XLSX in ---- */

#define MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
static const char workbook[] = "<workbook " MAIN " xmlns:r=\"urn:r\"><sheets>"
			       "<sheet name=\"h\" sheetId=\"1\" state=\"hidden\" r:id=\"rId9\"/>"
			       "<sheet name=\"a\" sheetId=\"2\" r:id=\"rId1\"/></sheets></workbook>";
static const char relations[] =
	"<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet7.xml\"/></Relationships>";
static const char styles[] =
	"<styleSheet " MAIN "><numFmts count=\"1\"><numFmt numFmtId=\"164\" "
	"formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/>"
	"</cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf "
	"numFmtId=\"2\"/></cellXfs></styleSheet>";
static const char shared[] =
	"<sst " MAIN "><si><t>户号</t></si><si><r><t>王</t></r><r><t xml:space=\"preserve\">小 "
	"明</t></r><rPh sb=\"0\" eb=\"1\"><t>wang</t></rPh></si></sst>";

static void put_part(zip_t *zip, const char *name, const char *text, size_t length)
{
	zip_source_t *source = zip_source_buffer(zip, text, length, 0);
	assert_true(zip_file_add(zip, name, source, ZIP_FL_OVERWRITE | ZIP_FL_ENC_UTF_8) >= 0);
}

static const char *xlsx_of(
	struct desk *desk, const char *sheet, size_t length, const char *strings, const char *more)
{
	int error;
	unlink(desk->path);
	zip_t *zip = zip_open(desk->path, ZIP_CREATE | ZIP_TRUNCATE, &error);
	assert_non_null(zip);
	put_part(zip, "xl/workbook.xml", workbook, sizeof workbook - 1);
	put_part(zip, "xl/_rels/workbook.xml.rels", relations, sizeof relations - 1);
	put_part(zip, "xl/styles.xml", styles, sizeof styles - 1);
	put_part(zip, "xl/sharedStrings.xml", strings, strlen(strings));
	put_part(zip, "xl/worksheets/sheet7.xml", sheet, length);
	if (more)
		put_part(zip, more, "x", 1);
	assert_int_equal(zip_close(zip), 0);
	return all_records(desk);
}
#define XLSX(rows)                                                                                           \
	xlsx_of(desk, "<worksheet " MAIN "><sheetData>" rows "</sheetData></worksheet>",                     \
		sizeof "<worksheet " MAIN "><sheetData>" rows "</sheetData></worksheet>" - 1, shared, NULL)

static void a_worksheet_is_read_whatever_program_wrote_it(void **state)
{
	struct desk *desk = *state;
	assert_string_equal(
		XLSX("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row>"
		     "<row r=\"2\"/><row r=\"5\"><c r=\"B5\"><v>00123.50</v></c><c "
		     "t=\"b\"><v>1</v></c></row>"),
		"1:户号||王小 明;5:|00123.50|TRUE;");
	assert_string_equal(XLSX("<row><c t=\"inlineStr\"><is><t>a&lt;_x000A_b</t></is></c><c "
				 "t=\"str\"><f>1+1</f><v>x</v></c>"
				 "<c t=\"e\"><v>#N/A</v></c></row><row><c><v>6.2145E+17</v></c></row>"),
		"1:a<\nb|x|#N/A;2:6.2145E+17;");
	assert_string_equal(
		XLSX("<x:row xmlns:x=\"urn:x\" r=\"3\"><x:c r=\"A3\"><x:v>7</x:v></x:c></x:row>"), "3:7;");
	assert_string_equal(XLSX("<row><c t=\"s\"><v>99999</v></c><c "
				 "t=\"inlineStr\"><is><t>_x005F_x0041_</t></is></c></row>"),
		"1:|_x0041_;");
}

static void dates_are_read_as_dates(void **state)
{
	struct desk *desk = *state;
	/* 1 is 1900-01-01, 59 1900-02-28, 61 1900-03-01, 46082 2026-03-01 (ECMA-376 18.17.4.1). */
	assert_string_equal(XLSX("<row><c s=\"1\"><v>46082</v></c><c s=\"2\"><v>46082.5</v></c><c "
				 "s=\"3\"><v>46082</v></c>"
				 "<c s=\"1\"><v>1</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>61</v></c><c "
				 "s=\"1\"><v>0.25</v></c>"
				 "<c s=\"1\"><v>1e300</v></c></row>"),
		"1:2026-03-01|2026-03-01 12:00:00|46082|1900-01-01|1900-02-28|1900-03-01|06:00:00|1e300;");
}

static void a_hostile_package_is_refused(void **state)
{
	struct desk *desk = *state;
	const char *laughs =
		"<!DOCTYPE sst [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><sst><si><t>&b;</t></si></sst>";
	assert_string_equal(xlsx_of(desk, "<a/>", 4, laughs, NULL), "!422");
	assert_non_null(strstr(desk->c.problem.detail, "DOCTYPE"));
	assert_string_equal(XLSX("<row><c><v>1</v></c>"), "!422"); /* not well-formed */
	assert_string_equal(XLSX("<row><c r=\"XFD1\"><v>1</v></c></row>"), "!422");
	assert_string_equal(XLSX("<row><c r=\"XFD1\" s=\"3\"/><c r=\"A1\"><v>1</v></c></row>"), "1:1;");
	static char zeros[4 << 20]; /* 1 : 1000 */
	assert_string_equal(xlsx_of(desk, zeros, sizeof zeros, shared, NULL), "!413");
	assert_string_equal(xlsx_of(desk, "<a/>", 4, shared, "../../../tmp/qifu-was-here"), "");
	assert_int_not_equal(access("/tmp/qifu-was-here", F_OK), 0);
	assert_string_equal(CSV("PK\3\4 and nothing more"), "!422");
}

static void a_package_cut_short_is_refused(void **state)
{
	struct desk *desk = *state;
	size_t length;
	write_table(desk, SHEET_XLSX);
	char *bytes = get_file(desk, &length);
	for (size_t cut = 4; cut < length; cut += 97)
		assert_string_equal(csv_of(desk, bytes, cut), "!422");
}

int main(void)
{
#define DESK(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
		DESK(records_are_cut_as_rfc_4180_says),
		DESK(lines_are_counted_over_quoted_newlines_and_mixed_endings),
		DESK(a_byte_order_mark_is_no_part_of_the_first_header),
		DESK(a_chinese_spreadsheets_gbk_file_is_read),
		DESK(characters_on_the_border_of_blocks_stay_whole),
		DESK(a_broken_file_is_refused_and_the_place_is_named),
		DESK(a_cell_and_a_row_have_limits),
		DESK(a_missing_file_a_folder_and_an_old_excel_file_are_refused),
		DESK(an_exported_table_comes_back_as_it_was),
		DESK(formulas_are_neutralised_and_rows_end_in_cr_lf),
		DESK(only_what_a_spreadsheet_runs_gets_an_apostrophe),
		DESK(an_unfinished_table_leaves_nothing_behind),
		DESK(what_xlsx_cannot_hold_is_said),
		DESK(a_worksheet_is_read_whatever_program_wrote_it),
		DESK(dates_are_read_as_dates),
		DESK(a_hostile_package_is_refused),
		DESK(a_package_cut_short_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
