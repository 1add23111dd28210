/* catalogue.h: the kinds of trouble that people call about, read from rulebook/catalogue.json.
 *
 * A kind says how urgent it is, who can deal with it (skill, certificate) and by which words one recognises
 * it. Classifying looks for those words: the longer one wins where two overlap (打不着火 is no fire), a
 * negated one doesn't count (没有气味 is no leak), and a sign of danger goes before everything that is merely
 * inconvenient.
 */
#ifndef QIFU_CATALOGUE_H
#define QIFU_CATALOGUE_H

#include "platform/ctx.h"
#include "platform/json.h"

struct catalogue_kind {
	const char *code, *label, *group;
	const char *level;		 /* "P0" … "P3": unless the agent chooses another */
	bool emergency;			 /* safety script, dispatch at once */
	const char *skill, *certificate; /* what the person needs; NULL: nothing */
	const char *const
		*words; /* NULL-ended; "报警器…响": up to CATALOGUE_GAP characters may stand between */
};
struct catalogue_cause {
	const char *code, *label;
	const char *const *groups;
};
struct catalogue {
	struct catalogue_kind *kinds;
	size_t kind_count;
	struct catalogue_cause *causes;
	size_t cause_count;
	const char *const *negators, *const *negator_fillers, *const *questions;
	const json_t *groups;
};
enum { CATALOGUE_GAP = 8, CATALOGUE_TEXT_MOST = 2000 };

/* Read once at start; never NULL afterwards. */
const struct catalogue *catalogue_of(const struct app *app);
const struct catalogue_kind *catalogue_kind_of(
	const struct app *app, const char *code); /* NULL when there is none */
const struct catalogue_cause *catalogue_cause_of(
	const struct app *app, const char *code); /* NULL when there is none */
/* For codes that an older rulebook knew: the code itself. */
const char *catalogue_label(const struct app *app, const char *kind_code);

struct catalogue_match {
	const struct catalogue_kind *kind;
	int64_t score;
};
/* The kinds that the text points at, best first; returns how many. Nothing recognised: 0. */
size_t catalogue_classify(struct ctx *c, const char *text, struct catalogue_match *matches, size_t limit);

bool catalogue_start(struct ctx *c);

#endif
