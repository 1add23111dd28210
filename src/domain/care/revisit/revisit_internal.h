/* revisit_internal.h: shared by the files of this module only. */
#ifndef QIFU_REVISIT_INTERNAL_H
#define QIFU_REVISIT_INTERNAL_H

#include "domain/care/revisit/revisit.h"
#include "domain/core/work/work.h"

enum { RULES_MOST = 16, WHOLE_PERMILLE = 1000 };

struct revisit_rule {
	const char *code, *label, *module;
	const char *const *levels, *const *groups; /* NULL: any */
	int64_t share_permille, within_ms;
};
struct revisit_rules {
	struct revisit_rule list[RULES_MOST];
	size_t count;
	int64_t satisfied_at_least;
	int64_t attempts_most, attempt_days, again_after_ms, later_days_most;
	int64_t call_from, call_to, next_day; /* clock, ms */
	int64_t close_after_ms;
};
bool revisit_rules_start(struct ctx *c);
const struct revisit_rules *revisit_rules(const struct app *app);
/* The first rule that fits; NULL: none. */
const struct revisit_rule *revisit_rule_of(
	const struct app *app, const char *module, const char *level, const char *group);
const char *revisit_rule_label(const struct app *app, const char *code);
/* When to try again after a call that reached nobody: not at night, and after a day's second try on another
 * day. */
struct instant revisit_again(const struct revisit_rules *rules, struct instant now, int64_t tries_today);
/* Whether the number's digest draws it: of many numbers, this share. */
bool revisit_draws(const char *number, int64_t share_permille);

/* ---- what follows from an order's course (revisit.c)
 * -------------------------------------------------------------- */

extern const struct repair_extension revisit_extension;
bool revisit_close_job(struct ctx *c, bool *more);
bool revisit_work_collect(struct ctx *c, struct work_list *list);
void revisit_tell(struct ctx *c, const struct revisit *revisit);
bool revisit_calls_write(struct ctx *c, const struct revisit *revisit, struct json_out *out);
bool revisit_write_names(struct ctx *c, const void *record, struct json_out *out);

#endif
