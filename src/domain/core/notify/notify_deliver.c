/* notify_deliver.c: the job that hands notices to mail server and SMS gateway. No transaction is open while
 * it waits.
 *
 * A row is claimed with a lease before it is sent, and the outcome is written only by the claim that sent it.
 * A node that dies in between leaves the lease to run out; the next try carries the same id, by which the
 * gateway recognises it. */
#include <string.h>

#include "base/text.h"
#include "domain/core/notify/notify_internal.h"
#include "platform/gateway.h"
#include "platform/jobs.h"
#include "platform/log.h"
#include "platform/mail.h"

struct claimed {
	int64_t id, attempts;
	enum channel channel;
	const char *address, *template_code, *parameters;
	bool suppressed, malformed;
	enum delivery_result result;
	const char *answer;
};

struct batch {
	struct claimed list[NOTIFY_BATCH];
	size_t count;
};

static bool is_suppressed(struct ctx *c, struct claimed *one)
{
	int64_t count = 0;
	if (!db_number(c, &count, 0, "SELECT COUNT(*) FROM suppression WHERE channel = $1 AND address = $2",
		    V(choice_code(channels, (int)one->channel)), V(one->address)))
		return false;
	one->suppressed = count > 0;
	return true;
}

static bool claim(struct ctx *c, void *data)
{
	/* The condition stands twice: on PostgreSQL a second node waits for the row and then looks at it
	 * again. */
	static const char take[] =
		"UPDATE outbox SET state = 'sending', attempts = attempts + 1, lease_until = $1, next_at = $1"
		" WHERE id IN (SELECT id FROM outbox WHERE next_at IS NOT NULL AND next_at <= $2"
		" AND (urgent = 1 OR $3 = 0) ORDER BY next_at, id LIMIT $4)"
		" AND next_at IS NOT NULL AND next_at <= $2"
		" RETURNING id, attempts, channel, address, template_code, parameters";
	struct batch *batch = data;
	struct rows *rows;
	batch->count = 0;
	if (!db_query(c, &rows, take, V(instant_plus(c->now, NOTIFY_LEASE_MS)), V(c->now),
		    V(quiet_until(c->now).ms != 0), V((int)NOTIFY_BATCH)))
		return false;
	while (rows_next(rows) && batch->count < NOTIFY_BATCH)
		batch->list[batch->count++] = (struct claimed){ .id = rows_int(rows, 0),
			.attempts = rows_int(rows, 1),
			.channel = (enum channel)choice_of_code(channels, rows_text(rows, 2)),
			.address = rows_text(rows, 3),
			.template_code = rows_text(rows, 4),
			.parameters = rows_text(rows, 5) };
	rows_close(rows);
	for (size_t i = 0; i < batch->count && !ctx_failed(c); i++) {
		if (!is_suppressed(c, &batch->list[i]))
			return false;
	}
	return !ctx_failed(c);
}

static void send(struct ctx *c, struct claimed *one)
{
	const struct template *template = template_of_code(c, one->template_code);
	json_t *parameters = one->parameters ? json_loads(one->parameters, 0, NULL) : NULL;
	const char *id = arena_format(c->arena, "notice-%lld", (long long)one->id);
	const char *text = template_fill(c, template->text, parameters, true);
	bool good;
	if (one->channel == CHANNEL_MAIL) {
		struct mail mail = { .id = id,
			.to = one->address,
			.subject = template_fill(c, template->title, parameters, true),
			.body = text };
		good = mail_send(c, &mail, &one->result, &one->answer);
	} else {
		struct sms sms = { .id = id,
			.phone = one->address,
			.template_code = one->template_code,
			.parameters = one->parameters,
			.text = text };
		good = gateway_send_sms(c, &sms, &one->result, &one->answer);
	}
	json_decref(parameters);
	if (!good) {
		one->malformed = true;
		one->answer = c->problem.detail;
		ctx_forgive(c);
	}
}

static bool finish(struct ctx *c, const struct claimed *one, const char *state, struct instant next)
{
	bool delivered = strcmp(state, "delivered") == 0;
	return db_run(c,
		"UPDATE outbox SET state = $3, next_at = $4, answer = $5, lease_until = NULL,"
		" delivered_at = CASE WHEN $6 = 1 THEN $7 ELSE delivered_at END,"
		" parameters = CASE WHEN $6 = 1 THEN NULL ELSE parameters END,"
		" attempts = CASE WHEN $8 = 1 THEN 0 ELSE attempts END"
		" WHERE id = $1 AND attempts = $2 AND state = 'sending'",
		V(one->id), V(one->attempts), V(state), V(next), V(one->answer), V(delivered), V(c->now),
		V(strcmp(state, "unconfigured") == 0)); /* waiting for a server is no failed try */
}

/* The address is refused for good; a refusal of our own credentials says nothing about it. */
static bool blames_address(const struct claimed *one)
{
	if (one->channel == CHANNEL_MAIL || !one->answer)
		return true;
	return !text_starts(one->answer, "401 ") && !text_starts(one->answer, "403 ");
}

static bool suppress(struct ctx *c, const struct claimed *one)
{
	return db_run(c,
		"INSERT INTO suppression (id, channel, address, reason, outbox_id, created_at)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (channel, address) DO NOTHING",
		V(db_new_id(c)), V(choice_code(channels, (int)one->channel)), V(one->address), V(one->answer),
		V(one->id), V(c->now));
}

static bool settle(struct ctx *c, const struct claimed *one)
{
	struct instant none = { 0 };
	if (one->suppressed)
		return finish(c, one, "suppressed", none);
	if (one->malformed)
		return finish(c, one, "failed", none);
	switch (one->result) {
	case DELIVERED:
		return finish(c, one, "delivered", none);
	case DELIVERY_NOT_CONFIGURED:
		return finish(c, one, "unconfigured", instant_plus(c->now, HOUR_MS));
	case DELIVERY_PERMANENT:
		return finish(c, one, "failed", none) && (!blames_address(one) || suppress(c, one));
	case DELIVERY_TEMPORARY:
	default:
		if (one->attempts >= NOTIFY_TRIES)
			return finish(c, one, "failed", none);
		return finish(c, one, "waiting", instant_plus(c->now, retry_pause(one->attempts)));
	}
}

static bool settle_all(struct ctx *c, void *data)
{
	const struct batch *batch = data;
	for (size_t i = 0; i < batch->count; i++) {
		if (!settle(c, &batch->list[i]))
			return false;
	}
	return true;
}

bool notify_deliver_job(struct ctx *c, bool *more)
{
	struct batch batch = { .count = 0 };
	*more = false;
	if (!app_write(c, claim, &batch))
		return false;
	for (size_t i = 0; i < batch.count; i++) {
		if (!batch.list[i].suppressed)
			send(c, &batch.list[i]);
	}
	*more = batch.count == NOTIFY_BATCH;
	return batch.count == 0 || app_write(c, settle_all, &batch);
}
