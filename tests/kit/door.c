/* door.c: see door.h. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kit/door.h"

enum { ANSWER_MOST = 4 * 1024 * 1024, WAIT_MS = 5000 };

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int door_connect(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

void door_send(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
		if (sent <= 0)
			return; /* the server has had enough: the answer tells */
		bytes += sent;
		length -= (size_t)sent;
	}
}

/* Reads what is there. 0: closed; -1: nothing within the time. */
static ssize_t read_some(int fd, char *out, size_t size, int64_t until)
{
	struct pollfd waited = { .fd = fd, .events = POLLIN };
	int64_t left = until - now_ms();
	if (left < 0 || poll(&waited, 1, (int)left) != 1)
		return -1;
	ssize_t length = recv(fd, out, size, 0);
	return length < 0 ? 0 : length;
}

static size_t body_length(const char *head)
{
	const char *found = strcasestr(head, "\r\nContent-Length:");
	return found ? strtoul(found + 17, NULL, 10) : SIZE_MAX;
}

struct answer door_read(int fd, int wait_ms)
{
	struct answer answer = { .text = calloc(1, ANSWER_MOST + 1) };
	int64_t until = now_ms() + wait_ms;
	size_t length = 0, whole = SIZE_MAX;
	while (length < ANSWER_MOST && length < whole) {
		ssize_t got = read_some(fd, answer.text + length, ANSWER_MOST - length, until);
		if (got <= 0) {
			answer.closed = got == 0;
			break;
		}
		length += (size_t)got;
		answer.text[length] = '\0';
		char *end = strstr(answer.text, "\r\n\r\n");
		if (!end || answer.body)
			continue;
		answer.body = end + 4;
		if (body_length(answer.text) != SIZE_MAX)
			whole = (size_t)(answer.body - answer.text) + body_length(answer.text);
	}
	if (strncmp(answer.text, "HTTP/1.", 7) == 0)
		answer.status = atoi(answer.text + 9);
	answer.length = answer.body ? length - (size_t)(answer.body - answer.text) : 0;
	if (!answer.body)
		answer.body = "";
	return answer;
}

void answer_free(struct answer *answer)
{
	free(answer->text);
	answer->text = NULL;
}

const char *answer_header(struct answer *answer, const char *name, char out[256])
{
	char wanted[128];
	snprintf(wanted, sizeof wanted, "\r\n%s:", name);
	const char *found = strcasestr(answer->text, wanted);
	if (!found || found >= answer->body)
		return NULL;
	found += strlen(wanted);
	found += strspn(found, " ");
	snprintf(out, 256, "%.*s", (int)strcspn(found, "\r"), found);
	return out;
}

bool door_hears(int fd, const char *wanted, int wait_ms)
{
	static char heard[65536];
	int64_t until = now_ms() + wait_ms;
	size_t length = 0;
	heard[0] = '\0';
	while (length < sizeof heard - 1) {
		ssize_t got = read_some(fd, heard + length, sizeof heard - 1 - length, until);
		if (got <= 0)
			return false;
		length += (size_t)got;
		heard[length] = '\0';
		if (strstr(heard, wanted))
			return true;
	}
	return false;
}

struct answer door_raw(int port, const char *bytes, size_t length)
{
	int fd = door_connect(port);
	door_send(fd, bytes, length);
	struct answer answer = door_read(fd, WAIT_MS);
	char rest;
	if (!answer.closed && answer.status >= 400) {
		struct pollfd waited = { .fd = fd, .events = POLLIN };
		answer.closed = poll(&waited, 1, 200) == 1 && recv(fd, &rest, 1, 0) <= 0;
	}
	close(fd);
	return answer;
}

struct answer door_ask(int port, const char *method, const char *path, const char *headers, const char *body)
{
	size_t size = strlen(path) + strlen(headers) + (body ? strlen(body) : 0) + 512;
	char *request = calloc(1, size);
	char length[64] = "";
	if (body)
		snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
	const char *type =
		body && !strcasestr(headers, "Content-Type:") ? "Content-Type: application/json\r\n" : "";
	int written = snprintf(request, size, "%s %s HTTP/1.1\r\nHost: test\r\n%s%s%s\r\n%s", method, path,
		headers, type, length, body ? body : "");
	struct answer answer = door_raw(port, request, (size_t)written);
	free(request);
	return answer;
}
