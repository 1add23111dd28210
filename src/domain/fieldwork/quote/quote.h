/* quote.h: what work costs, said before it is done. Regulation article 6(4)3.
 *
 * Prices come in versions: each with its basis, its approval and the day from which it holds, and never
 * changed afterwards. A quotation takes its lines from the version in force for the unit (the nearest unit
 * above that has one). Nothing is in it that nobody chose. The customer agrees by a signature or by a code
 * sent to the phone; a changed quotation must be agreed anew.
 */
#ifndef QIFU_QUOTE_H
#define QIFU_QUOTE_H

#include "domain/core/subject/subject.h"
#include "platform/entity.h"

struct price_version {
	int64_t id, org_id; /* for whom: the unit and all below it; 0: everybody without one of their own */
	const char *number; /* of the price document */
	const char *basis, *approval;
	struct date effective_from;
	struct instant created_at;
	const char *created_by;
	int64_t version;
};
extern const struct entity price_version_entity;

#define PRICE_GROUPS(X)                                                                                      \
	X(PRICE_LABOUR, "labour", "工费")                                                                    \
	X(PRICE_MATERIAL, "material", "材料费")                                                              \
	X(PRICE_OTHER, "other", "其他")
CHOICE_ENUM(price_group, PRICE_GROUPS);
extern const struct choice price_groups[];

struct price_item {
	int64_t id, version_id;
	const char *code, *label, *unit;
	enum price_group section;
	struct money price_fen; /* for one unit */
};
extern const struct entity price_item_entity;

enum { PRICE_ITEMS_MOST = 500, QUOTE_LINES_MOST = 50, QUOTE_QUANTITY_MOST = 1000000 };

/* Publishes a version with its items; it must not begin in the past. */
bool price_publish(struct ctx *c, struct price_version *version, struct price_item *items, size_t count);
/* Takes back a version that is not yet in force. */
bool price_withdraw(struct ctx *c, int64_t id);
/* The version in force for a unit on a day; NOT_FOUND when there is none. */
bool price_in_force(struct ctx *c, int64_t org_id, struct date on, struct price_version *version);
bool price_items_write(struct ctx *c, int64_t version_id, struct json_out *out); /* an array */

bool price_item_find(
	struct ctx *c, int64_t version_id, const char *code, struct price_item *item, bool *found);

struct quote_line {
	const char *item_code;
	int64_t quantity_thousandths; /* 1.5 m is 1500 */
	const char *label, *unit;     /* from here on filled in from the price version */
	struct money price_fen, amount_fen;
};
struct quote {
	int64_t id, org_id, price_version_id;
	struct subject subject;
	struct money total_fen;
	const char *consent_method; /* "signature" "code"; NULL: not yet agreed */
	int64_t consent_evidence_id;
	struct instant consented_at, created_at;
	struct quote_line *lines;
	size_t line_count;
};

/* Takes the place of the subject's earlier quotation, agreed or not. */
bool quote_make(struct ctx *c, struct subject subject, int64_t org_id, struct quote_line *lines, size_t count,
	struct quote *quote);
/* The subject's present quotation; `*found` false when there is none. */
bool quote_read(struct ctx *c, struct subject subject, struct quote *quote, bool *found);
bool quote_is_agreed(const struct quote *quote); /* or costs nothing */
/* The object, or null. */
bool quote_write(struct ctx *c, struct subject subject, struct json_out *out);

/* Nothing is charged after all. */
bool quote_withdraw(struct ctx *c, struct subject subject);

/* The customer signed: the signature is a piece of evidence of the same subject, made after the quotation. */
bool quote_consent_by_signature(struct ctx *c, struct subject subject, int64_t evidence_id);

/* Six digits to the phone, good for five minutes and five tries; a new one after a minute at the earliest. */
enum { CODE_MS = 5 * MINUTE_MS, CODE_TRIES = 5, CODE_PAUSE_MS = MINUTE_MS, CODE_SENDS = 5 };
/* `number` is the order's, for the message. */
bool quote_code_send(struct ctx *c, struct subject subject, const char *number, const char *phone);
/* Outside a transaction: a try is counted even when it was wrong. */
bool quote_code_try(struct ctx *c, struct subject subject, const char *code);
/* In the transaction after a successful try. */
bool quote_consent_by_code(struct ctx *c, struct subject subject);

#endif
