#include "domain/core/permission/permission.h"

#include <string.h>

#define PERMISSION_ENTRY(name, code_, label_) [name] = { .code = code_, .label = label_ },
const struct permission_info permission_infos[PERMISSION_COUNT] = { PERMISSIONS(PERMISSION_ENTRY) };
#undef PERMISSION_ENTRY

int permission_of_code(const char *code)
{
	for (int p = 1; p < PERMISSION_COUNT; p++) {
		if (strcmp(permission_infos[p].code, code) == 0)
			return p;
	}
	return 0;
}
