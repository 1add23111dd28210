/* staff_login.c: checking a password, and stopping those who guess.
 *
 * What is locked is what was typed, known or not, and an unknown login costs the same hashing as a known one:
 * neither the words nor the time of the answer tell who works here. Only failures of one address are limited,
 * not logins, for a whole office may stand behind one address. */
#include <string.h>

#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"
#include "platform/crypto.h"

/* Of a password that nobody knows, made with the limits of password_hash(). */
static const char nobodys_hash[] =
	"$argon2id$v=19$m=65536,t=2,p=1$DvBXxEFMSpUpCT5yzOZARg$yVL5QB6Cf4PIYkBztFHEX6lTZkWyNIzqUdsn1AUU9Qg";

enum { LOGIN_BYTES_MOST = 128 };

/* The form in which logins are compared and locked. */
static const char *login_form(struct ctx *c, const char *typed)
{
	char *form = text_trim(c->arena, typed);
	for (char *at = form; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return strlen(form) <= LOGIN_BYTES_MOST ? form : arena_text_n(c->arena, form, 0);
}

static bool refuse_locked(struct ctx *c, int64_t locked_until)
{
	int64_t minutes = (locked_until - c->now.ms + MINUTE_MS - 1) / MINUTE_MS;
	fail(c, TOO_MANY, "登录失败次数过多，请 %lld 分钟后再试，或请安全管理员解锁", (long long)minutes);
	c->problem.retry_after_seconds = minutes * 60;
	return false;
}

static bool wrong(struct ctx *c)
{
	return fail(c, UNAUTHENTICATED, "登录名或密码不正确，请核对后重试");
}

/* Before the expensive hashing; the transaction asks again. */
static bool check_limits(struct ctx *c, const char *login)
{
	const struct staff_rules *rules = staff_rules(c->app);
	int64_t locked_until, failures, since = c->now.ms - rules->login_within_ms;
	if (!db_number(
		    c, &locked_until, 0, "SELECT locked_until FROM staff_lock WHERE login = $1", V(login)) ||
		!db_number(c, &failures, 0,
			"SELECT COUNT(*) FROM staff_login_failure WHERE address = $1 AND at > $2",
			V(c->actor->address), V(since)))
		return false;
	if (locked_until > c->now.ms)
		return refuse_locked(c, locked_until);
	if (failures >= rules->login_failures_per_address) {
		fail(c, TOO_MANY, "这个网络地址登录失败太多，请 15 分钟后再试");
		c->problem.retry_after_seconds = rules->login_within_ms / SECOND_MS;
		return false;
	}
	return true;
}

static bool find_person(struct ctx *c, struct login *login)
{
	static const char of_login[] =
		"SELECT s.id, p.hash FROM staff s JOIN staff_secret p ON p.staff_id = s.id"
		" WHERE s.login = $1 AND s.has_left = 0";
	struct rows *rows;
	if (!db_query(c, &rows, of_login, V(login->login)))
		return false;
	if (rows_next(rows)) {
		login->staff_id = rows_int(rows, 0);
		login->hash = rows_text(rows, 1);
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* The login's row, held until the end of the transaction, so that guesses side by side are counted one by
 * one. */
static bool hold_lock(struct ctx *c, const char *login, int64_t *locked_until)
{
	return db_number(c, locked_until, 0,
		"INSERT INTO staff_lock (login, locked_until) VALUES ($1, 0)"
		" ON CONFLICT (login) DO UPDATE SET locked_until = staff_lock.locked_until RETURNING "
		"locked_until",
		V(login));
}

struct failure {
	const char *login;
	int64_t staff_id, locked_until;
};

static bool count_failure(struct ctx *c, void *data)
{
	struct failure *failure = data;
	const struct staff_rules *rules = staff_rules(c->app);
	int64_t failures;
	if (!hold_lock(c, failure->login, &failure->locked_until))
		return false;
	if (failure->locked_until > c->now.ms)
		return true;
	if (!db_run(c, "INSERT INTO staff_login_failure (id, login, address, at) VALUES ($1, $2, $3, $4)",
		    V(db_new_id(c)), V(failure->login), V(c->actor->address), V(c->now)) ||
		!db_number(c, &failures, 0,
			"SELECT COUNT(*) FROM staff_login_failure WHERE login = $1 AND at > $2",
			V(failure->login), V(c->now.ms - rules->login_within_ms)))
		return false;
	if (failures >= rules->login_failures &&
		!db_run(c, "UPDATE staff_lock SET locked_until = $1 WHERE login = $2",
			V(c->now.ms + rules->login_locked_ms), V(failure->login)))
		return false;
	/* What was typed may be a password in the wrong box: only known people are named. */
	return audit_record(c, failures >= rules->login_failures ? "session.lock" : "session.refuse", "staff",
		failure->staff_id, 0, NULL, NULL);
}

static bool failed_login(struct ctx *c, const struct login *login)
{
	struct failure failure = { .login = login->login, .staff_id = login->staff_id };
	if (!app_write(c, count_failure, &failure))
		return false;
	return failure.locked_until > c->now.ms ? refuse_locked(c, failure.locked_until) : wrong(c);
}

bool session_check(struct ctx *c, const char *typed_login, const char *password, struct login *login)
{
	login->login = login_form(c, typed_login);
	if (!check_limits(c, login->login) || !find_person(c, login))
		return false;
	bool matches = password_matches(login->hash ? login->hash : nobodys_hash, password);
	return (matches && login->staff_id) || failed_login(c, login);
}

bool session_count_failure(struct ctx *c, const char *login)
{
	struct failure failure = { .login = login, .staff_id = c->actor->id };
	return app_write(c, count_failure, &failure);
}

bool session_is_locked(struct ctx *c, const char *login, bool *is_locked)
{
	int64_t locked_until;
	if (!db_number(c, &locked_until, 0, "SELECT locked_until FROM staff_lock WHERE login = $1", V(login)))
		return false;
	*is_locked = locked_until > c->now.ms;
	return true;
}

bool session_unlock(struct ctx *c, const char *login)
{
	return db_run(c, "UPDATE staff_lock SET locked_until = 0 WHERE login = $1", V(login)) &&
	       db_run(c, "DELETE FROM staff_login_failure WHERE login = $1", V(login));
}

bool session_open(struct ctx *c, const struct login *login, const char *agent, const char **token)
{
	int64_t locked_until;
	if (!hold_lock(c, login->login, &locked_until))
		return false;
	if (locked_until > c->now.ms)
		return refuse_locked(c, locked_until);
	return session_unlock(c, login->login) && session_insert(c, login, agent, token);
}

/* ---- jobs
 * ---------------------------------------------------------------------------------------------------------
 */

bool session_tidy(struct ctx *c, bool *more)
{
	(void)more;
	const struct staff_rules *rules = staff_rules(c->app);
	return db_run(c, "DELETE FROM staff_session WHERE expires_at < $1 OR seen_at < $2", V(c->now),
		       V(c->now.ms - rules->session_idle_ms - DAY_MS)) &&
	       db_run(c, "DELETE FROM staff_login_failure WHERE at < $1",
		       V(c->now.ms - rules->login_within_ms)) &&
	       db_run(c, "DELETE FROM staff_lock WHERE locked_until < $1",
		       V(c->now.ms - rules->login_locked_ms));
}
