/* stream.h: one screen's connection for server-sent events. */
#ifndef QIFU_PLATFORM_STREAM_H
#define QIFU_PLATFORM_STREAM_H

#include "platform/route.h"

struct stream;

/* The handler of GET /events. */
bool stream_open(struct ctx *c, struct call *call);
/* With the events' lock held, and only while it is suspended. */
void stream_wake(struct stream *stream);

#endif
