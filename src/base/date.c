/* date.c: days of the civil (Gregorian) calendar; declared in instant.h. */
#include "base/instant.h"

#include <stdio.h>

enum { FIRST_YEAR = 1900, LAST_YEAR = 2999, DAYS_IN_400_YEARS = 146097, DAYS_0000_03_01_TO_1970 = 719468 };

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Years are counted from March, so that the leap day is the last of its year. */
static int32_t day_number(int year, int month, int mday)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return (int32_t)(era * DAYS_IN_400_YEARS + day_of_era - DAYS_0000_03_01_TO_1970);
}

bool date_make(int year, int month, int day, struct date *out)
{
	if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12)
		return false;
	if (day < 1 || day > days_in_month(year, month))
		return false;
	out->day = day_number(year, month, day);
	return true;
}

/* Two or four digits at a place; -1 when there are others. */
static int digits_at(const char *text, int from, int count)
{
	int number = 0;
	for (int i = from; i < from + count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

bool date_parse(const char *text, struct date *out)
{
	if (!text)
		return false;
	int year = digits_at(text, 0, 4);
	if (year < 0 || text[4] != '-')
		return false;
	int month = digits_at(text, 5, 2);
	if (month < 0 || text[7] != '-')
		return false;
	int day = digits_at(text, 8, 2);
	return day >= 0 && !text[10] && date_make(year, month, day, out);
}

void date_parts(struct date day, int *year, int *month, int *mday)
{
	int64_t shifted = (int64_t)day.day + DAYS_0000_03_01_TO_1970;
	int64_t era = (shifted >= 0 ? shifted : shifted - DAYS_IN_400_YEARS + 1) / DAYS_IN_400_YEARS;
	int day_of_era = (int)(shifted - era * DAYS_IN_400_YEARS);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * day_of_year + 2) / 153;
	*mday = day_of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = (int)(era * 400) + year_of_era + (*month <= 2 ? 1 : 0);
}

const char *date_text(struct date day, char text[DATE_TEXT_SIZE])
{
	int year, month, mday;
	text[0] = '\0';
	if (day.day == INT32_MIN)
		return text;
	date_parts(day, &year, &month, &mday);
	snprintf(text, DATE_TEXT_SIZE, "%04d-%02d-%02d", year, month, mday);
	return text;
}

int date_year(struct date day)
{
	int year, month, mday;
	date_parts(day, &year, &month, &mday);
	return year;
}

int date_weekday(struct date day)
{
	int after_thursday = (int)((int64_t)day.day % 7); /* 1970-01-01 was a Thursday */
	return (after_thursday + 7 + 3) % 7 + 1;
}

struct date date_plus(struct date day, int days)
{
	int32_t sum;
	if (day.day == INT32_MIN)
		return day;
	if (__builtin_add_overflow(day.day, days, &sum) || sum == INT32_MIN)
		return (struct date){ days > 0 ? INT32_MAX : INT32_MIN + 1 };
	return (struct date){ sum };
}

struct date date_plus_months(struct date day, int months)
{
	int year, month, mday;
	if (day.day == INT32_MIN)
		return day;
	date_parts(day, &year, &month, &mday);
	int64_t count = (int64_t)year * 12 + (month - 1) + months;
	int64_t new_year = count / 12 - (count % 12 < 0);
	if (new_year < -1000000 || new_year > 1000000) /* beyond what a day number holds comfortably */
		return (struct date){ months > 0 ? INT32_MAX : INT32_MIN + 1 };
	year = (int)new_year;
	month = (int)(count - new_year * 12) + 1;
	int last = days_in_month(year, month);
	return (struct date){ day_number(year, month, mday < last ? mday : last) };
}
