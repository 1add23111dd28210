/* key.h: keys with which programs use the API: "qk_ID_SECRET". */
#ifndef QIFU_KEY_H
#define QIFU_KEY_H

#include "platform/auth.h"
#include "platform/entity.h"

struct staff_key {
	int64_t id;
	const char *name;   /* what uses it: "12345 热线对接" */
	int64_t org_id;	    /* the subtree in which it is good */
	const char *scopes; /* permission codes, a comma between */
	const char *secret_digest;
	int64_t created_by;
	struct instant created_at;
	struct date expires_on; /* the last day on which it is good; NO_DATE: until revoked */
	struct instant used_at, revoked_at;
};
extern const struct entity staff_key_entity;

bool key_authenticate(struct ctx *c, const char *bearer, struct actor *actor);
/* `secret` is the whole key, told this once. Rights over rights, keys and the audit are never given to a
 * program. */
bool key_open(struct ctx *c, struct staff_key *key, const char **secret);
bool key_revoke(struct ctx *c, int64_t id);

#endif
