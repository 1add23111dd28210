/* repair.h: the order: a household's trouble from the call to the return visit.
 *
 * Articles 5(3), 5(4), 6(2), 6(4), 15. Every door files through repair_file(); the order doesn't know which screen made it.
 * Its course is a table (repair_course); the status is assigned nowhere else.
 */
#ifndef QIFU_REPAIR_H
#define QIFU_REPAIR_H

#include "domain/core/promise/promise.h"
#include "platform/entity.h"

#define REPAIR_DOORS(X)                                                                                      \
	X(DOOR_HOTLINE, "hotline", "热线")                                                                    \
	X(DOOR_COUNTER, "counter", "窗口")                                                                    \
	X(DOOR_PORTAL, "portal", "网上")                                                                      \
	X(DOOR_12345, "12345", "12345")                                                                       \
	X(DOOR_API, "api", "接口")                                                                            \
	X(DOOR_FIELD, "field", "现场")
CHOICE_ENUM(repair_door, REPAIR_DOORS);
extern const struct choice repair_doors[];

/* P0 fire, explosion, poisoning, dug pipe · P1 gas smell, alarm · P2 no gas, low pressure · P3 ordinary. */
#define REPAIR_LEVELS(X)                                                                                     \
	X(LEVEL_P0, "P0", "特急")                                                                             \
	X(LEVEL_P1, "P1", "紧急")                                                                             \
	X(LEVEL_P2, "P2", "加急")                                                                             \
	X(LEVEL_P3, "P3", "普通")
CHOICE_ENUM(repair_level, REPAIR_LEVELS);
extern const struct choice repair_levels[];

#define REPAIR_STATUSES(X)                                                                                   \
	X(REPAIR_FILED, "filed", "待派单")                                                                    \
	X(REPAIR_DISPATCHED, "dispatched", "待接单")                                                          \
	X(REPAIR_ACCEPTED, "accepted", "已接单")                                                              \
	X(REPAIR_DEPARTED, "departed", "在途")                                                                \
	X(REPAIR_ARRIVED, "arrived", "已到场")                                                                \
	X(REPAIR_WAITING, "waiting", "暂停等待")                                                              \
	X(REPAIR_DONE, "done", "已完工")                                                                      \
	X(REPAIR_CLOSED, "closed", "已办结")                                                                  \
	X(REPAIR_CANCELLED, "cancelled", "已撤销")                                                            \
	X(REPAIR_JOINED, "joined", "已并单")
CHOICE_ENUM(repair_status, REPAIR_STATUSES);
extern const struct choice repair_statuses[];

struct repair {
	int64_t id, org_id, company_id;  /* org: the service centre in charge */
	const char *number;              /* "LS-2026-000123" */
	enum repair_door door;
	const char *kind;                /* catalogue code: "leak", "no_gas", "appliance_fault" … (rulebook/catalogue.json) */
	enum repair_level level;
	enum repair_status status;
	int64_t household_id;            /* 0: an address without a household */
	const char *address;
	const char *caller_name, *caller_phone, *phone_form;
	const char *description;
	bool script_read;                /* the safety script was read to the caller */
	struct instant appointment_from, appointment_to; /* agreed with the customer; 0 none */
	int64_t team_id, assignee_id;    /* org of the team; staff */
	int64_t joined_to_id;            /* JOINED: the order that does the work */
	const char *waiting_reason;
	const char *cause, *result;      /* on finishing: cause code, what was done */
	int64_t charge_fen;              /* agreed quotation's total; 0 free */
	bool secured;                    /* the danger is under control ("handled", the 6 h promise) */
	int64_t longitude_e6, latitude_e6;
	int64_t filed_by_id;
	struct instant filed_at, dispatched_at, accepted_at, departed_at, arrived_at, handled_at, done_at, closed_at;
	struct instant due_at;           /* earliest running promise, kept here for sorting */
	int64_t reopened;                /* how often */
	int64_t version;
};
extern const struct entity repair_entity;

/* Files an order: number, promises, timeline, notices and, for P0/P1, dispatch to the team on duty, in one transaction. */
bool repair_file(struct ctx *c, struct repair *repair);
bool repair_read(struct ctx *c, int64_t id, struct repair *repair);
bool repair_edit(struct ctx *c, struct repair *repair);

/* What can happen to an order. `repair_step` looks the step up in the course, checks permission and evidence, changes status,
 * tells promises, timeline, events. CONFLICT with a sentence when the course doesn't have it. */
#define REPAIR_STEPS(X)                                                                                      \
	X(STEP_DISPATCH, "dispatch", "派单")                                                                  \
	X(STEP_ACCEPT, "accept", "接单")                                                                      \
	X(STEP_REFUSE, "refuse", "退单")                                                                      \
	X(STEP_DEPART, "depart", "出发")                                                                      \
	X(STEP_ARRIVE, "arrive", "到场")                                                                      \
	X(STEP_SECURE, "secure", "控制险情")                                                                  \
	X(STEP_WAIT, "wait", "暂停")                                                                          \
	X(STEP_RESUME, "resume", "恢复")                                                                      \
	X(STEP_FINISH, "finish", "完工")                                                                      \
	X(STEP_CLOSE, "close", "办结")                                                                        \
	X(STEP_REOPEN, "reopen", "重办")                                                                      \
	X(STEP_CANCEL, "cancel", "撤销")                                                                      \
	X(STEP_JOIN, "join", "并单")
CHOICE_ENUM(repair_step_name, REPAIR_STEPS);
extern const struct choice repair_step_names[];

struct repair_step {
	enum repair_step_name step;
	struct instant at;      /* when it happened; 0: now; never in the future, never before the step before */
	const char *reason;     /* required by refuse, wait, reopen, cancel */
	const char *note;
	const char *cause, *result; /* finish */
	int64_t staff_id, team_id;  /* dispatch */
	int64_t other_id;           /* join: the order that stays */
	int64_t longitude_e6, latitude_e6;
};
bool repair_step(struct ctx *c, struct repair *repair, const struct repair_step *step);

/* Modules above add what a step needs before it may happen (quotation agreed, photos, checklist): the visit module registers
 * its check here at start, so that repair needn't know it. */
struct repair_gate {
	enum repair_step_name step;
	bool (*may)(struct ctx *c, const struct repair *repair, const struct repair_step *step);
};

/* Open orders at the same household or address (search form) of the last 72 h. */
bool repair_duplicates(struct ctx *c, int64_t org_id, int64_t household_id, const char *address, int64_t except_id,
	int64_t *ids, size_t limit, size_t *count);

#endif
