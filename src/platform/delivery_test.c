/* Mail and SMS against small servers that run in a thread of the test. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "kit/kit.h"
#include "platform/gateway.h"
#include "platform/mail.h"

struct desk {
	struct app app;
	struct ctx c;
	int listening;
	pthread_t thread;
	bool threaded;
	const char
		*script; /* SMTP: the command at which it refuses, and the answer: "RCPT 550 no such user" */
	const char *response; /* HTTP: the whole answer */
	char heard[16384];
	char url[64];
};

static int begin(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	assert_non_null(desk);
	desk->c = (struct ctx){
		.app = &desk->app, .arena = arena_new((size_t)4 * 1024 * 1024), .now = KIT_NOW
	};
	desk->app.config.smtp_from = "kefu@gas.example";
	*state = desk;
	return 0;
}

static int end(void **state)
{
	struct desk *desk = *state;
	arena_free(desk->c.arena);
	free(desk);
	return 0;
}

/* ---- servers ---- */

static void hear(struct desk *desk, const char *bytes, size_t length)
{
	size_t had = strlen(desk->heard);
	if (length > sizeof desk->heard - had - 1)
		length = sizeof desk->heard - had - 1;
	memcpy(desk->heard + had, bytes, length);
	desk->heard[had + length] = '\0';
}

static void say(int client, const char *text)
{
	(void)!write(client, text, strlen(text));
}

static const char *smtp_answer(const struct desk *desk, const char *line)
{
	const char *space = desk->script ? strchr(desk->script, ' ') : NULL;
	if (space && strncmp(line, desk->script, (size_t)(space - desk->script)) == 0)
		return space + 1;
	if (strncmp(line, "EHLO", 4) == 0)
		return "250-test\r\n250 8BITMIME";
	if (strcmp(line, "DATA\r\n") == 0)
		return "354 go on";
	return strncmp(line, "QUIT", 4) == 0 ? "221 bye" : "250 ok";
}

static void *serve_smtp(void *data)
{
	struct desk *desk = data;
	int client = accept(desk->listening, NULL, NULL);
	FILE *in = fdopen(client, "r");
	char line[2048];
	bool body = false;
	say(client, "220 test\r\n");
	while (in && fgets(line, sizeof line, in)) {
		hear(desk, line, strlen(line));
		if (body && strcmp(line, ".\r\n") != 0)
			continue;
		const char *answer = smtp_answer(desk, line);
		body = strncmp(answer, "354", 3) == 0;
		say(client, answer);
		say(client, "\r\n");
	}
	if (in)
		fclose(in);
	return NULL;
}

static void *serve_http(void *data)
{
	struct desk *desk = data;
	int client = accept(desk->listening, NULL, NULL);
	char bytes[4096];
	const char *head, *length;
	for (ssize_t got; (got = read(client, bytes, sizeof bytes)) > 0;) {
		hear(desk, bytes, (size_t)got);
		head = strstr(desk->heard, "\r\n\r\n");
		length = strstr(desk->heard, "Content-Length: ");
		if (head && length && strlen(head + 4) >= strtoul(length + 16, NULL, 10))
			break;
	}
	say(client, desk->response);
	shutdown(client, SHUT_WR);
	while (read(client, bytes, sizeof bytes) > 0)
		;
	close(client);
	return NULL;
}

static void listen_with(struct desk *desk, const char *scheme, void *(*serve)(void *data))
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	desk->heard[0] = '\0';
	desk->listening = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(desk->listening, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(desk->listening, 4), 0);
	assert_int_equal(getsockname(desk->listening, (struct sockaddr *)&address, &size), 0);
	snprintf(desk->url, sizeof desk->url, "%s://127.0.0.1:%d", scheme, ntohs(address.sin_port));
	if (serve)
		assert_int_equal(pthread_create(&desk->thread, NULL, serve, desk), 0);
	desk->threaded = serve;
}

static void stop_listening(struct desk *desk)
{
	shutdown(desk->listening, SHUT_RDWR);
	if (desk->threaded)
		pthread_join(desk->thread, NULL);
	close(desk->listening);
}

/* ---- mail ---- */

static const struct mail letter = { .id = "4711",
	.to = "li@customer.example",
	.subject = "您的报修工单已派工，维修员即将上门，请留意来电",
	.body = "您好：\n.\n点号也要送到。😀" };

static enum delivery_result mailed(struct desk *desk, const char *script, const char **answer)
{
	enum delivery_result result;
	desk->script = script;
	listen_with(desk, "smtp", serve_smtp);
	desk->app.config.smtp_url = desk->url;
	assert_true(mail_send(&desk->c, &letter, &result, answer));
	stop_listening(desk);
	return result;
}

/* What base64(1) makes of it. */
static const char *decoded(struct desk *desk, const char *text, size_t length)
{
	char command[64] = "base64 -d -i > /tmp/qifu-mail-XXXXXX";
	static char out[2048];
	int file = mkstemp(command + 15);
	assert_true(file >= 0);
	FILE *pipe = popen(command, "w"); /* NOLINT(cert-env33-c) */
	assert_non_null(pipe);
	assert_int_equal(fwrite(text, 1, length, pipe), length);
	assert_int_equal(pclose(pipe), 0);
	ssize_t got = read(file, out, sizeof out - 1);
	assert_true(got >= 0);
	out[got] = '\0';
	close(file);
	unlink(command + 15);
	(void)desk;
	return out;
}

static void a_mail_arrives_with_its_chinese_whole(void **state)
{
	struct desk *desk = *state;
	const char *answer;
	assert_int_equal(mailed(desk, NULL, &answer), DELIVERED);
	assert_string_equal(answer, "250 ok");
	assert_non_null(strstr(desk->heard, "MAIL FROM:<kefu@gas.example>"));
	assert_non_null(strstr(desk->heard, "RCPT TO:<li@customer.example>\r\n"));
	assert_non_null(strstr(desk->heard, "Date: Wed, 30 Sep 2026 22:30:00 +0800\r\n"));
	assert_non_null(strstr(desk->heard, "Message-ID: <4711.qifu@gas.example>\r\n"));
	const char *body = strstr(desk->heard, "\r\n\r\n");
	assert_non_null(body);
	const char *end_of_body = strstr(body, "\r\n.\r\n");
	assert_non_null(end_of_body);
	assert_string_equal(decoded(desk, body + 4, (size_t)(end_of_body - body - 4)), letter.body);
	char subject[512] = "";
	for (const char *at = strstr(desk->heard, "Subject: "); (at = strstr(at, "=?UTF-8?B?"));) {
		const char *stop = strstr(at + 10, "?=");
		assert_non_null(stop);
		assert_true(stop + 2 - at <= 75); /* RFC 2047, section 2 */
		const char *word = decoded(desk, at + 10, (size_t)(stop - at - 10));
		assert_true(text_is_valid(word, strlen(word)));
		strncat(subject, word, sizeof subject - strlen(subject) - 1);
		at = stop;
	}
	assert_string_equal(subject, letter.subject);
}

static void a_retry_is_the_same_mail(void **state)
{
	struct desk *desk = *state;
	const char *first, *second;
	assert_true(mail_text(&desk->c, &letter, &first));
	assert_true(mail_text(&desk->c, &letter, &second));
	assert_string_equal(first, second);
}

static void what_the_server_says_decides_whether_to_try_again(void **state)
{
	struct desk *desk = *state;
	const char *answer;
	assert_int_equal(mailed(desk, "RCPT 550 no such user", &answer), DELIVERY_PERMANENT);
	assert_string_equal(answer, "550 no such user");
	assert_int_equal(mailed(desk, "RCPT 451 greylisted", &answer), DELIVERY_TEMPORARY);
	assert_string_equal(answer, "451 greylisted");
	assert_int_equal(mailed(desk, ".\r\n 554 spam", &answer), DELIVERY_PERMANENT);
	assert_int_equal(mailed(desk, ".\r\n 452 disk full", &answer), DELIVERY_TEMPORARY);
	listen_with(desk, "smtp", NULL);
	stop_listening(desk); /* nobody listens any more */
	enum delivery_result result;
	assert_true(mail_send(&desk->c, &letter, &result, &answer));
	assert_int_equal(result, DELIVERY_TEMPORARY);
	desk->app.config.smtp_url = NULL;
	assert_true(mail_send(&desk->c, &letter, &result, &answer));
	assert_int_equal(result, DELIVERY_NOT_CONFIGURED);
}

static void a_password_is_not_sent_without_tls(void **state)
{
	struct desk *desk = *state;
	enum delivery_result result;
	const char *answer;
	desk->script = NULL;
	listen_with(desk, "smtp", serve_smtp);
	char *url = arena_format(desk->c.arena, "smtp://user:geheim@%s", desk->url + 7);
	desk->app.config.smtp_url = url;
	assert_true(mail_send(&desk->c, &letter, &result, &answer));
	stop_listening(desk);
	assert_int_equal(result, DELIVERY_TEMPORARY);
	assert_null(strstr(desk->heard, "AUTH"));
	assert_null(strstr(desk->heard, "MAIL"));
}

static void nothing_can_be_smuggled_into_the_headers(void **state)
{
	struct desk *desk = *state;
	static const char *const addresses[] = { NULL, "", "x", "@x", "x@", "a@b\r\nBcc: c@d", "a@b,c@d",
		"a@b>", "<a@b>", "a b@c", "a@b@c", "\"a\"@b", "王@b.example" };
	const char *text;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct mail mail = letter;
		mail.to = addresses[i];
		ctx_forgive(&desk->c);
		assert_false(mail_text(&desk->c, &mail, &text));
		assert_int_equal(desk->c.problem.code, INVALID);
	}
	static const char *const subjects[] = { "a\r\nBcc: x@y", "a\nb", "a\x01", "\xFF" };
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		struct mail mail = letter;
		mail.subject = subjects[i];
		ctx_forgive(&desk->c);
		assert_false(mail_text(&desk->c, &mail, &text));
	}
	struct mail mail = letter;
	mail.id = "1>\r\nX: y";
	assert_false((ctx_forgive(&desk->c), mail_text(&desk->c, &mail, &text)));
	mail = letter;
	mail.body = "\xC3(";
	assert_false((ctx_forgive(&desk->c), mail_text(&desk->c, &mail, &text)));
}

/* ---- SMS ---- */

static const struct sms short_message = { .id = "88",
	.phone = "13900000000",
	.template_code = "repair.dispatched",
	.parameters = "{\"name\":\"王\\\"小\"}",
	.text = "【燃气】维修员“张”已出发" };

static enum delivery_result texted(struct desk *desk, const char *response, const char **answer)
{
	enum delivery_result result;
	desk->response = response;
	listen_with(desk, "http", serve_http);
	desk->app.config.sms_url = arena_format(desk->c.arena, "%s/send", desk->url);
	desk->app.config.sms_token = "secret-token";
	assert_true(gateway_send_sms(&desk->c, &short_message, &result, answer));
	stop_listening(desk);
	return result;
}
#define HTTP(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

static void a_short_message_reaches_the_gateway_as_json(void **state)
{
	struct desk *desk = *state;
	const char *answer;
	assert_int_equal(texted(desk, HTTP("200 OK", "{\"ok\":true}"), &answer), DELIVERED);
	assert_string_equal(answer, "200 {\"ok\":true}");
	assert_int_equal(strncmp(desk->heard, "POST /send HTTP/1.1\r\n", 21), 0);
	assert_non_null(strstr(desk->heard, "Authorization: Bearer secret-token\r\n"));
	assert_non_null(strstr(desk->heard, "Idempotency-Key: 88\r\n"));
	json_t *body = json_loads(strstr(desk->heard, "\r\n\r\n") + 4, 0, NULL);
	assert_non_null(body);
	assert_string_equal(json_string_value(json_object_get(body, "id")), "88");
	assert_string_equal(json_string_value(json_object_get(body, "phone")), "13900000000");
	assert_string_equal(json_string_value(json_object_get(body, "template")), "repair.dispatched");
	assert_string_equal(json_string_value(json_object_get(body, "text")), short_message.text);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(body, "parameters"), "name")), "王\"小");
	json_decref(body);
}

static void what_the_gateway_says_decides_whether_to_try_again(void **state)
{
	struct desk *desk = *state;
	const char *answer;
	assert_int_equal(texted(desk, HTTP("202 Accepted", ""), &answer), DELIVERED);
	assert_int_equal(texted(desk, HTTP("429 Slow", "wait"), &answer), DELIVERY_TEMPORARY);
	assert_int_equal(texted(desk, HTTP("500 Oops", ""), &answer), DELIVERY_TEMPORARY);
	assert_int_equal(texted(desk, HTTP("503 Away", ""), &answer), DELIVERY_TEMPORARY);
	assert_int_equal(texted(desk, HTTP("400 Bad", "号码无效"), &answer), DELIVERY_PERMANENT);
	assert_string_equal(answer, "400 号码无效");
	assert_int_equal(texted(desk, HTTP("422 No", "\xFF\xFE"), &answer), DELIVERY_PERMANENT);
	assert_string_equal(answer, "422 ");
	assert_int_equal(texted(desk, "", &answer), DELIVERY_TEMPORARY);
	assert_int_equal(texted(desk, HTTP("302 Found\r\nLocation: http://127.0.0.1:1/", ""), &answer),
		DELIVERY_TEMPORARY);
	assert_null(strstr(strstr(desk->heard, "POST") + 1, "POST"));
}

static void an_impossible_short_message_is_not_sent(void **state)
{
	struct desk *desk = *state;
	enum delivery_result result;
	const char *answer;
	static const char *const phones[] = { NULL, "", "abc", "139\r\n" };
	static const char *const parameters[] = { "", "[]", "{", "{} {}", "\"x\"" };
	desk->app.config.sms_url = "http://127.0.0.1:1/";
	for (size_t i = 0; i < sizeof phones / sizeof *phones; i++) {
		struct sms sms = short_message;
		sms.phone = phones[i];
		assert_false((ctx_forgive(&desk->c), gateway_send_sms(&desk->c, &sms, &result, &answer)));
		assert_int_equal(desk->c.problem.code, INVALID);
	}
	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
		struct sms sms = short_message;
		sms.parameters = parameters[i];
		assert_false((ctx_forgive(&desk->c), gateway_send_sms(&desk->c, &sms, &result, &answer)));
		assert_int_equal(desk->c.problem.code, INVALID);
	}
	desk->app.config.sms_url = NULL;
	assert_true((ctx_forgive(&desk->c), gateway_send_sms(&desk->c, &short_message, &result, &answer)));
	assert_int_equal(result, DELIVERY_NOT_CONFIGURED);
}

int main(void)
{
#define DESK(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
		DESK(a_mail_arrives_with_its_chinese_whole),
		DESK(a_retry_is_the_same_mail),
		DESK(what_the_server_says_decides_whether_to_try_again),
		DESK(a_password_is_not_sent_without_tls),
		DESK(nothing_can_be_smuggled_into_the_headers),
		DESK(a_short_message_reaches_the_gateway_as_json),
		DESK(what_the_gateway_says_decides_whether_to_try_again),
		DESK(an_impossible_short_message_is_not_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
