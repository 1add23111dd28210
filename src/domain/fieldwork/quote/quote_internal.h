/* quote_internal.h: shared by the files of this module only. */
#ifndef QIFU_QUOTE_INTERNAL_H
#define QIFU_QUOTE_INTERNAL_H

#include "domain/fieldwork/quote/quote.h"

bool price_start(struct ctx *c);
/* Marks the quotation as agreed. */
bool quote_agree(struct ctx *c, const struct quote *quote, const char *method, int64_t evidence_id);

#endif
