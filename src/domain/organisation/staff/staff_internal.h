/* staff_internal.h: what the files of the staff module share among themselves. */
#ifndef QIFU_STAFF_INTERNAL_H
#define QIFU_STAFF_INTERNAL_H

#include <pthread.h>

#include "domain/organisation/staff/staff.h"

/* A word of rulebook/roles.json: skills, certificates. */
struct staff_word {
	const char *code, *label;
};

/* What the rulebook says about passwords, sessions and logins. */
struct staff_rules {
	int64_t password_at_least, password_kinds, password_remembered, password_expires_ms;
	int64_t session_idle_ms, session_longest_ms;
	int64_t login_failures, login_within_ms, login_locked_ms, login_failures_per_address;
};

/* When a session or key was last seen, as far as this node knows. One slot per low bits of the id. */
enum { SEEN_SLOTS = 4096 };
struct staff_seen {
	int64_t id;
	int64_t seen_ms;  /* last request of a person */
	int64_t saved_ms; /* what the database has, or is about to have */
	bool is_key;
};

/* The one thing the module keeps in memory; hangs from app->staff, made at start. */
struct staff_memory {
	struct role *roles;
	size_t role_count;
	const struct staff_word *skills, *certificates;
	size_t skill_count, certificate_count;
	struct staff_rules rules;
	pthread_mutex_t seen_lock;
	struct staff_seen seen[SEEN_SLOTS];
};

bool staff_memory_start(struct ctx *c);
const struct staff_rules *staff_rules(const struct app *app);
const struct staff_word *staff_skill_of(const struct app *app, const char *code);
const struct staff_word *staff_certificate_of(const struct app *app, const char *code);

/* The later of what the database has (`saved_ms`) and what this node knows. */
int64_t staff_seen_at(const struct app *app, int64_t id, int64_t saved_ms);
/* A person's or program's request came just now; not when c->passive. Written at most once a minute. */
void staff_seen_now(struct ctx *c, int64_t id, bool is_key, int64_t saved_ms);
/* A job: writes what is not yet written. */
bool staff_seen_save(struct ctx *c, bool *more);

/* ---- passwords (staff_password.c)
 * ---------------------------------------------------------------------------- */

/* Faults on `field` when the password breaks the rules or was used before. Slow: verifies earlier hashes. */
bool staff_password_check(struct ctx *c, const char *field, const struct staff *staff, const char *password);
/* The password's hash becomes the one in force. */
bool staff_secret_set(struct ctx *c, int64_t staff_id, const char *hash, bool must_change);

/* ---- sessions (staff_session.c)
 * ------------------------------------------------------------------------------- */

struct login;
/* The row of a new session, once nothing speaks against it; c->actor becomes the person. */
bool session_insert(struct ctx *c, const struct login *login, const char *agent, const char **token);

/* ---- events
 * ---------------------------------------------------------------------------------------------------- */

/* Open screens that show this person, and the person's own, ask again. */
void staff_tell(struct ctx *c, int64_t staff_id, int64_t org_id);

#endif
