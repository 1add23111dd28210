/* arena_test.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *at = arena_alloc(arena, size);
		assert_non_null(at);
		assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[i], 0);
		memset(at, 0xAA, size); /* must neither reach its neighbours nor come back after a reset */
	}
	arena_reset(arena);
	unsigned char *again = arena_alloc(arena, 4000);
	for (size_t i = 0; i < 4000; i++)
		assert_int_equal(again[i], 0);
	arena_free(arena);
	arena_free(NULL);
}

static void pieces_do_not_overlap(void **state)
{
	(void)state;
	struct arena *arena = arena_new(4 << 20);
	enum { PIECES = 2000 };
	unsigned char *pieces[PIECES];
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = arena_alloc(arena, i % 97 + 1);
		memset(pieces[i], (int)(i % 251), i % 97 + 1);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t k = 0; k < i % 97 + 1; k++)
			assert_int_equal(pieces[i][k], i % 251);
	assert_true(arena_used(arena) >= PIECES * 40);
	arena_free(arena);
}

static void texts_are_copied_with_their_end(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	char original[] = "燃气";
	char *copy = arena_text(arena, original), *part = arena_text_n(arena, original, 3);
	original[0] = '!';
	assert_string_equal(copy, "燃气");
	assert_string_equal(part, "\xE7\x87\x83");
	assert_string_equal(arena_text_n(arena, NULL, 0), "");
	assert_memory_equal(arena_copy(arena, "a\0b", 3), "a\0b", 3);
	assert_string_equal(arena_format(arena, "工单 %s 第 %d 次", "R1", 3), "工单 R1 第 3 次");
	char *wide = arena_format(arena, "%05000d", 7);
	assert_int_equal(strlen(wide), 5000);
	assert_int_equal(wide[4999], '7');
	arena_free(arena);
}

struct log {
	char text[16];
	size_t length;
};
struct entry {
	struct log *log;
	char name;
};

static void note(void *handle)
{
	struct entry *entry = handle;
	entry->log->text[entry->log->length++] = entry->name;
}

static void handles_are_released_newest_first_and_once(void **state)
{
	(void)state;
	struct log log = { 0 };
	struct arena *arena = arena_new(1 << 20);
	for (char name = 'a'; name <= 'c'; name++) {
		struct entry *entry = arena_new_object(arena, struct entry);
		*entry = (struct entry){ &log, name };
		arena_defer(arena, note, entry);
	}
	assert_string_equal(log.text, "");
	arena_reset(arena);
	assert_string_equal(log.text, "cba");
	assert_int_equal(arena_used(arena), 0);
	struct entry last = { &log, 'z' };
	arena_defer(arena, note, &last);
	arena_free(arena);
	assert_string_equal(log.text, "cbaz");
}

static void reaching_the_cap_jumps_to_the_recovery_point(void **state)
{
	(void)state;
	struct arena *arena = arena_new(10000);
	struct arena *volatile kept = arena;
	volatile size_t pieces = 0;
	jmp_buf recovery;
	if (setjmp(recovery) == 0) {
		arena_on_full(arena, &recovery);
		for (;;) {
			arena_alloc(arena, 1000);
			pieces++;
		}
	}
	assert_int_equal(pieces, 9); /* 1000 bytes take 1008 of the cap */
	assert_true(arena_used(kept) <= 10000);
	arena_reset(kept);
	assert_non_null(arena_alloc(kept, 9000));
	arena_free(kept);
}

static void sizes_that_overflow_are_refused_not_wrapped(void **state)
{
	(void)state;
	struct arena *arena = arena_new(SIZE_MAX);
	volatile int refused = 0;
	jmp_buf recovery;
	static const size_t sizes[][2] = { { SIZE_MAX, 1 }, { SIZE_MAX / 2, 3 }, { SIZE_MAX - 8, 1 },
		{ 1ul << 33, 1ul << 33 } };
	for (volatile size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (setjmp(recovery) == 0) {
			arena_on_full(arena, &recovery);
			arena_alloc_array(arena, sizes[i][0], sizes[i][1]);
		} else {
			refused++;
		}
	}
	assert_int_equal(refused, 4);
	arena_free(arena);
}

static void a_handle_that_no_longer_fits_is_released_before_the_jump(void **state)
{
	(void)state;
	struct log log = { 0 };
	struct entry entry = { &log, 'x' };
	struct arena *arena = arena_new(64);
	jmp_buf recovery;
	if (setjmp(recovery) == 0) {
		arena_on_full(arena, &recovery);
		arena_alloc(arena, 64);
		arena_defer(arena, note, &entry);
		fail_msg("the arena took more than its cap");
	}
	assert_string_equal(log.text, "x");
	arena_free(arena);
	assert_string_equal(log.text, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(texts_are_copied_with_their_end),
		cmocka_unit_test(handles_are_released_newest_first_and_once),
		cmocka_unit_test(reaching_the_cap_jumps_to_the_recovery_point),
		cmocka_unit_test(sizes_that_overflow_are_refused_not_wrapped),
		cmocka_unit_test(a_handle_that_no_longer_fits_is_released_before_the_jump),
	};
	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
