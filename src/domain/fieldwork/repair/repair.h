/* repair.h: the order: a household's trouble from the call to the return visit.
 *
 * Articles 5(3), 5(4), 6(2), 6(4), 15. Every door files through repair_file(); the order doesn't know which
 * screen made it. Its course is a table (repair_course); the status is assigned nowhere else.
 */
#ifndef QIFU_REPAIR_H
#define QIFU_REPAIR_H

#include "domain/core/promise/promise.h"
#include "domain/customer/household/household.h"
#include "platform/entity.h"

#define REPAIR_DOORS(X)                                                                                      \
	X(DOOR_HOTLINE, "hotline", "热线")                                                                   \
	X(DOOR_COUNTER, "counter", "窗口")                                                                   \
	X(DOOR_PORTAL, "portal", "网上")                                                                     \
	X(DOOR_12345, "12345", "12345")                                                                      \
	X(DOOR_API, "api", "接口")                                                                           \
	X(DOOR_FIELD, "field", "现场")
CHOICE_ENUM(repair_door, REPAIR_DOORS);
extern const struct choice repair_doors[];

/* P0 fire, explosion, poisoning, dug pipe · P1 gas smell, alarm · P2 no gas, low pressure · P3 ordinary. */
#define REPAIR_LEVELS(X)                                                                                     \
	X(LEVEL_P0, "P0", "特急")                                                                            \
	X(LEVEL_P1, "P1", "紧急")                                                                            \
	X(LEVEL_P2, "P2", "加急")                                                                            \
	X(LEVEL_P3, "P3", "普通")
CHOICE_ENUM(repair_level, REPAIR_LEVELS);
extern const struct choice repair_levels[];

#define REPAIR_STATUSES(X)                                                                                   \
	X(REPAIR_FILED, "filed", "待派单")                                                                   \
	X(REPAIR_DISPATCHED, "dispatched", "待接单")                                                         \
	X(REPAIR_ACCEPTED, "accepted", "已接单")                                                             \
	X(REPAIR_DEPARTED, "departed", "在途")                                                               \
	X(REPAIR_ARRIVED, "arrived", "已到场")                                                               \
	X(REPAIR_WAITING, "waiting", "暂停等待")                                                             \
	X(REPAIR_DONE, "done", "已完工")                                                                     \
	X(REPAIR_CLOSED, "closed", "已办结")                                                                 \
	X(REPAIR_CANCELLED, "cancelled", "已撤销")                                                           \
	X(REPAIR_JOINED, "joined", "已并单")
CHOICE_ENUM(repair_status, REPAIR_STATUSES);
extern const struct choice repair_statuses[];

struct repair {
	int64_t id, org_id, company_id; /* org: the service centre in charge */
	const char *number;		/* "LS-2026-000123" */
	enum repair_door door;
	const char *kind; /* catalogue code: "leak", "no_gas", "appliance_fault" … */
	enum repair_level level;
	enum repair_status status;
	int64_t household_id; /* 0: an address without a household */
	enum user_class user_class;
	const char *address, *address_form; /* as told; in its search form, for finding duplicates */
	const char *caller_name, *caller_phone, *phone_form;
	const char *description;
	bool script_read;				 /* the safety script was read to the caller */
	const char *script_reason;			 /* NOT_STORED: or why not (then in the timeline) */
	struct instant appointment_from, appointment_to; /* agreed with the customer; 0 none */
	int64_t team_id, assignee_id;			 /* org of the team; staff */
	int64_t joined_to_id;				 /* JOINED: the order that does the work */
	const char *waiting_reason;
	enum repair_status waiting_from; /* WAITING: where resuming leads */
	const char *cause, *result;	 /* on finishing: cause code, what was done */
	int64_t charge_fen;		 /* agreed quotation's total; 0 free */
	bool secured;			 /* the danger is under control ("handled", the 6 h promise) */
	int64_t longitude_e6, latitude_e6;
	int64_t filed_by_id;
	struct instant filed_at, dispatched_at, accepted_at, departed_at, arrived_at, handled_at, done_at,
		closed_at;
	struct instant first_arrived_at; /* of all attempts; the others are of the present one */
	struct instant stepped_at;	 /* the last step: the next cannot be earlier */
	struct instant due_at;		 /* earliest running promise, kept here for sorting */
	int64_t reopened;		 /* how often */
	int64_t version;
};
extern const struct entity repair_entity;

/* Files an order: number, promises, timeline, notices and, for P0/P1, dispatch to the team on duty, in one
 * transaction. */
bool repair_file(struct ctx *c, struct repair *repair);
bool repair_read(struct ctx *c, int64_t id, struct repair *repair);
bool repair_edit(struct ctx *c, struct repair *repair);

/* What can happen to an order. `repair_step` looks the step up in the course, checks permission and evidence,
 * changes status, tells promises, timeline, events. CONFLICT with a sentence when the course doesn't have it.
 */
#define REPAIR_STEPS(X)                                                                                      \
	X(STEP_DISPATCH, "dispatch", "派单")                                                                 \
	X(STEP_ACCEPT, "accept", "接单")                                                                     \
	X(STEP_REFUSE, "refuse", "退单")                                                                     \
	X(STEP_DEPART, "depart", "出发")                                                                     \
	X(STEP_ARRIVE, "arrive", "到场")                                                                     \
	X(STEP_SECURE, "secure", "控制险情")                                                                 \
	X(STEP_WAIT, "wait", "暂停")                                                                         \
	X(STEP_RESUME, "resume", "恢复")                                                                     \
	X(STEP_FINISH, "finish", "完工")                                                                     \
	X(STEP_CLOSE, "close", "办结")                                                                       \
	X(STEP_REOPEN, "reopen", "重办")                                                                     \
	X(STEP_CANCEL, "cancel", "撤销")                                                                     \
	X(STEP_JOIN, "join", "并单")                                                                         \
	X(STEP_MOVE, "move", "转中心")
CHOICE_ENUM(repair_step_name, REPAIR_STEPS);
extern const struct choice repair_step_names[];

struct repair_step {
	enum repair_step_name step;
	struct instant at; /* when it happened; 0: now; never in the future, never before the step before */
	const char *
		reason; /* required by refuse, wait, reopen, cancel, move and by giving it to somebody else */
	const char *note;
	const char *cause, *result; /* finish */
	int64_t staff_id, team_id;  /* dispatch */
	int64_t other_id;	    /* join: the order that stays */
	int64_t org_id;		    /* move: the centre that takes over */
	int64_t longitude_e6, latitude_e6;
	/* dispatch, refuse: nobody took the order, so the promises' clocks go on as if nothing had happened.
	 */
	bool keeps_clocks;
};
bool repair_step(struct ctx *c, struct repair *repair, const struct repair_step *step);

/* Whether the order still has work in it. */
bool repair_is_open(const struct repair *repair);
bool repair_is_emergency(const struct repair *repair); /* P0, P1 */

/* An order at another centre, also of another company: at once, with the fences of both sides. */
bool repair_move(struct ctx *c, struct repair *repair, int64_t org_id, const char *reason);

/* Modules above add to an order what it needn't know itself: registered in their start.
 *
 * A gate says what a step needs before it may happen (quotation agreed, photos, checklist): false with the
 * problem set. */
struct repair_gate {
	enum repair_step_name step;
	bool (*may)(struct ctx *c, const struct repair *repair, const struct repair_step *step);
};
struct repair_extension {
	const char *name; /* the module's */
	const struct repair_gate *gates;
	size_t gate_count;
	/* After filing (step NULL) and after each step, in the same transaction. May take further steps. */
	bool (*after)(struct ctx *c, struct repair *repair, const struct repair_step *step);
	/* Adds members to the order's page. */
	bool (*write)(struct ctx *c, const struct repair *repair, struct json_out *out);
	/* Adds to the "needs" of a step, as texts: "after_photo", "signature" … */
	bool (*needs)(
		struct ctx *c, const struct repair *repair, enum repair_step_name step, struct json_out *out);
	/* Whether somebody who has no permission otherwise works on this order (helpers). */
	bool (*works_on)(struct ctx *c, const struct repair *repair, int64_t staff_id, bool *works);
};
void repair_extend(struct ctx *c, const struct repair_extension *extension); /* static const */

/* What the work on site costs, once it is agreed and done. */
bool repair_charge(struct ctx *c, struct repair *repair, struct money amount);

/* Whether the actor is the one who has the order (assignee, the team's people while nobody has it, helpers).
 */
bool repair_is_actors(struct ctx *c, const struct repair *repair, bool *is);

/* The actor has the permission where the order lies, or has it anywhere and the order is the actor's own: a
 * team's people work on orders of the centre. FORBIDDEN or NOT_FOUND as fence_require() says. */
bool repair_require(struct ctx *c, const struct repair *repair, int permission);

/* Members, names of kind, people and units: everything a row of a list shows. No braces. */
bool repair_members_write(struct ctx *c, const struct repair *repair, bool unmasked, struct json_out *out);
/* [{"step","label","needs":[…]}…]: what the actor may do now. */
bool repair_steps_write(struct ctx *c, const struct repair *repair, struct json_out *out);
/* The object of GET /repairs/{id}. */
bool repair_page_write(struct ctx *c, const struct repair *repair, struct json_out *out);

/* Open orders at the same household or address (search form) of the last 72 h. */
bool repair_duplicates(struct ctx *c, int64_t org_id, int64_t household_id, const char *address,
	int64_t except_id, int64_t *ids, size_t limit, size_t *count);
/* Open orders reached under a phone, within the actor's fence, newest first. */
bool repair_of_phone(struct ctx *c, const char *phone, int64_t *ids, size_t limit, size_t *count);

/* Open screens that show the order read it again. `org_id` besides the order's own (0 none). */
void repair_tell(struct ctx *c, const struct repair *repair, const char *event, int64_t org_id);
struct promise_facts repair_facts(struct ctx *c, const struct repair *repair);

#endif
