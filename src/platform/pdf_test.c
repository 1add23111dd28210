/* Printed documents, read back with poppler's pdftotext and pdfinfo. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/kit.h"
#include "platform/pdf.h"

/* fontconfig keeps its configuration until the process ends; cairo 1.16 loses 768 bytes for each CFF font it
 * embeds. Both are theirs to mend: what our own code allocates is still watched. */
const char *__lsan_default_suppressions(void); /* NOLINT: the sanitizer's name */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig.so\nleak:libcairo.so\n";
}

static int begin(void **state)
{
	struct ctx *c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->arena = arena_new((size_t)64 * 1024 * 1024);
	c->now = KIT_NOW;
	*state = c;
	return 0;
}

static int end(void **state)
{
	struct ctx *c = *state;
	arena_free(c->arena);
	free(c);
	return 0;
}

/* The path for each %s. */
static void fill(char *out, size_t size, const char *format, const char *path)
{
	size_t length = 0;
	for (; *format; format++) {
		bool here = format[0] == '%' && format[1] == 's';
		length += (size_t)snprintf(
			out + length, size - length, "%.*s", here ? 99 : 1, here ? path : format);
		assert_true(length < size);
		format += here;
	}
}

/* What a program of others makes of the document. */
static const char *read_back(struct ctx *c, struct pdf *pdf, const char *format)
{
	static char out[1 << 19];
	char path[] = "/tmp/qifu-pdf-XXXXXX", command[256];
	const void *bytes;
	size_t length;
	assert_true(pdf_end(c, pdf, &bytes, &length));
	assert_memory_equal(bytes, "%PDF-", 5);
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, length), length);
	close(file);
	fill(command, sizeof command, format, path);
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
	assert_non_null(pipe);
	out[fread(out, 1, sizeof out - 1, pipe)] = '\0';
	assert_int_equal(pclose(pipe), 0);
	unlink(path);
	return out;
}

static int times(const char *text, const char *what)
{
	int count = 0;
	for (; (text = strstr(text, what)); text++)
		count++;
	return count;
}

static void all_parts_of_a_document_can_be_read_on_paper(void **state)
{
	struct ctx *c = *state;
	struct pdf *pdf = pdf_begin(c, "维修工单", "编号 WX2026-000123");
	pdf_pairs(pdf,
		(const char *const[]){ "户号", "00123456", "姓名", "欧阳𠮷明", "地址",
			"某市某区某某街道某某社区一个很长很长的地址需要折行显示三号楼二单元五零一室", NULL });
	pdf_heading(pdf, "收费明细");
	static const struct pdf_column columns[] = { { "项目", 3, false }, { "金额（元）", 1, true } };
	static const char *const cells[] = { "更换软管", "45.00", "上门费", NULL };
	pdf_table(pdf, columns, 2, cells, 2);
	pdf_paragraph(pdf, "第一段。\n第二段 <b>&amp;</b>。");
	pdf_signatures(pdf, (const char *const[]){ "用户签字：", "维修员签字：", NULL });
	pdf_qr(pdf, "https://gas.example/r/1", "扫码评价");
	const char *text = read_back(c, pdf, "pdftotext -layout %s -");
	static const char *const expected[] = { "维修工单", "编号 WX2026-000123", "户号", "00123456", "欧阳",
		"收费明细", "更换软管", "45.00", "上门费", "第一段。", "第二段 <b>&amp;</b>。", "用户签字：",
		"维修员签字：", "扫码评价", "第 1 页，共 1 页", "打印时间 2026-09-30 22:30", "五零一室" };
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (!strstr(text, expected[i])) {
			print_error("%s is missing in:\n%s\n", expected[i], text);
			assert_null(expected[i]);
		}
}

static void the_paper_is_a4(void **state)
{
	struct ctx *c = *state;
	const char *text = read_back(c, pdf_begin(c, "空", NULL), "pdfinfo %s");
	assert_non_null(strstr(text, "(A4)"));
	assert_non_null(strstr(text, "Title:"));
	assert_int_equal(times(text, "空"), 1);
}

static void a_long_table_goes_over_pages_and_repeats_its_head(void **state)
{
	struct ctx *c = *state;
	enum { ROWS = 200 };
	const char *cells[ROWS * 2];
	static const struct pdf_column columns[] = { { "序号列", 1, true }, { "内容列", 3, false } };
	for (int i = 0; i < ROWS; i++) {
		cells[(size_t)i * 2] = arena_format(c->arena, "no%03d", i);
		cells[(size_t)i * 2 + 1] = "一行内容";
	}
	struct pdf *pdf = pdf_begin(c, "长表", NULL);
	pdf_table(pdf, columns, 2, cells, ROWS);
	const char *text = read_back(c, pdf, "pdftotext -layout %s -");
	int pages = times(text, "\f");
	assert_in_range(pages, 5, 9); /* about 31 rows a page */
	assert_int_equal(times(text, "内容列"), pages);
	assert_int_equal(times(text, "一行内容"), ROWS);
	for (int i = 0; i < ROWS; i++)
		assert_int_equal(times(text, cells[(size_t)i * 2]), 1);
	char last[64];
	snprintf(last, sizeof last, "第 %d 页，共 %d 页", pages, pages);
	assert_non_null(strstr(text, last));
}

static void a_cell_longer_than_a_page_is_printed_whole(void **state)
{
	struct ctx *c = *state;
	static char big[90001];
	for (size_t i = 0; i < 30000; i++)
		memcpy(big + i * 3, "气", 3);
	static const struct pdf_column columns[] = { { "甲", 1, false }, { "乙", 1, false } };
	struct pdf *pdf = pdf_begin(c, "长格", NULL);
	pdf_table(pdf, columns, 2, (const char *const[]){ big, "x" }, 1);
	assert_int_equal(times(read_back(c, pdf, "pdftotext %s -"), "气"), 30000);
}

static void the_code_on_the_paper_can_be_scanned(void **state)
{
	struct ctx *c = *state;
	struct pdf *pdf = pdf_begin(c, "码", NULL);
	pdf_qr(pdf, "https://gas.example/r/4711", "扫码");
	assert_string_equal(read_back(c, pdf,
				    "set -e; pdftoppm -r 150 -png -singlefile %s %s; zbarimg --nodbus "
				    "--quiet --raw %s.png; rm %s.png"),
		"https://gas.example/r/4711\n");
}

static void a_document_without_end_is_refused(void **state)
{
	struct ctx *c = *state;
	const void *bytes;
	size_t length;
	struct pdf *pdf = pdf_begin(c, "长", NULL);
	char *lines = arena_alloc(c->arena, 20001);
	memset(lines, '\n', 20000);
	pdf_paragraph(pdf, lines);
	assert_false(pdf_end(c, pdf, &bytes, &length));
	assert_int_equal(c->problem.code, TOO_LARGE);
}

int main(void)
{
#define PAPER(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
		PAPER(all_parts_of_a_document_can_be_read_on_paper),
		PAPER(the_paper_is_a4),
		PAPER(a_long_table_goes_over_pages_and_repeats_its_head),
		PAPER(a_cell_longer_than_a_page_is_printed_whole),
		PAPER(the_code_on_the_paper_can_be_scanned),
		PAPER(a_document_without_end_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
