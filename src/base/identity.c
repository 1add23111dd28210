/* identity.c: official numbers that carry a check character; declared in text.h. */
#include <string.h>

#include "base/instant.h"
#include "base/text.h"

static int number_of(const char *digits, int count)
{
	int number = 0;
	for (int i = 0; i < count; i++)
		number = number * 10 + (digits[i] - '0');
	return number;
}

/* GB 11643: weights 2^(17-i) modulo 11, the remainder's character from this row. */
bool text_is_identity_number(const char *text)
{
	static const char check[] = "10X98765432";
	static const int weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	if (!text || strlen(text) != 18 || text[0] == '0')
		return false;
	int sum = 0;
	for (int i = 0; i < 17; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		sum += (text[i] - '0') * weights[i];
	}
	struct date birth;
	if (!date_make(number_of(text + 6, 4), number_of(text + 10, 2), number_of(text + 12, 2), &birth))
		return false;
	char last = text[17] == 'x' ? 'X' : text[17];
	return last == check[sum % 11];
}

/* GB 32100: 31 characters without I, O, S, V, Z; weights 3^i modulo 31. */
bool text_is_credit_code(const char *text)
{
	static const char characters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	if (!text || strlen(text) != 18)
		return false;
	int sum = 0, weight = 1, value = 0;
	for (int i = 0; i < 18; i++) {
		const char *found = strchr(characters, text[i]);
		if (!found)
			return false;
		value = (int)(found - characters);
		if (i < 17)
			sum += value * weight;
		weight = weight * 3 % 31;
	}
	return value == (31 - sum % 31) % 31;
}
