/* dispatch_internal.h: shared by the files of this module only. */
#ifndef QIFU_DISPATCH_INTERNAL_H
#define QIFU_DISPATCH_INTERNAL_H

#include "domain/fieldwork/dispatch/dispatch.h"
#include "platform/module.h"

enum { ROLES_MOST = 4, PEOPLE_MOST = 300, FEW_PEOPLE = 3, LEVELS = 5 };

/* rulebook/dispatch.json, and the words of rulebook/roles.json. */
struct dispatch_rules {
	const char *roles[ROLES_MOST]; /* who is sent out; NULL: no more */
	int64_t open_most;
	int64_t weight_load, weight_km, weight_team, weight_off_duty, weight_role;
	int64_t accept_ms[LEVELS]; /* by enum repair_level, where no promise says it */
	const json_t *skills, *certificates;
};
const struct dispatch_rules *dispatch_rules(const struct app *app);
bool dispatch_rules_start(struct ctx *c);
const char *dispatch_skill_label(const struct app *app, const char *code);
const char *dispatch_certificate_label(const struct app *app, const char *code);

/* Everybody who is sent out from a unit or below it, by name. Nothing but ids and names is filled in. */
bool dispatch_people(
	struct ctx *c, const char *org_path, struct dispatch_person *people, size_t limit, size_t *count);
bool dispatch_presence(struct ctx *c, struct dispatch_person *person);

/* {"unassigned":[…],"people":[…]}; `org_id` 0: everything that the actor dispatches; `day` NO_DATE: any. */
bool dispatch_board_write(struct ctx *c, int64_t org_id, struct date day, struct json_out *out);

/* ---- offers (dispatch_offer.c)
 * ------------------------------------------------------------------------------------ */

bool offer_make(struct ctx *c, const struct repair *repair);
bool offer_end(struct ctx *c, int64_t repair_id, const char *outcome);
/* Whether the person has lately let this order run out, or sent it back. */
bool offer_declined(struct ctx *c, int64_t repair_id, int64_t staff_id, bool *declined);
/* Who had it last. 0: nobody. */
bool offer_last(struct ctx *c, int64_t repair_id, int64_t *staff_id);
extern const struct repair_extension dispatch_extension;

bool offer_job(struct ctx *c, bool *more);

/* Gives an open, unassigned order to the best person who is fit and on duty. `*given` false: nobody is. */
bool dispatch_automatically(struct ctx *c, struct repair *repair, bool keeps_clocks, bool *given);
/* Tells who dispatches that a person is needed. `once` NULL: each time. */
bool dispatch_tell(struct ctx *c, const struct repair *repair, const char *template_code, const char *once);

#endif
