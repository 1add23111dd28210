/* grant.h: ending and showing the roles of a person; giving them is staff_grant_role() in staff.h. */
#ifndef QIFU_STAFF_GRANT_H
#define QIFU_STAFF_GRANT_H

#include "platform/json.h"

/* Takes a role away again; within the actor's fence, and never from oneself. */
bool grant_end(struct ctx *c, int64_t grant_id);

/* [{"id","role","label","org_id","org_name","granted_at"}…] */
bool grant_write(struct ctx *c, int64_t staff_id, struct json_out *out);

/* The page of the first role given; everybody has a work list. */
bool grant_home(struct ctx *c, int64_t staff_id, const char **home);

#endif
