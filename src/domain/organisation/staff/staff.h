/* staff.h: people who work here, their posts, roles, logins, skills and certificates. */
#ifndef QIFU_STAFF_H
#define QIFU_STAFF_H

#include "platform/app.h"
#include "platform/entity.h"

struct staff {
	int64_t id, org_id;
	const char *number; /* 工号, on the badge */
	const char *login;  /* unique; lower case */
	const char *name, *phone, *mail, *post;
	const char *photo_digest;
	bool has_left; /* 离职: cannot log in, keeps its history (LEFT is a word of SQL) */
	struct instant created_at;
	int64_t version;
};
extern const struct entity staff_entity;

bool staff_read(struct ctx *c, int64_t id, struct staff *staff);
/* Opens a person; the password (plain) may be NULL: then one is set later. Password rules are checked. */
bool staff_open(struct ctx *c, struct staff *staff, const char *password, bool must_change);
bool staff_grant_role(struct ctx *c, int64_t staff_id, const char *role, int64_t org_id);
/* Edits the record; leaving (has_left) ends sessions and grants. */
bool staff_edit(struct ctx *c, struct staff *staff);
/* Moves a person to another unit: grants outside the new company end, sessions' rights change at once. */
bool staff_move(struct ctx *c, int64_t staff_id, int64_t org_id, int64_t version);

/* app->authenticate. */
bool staff_authenticate(struct ctx *c, const char *session_token, const char *bearer, struct actor *actor);

/* Skills ("leak", "indoor", "meter", "pipeline") and certificates with an expiry. A certificate is valid on
 * its last day. */
bool staff_has_skill(struct ctx *c, int64_t staff_id, const char *skill, bool *has);
bool staff_certificate_valid(struct ctx *c, int64_t staff_id, const char *kind, struct date on, bool *valid,
	struct date *expires_on);

/* The people with a role at the unit or, when nobody there has it, at the nearest unit above. */
bool staff_of_role(
	struct ctx *c, const char *role, int64_t org_id, int64_t *ids, size_t limit, size_t *count);

/* Roles from rulebook/roles.json. */
struct role {
	const char *code, *label, *home; /* home: the console page one lands on */
	const char *power; /* "system", "security" or "audit": never two of them in one person; NULL: none */
	struct permission_set permissions;
};
const struct role *role_of_code(const struct app *app, const char *code);
const struct role *role_list(const struct app *app, size_t *count);

#endif
