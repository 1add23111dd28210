/* mail.h: e-mail out, by SMTP (config.smtp_url, config.smtp_from). */
#ifndef QIFU_PLATFORM_MAIL_H
#define QIFU_PLATFORM_MAIL_H

#include "platform/delivery.h"

struct mail {
	const char *id; /* of the outbox row: makes the Message-ID, so that a retry is recognised as the same
			   mail */
	const char *to; /* one address */
	const char *subject; /* UTF-8 */
	const char *body;    /* plain text, UTF-8 */
};

/* Hands the mail to the server and waits (jobs only). False, with ctx->problem, when the mail itself is
 * impossible: no address, a line break in address, subject or id, text that isn't UTF-8. Otherwise true:
 * `*result` tells what became of it, `*answer` what the server said (in the arena, for the outbox row).
 * smtps:// is TLS from the start; smtp:// goes over to TLS when the server offers it, and must when the URL
 * holds a password. Certificates are always verified. */
bool mail_send(struct ctx *c, const struct mail *mail, enum delivery_result *result, const char **answer);

/* The mail as it goes over the wire, CRLF lines; for tests. Same refusals. */
bool mail_text(struct ctx *c, const struct mail *mail, const char **text);

#endif
