/* timeline_module.c: the register line's target. A timeline is read with its subject, so it has no routes of
 * its own. */
#include "platform/module.h"

extern const struct module timeline_module;
const struct module timeline_module = { .name = "timeline", .wing = "core", .label = "时间轴" };
