/* promise.h: what the company owes, by when, and whether it kept it.
 *
 * A rule is data (rulebook/promises.json, overridden per organisation with basis and date): code, article,
 * legal basis, kind, amount, which event starts and which stops it, in which states it pauses, when it warns,
 * whom it escalates to. Modules tell what happened; they never compute a deadline themselves.
 *
 * Kinds: elapsed (milliseconds on the wall clock, 24 h a day) · working_time (service hours only) ·
 * working_days · calendar_days (both: day of the event not counted, due at the end of the last day,
 * rule->due_clock) · clock_window (by a clock time on the same or the next day).
 *
 * Pausing: a paused promise doesn't run; on resuming, what was left is added in the same measure. Pauses
 * belong to the promise, not to the rule: a changed priority or rule keeps them. The sum of running intervals
 * equals the time that ran.
 *
 * Warnings and escalations fire once each: (promise, rule version, step) is unique in the database, whichever
 * node is first.
 */
#ifndef QIFU_PROMISE_H
#define QIFU_PROMISE_H

#include "domain/core/subject/subject.h"
#include "platform/db.h"

struct promise_facts {
	int64_t org_id;		/* whose promise: the unit that handles the subject */
	const char *user_class; /* "resident" …; NULL: any */
	const char *kind;	/* business kind of the subject (catalogue code); NULL: any */
	const char *level;	/* "P0" … "P3"; NULL: any */
	const char *title;	/* "工单 LS-2026-000123 燃气泄漏": for warnings */
	bool has_appointment;	/* the customer agreed to another time */
	struct instant appointment_from, appointment_to;
	int64_t assignee_id; /* who has it now: warned besides the roles; 0 nobody */
};

/* Something happened: "filed", "dispatched", "accepted", "departed", "arrived", "controlled", "handled",
 * "repaired", "closed", "cancelled", "reopened", "answered" …, prefixed by the module when looked up:
 * "repair.arrived". Starts every applicable rule with that starts_on that the subject hasn't yet, meets every
 * running one with that stops_on. `at` may lie before ctx->now (a phone that was offline). */
bool promise_event(struct ctx *c, struct subject subject, const char *event, struct instant at,
	const struct promise_facts *facts);

/* The subject's state changed: pauses and resumes what its rules say ("waiting_customer"). */
bool promise_state(struct ctx *c, struct subject subject, const char *state, struct instant at);

/* Facts changed (priority, class, organisation, appointment): deadlines are computed anew, pauses and
 * progress kept, old and new logged in the timeline. */
bool promise_facts_changed(struct ctx *c, struct subject subject, const struct promise_facts *facts);

/* A calendar or rule changed: recomputes what is open, keeps what is finished, logs old and new. */
bool promise_recompute_open(struct ctx *c, int64_t org_id, int64_t *changed);

/* The earliest running deadline of a subject; 0 ms when none runs. */
bool promise_next_due(struct ctx *c, struct subject subject, struct instant *due_at, const char **code);

/* [{"code","label","article","basis","state":"running|paused|met|broken|cancelled","started_at","due_at","warn_at",
 *   "stopped_at","remaining_ms","running_ms","paused_ms"}…] in order of due_at, id. */
struct json_out;
bool promise_write(struct ctx *c, struct subject subject, struct json_out *out);

/* The deadline of a code without a subject: `qifu due`. `explain` (may be NULL) receives one line per day
 * counted.
 * `*missing_year` is not 0 when a calendar is missing (then false without a problem set). */
struct text_builder;
bool promise_due(struct ctx *c, const char *code, struct instant from, const char *user_class, int64_t org_id,
	const char *place, struct instant *due, struct text_builder *explain, int *missing_year);

/* The Chinese name of a promise; NULL when there is no such code. */
const char *promise_label(const struct ctx *c, const char *code);
/* Reads the rules into app->book; promise's start does it. For commands that run without the modules' starts.
 */
bool promise_book_load(struct ctx *c);

#endif
