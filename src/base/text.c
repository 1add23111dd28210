/* text.c: UTF-8 read, written, trimmed and made comparable. Phones are in phone.c, official numbers in
 * identity.c, masks in mask.c, GB18030 in gb18030.c. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

/* The bytes of the character that `lead` begins; 0 when it begins none. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* RFC 3629: after some leads the second byte has less room (overlong forms, surrogates, beyond U+10FFFF). */
static bool second_fits(unsigned char lead, unsigned char second)
{
	unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
	return second >= low && second <= high;
}

bool text_is_valid(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + length;
	while (at < end) {
		size_t bytes = sequence_length(*at);
		if (*at == 0 || bytes == 0 || bytes > (size_t)(end - at))
			return false;
		if (bytes > 1 && !second_fits(at[0], at[1]))
			return false;
		for (size_t i = 2; i < bytes; i++)
			if ((at[i] & 0xC0) != 0x80)
				return false;
		at += bytes;
	}
	return true;
}

size_t text_characters(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

uint32_t text_next(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	if (!*at)
		return 0;
	size_t bytes = sequence_length(*at);
	uint32_t character = bytes < 2 ? *at : *at & (0x7Fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if (!at[i]) { /* cut short: never run over the end, whatever the caller promised */
			*text += i;
			return 0xFFFD;
		}
		character = character << 6 | (at[i] & 0x3Fu);
	}
	*text += bytes ? bytes : 1;
	return character;
}

size_t text_put(uint32_t character, char out[4])
{
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	size_t bytes = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
	for (size_t i = bytes - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (character & 0x3F));
		character >>= 6;
	}
	out[0] = (char)((0xF00u >> bytes & 0xF0) | character);
	return bytes;
}

bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0D) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
	       c == 0x3000 || c == 0xFEFF;
}

bool text_is_blank(const char *text)
{
	if (!text)
		return true;
	while (*text)
		if (!is_space(text_next(&text)))
			return false;
	return true;
}

char *text_trim(struct arena *arena, const char *text)
{
	const char *start = text, *end;
	for (const char *at = text; *at && is_space(text_next(&at));)
		start = at;
	end = start;
	for (const char *at = start; *at;)
		if (!is_space(text_next(&at)))
			end = at;
	return arena_text_n(arena, start, (size_t)(end - start));
}

/* - . , · and what keyboards and fonts write in their place. */
static bool is_separator(uint32_t c)
{
	static const uint32_t separators[] = { '-', '.', ',', 0xB7, 0x2022, 0x2027, 0x2212, 0x30FB, 0xFF65 };
	for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
		if (c == separators[i])
			return true;
	return c >= 0x2010 && c <= 0x2015;
}

char *text_search_form(struct arena *arena, const char *text)
{
	/* No character grows: full-width forms shrink from three bytes to one. */
	char *form = arena_alloc(arena, strlen(text) + 4), *out = form;
	while (*text) {
		uint32_t c = text_next(&text);
		if (c >= 0xFF01 && c <= 0xFF5E)
			c -= 0xFF01 - '!';
		if (is_space(c) || is_separator(c))
			continue;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		out += text_put(c, out);
	}
	*out = '\0';
	return form;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A spreadsheet always writes the sign of the exponent; "3E12" may be a door, "3E+12" is none. */
bool text_is_scientific(const char *text)
{
	char form[32];
	size_t length = 0;
	while (*text) {
		const char *before = text;
		uint32_t c = text_next(&text);
		if (is_space(c))
			continue;
		if (c >= 0x80 || length + 1 == sizeof form)
			return false;
		form[length++] = *before;
	}
	form[length] = '\0';
	const char *at = form + (form[0] == '-' || form[0] == '+');
	const char *digits = at;
	while (is_digit(*at))
		at++;
	if (at == digits || at - digits > 3)
		return false;
	if (*at == '.')
		for (at++; is_digit(*at);)
			at++;
	if (*at != 'E' && *at != 'e')
		return false;
	at++;
	if (*at != '+' && *at != '-')
		return false;
	digits = ++at;
	while (is_digit(*at))
		at++;
	return at > digits && at - digits <= 3 && !*at;
}

static void builder_reserve(struct text_builder *builder, size_t more)
{
	size_t needed = builder->length + more + 1; /* no overflow: both lie in memory */
	if (needed <= builder->capacity)
		return;
	size_t capacity = builder->capacity ? builder->capacity : 64;
	while (capacity < needed)
		capacity *= 2;
	char *bytes = arena_alloc(builder->arena, capacity);
	if (builder->length)
		memcpy(bytes, builder->bytes, builder->length);
	builder->bytes = bytes;
	builder->capacity = capacity;
}

void text_add_n(struct text_builder *builder, const char *bytes, size_t length)
{
	builder_reserve(builder, length);
	if (length)
		memcpy(builder->bytes + builder->length, bytes, length);
	builder->length += length;
	builder->bytes[builder->length] = '\0';
}

void text_add(struct text_builder *builder, const char *text)
{
	text_add_n(builder, text, strlen(text));
}

void text_add_format(struct text_builder *builder, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	builder_reserve(builder, 0);
	int length = vsnprintf(
		builder->bytes + builder->length, builder->capacity - builder->length, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length >= builder->capacity - builder->length) {
		builder_reserve(builder, (size_t)length);
		vsnprintf(builder->bytes + builder->length, (size_t)length + 1, format, again);
	}
	va_end(again);
	builder->length += length > 0 ? (size_t)length : 0;
	builder->bytes[builder->length] = '\0';
}

const char *text_built(const struct text_builder *builder)
{
	return builder->bytes ? builder->bytes : "";
}
