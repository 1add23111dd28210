/* password.h: changing one's own password, and setting another person's anew.
 *
 * Each is done in two steps: the slow one checks and hashes on a worker, the quick one writes in the
 * transaction.
 */
#ifndef QIFU_PASSWORD_H
#define QIFU_PASSWORD_H

#include "platform/db.h"

enum { PASSWORD_MOST = 128 }; /* characters */

/* One that satisfies the rules, to be told once. */
char *password_make(struct ctx *c);

/* Faults on "old" and "new". */
bool password_prepare_change(struct ctx *c, const char *old, const char *fresh, const char **hash);
/* One's other sessions end. */
bool password_change(struct ctx *c, const char *hash);

struct password_reset {
	const char *hash;
	const char *generated; /* to be told once; NULL when the password was given */
};
/* `fresh` NULL or blank: one is made up. */
bool password_prepare_reset(struct ctx *c, int64_t staff_id, const char *fresh, struct password_reset *reset);
/* All the person's sessions end, a lock too, and the password must be changed at the next login. */
bool password_reset(struct ctx *c, int64_t staff_id, const struct password_reset *reset);

#endif
