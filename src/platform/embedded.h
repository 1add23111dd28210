/* embedded.h: the files that travel inside the program.
 *
 * "rulebook/…" and "sql/MODULE.sql" as they are; "web/APP/…" (console, field, …) also compressed.
 * tools/embed.mjs makes the table when the program is built. Every entry of `bytes` is followed by a NUL that
 * `length` does not count, so that a text file is a C string.
 */
#ifndef QIFU_PLATFORM_EMBEDDED_H
#define QIFU_PLATFORM_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *path;
	const unsigned char *bytes;
	size_t length;
	const unsigned char *gzip; /* NULL: not compressed, or no smaller than the file itself */
	size_t gzip_length;
	const unsigned char *brotli; /* likewise */
	size_t brotli_length;
	const char *etag; /* with its quotes, of the content: equal content has equal tags */
};

/* NULL when there is no such file. */
const struct embedded *embedded_find(const char *path);

/* All of them, ordered by path (bytewise), so that one folder is one stretch. */
const struct embedded *embedded_all(size_t *count);

#endif
