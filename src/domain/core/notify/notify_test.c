/* Notices: written once, delivered once, held back at night, given up on in the end. The SMS gateway is a
 * real one on the loopback, small and obedient. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/core/notify/notify_internal.h"
#include "kit/house.h"
#include "kit/kit.h"
#include "platform/json.h"

enum { REQUESTS_MOST = 64 };

/* Answers every POST with `status` and remembers the bodies. */
struct gateway {
	int listener;
	pthread_t thread;
	_Atomic int status;
	_Atomic int count;
	char bodies[REQUESTS_MOST][2048];
	char url[64];
};

static void serve(struct gateway *gateway, int client)
{
	char bytes[8192];
	size_t have = 0;
	const char *body = NULL;
	long length = 0;
	while (have + 1 < sizeof bytes) {
		ssize_t got = read(client, bytes + have, sizeof bytes - 1 - have);
		if (got <= 0)
			break;
		have += (size_t)got;
		bytes[have] = '\0';
		body = strstr(bytes, "\r\n\r\n");
		const char *header = strcasestr(bytes, "content-length:");
		length = header ? strtol(header + 15, NULL, 10) : 0;
		if (body && have - (size_t)(body + 4 - bytes) >= (size_t)length)
			break;
	}
	int at = atomic_load(&gateway->count);
	if (body && at < REQUESTS_MOST) {
		snprintf(gateway->bodies[at], sizeof gateway->bodies[at], "%s", body + 4);
		atomic_store(&gateway->count, at + 1);
	}
	char answer[128];
	int size = snprintf(answer, sizeof answer,
		"HTTP/1.1 %d X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
		atomic_load(&gateway->status));
	(void)!write(client, answer, (size_t)size);
	close(client);
}

static void *gateway_thread(void *data)
{
	struct gateway *gateway = data;
	int client;
	while ((client = accept(gateway->listener, NULL, NULL)) >= 0)
		serve(gateway, client);
	return NULL;
}

static struct gateway *gateway_open(struct kit *kit, int status)
{
	struct gateway *gateway = calloc(1, sizeof *gateway);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	assert_non_null(gateway);
	gateway->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(gateway->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(gateway->listener, 16), 0);
	assert_int_equal(getsockname(gateway->listener, (struct sockaddr *)&address, &size), 0);
	snprintf(gateway->url, sizeof gateway->url, "http://127.0.0.1:%d/sms", ntohs(address.sin_port));
	atomic_store(&gateway->status, status);
	assert_int_equal(pthread_create(&gateway->thread, NULL, gateway_thread, gateway), 0);
	kit->app.config.sms_url = gateway->url;
	return gateway;
}

static void gateway_close(struct gateway *gateway)
{
	shutdown(gateway->listener, SHUT_RDWR);
	pthread_join(gateway->thread, NULL);
	close(gateway->listener);
	free(gateway);
}

static struct ctx *begin(void **state)
{
	struct ctx *c = kit_ctx(*state);
	house_build(c);
	kit_start_threads(*state);
	struct instant noon;
	assert_true(instant_parse("2026-11-24T12:00:00+08:00", &noon));
	kit_set_clock(*state, noon);
	return c;
}

static void deliver(struct ctx *c)
{
	bool more = true;
	for (int i = 0; more && i < 20; i++)
		assert_true(notify_deliver_job(c, &more));
}

static int64_t count(struct ctx *c, const char *sql)
{
	int64_t number = -1;
	assert_true(db_number(c, &number, 0, sql));
	return number;
}

static struct notice sms_to(const char *phone)
{
	static const char *const parameters[] = { "number", "TAC-2026-000001", NULL };
	return (struct notice){ .subject = { "repair", 7001 },
		.org_id = HOUSE_CENTRE,
		.channels = NOTICE_SMS,
		.phone = phone,
		.template_code = "repair.filed",
		.parameters = parameters };
}

static void a_notice_with_a_key_is_written_once(void **state)
{
	struct ctx *c = begin(state);
	struct notice notice = sms_to("19900000001");
	notice.once = "repair:7001:filed";
	assert_true(notify(c, &notice));
	assert_true(notify(c, &notice));
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox"), 1);
	notice.once = NULL;
	assert_true(notify(c, &notice));
	assert_true(notify(c, &notice));
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox"), 3);
}

static void a_role_is_sought_at_the_unit_and_then_above_and_nowhere_else(void **state)
{
	struct ctx *c = begin(state);
	struct notice notice = sms_to(NULL);
	int64_t told;
	notice.channels = NOTICE_IN_APP;
	assert_true(notify_role(c, "dispatcher", HOUSE_TEAM, &notice, &told));
	assert_int_equal(told, 1);
	assert_int_equal(count(c, "SELECT staff_id FROM outbox"), HOUSE_DISPATCHER);
	assert_true(notify_role(c, "company", HOUSE_CENTRE, &notice, &told));
	assert_int_equal(count(c, "SELECT MAX(staff_id) FROM outbox"), HOUSE_MANAGER);
	assert_true(notify_role(c, "technician", HOUSE_CENTRE, &notice, &told)); /* nobody above: below */
	assert_int_equal(count(c, "SELECT MAX(staff_id) FROM outbox"), HOUSE_TECHNICIAN);
	assert_true(notify_role(c, "company", HOUSE_OTHER_CENTRE, &notice, &told));
	assert_int_equal(told, 0);
}

static void an_sms_is_delivered_once_with_its_stable_id(void **state)
{
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 200);
	struct notice notice = sms_to("19900000001");
	assert_true(notify(c, &notice));
	deliver(c);
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 1);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE state = 'delivered'"), 1);
	assert_non_null(strstr(gateway->bodies[0], "TAC-2026-000001"));
	assert_non_null(strstr(gateway->bodies[0], "19900000001"));
	char id[64];
	snprintf(id, sizeof id, "notice-%lld", (long long)count(c, "SELECT id FROM outbox"));
	assert_non_null(strstr(gateway->bodies[0], id));
	gateway_close(gateway);
}

static void a_temporary_failure_is_tried_again_with_growing_pauses_and_the_same_id(void **state)
{
	static const int64_t minutes[] = { 1, 5, 15, 60, 120, 240 };
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 503);
	struct notice notice = sms_to("19900000001");
	notice.urgent = true;
	assert_true(notify(c, &notice));
	deliver(c);
	for (size_t i = 0; i < 6; i++) {
		kit_advance(*state, minutes[i] * MINUTE_MS - 1);
		deliver(c);
		assert_int_equal(atomic_load(&gateway->count), (int)i + 1);
		kit_advance(*state, 1);
		deliver(c);
		assert_int_equal(atomic_load(&gateway->count), (int)i + 2);
	}
	assert_string_equal(gateway->bodies[0], gateway->bodies[6]);
	kit_advance(*state, 480 * MINUTE_MS);
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), NOTIFY_TRIES);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE state = 'failed'"), 1);
	kit_advance(*state, 10 * DAY_MS);
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), NOTIFY_TRIES);
	gateway_close(gateway);
}

static void a_permanent_failure_stops_the_address_until_it_is_lifted(void **state)
{
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 422);
	struct notice notice = sms_to("19900000001");
	assert_true(notify(c, &notice));
	deliver(c);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM suppression WHERE address = '19900000001'"), 1);
	atomic_store(&gateway->status, 200);
	assert_true(notify(c, &notice));
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 1);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE state = 'suppressed'"), 1);
	struct outbox row = { 0 };
	assert_true(entity_read(c, &outbox_entity, count(c, "SELECT MAX(id) FROM outbox"), &row));
	assert_false(notice_retry(c, &row));
	ctx_forgive(c);
	assert_true(suppression_lift(c, count(c, "SELECT id FROM suppression")));
	assert_true(notice_retry(c, &row));
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 2);
	assert_false(notice_retry(c, &row)); /* delivered: not again */
	gateway_close(gateway);
}

static void refused_credentials_stop_nobodys_address(void **state)
{
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 401);
	struct notice notice = sms_to("19900000001");
	assert_true(notify(c, &notice));
	deliver(c);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM suppression"), 0);
	gateway_close(gateway);
}

static void at_night_only_what_is_urgent_goes_out(void **state)
{
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 200);
	struct instant night;
	assert_true(instant_parse("2026-11-24T22:00:00+08:00", &night));
	struct notice plain = sms_to("19900000001"), urgent = sms_to("19900000002");
	urgent.urgent = true;
	assert_true(notify(c, &plain)); /* written at noon, but the job comes late */
	kit_set_clock(*state, night);
	assert_true(notify(c, &plain));
	assert_true(notify(c, &urgent));
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 1);
	assert_non_null(strstr(gateway->bodies[0], "19900000002"));
	kit_advance(*state, 9 * HOUR_MS - 1);
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 1);
	kit_advance(*state, 1); /* 07:00 */
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 3);
	gateway_close(gateway);
}

static void without_a_gateway_notices_are_kept_and_go_out_when_there_is_one(void **state)
{
	struct ctx *c = begin(state);
	struct notice notice = sms_to("19900000001");
	assert_true(notify(c, &notice));
	deliver(c);
	assert_int_equal(
		count(c, "SELECT COUNT(*) FROM outbox WHERE state = 'unconfigured' AND attempts = 0"), 1);
	struct gateway *gateway = gateway_open(*state, 200);
	kit_advance(*state, HOUR_MS);
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 1);
	gateway_close(gateway);
}

static void a_claim_that_died_is_taken_up_after_its_lease(void **state)
{
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 200);
	struct notice notice = sms_to("19900000001");
	assert_true(notify(c, &notice));
	assert_true(
		db_run(c, "UPDATE outbox SET state = 'sending', attempts = 1, lease_until = $1, next_at = $1",
			V(instant_plus(c->now, NOTIFY_LEASE_MS))));
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 0);
	kit_advance(*state, NOTIFY_LEASE_MS);
	deliver(c);
	assert_int_equal(atomic_load(&gateway->count), 1);
	gateway_close(gateway);
}

static void *another_node(void *data)
{
	bool more;
	for (int i = 0; i < 10; i++) {
		if (!notify_deliver_job(data, &more))
			ctx_forgive(data);
	}
	return NULL;
}

static void two_nodes_deliver_each_notice_once(void **state)
{
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 200);
	for (int i = 0; i < 30; i++) {
		struct notice notice = sms_to(arena_format(c->arena, "199000001%02d", i));
		assert_true(notify(c, &notice));
	}
	struct ctx *nodes[2] = { kit_another_ctx(*state), kit_another_ctx(*state) };
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, another_node, nodes[i]), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		ctx_end(nodes[i]);
	}
	assert_int_equal(atomic_load(&gateway->count), 30);
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE state = 'delivered'"), 30);
	gateway_close(gateway);
}

static void a_code_is_sent_but_never_shown(void **state)
{
	static const char *const parameters[] = { "code", "482913", "total", "12.00", NULL };
	struct ctx *c = begin(state);
	struct gateway *gateway = gateway_open(*state, 200);
	struct notice notice = sms_to("19900000001");
	notice.template_code = "quote.code";
	notice.parameters = parameters;
	notice.urgent = true;
	assert_true(notify(c, &notice));
	struct outbox row = { 0 };
	struct json_out out = json_out_new(c->arena);
	assert_true(entity_read(c, &outbox_entity, count(c, "SELECT id FROM outbox"), &row));
	entity_to_json(c, &outbox_entity, &row, false, &out);
	assert_null(strstr(json_out_text(&out), "482913"));
	assert_null(strstr(json_out_text(&out), "19900000001")); /* masked */
	deliver(c);
	assert_non_null(strstr(gateway->bodies[0], "482913"));
	assert_int_equal(count(c, "SELECT COUNT(*) FROM outbox WHERE parameters IS NOT NULL"), 0);
	gateway_close(gateway);
}

static void ones_own_notices_are_read_by_oneself_only(void **state)
{
	struct ctx *c = begin(state);
	struct notice notice = sms_to(NULL);
	int64_t touched;
	notice.channels = NOTICE_IN_APP;
	notice.staff_id = HOUSE_HEAD;
	assert_true(notify(c, &notice));
	assert_true(notify(c, &notice));
	assert_true(notices_mark_read(c, HOUSE_MANAGER, count(c, "SELECT MIN(id) FROM outbox"), &touched));
	assert_int_equal(touched, 0);
	assert_true(notices_mark_read(c, HOUSE_HEAD, count(c, "SELECT MIN(id) FROM outbox"), &touched));
	assert_int_equal(touched, 1);
	struct json_out out = json_out_new(c->arena);
	assert_true(notices_write_own(c, HOUSE_HEAD, true, INT64_MAX, 50, &out));
	assert_non_null(strstr(json_out_text(&out), "\"unread\":1"));
	assert_true(notices_mark_read(c, HOUSE_HEAD, 0, &touched));
	assert_int_equal(touched, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test(a_notice_with_a_key_is_written_once),
		kit_test(a_role_is_sought_at_the_unit_and_then_above_and_nowhere_else),
		kit_test(an_sms_is_delivered_once_with_its_stable_id),
		kit_test(a_temporary_failure_is_tried_again_with_growing_pauses_and_the_same_id),
		kit_test(a_permanent_failure_stops_the_address_until_it_is_lifted),
		kit_test(refused_credentials_stop_nobodys_address),
		kit_test(at_night_only_what_is_urgent_goes_out),
		kit_test(without_a_gateway_notices_are_kept_and_go_out_when_there_is_one),
		kit_test(a_claim_that_died_is_taken_up_after_its_lease),
		kit_test(two_nodes_deliver_each_notice_once),
		kit_test(a_code_is_sent_but_never_shown),
		kit_test(ones_own_notices_are_read_by_oneself_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
