/* notify_internal.h: shared by the files of this module only. */
#ifndef QIFU_NOTIFY_INTERNAL_H
#define QIFU_NOTIFY_INTERNAL_H

#include "domain/core/notify/notify.h"
#include "platform/entity.h"

enum { NOTIFY_TRIES = 8, NOTIFY_BATCH = 5, NOTIFY_LEASE_MS = 6 * MINUTE_MS, ROLE_PEOPLE_MOST = 50 };
enum { QUIET_FROM_MS = 22 * HOUR_MS, QUIET_TO_MS = 7 * HOUR_MS };

#define CHANNELS(X)                                                                                          \
	X(CHANNEL_IN_APP, "in_app", "站内")                                                                  \
	X(CHANNEL_MAIL, "mail", "邮件")                                                                      \
	X(CHANNEL_SMS, "sms", "短信")
CHOICE_ENUM(channel, CHANNELS);
extern const struct choice channels[];

#define OUTBOX_STATES(X)                                                                                     \
	X(OUTBOX_WAITING, "waiting", "待发")                                                                 \
	X(OUTBOX_SENDING, "sending", "发送中")                                                               \
	X(OUTBOX_DELIVERED, "delivered", "已送达")                                                           \
	X(OUTBOX_FAILED, "failed", "失败")                                                                   \
	X(OUTBOX_SUPPRESSED, "suppressed", "已停发")                                                         \
	X(OUTBOX_UNCONFIGURED, "unconfigured", "未配置通道")
CHOICE_ENUM(outbox_state, OUTBOX_STATES);
extern const struct choice outbox_states[];

struct outbox {
	int64_t id, org_id, subject_id, staff_id;
	const char *module;
	enum channel channel;
	const char *address, *template_code, *title, *body, *parameters;
	bool urgent;
	enum outbox_state state;
	int64_t attempts;
	struct instant next_at, lease_until;
	const char *answer, *once_key, *recipient;
	struct instant created_at, delivered_at, read_at;
};
extern const struct entity outbox_entity;

struct suppression {
	int64_t id, outbox_id;
	enum channel channel;
	const char *address, *reason;
	struct instant created_at;
};
extern const struct entity suppression_entity;

/* rulebook/templates.json. */
struct template
{
	const char *code, *title, *text;
};
bool notify_templates_load(struct ctx *c);
const struct template *template_of_code(const struct ctx *c, const char *code);
/* `text` with each {name} replaced; "code" shows as ****** unless `open`. */
const char *template_fill(struct ctx *c, const char *text, const json_t *parameters, bool open);

/* 0: now; else when the quiet hours that `now` lies in end. */
struct instant quiet_until(struct instant now);
/* The pause before the next try, after `attempts` failed ones. */
int64_t retry_pause(int64_t attempts);

bool notice_retry(struct ctx *c, struct outbox *row);
bool suppression_lift(struct ctx *c, int64_t id);
bool notices_write_own(struct ctx *c, int64_t staff_id, bool only_unread, int64_t before, int64_t limit,
	struct json_out *out);
/* id 0: all of one's own. */
bool notices_mark_read(struct ctx *c, int64_t staff_id, int64_t id, int64_t *touched);
bool notify_deliver_job(struct ctx *c, bool *more);
bool notify_start(struct ctx *c);

#endif
