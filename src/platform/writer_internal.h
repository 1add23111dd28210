/* writer_internal.h: for the platform's own threads. */
#ifndef QIFU_PLATFORM_WRITER_INTERNAL_H
#define QIFU_PLATFORM_WRITER_INTERNAL_H

#include <setjmp.h>

#include "platform/writer.h"

/* As writer_submit, for a caller that waits for the result: it is taken even when the queue is full, since
 * such callers are as few as the program's threads. False only when the writer is stopping. */
bool writer_submit_waiting(struct writer *writer, struct write_request *request);

/* Runs `work` with the arena's cap watched: reaching it gives TOO_LARGE. False, or a problem in c, is false.
 */
bool guarded_work(struct ctx *c, bool (*work)(struct ctx *c, void *data), void *data);

#endif
