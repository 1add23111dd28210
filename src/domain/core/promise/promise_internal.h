/* promise_internal.h: shared by the files of this module only. */
#ifndef QIFU_PROMISE_INTERNAL_H
#define QIFU_PROMISE_INTERNAL_H

#include "domain/core/book/book.h"
#include "domain/core/calendar/calendar.h"
#include "domain/core/promise/promise.h"
#include "platform/json.h"

enum { STEPS_MOST = 8, PLACES_MOST = 16, SPANS_MOST = 200, PROMISES_MOST = 100, OVERRIDES_MOST = 400 };

/* ---- rules: rulebook/promises.json
 * ---------------------------------------------------------------------------- */

enum promise_kind {
	KIND_ELAPSED = 1,
	KIND_WORKING_TIME,
	KIND_WORKING_DAYS,
	KIND_CALENDAR_DAYS,
	KIND_CLOCK_WINDOW
};
enum appointment_wanted { APPOINTMENT_ANY, APPOINTMENT_NONE, APPOINTMENT_AGREED };

/* A warning (before) or escalation (after). */
struct promise_step {
	bool before;
	int64_t amount;
	const char *unit;
	const char *to; /* role; "assignee": who has it */
	int level;	/* 0 warning, 1 and up: how far it has moved up */
};

/* A weaker or stronger number that holds in a place (GB/T 2260 prefix). */
struct promise_place {
	const char *place, *basis;
	int64_t amount;
};

struct promise_rule {
	const char *code, *label, *article, *basis,
		*source; /* source: regulation statute published default */
	const char *note;
	const char *kind_code, *unit;
	enum promise_kind kind;
	int64_t amount, version;
	int64_t due_clock; /* day kinds: ms since midnight; -1: when business ends */
	int64_t late_from,
		late_due; /* clock_window: from this clock time on, due at that one of the next day */
	int64_t night_from, night_to,
		night_amount;	     /* elapsed: another amount when it starts at night; 0 none */
	bool floor;		     /* nobody may promise less */
	bool again;		     /* starts anew with each start event */
	const char *appointment_due; /* "from" / "to": with an appointment it is due then */
	const char *const *starts_on, *const *stops_on, *const *cancels_on, *const *reopens_on,
										    *const *pauses_in;
	const char *const *groups, *const *kinds, *const *levels, *const *classes;
	enum appointment_wanted appointment;
	struct promise_step steps[STEPS_MOST];
	size_t step_count;
	struct promise_place places[PLACES_MOST];
	size_t place_count;
};

struct promise_book {
	struct promise_rule *rules;
	size_t count;
	struct {
		const char *kind, *group;
	} * groups; /* of rulebook/catalogue.json */
	size_t group_count;
};

const struct promise_book *promise_book(const struct ctx *c);
const struct promise_rule *promise_rule_of_code(const struct promise_book *book, const char *code);
bool promise_rule_applies(
	const struct promise_book *book, const struct promise_rule *rule, const struct promise_facts *facts);
int64_t unit_ms(const char *unit);
/* "HH:MM" to ms; 24:00 allowed; -1 when it is not a clock time. */
int64_t clock_of_text(const char *text);
const char *promise_amount_text(struct ctx *c, const struct promise_rule *rule, int64_t amount);

/* What holds for an organisation on a day. */
struct promise_limit {
	int64_t amount, version, due_clock;
	const char *basis;
};
struct promise_override {
	int64_t id, amount, due_clock;
	const char *code, *basis;
	struct date effective_from;
};
struct promise_overrides {
	int64_t org_id;
	struct promise_override *list; /* nearest organisation first, then latest */
	size_t count;
	const char *place;
	bool place_known;
};
bool promise_overrides_load(struct ctx *c, int64_t org_id, struct promise_overrides *overrides);
bool promise_limit_find(struct ctx *c, struct promise_overrides *overrides, const struct promise_rule *rule,
	struct instant started, struct promise_limit *limit);

/* An override as somebody asked for it. */
struct override_wish {
	const char *code, *basis, *due_clock, *effective_from;
	int64_t org_id, amount;
};
bool promise_override_add(struct ctx *c, const struct override_wish *wish, int64_t *id, int64_t *changed);
bool promise_overrides_write(struct ctx *c, const char *code, int permission, struct json_out *out);
/* 0: nothing is promised on it. */
bool promise_subject_org(struct ctx *c, struct subject subject, int64_t *org_id);

/* ---- the clock: pure
 * ---------------------------------------------------------------------------------------------- */

struct span {
	struct instant from, to; /* to 0: open */
};

struct promise_clock {
	const struct promise_rule *rule;
	struct promise_limit limit;
	struct instant started;
	struct instant appointment_from, appointment_to; /* 0 none */
	const struct calendar *calendar;		 /* needed when promise_needs_calendar() */
	const struct span *pauses;			 /* in order, apart from each other */
	size_t pause_count;
};
bool promise_needs_calendar(const struct promise_rule *rule);
/* `due` 0 ms: paused, and not run out before. False: `*missing_year` has no calendar. */
bool promise_clock_due(const struct promise_clock *clock, struct instant *due, int *missing_year);
/* When a step fires, given the due instant. Business-time rules fire in service hours. */
bool promise_clock_step(const struct promise_clock *clock, const struct promise_step *step,
	struct instant due, struct instant *at, int *missing_year);
/* Time outside the pauses from the start until `end`. */
int64_t promise_clock_running(const struct promise_clock *clock, struct instant end);
/* Puts spans in order and joins those that touch or overlap; returns how many remain. */
size_t spans_join(struct span *spans, size_t count);

/* ---- rows
 * ---------------------------------------------------------------------------------------------------------
 */

enum promise_state_code { STATE_RUNNING = 1, STATE_PAUSED, STATE_MET, STATE_BROKEN, STATE_CANCELLED };

struct promise {
	int64_t id, org_id, attempt, rule_version, round;
	const char *code;
	enum promise_state_code state;
	struct instant started_at, due_at, warn_at, next_at, stopped_at;
	const struct promise_rule *rule; /* NULL: the book no longer has it */
};

struct subject_pause {
	const char *state;
	struct span span;
	int64_t number;
};

/* A subject with everything that decides its clocks. */
struct promise_case {
	struct ctx *c;
	struct subject subject;
	bool known;
	struct promise_facts facts;
	struct promise *list;
	size_t count;
	struct subject_pause *pauses;
	size_t pause_count;
	const struct promise_book *book;
	struct promise_overrides overrides;
	const struct calendar *calendar;
	int64_t calendar_org;
};
bool promise_case_load(struct ctx *c, struct subject subject, struct promise_case *all);
bool promise_case_clock(struct promise_case *all, const struct promise *promise, struct promise_clock *clock);
/* Works the deadline out anew and stores what changed; `log`: an old and new deadline go into the timeline.
 */
bool promise_case_refresh(struct promise_case *all, struct promise *promise, bool log, bool *changed);

bool promise_escalate_job(struct ctx *c, bool *more);
bool promise_start(struct ctx *c);

#endif
