/* modules.c: the register. One line per module, lower stairs first: a module stands below those that need it.
 */
#include "platform/module.h"

extern const struct module calendar_module, timeline_module, notify_module, promise_module, evidence_module,
	rulebook_module;
extern const struct module org_module, staff_module, duty_module, audit_module, me_module;
extern const struct module work_module;
extern const struct module person_module, household_module, equipment_module, find_module;
extern const struct module catalogue_module, quote_module, repair_module, dispatch_module, visit_module;
extern const struct module revisit_module;
extern const struct module measure_module;
extern const struct module hotline_module;

const struct module *const modules[] = {
	/* core */
	&calendar_module,
	&timeline_module,
	&notify_module,
	&promise_module,
	&evidence_module,
	&rulebook_module,
	&work_module,
	/* organisation */
	&org_module,
	&staff_module,
	&duty_module,
	&audit_module,
	&me_module,
	/* customer */
	&person_module,
	&household_module,
	&equipment_module,
	&find_module,
	/* fieldwork */
	&catalogue_module,
	&quote_module,
	&repair_module,
	&dispatch_module,
	&visit_module,
	/* care */
	&revisit_module,
	/* doors */
	&hotline_module,
	/* report */
	&measure_module,
};
const size_t module_count = sizeof modules / sizeof *modules;
