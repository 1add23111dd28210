/* visit_internal.h: shared by the files of this module only. */
#ifndef QIFU_VISIT_INTERNAL_H
#define QIFU_VISIT_INTERNAL_H

#include "domain/core/evidence/evidence.h"
#include "domain/fieldwork/visit/visit.h"
#include "platform/module.h"

/* rulebook/checklists.json */
struct visit_rules {
	bool place_or_reason;
	const char *const *arrive_photo_levels, *const *finish_photo_levels; /* NULL: none */
	bool after_photo, leaving_checklist, signature_or_reason;
	const json_t *leaving, *leaving_groups;
};
const struct visit_rules *visit_rules(const struct app *app);
bool visit_rules_start(struct ctx *c);
/* The points of the leaving checklist for an order. */
const json_t *visit_points(const struct app *app, const struct repair *repair);

/* What an attempt has so far. */
struct visit {
	bool exists;
	struct instant recorded_at;
	const char *note, *checklist; /* JSON */
	struct money amount_fen;
	int64_t arrival_before, after_before, signature_before; /* evidence of earlier attempts */
};
bool visit_read(struct ctx *c, const struct repair *repair, struct visit *visit);
/* Evidence of this attempt. */
bool visit_evidence(struct ctx *c, const struct repair *repair, const struct visit *visit,
	enum evidence_kind kind, int64_t *count);
bool visit_checklist_is_done(struct ctx *c, const struct repair *repair, const struct visit *visit);

extern const struct repair_extension visit_extension;

#endif
