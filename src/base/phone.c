/* phone.c: phone numbers of mainland China, however people write them; declared in text.h. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static bool all_digits(const char *text, size_t *length)
{
	*length = strspn(text, "0123456789");
	return text[*length] == '\0';
}

static bool is_mobile(const char *digits, size_t length)
{
	return length == 11 && digits[0] == '1' && digits[1] >= '3';
}

static bool is_service(const char *digits, size_t length)
{
	return length == 10 && (text_starts(digits, "400") || text_starts(digits, "800"));
}

/* 010 and 02x are the codes of two digits after the 0; the others have three and begin with 3 to 9. */
static bool is_landline(const char *digits, size_t length)
{
	if (digits[0] != '0')
		return false;
	if (text_starts(digits, "010") || digits[1] == '2')
		return length == 10 || length == 11;
	return digits[1] >= '3' && (length == 11 || length == 12);
}

bool text_is_phone(const char *text)
{
	size_t length;
	if (!text || !all_digits(text, &length))
		return false;
	return length == 7 || length == 8 || is_mobile(text, length) || is_landline(text, length) ||
	       is_service(text, length);
}

/* Without the country code, and with the 0 that is left out behind it; a mobile without the 0 once dialled
 * before it. Another country's number keeps 00, or it might read as one of ours. `digits` has room for one
 * more. */
static void make_national(char *digits, bool international)
{
	size_t length = strlen(digits);
	if (text_starts(digits, "0086")) {
		memmove(digits, digits + 2, length - 1);
		length -= 2;
		international = true;
	}
	bool bare = length == 13 && text_starts(digits, "86") && is_mobile(digits + 2, 11);
	if ((international && text_starts(digits, "86")) || bare) {
		memmove(digits, digits + 2, length - 1);
		length -= 2;
		bool zero_left_out = length >= 9 && length <= 11 && digits[0] != '0' &&
				     !is_mobile(digits, length) && !is_service(digits, length);
		if (zero_left_out) {
			memmove(digits + 1, digits, length + 1);
			digits[0] = '0';
			length++;
		}
	} else if (international && length) {
		memmove(digits + 2, digits, length + 1);
		memcpy(digits, "00", 2);
		return;
	}
	if (digits[0] == '0' && is_mobile(digits + 1, length ? length - 1 : 0))
		memmove(digits, digits + 1, length);
}

/* Whether what was read so far is a whole number by itself: then "/" begins another number, and "-" an
 * extension when the number cannot go on (after an area code, or a mobile). */
static bool is_whole(const char *digits, bool international, bool even_local)
{
	char copy[24];
	size_t length = strlen(digits);
	if (length > sizeof copy - 3)
		return true;
	memcpy(copy, digits, length + 1);
	make_national(copy, international);
	length = strlen(copy);
	if (is_mobile(copy, length) || is_landline(copy, length) || is_service(copy, length))
		return true;
	return even_local && (length == 7 || length == 8) && copy[0] != '0';
}

static bool starts_extension(uint32_t c, const char *rest)
{
	if (c == '#' || c == ',' || c == ';' || c == 'x' || c == 'X')
		return true;
	if (c == 0x8F6C || c == 0x3001) /* 转 、 */
		return true;
	if ((c == 'e' || c == 'E') && (rest[0] == 'x' || rest[0] == 'X'))
		return true;
	return c == 0x5206 && text_starts(rest, "机"); /* 分机 */
}

static bool is_dash(uint32_t c)
{
	return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

/* `digits` has room for three more than `text`. */
static void form_into(char *digits, const char *text)
{
	size_t length = 0;
	memset(digits, 0, strlen(text) + 3);
	bool international = false;
	while (*text) {
		uint32_t c = text_next(&text);
		if (c >= 0xFF01 && c <= 0xFF5E)
			c -= 0xFF01 - '!';
		if (c >= '0' && c <= '9')
			digits[length++] = (char)c;
		else if (length == 0)
			international = international || c == '+';
		else if (starts_extension(c, text))
			break;
		else if ((c == '/' || is_dash(c)) && is_whole(digits, international, c == '/'))
			break;
	}
	make_national(digits, international);
}

char *text_phone_form(struct arena *arena, const char *text)
{
	char *digits = arena_alloc(arena, strlen(text) + 3);
	form_into(digits, text);
	return digits;
}

/* What a spreadsheet makes of a long number: its digits are no longer those of the phone. */
static bool is_scientific(const char *text)
{
	for (const char *at = text; (at = strpbrk(at, "eE")); at++)
		if (at > text && at[-1] >= '0' && at[-1] <= '9' && (at[1] == '+' || at[1] == '-'))
			return true;
	return false;
}

bool text_is_phone_written(const char *text)
{
	char digits[128];
	if (!text || strlen(text) + 3 > sizeof digits || is_scientific(text))
		return false;
	form_into(digits, text);
	return text_is_phone(digits);
}
