/* text.h: UTF-8 text, checked and made comparable. All text inside qifu is valid UTF-8 without NUL. */
#ifndef QIFU_BASE_TEXT_H
#define QIFU_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* Strict UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF), no NUL byte. */
bool text_is_valid(const char *text, size_t length);

/* Unicode characters, not bytes. The text must be valid. */
size_t text_characters(const char *text);

/* The character at `*text`, advancing it; 0 at the end. The text must be valid. */
uint32_t text_next(const char **text);

/* Writes one character, returns its bytes (1–4). */
size_t text_put(uint32_t character, char out[4]);

bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
bool text_starts(const char *text, const char *prefix);
bool text_is_blank(const char *text); /* NULL, empty, or white space only (also U+3000) */

/* Without white space (also U+3000, U+00A0, BOM) at both ends. */
char *text_trim(struct arena *arena, const char *text);

/* The form in which text is searched: full-width ASCII made half-width, ASCII letters lower case, white space
 * and the separators - . , · taken out. The same on both databases, since it is made here. */
char *text_search_form(struct arena *arena, const char *text);

/* Digits of a phone number, however it was written: full-width digits, +86 and 0086 taken off, spaces,
 * brackets, dashes and dots dropped; an extension (转, ext, x, #, ,) is cut off. "" when it holds no digits.
 */
char *text_phone_form(struct arena *arena, const char *text);

/* 11 digits from 13x–19x, or area code 0 + 2–3 digits + 7–8 digits, or 7–8 digits, or 400/800 + 7 digits. */
bool text_is_phone(const char *text);
/* The same of a number as people write it: "0539-1234567", "+86 139 0000 0000", full-width digits, an
 * extension. */
bool text_is_phone_written(const char *text);

/* GB 11643 resident identity number, 18 characters with a right check character. */
bool text_is_identity_number(const char *text);

/* GB 32100 unified social credit code, 18 characters, modulo 31. */
bool text_is_credit_code(const char *text);

/* Whether a spreadsheet has turned an identifier into scientific notation ("6.2145E+17"). */
bool text_is_scientific(const char *text);

/* Strict GB18030 to UTF-8. NULL with `*bad_at` set when a byte sequence is not GB18030. */
char *text_from_gb18030(struct arena *arena, const char *bytes, size_t length, size_t *bad_at);

/* UTF-8 to GB18030; `*out_length` counts bytes. Every valid text has a GB18030 form. */
char *text_to_gb18030(struct arena *arena, const char *text, size_t *out_length);

/* Personal data, shortened for eyes that don't need it: 王*明, 138****5678, 3713**********123X, 6222 …
 * last 4. `text` NULL gives NULL. Counting is by character. */
char *text_mask_name(struct arena *arena, const char *text);
char *text_mask_phone(struct arena *arena, const char *text);
char *text_mask_identity(struct arena *arena, const char *text);
char *text_mask_account(struct arena *arena, const char *text);

/* Text growing in an arena. A zeroed struct with its arena set is an empty text. */
struct text_builder {
	struct arena *arena;
	char *bytes; /* ends in NUL once anything was added */
	size_t length, capacity;
};
void text_add(struct text_builder *builder, const char *text);
void text_add_n(struct text_builder *builder, const char *bytes, size_t length);
void text_add_format(struct text_builder *builder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *text_built(const struct text_builder *builder); /* "" when nothing was added */

#endif
