/* arena.h: memory that is freed all at once.
 *
 * A request, a job or a command has one arena. What is allocated in it lives until arena_free(). Nothing is
 * freed singly. Handles of other libraries (a JSON value, a PGresult, an open file) are tied to it with
 * arena_defer() and are released, newest first, when the arena is freed or emptied.
 *
 * An arena has a cap. arena_alloc() never returns NULL: reaching the cap (or the end of memory) jumps to the
 * recovery point set with arena_on_full(), where the owner runs the defers and answers "too large". With no
 * recovery point the program stops: that is a bug, not a condition.
 *
 * An arena belongs to one thread at a time. Freed memory is poisoned under AddressSanitizer.
 */
#ifndef QIFU_BASE_ARENA_H
#define QIFU_BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new arena that holds at most `cap` bytes. NULL when the machine has no memory. */
struct arena *arena_new(size_t cap);

/* Runs the defers and frees everything, the arena included. NULL is allowed. */
void arena_free(struct arena *arena);

/* Runs the defers and empties the arena, keeping its first block for the next use. */
void arena_reset(struct arena *arena);

/* Zeroed memory aligned for any type; never NULL. `size` 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* `count` zeroed objects of `type`, checked for overflow. */
#define arena_array(arena, type, count) ((type *)arena_alloc_array(arena, sizeof(type), count))
#define arena_new_object(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
void *arena_alloc_array(struct arena *arena, size_t size, size_t count);

/* Copies. The copy of text ends in NUL; `length` counts bytes. */
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);
void *arena_copy(struct arena *arena, const void *bytes, size_t length);

/* printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_format_v(struct arena *arena, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* `release(handle)` is called when the arena is freed or reset. */
void arena_defer(struct arena *arena, void (*release)(void *handle), void *handle);

/* Where to go when the cap is reached; NULL takes the recovery point away. Returns the one before. */
jmp_buf *arena_on_full(struct arena *arena, jmp_buf *recovery);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);

#endif
