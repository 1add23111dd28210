/* server_test.c: a running server: retried requests, replies, live streams, stopping. */
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

/* ---- Idempotency-Key -------------------------------------------------------------------------------------
 */

static int64_t things(void **state)
{
	int64_t count = -1;
	assert_true(db_number(((struct kit *)*state)->c, &count, -1, "SELECT COUNT(*) FROM thing"));
	return count;
}

static void a_retried_request_is_answered_again_and_done_once(void **state)
{
	static const char body[] = "{\"name\":\"甲\",\"org_id\":2}", key[] = EAST "Idempotency-Key: k1\r\n";
	char place[256], again[256], replay[256];
	struct answer first = ask("POST", "/api/v1/things", key, body),
		      second = ask("POST", "/api/v1/things", key, body);
	assert_int_equal(first.status, 201);
	assert_int_equal(second.status, 201);
	assert_string_equal(first.body, second.body);
	assert_string_equal(
		answer_header(&first, "Location", place), answer_header(&second, "Location", again));
	assert_null(answer_header(&first, "Idempotent-Replay", replay));
	assert_string_equal(answer_header(&second, "Idempotent-Replay", replay), "true");
	answer_free(&first);
	answer_free(&second);
	assert_int_equal(things(state), 1);
	assert_int_equal(ask_status("POST", "/api/v1/things", key, "{\"name\":\"乙\",\"org_id\":2}"), 422);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST "Idempotency-Key: k2\r\n", body), 201);
	assert_int_equal(things(state), 2);
}

static void a_refusal_is_not_kept_under_the_key(void **state)
{
	static const char key[] = EAST "Idempotency-Key: k1\r\n";
	assert_int_equal(ask_status("POST", "/api/v1/things", key, "{\"name\":\"坏\",\"org_id\":2}"), 409);
	assert_int_equal(ask_status("POST", "/api/v1/things", key, "{\"name\":\"好\",\"org_id\":2}"), 201);
}

struct rival {
	pthread_t thread;
	int port;
	int status;
	char body[512];
};

static void *press_twice(void *data)
{
	struct rival *rival = data;
	struct answer answer = door_ask(rival->port, "POST", "/api/v1/things",
		EAST "Idempotency-Key: both\r\n", "{\"name\":\"甲\",\"org_id\":2}");
	rival->status = answer.status;
	snprintf(rival->body, sizeof rival->body, "%s", answer.body);
	answer_free(&answer);
	return NULL;
}

static void of_eight_at_once_with_one_key_one_does_it_and_all_get_its_reply(void **state)
{
	struct rival rivals[8];
	for (int i = 0; i < 8; i++) {
		rivals[i].port = port(state);
		pthread_create(&rivals[i].thread, NULL, press_twice, &rivals[i]);
	}
	for (int i = 0; i < 8; i++)
		pthread_join(rivals[i].thread, NULL);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(rivals[i].status, 201);
		assert_string_equal(rivals[i].body, rivals[0].body);
	}
	assert_int_equal(things(state), 1);
}

/* ---- files, pages, description ---------------------------------------------------------------------------
 */

static void a_file_is_an_attachment_that_cannot_run(void **state)
{
	char value[256];
	struct answer answer = ask("GET", "/api/v1/file", EAST, NULL);
	assert_string_equal(answer_header(&answer, "Content-Disposition", value),
		"attachment; filename=\"___1.svg\"; filename*=UTF-8''%E5%AE%89%E6%A3%80%201.svg");
	assert_string_equal(answer_header(&answer, "X-Content-Type-Options", value), "nosniff");
	assert_non_null(strstr(answer_header(&answer, "Content-Security-Policy", value), "sandbox"));
	answer_free(&answer);
}

static void a_read_is_never_cached_and_head_has_no_body(void **state)
{
	char value[256];
	struct answer answer = ask("GET", "/api/v1/me", EAST, NULL);
	assert_string_equal(answer_header(&answer, "Cache-Control", value), "no-store");
	answer_free(&answer);
	int fd = door_connect(port(state));
	static const char head[] = "HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	door_send(fd, head, sizeof head - 1);
	answer = door_read(fd, 2000);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.length, 0);
	answer_free(&answer);
	close(fd);
}

static void one_connection_serves_many_requests(void **state)
{
	static const char ask_once[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	int fd = door_connect(port(state));
	for (int i = 0; i < 200; i++) {
		door_send(fd, ask_once, sizeof ask_once - 1);
		struct answer answer = door_read(fd, 2000);
		assert_int_equal(answer.status, 200);
		answer_free(&answer);
	}
	close(fd);
}

static void the_description_names_permission_and_schema(void **state)
{
	struct answer answer = ask("GET", "/api/openapi.json", "", NULL);
	json_t *api = json_loadb(answer.body, answer.length, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(api);
	json_t *paths = json_object_get(api, "paths");
	json_t *post = json_object_get(json_object_get(paths, "/api/v1/things"), "post");
	assert_string_equal(json_string_value(json_object_get(post, "x-module")), "thing");
	assert_true(json_is_true(
		json_object_get(json_object_get(json_object_get(paths, "/healthz"), "get"), "x-public")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(paths, "/api/v1/events"), "get"), "x-permission")),
		"any-staff");
	json_t *schema =
		json_object_get(json_object_get(json_object_get(api, "components"), "schemas"), "thing");
	json_t *name = json_object_get(json_object_get(schema, "properties"), "name");
	assert_string_equal(json_string_value(json_object_get(name, "x-label")), "名称");
	assert_int_equal(json_integer_value(json_object_get(name, "maxLength")), 10);
	json_decref(api);
	answer_free(&answer);
}

/* ---- events ----------------------------------------------------------------------------------------------
 */

static int stream_for(void **state, const char *headers)
{
	char request[512];
	int fd = door_connect(port(state));
	int length = snprintf(
		request, sizeof request, "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
	door_send(fd, request, (size_t)length);
	assert_true(door_hears(fd, "retry:", 2000));
	return fd;
}

static void an_event_reaches_those_who_may_see_it_and_nobody_else(void **state)
{
	int east = stream_for(state, EAST), west = stream_for(state, WEST);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}"), 201);
	assert_true(door_hears(east, "\"kind\":\"thing.opened\"", 2000));
	assert_false(door_hears(west, "thing.opened", 300));
	close(east);
	close(west);
}

static void a_refused_write_tells_nobody(void **state)
{
	int east = stream_for(state, EAST);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"坏\",\"org_id\":2}"), 409);
	assert_false(door_hears(east, "thing.opened", 300));
	close(east);
}

static void a_message_for_one_person_reaches_only_that_one(void **state)
{
	int east = stream_for(state, EAST), west = stream_for(state, WEST);
	assert_int_equal(ask_status("POST", "/api/v1/tell/12", EAST, "{}"), 204);
	assert_true(door_hears(west, "notice.new", 2000));
	assert_false(door_hears(east, "notice.new", 300));
	close(east);
	close(west);
}

static void a_stream_ends_when_its_session_has_ended(void **state)
{
	int west = stream_for(state, WEST);
	char rest_of_it[64];
	assert_int_equal(ask_status("POST", "/api/v1/rights?token=west", EAST, "{}"), 204);
	struct pollfd waited = { .fd = west, .events = POLLIN };
	assert_int_equal(poll(&waited, 1, 2000), 1);
	ssize_t length = recv(west, rest_of_it, sizeof rest_of_it, 0);
	assert_true(length >= 0);
	rest_of_it[length < 63 ? length : 63] = '\0';
	assert_non_null(strstr(rest_of_it, "0\r\n")); /* the last chunk */
	close(west);
	assert_int_equal(ask_status("GET", "/api/v1/events", WEST, NULL), 401);
}

static void a_returning_screen_gets_what_it_missed_or_is_told_to_ask_anew(void **state)
{
	struct kit *kit = *state;
	char header[256];
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}"), 201);
	usleep(100000);
	snprintf(header, sizeof header, EAST "Last-Event-ID: %s-0\r\n", kit->app.events->boot);
	int fd = stream_for(state, header);
	close(fd);
	fd = door_connect(port(state));
	char request[512];
	int length =
		snprintf(request, sizeof request, "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n%s\r\n", header);
	door_send(fd, request, (size_t)length);
	assert_true(door_hears(fd, "thing.opened", 2000));
	close(fd);
	fd = door_connect(port(state));
	static const char gone[] =
		"GET /api/v1/events HTTP/1.1\r\nHost: a\r\n" EAST "Last-Event-ID: other-5\r\n\r\n";
	door_send(fd, gone, sizeof gone - 1);
	assert_true(door_hears(fd, "event: resync", 2000));
	close(fd);
}

static void a_stream_that_does_not_read_is_told_to_ask_anew(void **state)
{
	struct kit *kit = *state;
	int fd = stream_for(state, EAST);
	/* More at once than a stream's queue holds. */
	for (int i = 0; i < STREAM_QUEUE * 3; i++)
		event_emit(kit->c, (struct event){ .kind = "thing.opened",
					   .subject_id = i,
					   .org_id = 2,
					   .permission = MAY_VIEW });
	events_publish(kit->c);
	assert_true(door_hears(fd, "event: resync", 2000));
	close(fd);
}

static void three_hundred_streams_from_one_address_all_hear_it(void **state)
{
	enum { SCREENS = 300 };
	static int fds[SCREENS];
	for (int i = 0; i < SCREENS; i++)
		fds[i] = stream_for(state, EAST);
	assert_int_equal(events_streams(((struct kit *)*state)->app.events), SCREENS);
	assert_int_equal(ask_status("POST", "/api/v1/things", EAST, "{\"name\":\"甲\",\"org_id\":2}"), 201);
	for (int i = 0; i < SCREENS; i++)
		assert_true(door_hears(fds[i], "thing.opened", 2000));
	for (int i = 0; i < SCREENS; i++)
		close(fds[i]);
}

/* ---- stopping --------------------------------------------------------------------------------------------
 */

struct resting {
	pthread_t thread;
	int port, status;
};

static void *rest_outside(void *data)
{
	struct resting *resting = data;
	struct answer answer = door_ask(resting->port, "GET", "/api/v1/rest", EAST, NULL);
	resting->status = answer.status;
	answer_free(&answer);
	return NULL;
}

static void stopping_finishes_requests_and_closes_streams(void **state)
{
	struct kit *kit = *state;
	struct resting resting = { .port = port(state) };
	int stream = stream_for(state, EAST), number = port(state);
	pthread_create(&resting.thread, NULL, rest_outside, &resting);
	usleep(200000);
	server_free(kit->app.server);
	kit->app.server = NULL;
	pthread_join(resting.thread, NULL);
	assert_int_equal(resting.status, 200);
	char byte[64];
	struct pollfd waited = { .fd = stream, .events = POLLIN };
	while (poll(&waited, 1, 2000) == 1 && recv(stream, byte, sizeof byte, 0) > 0) {
	}
	close(stream);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)number) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int late = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
	close(late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_case(a_retried_request_is_answered_again_and_done_once),
		server_case(a_refusal_is_not_kept_under_the_key),
		server_case(of_eight_at_once_with_one_key_one_does_it_and_all_get_its_reply),
		server_case(a_file_is_an_attachment_that_cannot_run),
		server_case(a_read_is_never_cached_and_head_has_no_body),
		server_case(one_connection_serves_many_requests),
		server_case(the_description_names_permission_and_schema),
		server_case(an_event_reaches_those_who_may_see_it_and_nobody_else),
		server_case(a_refused_write_tells_nobody),
		server_case(a_message_for_one_person_reaches_only_that_one),
		server_case(a_stream_ends_when_its_session_has_ended),
		server_case(a_returning_screen_gets_what_it_missed_or_is_told_to_ask_anew),
		server_case(a_stream_that_does_not_read_is_told_to_ask_anew),
		server_case(three_hundred_streams_from_one_address_all_hear_it),
		server_case(stopping_finishes_requests_and_closes_streams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
