/* demo.h: an invented gas group to try qifu with: the same for the same number of households, with its times
 * counted back from the moment of the first start.
 *
 * Everybody and everything in it is plainly invented. Phones begin with 154, which has not been allotted;
 * identity numbers use the area code 999999, which was never given. It is made by the modules' own verbs:
 * chains, promises and notices are real.
 */
#ifndef QIFU_DEMO_H
#define QIFU_DEMO_H

#include "domain/core/evidence/evidence.h"

enum { DEMO_TECHNICIANS = 6, DEMO_CENTRES = 3, DEMO_HISTORY_DAYS = 60, DEMO_ROUNDS = 2 };
#define DEMO_PASSWORD "Shiyan-2026-qf"

struct demo_person {
	int64_t id, org_id;
	const char *name, *title;
};

struct demo {
	struct ctx *c;
	uint64_t seed;
	int64_t households;
	int64_t left_out;   /* orders that the rules refused */
	struct instant now; /* of the first start; c->now moves through the past while history is made */
	int64_t root_id;
	int64_t company_ids[2];
	int64_t centre_ids[DEMO_CENTRES],
		team_ids[DEMO_CENTRES]; /* the first two centres are the first company's */
	struct demo_person hotline, dispatcher, revisit;
	struct demo_person technicians[DEMO_TECHNICIANS]; /* of the first centre's team */
	struct demo_person alone[DEMO_CENTRES - 1];	  /* the one of each other centre */
	struct stored_file photos[DEMO_ROUNDS]
				 [evidence_kind_count]; /* drawn; others when work is done anew */
};

/* 0 … bound - 1, the same sequence for the same demo. */
int64_t demo_random(struct demo *demo, int64_t bound);

/* Groups, companies, centres, halls, teams (demo_people.c). */
bool demo_orgs(struct demo *demo);
/* One login for each role and some of the second company. */
bool demo_people(struct demo *demo);
/* "login ROLE USER PASSWORD" for each role, to standard output. */
void demo_print_logins(void);
/* Everybody who works outside is on duty from now on; at every start. */
bool demo_duty(struct ctx *c);

/* Households over the centres, in batches of one transaction (demo_households.c). */
bool demo_households(struct demo *demo);

/* Draws and stores the pictures (demo_photo.c). */
bool demo_photos(struct demo *demo);

/* Sixty days of orders, and those of today in every state (demo_orders.c). */
bool demo_orders(struct demo *demo);

#endif
