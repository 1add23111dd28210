/* timeline.h: what was said and done on a subject, append-only and hash-chained per subject. */
#ifndef QIFU_TIMELINE_H
#define QIFU_TIMELINE_H

#include "domain/core/subject/subject.h"
#include "platform/db.h"

struct json_out;

/* `kind` is a literal ("filed", "dispatched", "note", "promise.warned" …); `text` a Chinese sentence for
 * people, without personal data; `data` JSON or NULL; `at` when it happened (ctx->now when 0). */
bool timeline_add(struct ctx *c, struct subject subject, const char *kind, struct instant at,
	const char *text, const char *data);

/* [{"id","at","recorded_at","kind","text","data","actor","title"}…], oldest first. */
bool timeline_write(struct ctx *c, struct subject subject, struct json_out *out);

/* Moves nothing, copies nothing: entries of merged subjects are read together. Recomputes one subject's
 * chain. */
bool timeline_verify(struct ctx *c, int64_t *entries, int64_t *first_bad);

#endif
