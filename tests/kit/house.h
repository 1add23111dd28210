/* house.h: a small plainly invented organisation, for tests of modules that stand below those of
 * organisation. */
#ifndef QIFU_TESTS_HOUSE_H
#define QIFU_TESTS_HOUSE_H

#include "platform/db.h"

enum house_unit {
	HOUSE_GROUP = 101,
	HOUSE_REGION,
	HOUSE_COMPANY,
	HOUSE_CENTRE,
	HOUSE_TEAM,
	HOUSE_OTHER_COMPANY,
	HOUSE_OTHER_CENTRE
};
/* One person for each, at the unit that the name tells; the other centre has a dispatcher too. */
enum house_person {
	HOUSE_DISPATCHER = 201,
	HOUSE_HEAD,
	HOUSE_MANAGER,
	HOUSE_TECHNICIAN,
	HOUSE_COMPLAINTS,
	HOUSE_REVISITOR,
	HOUSE_STRANGER
};

/* Puts them into the database. Asserts. */
void house_build(struct ctx *c);

#endif
