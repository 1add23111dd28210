/* quote_code.c: consent by a code sent to the customer's phone. */
#include <string.h>

#include "domain/core/notify/notify.h"
#include "domain/core/timeline/timeline.h"
#include "domain/fieldwork/quote/quote.h"
#include "domain/fieldwork/quote/quote_internal.h"
#include "platform/crypto.h"
#include "platform/jobs.h"

enum { CODE_DIGITS = 6, CODE_SPAN = 1000000, SALT_BYTES = 16 };

/* Keyed by a salt of its own and bound to the quotation: a code for one is none for another. */
static const char *code_hash(struct ctx *c, const char *salt, int64_t quote_id, const char *code)
{
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	const char *text = arena_format(c->arena, "%lld:%s", (long long)quote_id, code);
	hmac_sha256(salt, strlen(salt), text, strlen(text), digest);
	return arena_text(c->arena, digest_hex(digest, hex));
}

/* Even over all six digits: what would favour the low ones is drawn again. */
static const char *random_code(struct ctx *c)
{
	uint32_t number;
	do {
		random_bytes(&number, sizeof number);
	} while (number >= UINT32_MAX - UINT32_MAX % CODE_SPAN);
	return arena_format(c->arena, "%06u", number % CODE_SPAN);
}

struct sent {
	struct instant sent_at;
	int64_t sends;
};

static bool may_send(struct ctx *c, int64_t quote_id, struct sent *sent)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT sent_at, sends FROM quote_code WHERE quote_id = $1", V(quote_id)))
		return false;
	if (rows_next(rows))
		*sent = (struct sent){ rows_instant(rows, 0), rows_int(rows, 1) };
	rows_close(rows);
	if (ctx_failed(c))
		return false;
	int64_t passed = c->now.ms - sent->sent_at.ms;
	if (sent->sent_at.ms && passed < CODE_PAUSE_MS) {
		c->problem.retry_after_seconds = (CODE_PAUSE_MS - passed + SECOND_MS - 1) / SECOND_MS;
		return fail(c, TOO_MANY, "验证码刚刚发过，请 %lld 秒后再发",
			(long long)c->problem.retry_after_seconds);
	}
	if (sent->sends >= CODE_SENDS)
		return fail(c, TOO_MANY, "这张报价的验证码已发送 %d 次，请改用签字", CODE_SENDS);
	return true;
}

bool quote_code_send(struct ctx *c, struct subject subject, const char *number, const char *phone)
{
	static const char keep[] =
		"INSERT INTO quote_code (quote_id, salt, hash, sent_at, expires_at, sends, tries, "
		"verified_at) "
		"VALUES ($1, $2, $3, $4, $5, $6, 0, NULL) ON CONFLICT (quote_id) DO UPDATE SET salt = "
		"excluded.salt, "
		"hash = excluded.hash, sent_at = excluded.sent_at, expires_at = excluded.expires_at, "
		"sends = excluded.sends, tries = 0, verified_at = NULL";
	struct quote quote;
	struct sent sent = { 0 };
	bool found;
	char total[24];
	if (!quote_read(c, subject, &quote, &found))
		return false;
	if (!found)
		return fail(c, CONFLICT, "还没有报价，请先报价再发验证码");
	if (quote.consented_at.ms)
		return fail(c, CONFLICT, "用户已经同意这张报价");
	if (text_is_blank(phone))
		return fail(c, CONFLICT, "工单上没有联系电话，不能发验证码，请用户签字");
	if (!may_send(c, quote.id, &sent))
		return false;
	const char *salt = random_token(c->arena, SALT_BYTES), *code = random_code(c);
	if (!db_run(c, keep, V(quote.id), V(salt), V(code_hash(c, salt, quote.id, code)), V(c->now),
		    V(instant_plus(c->now, CODE_MS)), V(sent.sends + 1)))
		return false;
	const char *const parameters[] = { "code", code, "number", number, "amount",
		money_text(quote.total_fen, total), NULL };
	const struct notice notice = { .subject = subject,
		.org_id = quote.org_id,
		.channels = NOTICE_SMS,
		.phone = phone,
		.template_code = "quote.code",
		.parameters = parameters,
		.urgent = true };
	return notify(c, &notice) &&
	       timeline_add(c, subject, "quote.code", c->now, "已向用户发送收费确认验证码", NULL);
}

/* ---- trying
 * ------------------------------------------------------------------------------------------------------- */

struct attempt {
	struct subject subject;
	const char *code;
	enum { ATTEMPT_NONE, ATTEMPT_LATE, ATTEMPT_SPENT, ATTEMPT_WRONG, ATTEMPT_RIGHT } result;
	int64_t tries;
};

/* The try is counted before the code is looked at, so that two at once cannot share one. */
static bool count_attempt(struct ctx *c, void *data)
{
	static const char count[] = "UPDATE quote_code SET tries = tries + 1 WHERE quote_id IN (SELECT id "
				    "FROM quote WHERE module = $1 "
				    "AND subject_id = $2 AND replaced_at IS NULL) RETURNING quote_id, salt, "
				    "hash, expires_at, tries";
	static const char verify[] = "UPDATE quote_code SET verified_at = $2 WHERE quote_id = $1";
	struct attempt *attempt = data;
	struct rows *rows;
	attempt->result = ATTEMPT_NONE;
	if (!db_query(c, &rows, count, V(attempt->subject.module), V(attempt->subject.id)))
		return false;
	if (!rows_next(rows)) {
		rows_close(rows);
		return !ctx_failed(c);
	}
	int64_t quote_id = rows_int(rows, 0);
	const char *salt = rows_text(rows, 1), *hash = rows_text(rows, 2);
	struct instant expires_at = rows_instant(rows, 3);
	attempt->tries = rows_int(rows, 4);
	rows_close(rows);
	if (expires_at.ms <= c->now.ms)
		attempt->result = ATTEMPT_LATE;
	else if (attempt->tries > CODE_TRIES)
		attempt->result = ATTEMPT_SPENT;
	else if (!equal_in_constant_time(hash, code_hash(c, salt, quote_id, attempt->code)))
		attempt->result = ATTEMPT_WRONG;
	else
		attempt->result = ATTEMPT_RIGHT;
	return attempt->result != ATTEMPT_RIGHT || db_run(c, verify, V(quote_id), V(c->now));
}

static bool is_code(const char *code)
{
	return code && strlen(code) == CODE_DIGITS && strspn(code, "0123456789") == CODE_DIGITS;
}

bool quote_code_try(struct ctx *c, struct subject subject, const char *code)
{
	struct attempt attempt = { .subject = subject, .code = code };
	if (!is_code(code))
		return fault(c, "code", "format", "请输入 6 位数字验证码");
	if (!app_write(c, count_attempt, &attempt))
		return false;
	switch (attempt.result) {
	case ATTEMPT_RIGHT:
		return true;
	case ATTEMPT_LATE:
		return fault(c, "code", "expired", "验证码已过期，请重新发送");
	case ATTEMPT_SPENT:
		return fault(c, "code", "spent", "输错次数过多，这个验证码已作废，请重新发送");
	case ATTEMPT_WRONG:
		return fault(c, "code", "wrong", "验证码不对，还可以试 %lld 次",
			(long long)(CODE_TRIES - attempt.tries));
	default:
		return fault(c, "code", "none", "还没有发送验证码，请先发送");
	}
}

bool quote_consent_by_code(struct ctx *c, struct subject subject)
{
	static const char spend[] =
		"DELETE FROM quote_code WHERE quote_id = $1 AND verified_at IS NOT NULL AND expires_at > $2";
	struct quote quote;
	bool found;
	int64_t touched;
	if (!quote_read(c, subject, &quote, &found))
		return false;
	if (!found)
		return fail(c, CONFLICT, "还没有报价，请先报价");
	if (!db_run_counting(c, &touched, spend, V(quote.id), V(c->now)))
		return false;
	if (touched == 0)
		return fault(c, "code", "none", "报价已经变更，请就新的报价重新发送验证码");
	return quote_agree(c, &quote, "code", 0);
}
