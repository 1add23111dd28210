/* hotline.h: who is calling, and what is open for them. */
#ifndef QIFU_HOTLINE_H
#define QIFU_HOTLINE_H

#include "platform/ctx.h"

enum { CALLER_ORDERS_MOST = 20 };

/* Open orders of the households, then those that were filed under the number itself; each once. */
bool hotline_orders(struct ctx *c, const char *phone, const int64_t *households, size_t household_count,
	int64_t ids[CALLER_ORDERS_MOST], size_t *count);

#endif
