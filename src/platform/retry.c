/* retry.c: Idempotency-Key. The key is claimed and its reply kept in the transaction that did the work, so
 * that there is never one without the other. Of two at once the second waits for the first one's commit
 * (SQLite: the one writer; PostgreSQL: the unique key) and finds its reply. */
#include <string.h>

#include "platform/server_internal.h"

static const char *owner_of(struct http_request *request)
{
	const struct actor *actor = &request->actor;
	const char *kind = actor->kind == ACTOR_KEY	   ? "key"
			   : actor->kind == ACTOR_CUSTOMER ? "customer"
							   : "staff";
	return arena_format(request->c.arena, "%s:%lld", kind, (long long)actor->id);
}

/* Of the method, the whole address and the body. */
static const char *digest_of(struct http_request *request)
{
	unsigned char body[DIGEST_SIZE] = { 0 }, whole[DIGEST_SIZE];
	struct digest *digest = digest_begin(request->c.arena);
	if (request->digest)
		digest_end(request->digest, body);
	request->digest = NULL;
	digest_add(digest, request->method, strlen(request->method) + 1);
	digest_add(digest, request->uri, strlen(request->uri) + 1);
	digest_add(digest, body, sizeof body);
	digest_end(digest, whole);
	char *hex = arena_alloc(request->c.arena, DIGEST_HEX_SIZE);
	digest_hex(whole, hex);
	return hex;
}

static bool replay(struct http_request *request, const char *owner, bool *replayed)
{
	struct ctx *c = &request->c;
	struct rows *rows;
	if (!db_query(c, &rows,
		    "SELECT request_digest, status, location, reply FROM idempotency WHERE actor = $1 AND "
		    "key = $2",
		    V(owner), V(request->retry_key)))
		return false;
	if (!rows_next(rows))
		return !ctx_failed(c) && fail(c, UNAVAILABLE, "请稍后再试");
	bool same = text_equal(rows_text(rows, 0), request->retry_digest);
	request->status = (unsigned)rows_int(rows, 1);
	request->call.location = rows_text(rows, 2);
	request->body = rows_text(rows, 3);
	request->body_length = request->body ? strlen(request->body) : 0;
	rows_close(rows);
	if (!same)
		return fail(c, INVALID, "这个 Idempotency-Key 已用于另一项请求，请换一个");
	request->replayed = *replayed = true;
	return true;
}

bool retry_claim(struct http_request *request, bool *replayed)
{
	struct ctx *c = &request->c;
	const char *owner = owner_of(request);
	int64_t touched;
	if (!request->retry_digest)
		request->retry_digest = digest_of(request);
	if (!db_run_counting(c, &touched,
		    "INSERT INTO idempotency (key, actor, request_digest, status, created_at) VALUES ($1, "
		    "$2, $3, 0, $4)"
		    " ON CONFLICT (actor, key) DO NOTHING",
		    V(request->retry_key), V(owner), V(request->retry_digest), V(c->now)))
		return false;
	return touched == 1 || replay(request, owner, replayed);
}

bool retry_keep(struct http_request *request)
{
	struct ctx *c = &request->c;
	const struct call *call = &request->call;
	const char *owner = owner_of(request);
	if (call->file_bytes || call->file_path) /* a file is not kept: the key is free again */
		return db_run(c, "DELETE FROM idempotency WHERE actor = $1 AND key = $2", V(owner),
			V(request->retry_key));
	return db_run(c,
		"UPDATE idempotency SET status = $1, location = $2, reply = $3 WHERE actor = $4 AND key = $5",
		V((int64_t)request->status), V(call->location), V(request->body), V(owner),
		V(request->retry_key));
}
