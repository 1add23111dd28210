/* served.h: the whole of qifu behind a port of its own, and visitors who ask it as a browser or a program
 * would. */
#ifndef QIFU_TESTS_SERVED_H
#define QIFU_TESTS_SERVED_H

#include "kit/door.h"

#define served_test(function) cmocka_unit_test_setup_teardown(function, served_setup, served_teardown)
int served_setup(void **state);
int served_teardown(void **state);
int served_port(const struct kit *kit);

/* Who asks: a session, a key, or nobody ({ 0 }). */
struct visitor {
	const char *cookie, *csrf, *bearer;
};
/* The person with a session of his own. */
struct visitor served_person(struct ctx *c, int64_t staff_id);

/* `path` begins with / and is below /api/v1; `headers` are further lines ending in CRLF (NULL none); `body`
 * NULL none. */
struct answer served_ask(struct kit *kit, const struct visitor *visitor, const char *method, const char *path,
	const char *headers, const char *body);
/* The same when only the status matters. */
int served_status(struct kit *kit, const struct visitor *visitor, const char *method, const char *path,
	const char *body);

#endif
