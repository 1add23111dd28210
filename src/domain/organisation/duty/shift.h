/* shift.h: the roster, and going on and off duty. Asking who is there is in duty.h. */
#ifndef QIFU_SHIFT_H
#define QIFU_SHIFT_H

#include "platform/entity.h"

struct duty_shift {
	int64_t id, staff_id, org_id;
	struct instant starts_at, ends_at;
	const char *note;
};
extern const struct entity duty_shift_entity;

enum { SHIFT_LONGEST_MS = 36 * HOUR_MS, DUTY_LONGEST_MS = 24 * HOUR_MS, DUTY_USUAL_MS = 12 * HOUR_MS };

/* Refused when the person already has a shift at that time. */
bool shift_open(struct ctx *c, struct duty_shift *shift);
bool shift_end(struct ctx *c, int64_t id);

/* `until` 0: to the end of the shift that runs, else 12 hours. */
bool duty_begin(struct ctx *c, int64_t staff_id, struct instant until);
bool duty_end(struct ctx *c, int64_t staff_id);

#endif
