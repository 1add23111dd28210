/* session.h: logging in, staying in, and getting out.
 *
 * A session is a random token in a cookie, known here by its SHA-256. It ends after 15 minutes without a
 * request of its person and after 12 hours altogether (rulebook/roles.json). When it was last seen is kept in
 * memory and written at most once a minute; other nodes therefore know it well before the 15 minutes are
 * over.
 */
#ifndef QIFU_SESSION_H
#define QIFU_SESSION_H

#include "domain/organisation/staff/staff.h"

struct login {
	const char *login; /* as typed, in lower case */
	int64_t staff_id;
	const char *hash; /* that the password matched */
};

/* Slow, outside a transaction: checks the password. A refusal is counted in a write of its own, and says the
 * same whether the login exists or not. Five failures within 15 minutes lock the login for 15 minutes. */
bool session_check(struct ctx *c, const char *typed_login, const char *password, struct login *login);

/* The person's session begins: `token` for the cookie. c->actor becomes the person. */
bool session_open(struct ctx *c, const struct login *login, const char *agent, const char **token);

/* A wrong password of somebody who is logged in counts like a failed login. */
bool session_count_failure(struct ctx *c, const char *login);

bool session_end(struct ctx *c, int64_t session_id, int64_t staff_id);
/* All of a person's sessions but `kept` (0: all). */
bool session_end_all(struct ctx *c, int64_t staff_id, int64_t kept);
bool session_is_locked(struct ctx *c, const char *login, bool *is_locked);
/* Lets a locked login try again at once. */
bool session_unlock(struct ctx *c, const char *login);

/* {"items":[{"id","address","agent","created_at","seen_at","current"}…]} */
struct json_out;
bool session_write(struct ctx *c, struct json_out *out);

/* A job: takes away what has ended. */
bool session_tidy(struct ctx *c, bool *more);

#endif
