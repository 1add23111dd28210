/* dispatch.h: who goes. Skill, certificate, duty, load and distance decide; a refusal says why.
 *
 * A person without the skill, or without the certificate valid on the day, is never sent; being off duty or
 * having too much in hand yields to a dispatcher who gives a reason. Emergencies are dispatched at once by
 * the system itself. Each dispatch is an offer with a time by which it is to be accepted; one that runs out
 * goes to the next person (emergencies) or back to the board.
 */
#ifndef QIFU_DISPATCH_H
#define QIFU_DISPATCH_H

#include "domain/fieldwork/repair/repair.h"

enum { REFUSALS_MOST = 6, REASONS_MOST = 6 };

struct dispatch_refusal {
	const char *code; /* "dispatch.off_duty" … */
	const char *detail;
	bool yields; /* to a dispatcher with a reason */
};
struct dispatch_person {
	int64_t staff_id, org_id;
	const char *name, *team;
	bool on_duty;
	int64_t open;	    /* orders in hand */
	int64_t distance_m; /* to the order; -1 unknown */
	int64_t longitude_e6, latitude_e6;
	int64_t score; /* more is better */
	const char *reasons[REASONS_MOST];
	size_t reason_count;
	struct dispatch_refusal refusals[REFUSALS_MOST];
	size_t refusal_count;
};

/* Judges one person for an order. NOT_FOUND when there is no such person any more. */
bool dispatch_judge(
	struct ctx *c, const struct repair *repair, int64_t staff_id, struct dispatch_person *person);
/* Those of the order's centre, and of the company when the centre has few; the fit ones first, best first. */
bool dispatch_suggest(struct ctx *c, const struct repair *repair, struct dispatch_person *people,
	size_t limit, size_t *count);

/* Somebody who shall not have this order again: the customer was not content with the work. Never yields. */
bool dispatch_recuse(struct ctx *c, int64_t repair_id, int64_t staff_id, const char *reason);

/* Sends somebody to help the one who has the order. */
bool dispatch_help(struct ctx *c, const struct repair *repair, int64_t staff_id, const char *reason);
/* The one on site asks the dispatcher for help. */
bool dispatch_ask_help(struct ctx *c, const struct repair *repair, const char *reason);
/* A further order for other work at the same place. */
bool dispatch_split(struct ctx *c, const struct repair *repair, const char *kind, const char *description,
	struct repair *made);

#endif
