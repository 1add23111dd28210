/* module.h: the register. One line per module in modules.c. */
#ifndef QIFU_PLATFORM_MODULE_H
#define QIFU_PLATFORM_MODULE_H

#include "platform/jobs.h"
#include "platform/route.h"

struct module {
	const char *name;	  /* "household": file, table prefix, first path segment */
	const char *wing;	  /* "customer" */
	const char *label;	  /* "户档" */
	const char *const *needs; /* modules whose headers it includes; NULL-ended */
	const struct route *routes;
	size_t route_count;
	const struct entity *const *entities; /* NULL-ended */
	const struct job *jobs;
	size_t job_count;
	/* After the migrations, in one transaction: loads the rulebook's data, makes what must exist. May be
	 * run at every start. */
	bool (*start)(struct ctx *c);
	/* A unit (with everything below it) now belongs to another company: rows of those units that keep a
	 * company of their own, or are indexed by it, follow in the same transaction. Without this, a unit
	 * with such rows is not moved. */
	bool (*unit_moved)(struct ctx *c, int64_t org_id, int64_t old_company_id, int64_t new_company_id);
};

/* The register itself, in order of the stairs; defined in src/modules.c. */
extern const struct module *const modules[];
extern const size_t module_count;

#endif
