/* money.c: sums, products and texts of fen and litres. */
#include "base/money.h"

#include <stdio.h>

__extension__ typedef __int128 wide;

bool money_add(struct money a, struct money b, struct money *sum)
{
	int64_t fen;
	if (__builtin_add_overflow(a.fen, b.fen, &fen))
		return false;
	sum->fen = fen;
	return true;
}

bool money_times(struct money price, int64_t thousandths, struct money *product)
{
	wide exact = (wide)price.fen * thousandths;
	wide half = exact < 0 ? -500 : 500;
	wide rounded = (exact + half) / 1000; /* C divides towards zero, so the half decides */
	if (rounded > INT64_MAX || rounded < INT64_MIN)
		return false;
	product->fen = (int64_t)rounded;
	return true;
}

static const char *decimal_text(int64_t value, uint64_t unit, int places, char text[24])
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	snprintf(text, 24, "%s%llu.%0*llu", value < 0 ? "-" : "", (unsigned long long)(size / unit), places,
		(unsigned long long)(size % unit));
	return text;
}

const char *money_text(struct money amount, char text[24])
{
	return decimal_text(amount.fen, 100, 2, text);
}

const char *volume_text(struct volume amount, char text[24])
{
	return decimal_text(amount.litre, 1000, 3, text);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Counts downwards, because the lowest number has no positive twin. */
static bool append_digit(int64_t *negative, int digit)
{
	return !__builtin_mul_overflow(*negative, 10, negative) &&
	       !__builtin_sub_overflow(*negative, digit, negative);
}

static bool decimal_parse(const char *text, int places, int64_t *value)
{
	bool minus = *text == '-';
	int64_t negative = 0;
	if (minus)
		text++;
	if (!is_digit(*text))
		return false;
	for (; is_digit(*text); text++)
		if (!append_digit(&negative, *text - '0'))
			return false;
	bool point = *text == '.';
	if (point && !is_digit(*++text))
		return false;
	for (int place = 0; place < places; place++) {
		int digit = point && is_digit(*text) ? *text++ - '0' : 0;
		if (!append_digit(&negative, digit))
			return false;
	}
	if (*text || (!minus && negative == INT64_MIN))
		return false;
	*value = minus ? negative : -negative;
	return true;
}

bool money_parse(const char *text, struct money *amount)
{
	return text && decimal_parse(text, 2, &amount->fen);
}

bool volume_parse(const char *text, struct volume *amount)
{
	return text && decimal_parse(text, 3, &amount->litre);
}
