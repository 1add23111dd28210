/* crew.h: people who are sent out, and an order in any state, for tests of field work. */
#ifndef QIFU_TESTS_CREW_H
#define QIFU_TESTS_CREW_H

#include "domain/core/evidence/evidence.h"
#include "domain/fieldwork/repair/repair.h"
#include "kit/people.h"

/* A technician at `org_id` with all skills and the certificates of the trade, good for a year, on duty for 12
 * hours. */
int64_t crew_technician(struct ctx *c, const char *number, int64_t org_id);
/* The same without skills, certificates and duty. */
int64_t crew_novice(struct ctx *c, const char *number, int64_t org_id);
void crew_skill(struct ctx *c, int64_t staff_id, const char *skill);
void crew_certificate(struct ctx *c, int64_t staff_id, const char *kind, struct date expires_on);

/* An order without a household, filed at `org_id`: "no_gas", "leak" … Danger has been told the script. */
struct repair crew_order(struct ctx *c, int64_t org_id, const char *kind);
/* A step with everything that it needs; asserts that it works. */
void crew_step(struct ctx *c, struct repair *repair, struct repair_step step);
/* Brings an order to the site: dispatched to the technician, accepted, departed, arrived. */
void crew_arrive(struct ctx *c, struct repair *repair, int64_t staff_id);
/* Photos, checklist, signature: what finishing wants. */
void crew_prove(struct ctx *c, struct repair *repair);
int64_t crew_evidence(struct ctx *c, const struct repair *repair, enum evidence_kind kind);
/* Finishes with a cause and a result. */
void crew_finish(struct ctx *c, struct repair *repair);

#endif
