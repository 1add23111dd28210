/* permission.h: everything that one may be allowed to do, in one list. Which role may do what is data:
 * rulebook/roles.json. */
#ifndef QIFU_PERMISSION_H
#define QIFU_PERMISSION_H

#include "platform/app.h"

#define PERMISSIONS(X)                                                                                       \
	X(MAY_VIEW_ORG, "org.view", "查看组织")                                                              \
	X(MAY_EDIT_ORG, "org.edit", "维护组织")                                                              \
	X(MAY_VIEW_STAFF, "staff.view", "查看人员")                                                          \
	X(MAY_EDIT_STAFF, "staff.edit", "维护人员")                                                          \
	X(MAY_GRANT_ROLE, "role.grant", "授予角色")                                                          \
	X(MAY_EDIT_KEY, "key.edit", "管理接口密钥")                                                          \
	X(MAY_VIEW_DUTY, "duty.view", "查看值班")                                                            \
	X(MAY_EDIT_DUTY, "duty.edit", "排班与上岗")                                                          \
	X(MAY_EDIT_CERTIFICATE, "certificate.edit", "维护技能与证书")                                        \
	X(MAY_VIEW_HOUSEHOLD, "household.view", "查看户档")                                                  \
	X(MAY_EDIT_HOUSEHOLD, "household.edit", "维护户档")                                                  \
	X(MAY_IMPORT_HOUSEHOLD, "household.import", "导入户档")                                              \
	X(MAY_EXPORT_HOUSEHOLD, "household.export", "导出户档")                                              \
	X(MAY_UNMASK, "household.unmask", "查看完整个人信息")                                                \
	X(MAY_MERGE_PERSON, "person.merge", "合并重复人员")                                                  \
	X(MAY_VIEW_REPAIR, "repair.view", "查看工单")                                                        \
	X(MAY_FILE_REPAIR, "repair.file", "受理工单")                                                        \
	X(MAY_EDIT_REPAIR, "repair.edit", "修改工单")                                                        \
	X(MAY_CANCEL_REPAIR, "repair.cancel", "撤销工单")                                                    \
	X(MAY_EXPORT_REPAIR, "repair.export", "导出工单")                                                    \
	X(MAY_DISPATCH, "dispatch.assign", "派单调度")                                                       \
	X(MAY_WORK_ON_SITE, "visit.work", "上门作业")                                                        \
	X(MAY_VIEW_PRICE, "price.view", "查看收费标准")                                                      \
	X(MAY_EDIT_PRICE, "price.edit", "维护收费标准")                                                      \
	X(MAY_VIEW_REVISIT, "revisit.view", "查看回访")                                                      \
	X(MAY_CALL_REVISIT, "revisit.call", "进行回访")                                                      \
	X(MAY_VIEW_PROMISE, "promise.view", "查看承诺与日历")                                                \
	X(MAY_EDIT_PROMISE, "promise.edit", "维护承诺与日历")                                                \
	X(MAY_VIEW_RULEBOOK, "rulebook.view", "查看制度对照")                                                \
	X(MAY_VIEW_MEASURE, "measure.view", "查看指标")                                                      \
	X(MAY_VIEW_NOTICE, "notice.view", "查看通知发送")                                                    \
	X(MAY_EDIT_NOTICE, "notice.edit", "维护通知模板与停发名单")                                          \
	X(MAY_VIEW_AUDIT, "audit.view", "查看审计")                                                          \
	X(MAY_VIEW_SYSTEM, "system.view", "查看系统运行")

#define PERMISSION_NAME(name, code, label) name,
enum permission { NO_PERMISSION, PERMISSIONS(PERMISSION_NAME) PERMISSION_COUNT };
#undef PERMISSION_NAME

/* Index = enum permission; entry 0 is unused. */
extern const struct permission_info permission_infos[PERMISSION_COUNT];

/* The permission with that code; 0 when there is none. */
int permission_of_code(const char *code);

#endif
