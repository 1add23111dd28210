/* Digests against the vectors of their standards; tokens; passwords; the log's lines. */
#include <string.h>
#include <unistd.h>

#include "kit/kit.h"
#include "platform/crypto.h"
#include "platform/json.h"
#include "platform/log.h"

static void sm3_gives_the_examples_of_gb_t_32905(void **state)
{
	(void)state;
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	sm3("abc", 3, digest);
	assert_string_equal(
		digest_hex(digest, hex), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
	sm3("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd", 64, digest);
	assert_string_equal(
		digest_hex(digest, hex), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

static void sha256_gives_the_examples_of_fips_180(void **state)
{
	(void)state;
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	sha256("abc", 3, digest);
	assert_string_equal(
		digest_hex(digest, hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	struct arena *arena = arena_new(1 << 16);
	struct digest *running = digest_begin(arena);
	digest_add(running, "a", 1);
	digest_add(running, "bc", 2);
	digest_end(running, digest);
	assert_string_equal(
		digest_hex(digest, hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	arena_free(arena);
}

static void hmac_gives_the_second_example_of_rfc_4231(void **state)
{
	(void)state;
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, digest);
	assert_string_equal(
		digest_hex(digest, hex), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void tokens_differ_and_are_url_safe(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 16);
	const char *a = random_token(arena, 32), *b = random_token(arena, 32);
	assert_int_equal(strlen(a), 43);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), 43);
	assert_true(equal_in_constant_time(a, arena_text(arena, a)));
	assert_false(equal_in_constant_time(a, b));
	assert_false(equal_in_constant_time(a, ""));
	arena_free(arena);
}

static void a_password_is_kept_as_argon2id_and_matches_only_itself(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 16);
	struct ctx c = { .arena = arena };
	const char *hash;
	assert_true(password_hash(&c, "气服-2026", &hash));
	assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
	assert_true(password_matches(hash, "气服-2026"));
	assert_false(password_matches(hash, "气服-2027"));
	assert_false(password_matches("", "气服-2026"));
	assert_false(password_matches(NULL, ""));
	arena_free(arena);
}

/* What log_line and a failing statement write to standard error. */
static size_t read_log(int *pipes, int saved, char *text, size_t size)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	ssize_t length = read(pipes[0], text, size - 1);
	close(pipes[0]);
	text[length < 0 ? 0 : length] = '\0';
	return (size_t)length;
}

static void every_line_of_the_log_is_json_whatever_goes_in(void **state)
{
	struct ctx *c = kit_ctx(*state);
	char text[16384], *longest = arena_alloc(c->arena, 5001);
	int pipes[2], saved = dup(STDERR_FILENO);
	memset(longest, '"', 5000);
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	log_line(LOG_WARN, "test", "a \"quoted\"\n\tline \\ 气", "long", longest, "longer", longest, "none",
		NULL, "last", longest, NULL);
	read_log(pipes, saved, text, sizeof text);
	char *end = strchr(text, '\n');
	assert_non_null(end);
	assert_string_equal(end, "\n");
	json_t *line = json_loads(text, 0, NULL);
	assert_non_null(line);
	assert_string_equal(
		json_string_value(json_object_get(line, "message")), "a \"quoted\"\n\tline \\ 气");
	json_decref(line);
}

static void the_log_never_holds_bound_values(void **state)
{
	struct ctx *c = kit_ctx(*state);
	char text[16384];
	int pipes[2], saved = dup(STDERR_FILENO);
	static const char insert[] =
		"INSERT INTO number_sequence (sequence, org_id, year, last) VALUES ($1, 1, 1, 1)";
	assert_true(db_run(c, insert, V("13800000000")));
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	db_run(c, insert, V("13800000000")); /* taken */
	db_run(c, "INSERT INTO nowhere (a) VALUES ($1)", V("13800000000"));
	db_run(c, "SELECT CAST($1 AS INTEGER) / 0 FROM number_sequence WHERE CAST($1 AS BIGINT) = 'x'",
		V("13800000000"));
	db_run(c, "INSERT INTO number_sequence (sequence, org_id, year, last) VALUES ('s', 1, 1, $1)",
		V("13800000000x"));
	fail(c, CONFLICT, "电话 %s 已有", "13800000000");
	log_line(LOG_INFO, "test", "end", NULL);
	read_log(pipes, saved, text, sizeof text);
	assert_non_null(strstr(text, "nowhere"));
	assert_null(strstr(text, "13800000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sm3_gives_the_examples_of_gb_t_32905),
		cmocka_unit_test(sha256_gives_the_examples_of_fips_180),
		cmocka_unit_test(hmac_gives_the_second_example_of_rfc_4231),
		cmocka_unit_test(tokens_differ_and_are_url_safe),
		cmocka_unit_test(a_password_is_kept_as_argon2id_and_matches_only_itself),
		kit_test(every_line_of_the_log_is_json_whatever_goes_in),
		kit_test(the_log_never_holds_bound_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
