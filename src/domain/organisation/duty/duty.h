/* duty.h: who is on duty now, and where. */
#ifndef QIFU_DUTY_H
#define QIFU_DUTY_H

#include "platform/db.h"

struct duty_state {
	bool on_duty;
	struct instant until;		   /* end of the shift; 0 when none */
	int64_t longitude_e6, latitude_e6; /* last reported place; 0/0 unknown */
	struct instant seen_at;
};
bool duty_of(struct ctx *c, int64_t staff_id, struct instant at, struct duty_state *state);
bool duty_start(struct ctx *c, int64_t staff_id, struct instant from, struct instant until);
bool duty_report_place(struct ctx *c, int64_t staff_id, int64_t longitude_e6, int64_t latitude_e6);

/* Metres between two places on the sphere. */
int64_t duty_distance(
	int64_t longitude_a_e6, int64_t latitude_a_e6, int64_t longitude_b_e6, int64_t latitude_b_e6);

#endif
