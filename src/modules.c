/* modules.c: the register. One line per module, lower stairs first: a module stands below those that need it. */
#include "platform/module.h"

const struct module *const modules[] = {
	NULL, /* keeps the table from being empty; not counted */
};
const size_t module_count = sizeof modules / sizeof *modules - 1;
