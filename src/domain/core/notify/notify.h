/* notify.h: telling people, reliably and once.
 *
 * A notice is written in the acting transaction (outbox); a job delivers it: in-app at once, e-mail by SMTP,
 * SMS by a gateway. Temporary failures are retried with growing pauses, permanent ones stop the address
 * (suppression). Quiet hours (22:00–07:00) hold back everything but urgent notices. `once` makes a notice
 * unique: a second with the same key is dropped.
 */
#ifndef QIFU_NOTIFY_H
#define QIFU_NOTIFY_H

#include "domain/core/subject/subject.h"
#include "platform/db.h"

enum notice_channel { NOTICE_IN_APP = 1, NOTICE_MAIL = 2, NOTICE_SMS = 4 };

struct notice {
	struct subject subject;
	int64_t org_id;
	unsigned channels; /* enum notice_channel, or'ed */
	int64_t staff_id;  /* to a member of staff (in-app; phone and mail from the staff record) … */
	const char *phone, *mail;      /* … or to these */
	const char *template_code;     /* rulebook/templates.json: "repair.dispatched" */
	const char *const *parameters; /* name, value, name, value, NULL */
	bool urgent;		       /* emergencies: no quiet hours */
	const char *once;	       /* NULL: no key */
};
bool notify(struct ctx *c, const struct notice *notice);

/* To everybody with the role at or above/below the unit: role code, nearest unit first ("dispatcher" of the
 * centre, else company). */
bool notify_role(struct ctx *c, const char *role, int64_t org_id, const struct notice *notice, int64_t *told);

#endif
