/* modules.c: the register. One line per module, lower stairs first: a module stands below those that need it. */
#include "platform/module.h"

extern const struct module calendar_module, timeline_module, notify_module, promise_module, evidence_module, rulebook_module;
extern const struct module org_module;
extern const struct module person_module, household_module, equipment_module, find_module;

const struct module *const modules[] = {
	/* core */
	&calendar_module,
	&timeline_module,
	&notify_module,
	&promise_module,
	&evidence_module,
	&rulebook_module,
	/* organisation */
	&org_module,
	/* customer */
	&person_module,
	&household_module,
	&equipment_module,
	&find_module,
};
const size_t module_count = sizeof modules / sizeof *modules;
