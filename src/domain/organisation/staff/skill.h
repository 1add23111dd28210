/* skill.h: what people can do, and the papers that say so. Asking is in staff.h. */
#ifndef QIFU_SKILL_H
#define QIFU_SKILL_H

#include "platform/entity.h"

struct staff_certificate {
	int64_t id, staff_id;
	const char *kind; /* code in rulebook/roles.json, certificates */
	const char *number, *issuer;
	struct date issued_on, expires_on; /* good on its last day too */
};
extern const struct entity staff_certificate_entity;

/* {"items":[{"skill","label"}…]} */
bool skill_write(struct ctx *c, int64_t staff_id, struct json_out *out);
/* The person's skills become exactly these. */
bool skill_set(struct ctx *c, int64_t staff_id, const char *const *skills, size_t count);

bool certificate_open(struct ctx *c, struct staff_certificate *certificate);
bool certificate_end(struct ctx *c, int64_t id);
/* {"items":[{…,"label","valid"}…]} */
bool certificate_write(struct ctx *c, int64_t staff_id, struct json_out *out);

#endif
