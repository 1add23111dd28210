/* audit.h: the append-only trail of who did and who looked at what.
 *
 * Rows are inserted in the acting transaction and can be neither changed nor deleted (a trigger refuses).
 * They are chained: each row's hash is SM3 over its content and the hash before it. On SQLite a row is
 * chained as it is inserted; on PostgreSQL, where writers run side by side, a job closes it within a second,
 * under a lock. `qifu verify` recomputes it.
 */
#ifndef QIFU_PLATFORM_AUDIT_H
#define QIFU_PLATFORM_AUDIT_H

#include "platform/ctx.h"

/* `action` "household.unmask", `module`/`subject_id` what it was about (0 none), `detail` JSON or Chinese
 * text, `reason` as the person gave it (NULL none). Actor, address and time come from the context. */
bool audit_record(struct ctx *c, const char *action, const char *module, int64_t subject_id, int64_t org_id,
	const char *detail, const char *reason);

/* Chains what is not yet chained. */
bool audit_seal(struct ctx *c);
/* The same, a bounded piece: what the platform's job runs. */
bool audit_seal_some(struct ctx *c, bool *more);

/* Recomputes the chain from the start. `*first_bad` is the number of the first row that does not fit, 0 when
 * all do. */
bool audit_verify(struct ctx *c, int64_t *rows, int64_t *first_bad);

#endif
