/* arena.c: blocks in a chain, the newest first; the oldest stays over a reset. */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define QIFU_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QIFU_ASAN 1
#endif
#endif

#ifdef QIFU_ASAN
#include <sanitizer/asan_interface.h>
/* A poisoned gap behind each piece, so that running over its end is seen at once. */
enum { GAP = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
enum { GAP = 0 };
#endif

enum { ALIGNMENT = _Alignof(max_align_t), FIRST_BLOCK = 8 * 1024, LARGEST_BLOCK = 1024 * 1024 };

struct block {
	struct block *older;
	size_t size, taken;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
	struct deferred *older;
	void (*release)(void *handle);
	void *handle;
};

struct arena {
	size_t cap, used;
	struct block *newest;
	struct deferred *deferred;
	jmp_buf *recovery;
};

static struct block *block_new(size_t size, struct block *older)
{
	if (size > SIZE_MAX - sizeof(struct block))
		return NULL;
	struct block *block = malloc(sizeof *block + size);
	if (!block)
		return NULL;
	block->older = older;
	block->size = size;
	block->taken = 0;
	ASAN_POISON_MEMORY_REGION(block->bytes, size);
	return block;
}

static void block_free(struct block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
	free(block);
}

struct arena *arena_new(size_t cap)
{
	struct arena *arena = malloc(sizeof *arena);
	if (!arena)
		return NULL;
	*arena = (struct arena){ .cap = cap, .newest = block_new(FIRST_BLOCK, NULL) };
	if (!arena->newest) {
		free(arena);
		return NULL;
	}
	return arena;
}

/* A release may defer or allocate in its turn, so each is taken off the list before it runs. */
static void run_deferred(struct arena *arena)
{
	while (arena->deferred) {
		struct deferred *deferred = arena->deferred;
		arena->deferred = deferred->older;
		deferred->release(deferred->handle);
	}
}

static void keep_first_block(struct arena *arena)
{
	while (arena->newest->older) {
		struct block *block = arena->newest;
		arena->newest = block->older;
		block_free(block);
	}
	arena->newest->taken = 0;
	ASAN_POISON_MEMORY_REGION(arena->newest->bytes, arena->newest->size);
}

void arena_reset(struct arena *arena)
{
	run_deferred(arena);
	keep_first_block(arena);
	arena->used = 0;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	run_deferred(arena);
	keep_first_block(arena);
	block_free(arena->newest);
	free(arena);
}

/* Blocks double, so that a big request makes few of them; a piece too big for that gets a block of its own.
 */
static bool block_add(struct arena *arena, size_t needed)
{
	size_t size = arena->newest->size * 2;
	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < needed)
		size = needed;
	struct block *block = block_new(size, arena->newest);
	if (!block)
		return false;
	arena->newest = block;
	return true;
}

/* NULL when the cap or the memory is reached. */
static void *take(struct arena *arena, size_t size)
{
	if (size > arena->cap || size > SIZE_MAX / 2)
		return NULL;
	size_t counted = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (counted == 0)
		counted = ALIGNMENT;
	if (counted > arena->cap - arena->used)
		return NULL;
	if (counted + GAP > arena->newest->size - arena->newest->taken && !block_add(arena, counted + GAP))
		return NULL;
	struct block *block = arena->newest;
	void *at = block->bytes + block->taken;
	block->taken += counted + GAP;
	arena->used += counted;
	ASAN_UNPOISON_MEMORY_REGION(at, size);
	memset(at, 0, size);
	return at;
}

static _Noreturn void full(struct arena *arena)
{
	if (arena->recovery)
		longjmp(*arena->recovery, 1);
	fprintf(stderr, "arena full at %zu of %zu bytes, and nobody to recover\n", arena->used, arena->cap);
	abort();
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *at = take(arena, size);
	if (!at)
		full(arena);
	return at;
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t count)
{
	size_t whole;
	if (__builtin_mul_overflow(size, count, &whole))
		full(arena);
	return arena_alloc(arena, whole);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t length)
{
	void *copy = arena_alloc(arena, length);
	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

char *arena_text_n(struct arena *arena, const char *text, size_t length)
{
	if (length == SIZE_MAX)
		full(arena);
	char *copy = arena_alloc(arena, length + 1);
	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_text_n(arena, text, strlen(text));
}

char *arena_format_v(struct arena *arena, const char *format, va_list arguments)
{
	char small[256];
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(small, sizeof small, format, arguments);
	if (length < 0) { /* a wide character without a form: our own bug, but never a wild pointer */
		va_end(again);
		return arena_text(arena, "");
	}
	if ((size_t)length < sizeof small) {
		va_end(again);
		return arena_text_n(arena, small, (size_t)length);
	}
	char *text = take(arena, (size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	if (!text)
		full(arena);
	return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = arena_format_v(arena, format, arguments);
	va_end(arguments);
	return text;
}

void arena_defer(struct arena *arena, void (*release)(void *handle), void *handle)
{
	struct deferred *deferred = take(arena, sizeof *deferred);
	if (!deferred) {
		/* The caller is left by a jump: nobody else would release this handle. */
		release(handle);
		full(arena);
	}
	*deferred = (struct deferred){ arena->deferred, release, handle };
	arena->deferred = deferred;
}

jmp_buf *arena_on_full(struct arena *arena, jmp_buf *recovery)
{
	jmp_buf *before = arena->recovery;
	arena->recovery = recovery;
	return before;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
