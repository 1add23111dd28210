/* embedded_test.c: what was embedded is what stands in the source folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "platform/embedded.h"

static void every_file_is_found_by_its_path_in_order(void **state)
{
	(void)state;
	size_t count;
	const struct embedded *all = embedded_all(&count);
	assert_true(count > 0); /* platform.sql at least */
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(embedded_find(all[i].path), &all[i]);
		assert_int_equal(all[i].bytes[all[i].length], 0);
		assert_true(i == 0 || strcmp(all[i - 1].path, all[i].path) < 0);
		assert_true(all[i].etag[0] == '"' && strlen(all[i].etag) == 34);
	}
}

static void what_was_not_embedded_is_not_found(void **state)
{
	(void)state;
	static const char *const absent[] = { "", "sql", "sql/", "sql/platform.sqlx", "/sql/platform.sql",
		"sql/../sql/platform.sql", "zzz", "web/console/.stamp" };
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		assert_null(embedded_find(absent[i]));
}

static void the_bytes_are_those_of_the_source_file(void **state)
{
	(void)state;
	char path[4096];
	const char *source = getenv("QIFU_SOURCE");
	assert_non_null(source);
	snprintf(path, sizeof path, "%s/src/platform/platform.sql", source);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	const struct embedded *entry = embedded_find("sql/platform.sql");
	assert_non_null(entry);
	char *bytes = malloc(entry->length + 1);
	assert_int_equal(fread(bytes, 1, entry->length + 1, file), entry->length);
	assert_memory_equal(bytes, entry->bytes, entry->length);
	assert_null(entry->gzip);
	assert_null(entry->brotli);
	free(bytes);
	fclose(file);
}

static void gzip_forms_unpack_to_the_file(void **state)
{
	(void)state;
	size_t count, checked = 0;
	const struct embedded *all = embedded_all(&count);
	for (size_t i = 0; i < count; i++) {
		if (!all[i].gzip)
			continue;
		assert_true(all[i].gzip_length < all[i].length);
		assert_true(strncmp(all[i].path, "web/", 4) == 0);
		unsigned char *plain = malloc(all[i].length + 1);
		z_stream stream = { .next_in = (unsigned char *)(uintptr_t)all[i].gzip,
			.avail_in = (unsigned)all[i].gzip_length,
			.next_out = plain,
			.avail_out = (unsigned)all[i].length + 1 };
		assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
		assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
		assert_int_equal(stream.total_out, all[i].length);
		assert_memory_equal(plain, all[i].bytes, all[i].length);
		inflateEnd(&stream);
		free(plain);
		checked++;
	}
	if (!checked)
		skip(); /* built without web pages */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_found_by_its_path_in_order),
		cmocka_unit_test(what_was_not_embedded_is_not_found),
		cmocka_unit_test(the_bytes_are_those_of_the_source_file),
		cmocka_unit_test(gzip_forms_unpack_to_the_file),
	};
	return cmocka_run_group_tests_name("platform/embedded", tests, NULL, NULL);
}
