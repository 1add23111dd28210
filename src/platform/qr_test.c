/* QR codes, read back by zbarimg. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/kit.h"
#include "platform/qr.h"

static int begin(void **state)
{
	struct ctx *c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->arena = arena_new((size_t)64 * 1024 * 1024);
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

static const char *scanned(const void *bytes, size_t length)
{
	static char out[2048];
	char path[] = "/tmp/qifu-qr-XXXXXX", command[96];
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, length), length);
	close(file);
	snprintf(command, sizeof command, "zbarimg --nodbus --quiet --raw -Sbinary %s", path);
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
	assert_non_null(pipe);
	out[fread(out, 1, sizeof out - 1, pipe)] = '\0';
	assert_int_equal(pclose(pipe), 0);
	unlink(path);
	return out;
}

static void a_reader_reads_what_was_put_in(void **state)
{
	struct ctx *c = *state;
	static const char *const texts[] = { "https://gas.example/portal/r?t=abcDEF_123-xyz&n=20260930001",
		"A", "缴费 户号 00123456" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct qr qr;
		const void *bytes;
		size_t length;
		assert_true(qr_make(c, texts[i], &qr));
		assert_true(qr_png(c, &qr, 6, &bytes, &length));
		assert_string_equal(scanned(bytes, length), texts[i]);
	}
}

/* The path's runs, painted on a grid, must be the modules. */
static void the_svg_paints_the_same_modules(void **state)
{
	struct ctx *c = *state;
	struct qr qr;
	assert_true(qr_make(c, "https://gas.example/1", &qr));
	unsigned char *painted = arena_alloc(c->arena, (size_t)qr.side * (size_t)qr.side);
	const char *svg = qr_svg(c, &qr), *at = strstr(svg, "#000");
	char view[64];
	snprintf(view, sizeof view, "viewBox=\"0 0 %d %d\"", qr.side + 8, qr.side + 8);
	assert_non_null(strstr(svg, view));
	assert_non_null(at);
	int x, y, run;
	while ((at = strchr(at, 'M'))) {
		assert_int_equal(sscanf(at, "M%d %dh%dv1", &x, &y, &run), 3);
		assert_in_range(x - 4 + run, 1, qr.side);
		for (int i = 0; i < run; i++)
			painted[(y - 4) * qr.side + x - 4 + i] = 1;
		at++;
	}
	assert_memory_equal(painted, qr.modules, (size_t)qr.side * (size_t)qr.side);
}

static void empty_and_endless_texts_are_refused(void **state)
{
	struct ctx *c = *state;
	struct qr qr;
	static char big[QR_TEXT_LIMIT + 2];
	assert_false(qr_make(c, "", &qr));
	assert_int_equal(c->problem.code, INVALID);
	memset(big, 'x', QR_TEXT_LIMIT);
	ctx_forgive(c);
	assert_true(qr_make(c, big, &qr));
	big[QR_TEXT_LIMIT] = 'x';
	assert_false(qr_make(c, big, &qr));
	assert_int_equal(c->problem.code, TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_reader_reads_what_was_put_in, begin, end),
		cmocka_unit_test_setup_teardown(the_svg_paints_the_same_modules, begin, end),
		cmocka_unit_test_setup_teardown(empty_and_endless_texts_are_refused, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
