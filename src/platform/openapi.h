/* openapi.h: the API describes itself (OpenAPI 3.1), from the same tables that run it. */
#ifndef QIFU_PLATFORM_OPENAPI_H
#define QIFU_PLATFORM_OPENAPI_H

#include "platform/app.h"
#include "platform/router.h"

void openapi_write(struct app *app, const struct router *router, struct json_out *out);

#endif
