/* subject.h: what a promise, a timeline entry, a piece of evidence or a notice is about: a record of some
 * module. */
#ifndef QIFU_SUBJECT_H
#define QIFU_SUBJECT_H

#include <stdint.h>

struct subject {
	const char *module; /* "repair": a literal */
	int64_t id;
};

#endif
