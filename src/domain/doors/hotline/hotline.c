/* hotline.c: what is open for a caller. */
#include "domain/doors/hotline/hotline.h"

#include "domain/fieldwork/repair/repair.h"

bool hotline_orders(struct ctx *c, const char *phone, const int64_t *households, size_t household_count,
	int64_t ids[CALLER_ORDERS_MOST], size_t *count)
{
	static const char open_orders[] =
		"SELECT id FROM repair_of_household WHERE household_id = $1 AND status IN ('filed', "
		"'dispatched', "
		"'accepted', 'departed', 'arrived', 'waiting') ORDER BY filed_at DESC, id DESC LIMIT $2";
	int64_t called[CALLER_ORDERS_MOST];
	size_t called_count;
	struct rows *rows;
	*count = 0;
	for (size_t i = 0; i < household_count; i++) {
		if (!db_query(c, &rows, open_orders, V(households[i]), V((int64_t)CALLER_ORDERS_MOST)))
			return false;
		while (*count < CALLER_ORDERS_MOST && rows_next(rows))
			ids[(*count)++] = rows_int(rows, 0);
		rows_close(rows);
	}
	if (ctx_failed(c) || !repair_of_phone(c, phone, called, CALLER_ORDERS_MOST, &called_count))
		return false;
	for (size_t i = 0; i < called_count && *count < CALLER_ORDERS_MOST; i++) {
		size_t k = 0;
		while (k < *count && ids[k] != called[i])
			k++;
		if (k == *count)
			ids[(*count)++] = called[i];
	}
	return true;
}
