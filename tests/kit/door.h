/* door.h: a running server with a tiny module of its own, and a client that sends exactly the bytes it is
 * told. */
#ifndef QIFU_TESTS_DOOR_H
#define QIFU_TESTS_DOOR_H

#include "kit/kit.h"

/* An answer; `text` is the whole of it, headers and body. */
struct answer {
	int status; /* 0: the connection was closed without one */
	char *text; /* malloc'd by door_read; freed by answer_free */
	const char *body;
	size_t length; /* of the body */
	bool closed;   /* the server closed the connection after it */
};
void answer_free(struct answer *answer);
/* A header's value in a buffer of the answer; NULL when absent. */
const char *answer_header(struct answer *answer, const char *name, char out[256]);

int door_connect(int port);
void door_send(int socket, const char *bytes, size_t length);
/* One answer. `wait_ms`: for how long at most. */
struct answer door_read(int socket, int wait_ms);
/* Whatever comes within `wait_ms` until `wanted` is part of it. True when it came. */
bool door_hears(int socket, const char *wanted, int wait_ms);

/* Connects, sends, reads one answer, closes. */
struct answer door_raw(int port, const char *bytes, size_t length);
/* A proper request: `headers` are whole lines ending in CRLF ("" none); `body` NULL none. */
struct answer door_ask(int port, const char *method, const char *path, const char *headers, const char *body);

#endif
