/* request_test.c: a running server, and clients that behave well and badly: requests and their bodies. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit/thing.h"
#include "platform/embedded.h"
#include "platform/events.h"
#include "platform/events_internal.h"
#include "platform/list.h"
#include "platform/server.h"
#include "platform/workers.h"
#include "platform/writer.h"

/* ---- what is not HTTP ------------------------------------------------------------------------------------
 */

static void hostile_requests_are_refused_and_the_connection_is_closed(void **state)
{
	static const struct {
		const char *what, *bytes;
		int status;
	} cases[] = {
		{ "length and chunks",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
			"chunked\r\n\r\n0\r\n\r\n",
			400 },
		{ "two lengths",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: "
			"5\r\n\r\nabcde",
			400 },
		{ "two equal lengths",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: "
			"4\r\n\r\nabcd",
			400 },
		{ "length with a sign",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd", 400 },
		{ "length twice in one",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd", 400 },
		{ "unknown coding",
			"POST /api/v1/greet HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, "
			"chunked\r\n\r\n0\r\n\r\n",
			400 },
		{ "two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
		{ "no host", "GET /healthz HTTP/1.1\r\n\r\n", 400 },
		{ "NUL in the path", "GET /healthz%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "NUL in the query", "GET /healthz?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "broken escape", "GET /healthz%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "cut escape", "GET /healthz%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "dots", "GET /console/../healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "escaped dots", "GET /console/%2e%2e/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "escaped slash", "GET /console%2fassets HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "backslash", "GET /console/..%5c..%5cetc HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "line end in the path", "GET /healthz%0d%0aX:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "no path", "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "control in a header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: a\001b\r\n\r\n", 400 },
		{ "space before the colon", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", 400 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer = door_raw(port(state), cases[i].bytes, strlen(cases[i].bytes));
		if (answer.status != cases[i].status || !answer.closed)
			print_error("%s: %d%s\n", cases[i].what, answer.status,
				answer.closed ? "" : ", still open");
		assert_int_equal(answer.status, cases[i].status);
		assert_true(answer.closed);
		answer_free(&answer);
	}
	assert_int_equal(ask_status("GET", "/healthz", "", NULL), 200);
}

/* libmicrohttpd reads these as if they were proper; what matters is that no second request comes of them. */
static void a_bare_line_feed_or_a_folded_header_never_becomes_a_second_request(void **state)
{
	static const char *const cases[] = {
		"GET /healthz HTTP/1.1\nHost: a\n\n",
		"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = door_connect(port(state));
		door_send(fd, cases[i], strlen(cases[i]));
		struct answer first = door_read(fd, 2000), second = door_read(fd, 200);
		assert_true(first.status == 200 || first.status == 400 || first.status == 0);
		assert_int_equal(second.status, 0);
		answer_free(&first);
		answer_free(&second);
		close(fd);
	}
}

static void too_many_or_too_long_headers_are_431(void **state)
{
	char *request = calloc(1, 65536), *at = request;
	at += sprintf(at, "GET /healthz HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 100; i++)
		at += sprintf(at, "X-%d: a\r\n", i);
	strcpy(at, "\r\n");
	assert_int_equal(thing_status(door_raw(port(state), request, strlen(request))), 431);
	at = request + sprintf(request, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ");
	memset(at, 'a', 17000);
	strcpy(at + 17000, "\r\n\r\n");
	assert_int_equal(thing_status(door_raw(port(state), request, strlen(request))), 431);
	free(request);
}

static void an_unknown_method_is_405_and_names_the_known_ones(void **state)
{
	char allow[256];
	struct answer answer = ask("BREW", "/api/v1/things", "", NULL);
	assert_int_equal(answer.status, 405);
	assert_string_equal(answer_header(&answer, "Allow", allow), "GET, HEAD, POST");
	answer_free(&answer);
	assert_int_equal(ask_status("DELETE", "/api/v1/things", EAST, NULL), 405);
	assert_int_equal(ask_status("TRACE", "/healthz", "", NULL), 405);
	assert_int_equal(ask_status("GET", "/api/v1/unknown", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/0", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/9007199254740992", EAST, NULL), 404);
	assert_int_equal(ask_status("GET", "/api/v1/things/1x", EAST, NULL), 404);
}

/* ---- who may ---------------------------------------------------------------------------------------------
 */

static void without_login_401_without_permission_403_beyond_the_fence_404(void **state)
{
	assert_int_equal(ask_status("GET", "/api/v1/things", "", NULL), 401);
	assert_int_equal(ask_status("GET", "/api/v1/me", "Cookie: qifu_session=nobody\r\n", NULL), 401);
	assert_int_equal(ask_status("GET", "/api/v1/nothing", EAST, NULL), 403);
	assert_int_equal(ask_status("POST", "/api/v1/things", WEST, "not even JSON"), 403);
	struct answer made = ask("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}");
	char place[256];
	assert_int_equal(made.status, 201);
	assert_non_null(answer_header(&made, "Location", place));
	assert_int_equal(ask_status("GET", place, EAST, NULL), 200);
	assert_int_equal(ask_status("GET", place, WEST, NULL), 404);
	answer_free(&made);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"乙\",\"org_id\":3}"), 404);
}

static void a_cookie_needs_its_csrf_token_and_a_key_does_not(void **state)
{
	static const char body[] = "{\"name\":\"甲\",\"org_id\":2}";
	assert_int_equal(ask_status("POST", "/api/v1/things", "Cookie: qifu_session=east\r\n", body), 403);
	assert_int_equal(ask_status("POST", "/api/v1/things",
				 "Cookie: qifu_session=east\r\nX-CSRF-Token: x\r\n", body),
		403);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, body), 201);
	assert_int_equal(ask_status("POST", "/api/v1/things", "Authorization: Bearer east\r\n", body), 201);
}

static void who_must_change_the_password_can_do_nothing_else(void **state)
{
	assert_int_equal(ask_status("GET", "/api/v1/things", "Cookie: qifu_session=new\r\n", NULL), 403);
	assert_int_equal(ask_status("GET", "/api/v1/me", "Cookie: qifu_session=new\r\n", NULL), 200);
}

static void figures_are_for_this_machine_or_for_staff(void **state)
{
	assert_int_equal(ask_status("GET", "/metrics", "", NULL), 200);
	assert_int_equal(ask_status("GET", "/metrics", "X-Forwarded-For: 203.0.113.9\r\n", NULL), 401);
	struct answer answer = ask("GET", "/metrics", "", NULL);
	assert_non_null(strstr(
		answer.body, "qifu_requests_total{method=\"GET\",route=\"/metrics\",status=\"200\"} 1"));
	assert_non_null(strstr(
		answer.body, "qifu_requests_total{method=\"GET\",route=\"/metrics\",status=\"401\"} 1"));
	answer_free(&answer);
}

/* ---- bodies ----------------------------------------------------------------------------------------------
 */

static void a_body_must_be_json_and_every_fault_is_named(void **state)
{
	assert_int_equal(
		ask_status("POST", "/api/v1/things", EAST "Content-Type: text/plain\r\n", "{}"), 415);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{"), 400);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"a\",\"name\":\"b\"}"), 400);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "\xff"), 400);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "[]"), 422);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, NULL), 422);
	struct answer answer =
		ask("POST", "/api/v1/things", EAST, "{\"id\":1,\"name\":\"一二三四五六七八九十一\",\"x\":1}");
	char type[256];
	assert_int_equal(answer.status, 422);
	assert_string_equal(answer_header(&answer, "Content-Type", type), "application/problem+json");
	json_t *problem = json_loadb(answer.body, answer.length, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(problem, "errors")), 4);
	assert_non_null(json_object_get(problem, "request_id"));
	json_decref(problem);
	answer_free(&answer);
}

static void a_body_beyond_its_limit_is_413(void **state)
{
	size_t length = (1 << 20) + 1;
	char *body = malloc(length + 1);
	memset(body, ' ', length);
	body[length] = '\0';
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, body), 413);
	assert_int_equal(ask_status("POST", "/api/v1/raw", EAST, body), 200); /* a photo may be bigger */
	free(body);
	static const char head[] =
		"POST /api/v1/things HTTP/1.1\r\nHost: a\r\n" EAST "Content-Type: application/json\r\n"
		"Content-Length: 99999999999\r\n\r\n";
	assert_int_equal(thing_status(door_raw(port(state), head, sizeof head - 1)), 413);
}

static void chunks_are_put_together_and_limited(void **state)
{
	static const char small[] = "POST /api/v1/raw HTTP/1.1\r\nHost: a\r\n" EAST
				    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	struct answer answer = door_raw(port(state), small, sizeof small - 1);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "5");
	answer_free(&answer);
}

static void an_upload_lies_in_a_file_that_is_gone_afterwards(void **state)
{
	struct answer answer = ask("POST", "/api/v1/upload", EAST "Content-Type: text/csv\r\n", "a,b\n1,2\n");
	json_t *reply = json_loadb(answer.body, answer.length, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(reply, "bytes")), 8);
	const char *path = json_string_value(json_object_get(reply, "path"));
	/* It goes once the answer is on its way. */
	for (int waited = 0; waited < 2000 && access(path, F_OK) == 0; waited += 10)
		usleep(10000);
	assert_int_equal(access(path, F_OK), -1);
	json_decref(reply);
	answer_free(&answer);
}

static void a_request_that_fills_its_memory_is_413_and_the_server_goes_on(void **state)
{
	assert_int_equal(ask_status("GET", "/api/v1/memory", EAST, NULL), 413);
	assert_int_equal(ask_status("POST", "/api/v1/memory", EAST, "{}"), 413);
	assert_int_equal(ask_status("GET", "/healthz", "", NULL), 200);
}

static void an_inner_failure_is_500_and_tells_nothing(void **state)
{
	struct answer answer = ask("POST", "/api/v1/breakdown", EAST, "{}");
	assert_int_equal(answer.status, 500);
	assert_null(strstr(answer.text, "no_such_table"));
	assert_null(strstr(answer.text, "INSERT"));
	assert_null(strstr(answer.text, "1390000"));
	answer_free(&answer);
}

static void a_refused_write_leaves_nothing_behind(void **state)
{
	struct kit *kit = *state;
	int64_t count;
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"坏\",\"org_id\":2}"), 409);
	assert_true(db_number(kit->c, &count, -1, "SELECT COUNT(*) FROM thing"));
	assert_int_equal(count, 0);
}

static void work_before_the_transaction_is_handed_on(void **state)
{
	struct answer answer = ask("POST", "/api/v1/greet", "", "{}");
	assert_string_equal(answer.body, "\"prepared\"");
	answer_free(&answer);
}

/* ---- versions --------------------------------------------------------------------------------------------
 */

static void an_edit_needs_the_version_that_was_seen(void **state)
{
	char place[256], etag[256];
	struct answer made = ask(
		"POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2,\"phone\":\"13900001234\"}");
	answer_header(&made, "Location", place);
	assert_string_equal(answer_header(&made, "ETag", etag), "\"1\"");
	assert_non_null(strstr(made.body, "139****1234"));
	answer_free(&made);
	assert_int_equal(ask_status("PUT", place, EAST, "{\"name\":\"乙\"}"), 428);
	assert_int_equal(ask_status("PUT", place, EAST "If-Match: abc\r\n", "{\"name\":\"乙\"}"), 400);
	struct answer edited =
		ask("PUT", place, EAST "If-Match: \"1\"\r\n", "{\"name\":\"乙\",\"phone\":\"139****1234\"}");
	assert_int_equal(edited.status, 200);
	assert_string_equal(answer_header(&edited, "ETag", etag), "\"2\"");
	answer_free(&edited);
	struct answer stale = ask("PUT", place, EAST "If-Match: 1\r\n", "{\"name\":\"丙\"}");
	assert_int_equal(stale.status, 412);
	json_t *problem = json_loadb(stale.body, stale.length, 0, NULL);
	json_t *present = json_object_get(problem, "present");
	assert_string_equal(json_string_value(json_object_get(present, "name")), "乙");
	assert_int_equal(json_integer_value(json_object_get(present, "version")), 2);
	json_decref(problem);
	answer_free(&stale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_case(hostile_requests_are_refused_and_the_connection_is_closed),
		server_case(a_bare_line_feed_or_a_folded_header_never_becomes_a_second_request),
		server_case(too_many_or_too_long_headers_are_431),
		server_case(an_unknown_method_is_405_and_names_the_known_ones),
		server_case(without_login_401_without_permission_403_beyond_the_fence_404),
		server_case(a_cookie_needs_its_csrf_token_and_a_key_does_not),
		server_case(who_must_change_the_password_can_do_nothing_else),
		server_case(figures_are_for_this_machine_or_for_staff),
		server_case(a_body_must_be_json_and_every_fault_is_named),
		server_case(a_body_beyond_its_limit_is_413),
		server_case(chunks_are_put_together_and_limited),
		server_case(an_upload_lies_in_a_file_that_is_gone_afterwards),
		server_case(a_request_that_fills_its_memory_is_413_and_the_server_goes_on),
		server_case(an_inner_failure_is_500_and_tells_nothing),
		server_case(a_refused_write_leaves_nothing_behind),
		server_case(work_before_the_transaction_is_handed_on),
		server_case(an_edit_needs_the_version_that_was_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
