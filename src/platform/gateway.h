/* gateway.h: SMS out, through an HTTP gateway that takes JSON (config.sms_url, config.sms_token). */
#ifndef QIFU_PLATFORM_GATEWAY_H
#define QIFU_PLATFORM_GATEWAY_H

#include "platform/delivery.h"

struct sms {
	const char *id; /* of the outbox row: the gateway recognises a retry by it */
	const char *phone;
	const char *template_code;
	const char *parameters; /* a JSON object; NULL: {} */
	const char *text;	/* the whole text, for gateways without templates */
};

/* POST {"id","phone","template","parameters","text"} with Authorization: Bearer and Idempotency-Key: id.
 * Waits (jobs only). False, with ctx->problem, when the message itself is impossible (no phone, parameters
 * that aren't a JSON object); otherwise as mail_send(). Redirections are not followed. */
bool gateway_send_sms(
	struct ctx *c, const struct sms *sms, enum delivery_result *result, const char **answer);

#endif
