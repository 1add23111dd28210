/* revisit.h: the return visit: asking the customer afterwards whether the work was good.
 *
 * Articles 6(2) and 6(4). Which finished orders are asked about is data (rulebook/revisit.json): all
 * emergencies and network faults, a share of the others, drawn by the digest of the order's number and never
 * below the share. A customer who is not content opens a second handling by somebody else; after it the
 * customer is asked again.
 */
#ifndef QIFU_REVISIT_H
#define QIFU_REVISIT_H

#include "domain/fieldwork/repair/repair.h"

#define REVISIT_STATUSES(X)                                                                                  \
	X(REVISIT_NOT_DUE, "not_due", "未抽中")                                                              \
	X(REVISIT_DUE, "due", "待回访")                                                                      \
	X(REVISIT_DONE, "done", "已回访")                                                                    \
	X(REVISIT_UNREACHABLE, "unreachable", "无法接通")                                                    \
	X(REVISIT_CANCELLED, "cancelled", "已取消")
CHOICE_ENUM(revisit_status, REVISIT_STATUSES);
extern const struct choice revisit_statuses[];

#define REVISIT_OUTCOMES(X)                                                                                  \
	X(OUTCOME_REACHED, "reached", "接通")                                                                \
	X(OUTCOME_NO_ANSWER, "no_answer", "无人接听")                                                        \
	X(OUTCOME_REFUSED, "refused", "拒绝回访")                                                            \
	X(OUTCOME_WRONG_NUMBER, "wrong_number", "号码不对")                                                  \
	X(OUTCOME_LATER, "later", "另约时间")
CHOICE_ENUM(revisit_outcome, REVISIT_OUTCOMES);
extern const struct choice revisit_outcomes[];

struct revisit {
	int64_t id, org_id;
	const char *module;
	int64_t subject_id, round;
	const char *number, *title, *level, *address, *phone, *rule;
	enum revisit_status status;
	struct instant due_at, next_at;
	int64_t attempts;
	enum revisit_outcome outcome;
	int64_t satisfaction; /* 5 very content … 1 not at all; 0 not told */
	const char *reason;
	bool second_handling;
	struct instant done_at;
	int64_t staff_id;
	struct instant created_at;
	int64_t version;
};
extern const struct entity revisit_entity;

struct revisit_call {
	int64_t id, revisit_id;
	struct instant at;
	struct date on_day;
	enum revisit_outcome outcome;
	int64_t satisfaction;
	const char *reason, *note;
	struct instant next_at; /* LATER: when the customer wants to be called */
	int64_t staff_id;
};
extern const struct entity revisit_call_entity;

bool revisit_read(struct ctx *c, int64_t id, struct revisit *revisit);
/* Records a call and does what follows from it: the next attempt, closing the order, the second handling. */
bool revisit_call_record(struct ctx *c, struct revisit *revisit, struct revisit_call *call);

/* The object of GET /revisits/{id}; `unmasked`: with the phone in full. */
bool revisit_page_write(struct ctx *c, const struct revisit *revisit, bool unmasked, struct json_out *out);

#endif
