/* thing.h: a running server with a tiny module of its own ("thing"), for the tests of the platform's front.
 */
#ifndef QIFU_TESTS_THING_H
#define QIFU_TESTS_THING_H

#include "kit/door.h"

enum { MAY_VIEW = 1, MAY_EDIT = 2, MAY_NOTHING = 3 };

/* east may view and edit in unit 2, west view in unit 3; new must change the password. */
#define EAST "Cookie: qifu_session=east\r\nX-CSRF-Token: csrf-token\r\n"
#define WEST "Cookie: qifu_session=west\r\nX-CSRF-Token: csrf-token\r\n"

int thing_start(void **state);
int thing_stop(void **state);
int thing_port(void **state);
/* Frees the answer. */
int thing_status(struct answer answer);

#define port(state) thing_port(state)
#define ask(...) door_ask(port(state), __VA_ARGS__)
#define ask_status(...) thing_status(door_ask(port(state), __VA_ARGS__))
#define server_case(function) cmocka_unit_test_setup_teardown(function, thing_start, thing_stop)

#endif
