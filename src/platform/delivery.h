/* delivery.h: what became of a message handed to the outside world. Jobs only: requests never wait for a
 * network. */
#ifndef QIFU_PLATFORM_DELIVERY_H
#define QIFU_PLATFORM_DELIVERY_H

#include "platform/ctx.h"

enum delivery_result {
	DELIVERED,
	DELIVERY_TEMPORARY,	/* network, 4xx of SMTP, 429 and 5xx of HTTP: try again later */
	DELIVERY_PERMANENT,	/* 5xx of SMTP, other 4xx of HTTP: trying again changes nothing */
	DELIVERY_NOT_CONFIGURED /* no server is configured: keep the message */
};

enum { DELIVERY_CONNECT_SECONDS = 10, DELIVERY_SECONDS = 30, DELIVERY_ANSWER_LIMIT = 512 };

#endif
