/* money.h, the two quantities of the trade. Integers only; never floating point. */
#ifndef QIFU_BASE_MONEY_H
#define QIFU_BASE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

/* An amount of money in fen (1 yuan = 100 fen). Members, columns and JSON keys end in `_fen`. */
struct money {
	int64_t fen;
};

/* An amount of gas in litres (1 m3 = 1000 l). Members, columns and JSON keys end in `_litre`. */
struct volume {
	int64_t litre;
};

/* Sums that overflow return false and leave `*sum` alone. */
bool money_add(struct money a, struct money b, struct money *sum);

/* `price` times `thousandths`/1000, rounded half away from zero to a fen. False on overflow. */
bool money_times(struct money price, int64_t thousandths, struct money *product);

/* "1234.05" into `text` (at least 24 bytes). Returns `text`. */
const char *money_text(struct money amount, char text[24]);

/* "12.345" (m3) into `text` (at least 24 bytes). Returns `text`. */
const char *volume_text(struct volume amount, char text[24]);

/* Decimal text with at most 2 (yuan) or 3 (m3) places and nothing else around it. False when it isn't. */
bool money_parse(const char *text, struct money *amount);
bool volume_parse(const char *text, struct volume *amount);

#endif
