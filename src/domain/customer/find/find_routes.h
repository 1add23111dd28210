/* find_routes.h: the import's routes (import_http.c), which stand in find's table. */
#ifndef QIFU_FIND_ROUTES_H
#define QIFU_FIND_ROUTES_H

#include "platform/route.h"

bool import_prepare_upload(struct ctx *c, struct call *call);
bool import_upload(struct ctx *c, struct call *call);
bool import_prepare_start(struct ctx *c, struct call *call);
bool import_start_run(struct ctx *c, struct call *call);
bool import_list(struct ctx *c, struct call *call);
bool import_show(struct ctx *c, struct call *call);
bool import_faults(struct ctx *c, struct call *call);
bool import_cancel(struct ctx *c, struct call *call);
/* The job: a slice of the run that waits longest. */
bool import_run_some(struct ctx *c, bool *more);

#define IMPORT_ROUTES                                                                                          \
	{ "POST", "/imports", import_upload, MAY_IMPORT_HOUSEHOLD, .flags = RAW_BODY | ALLOW_LARGE,            \
		.prepare = import_prepare_upload, .summary = "上传户档文件" },                                 \
		{ "POST", "/imports/{id}/start", import_start_run, MAY_IMPORT_HOUSEHOLD,                       \
			.prepare = import_prepare_start, .summary = "开始导入" },                              \
		{ "GET", "/imports", import_list, MAY_IMPORT_HOUSEHOLD, .reply = &import_entity,               \
			.flags = IS_LIST, .summary = "历次导入" },                                             \
		{ "GET", "/imports/{id}", import_show, MAY_IMPORT_HOUSEHOLD, .summary = "导入的进度" },        \
		{ "GET", "/imports/{id}/faults", import_faults, MAY_IMPORT_HOUSEHOLD,                          \
			.reply = &import_fault_entity, .flags = IS_LIST, .summary = "不合格的行" },            \
	{                                                                                                      \
		"POST", "/imports/{id}/cancel", import_cancel, MAY_IMPORT_HOUSEHOLD, .summary = "停止导入" \
	}

#endif
