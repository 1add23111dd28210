/* metrics.h: figures for Prometheus. Counting is lock-free; nothing is allocated after the start. */
#ifndef QIFU_PLATFORM_METRICS_H
#define QIFU_PLATFORM_METRICS_H

#include "platform/json.h"
#include "platform/router.h"

struct metrics;

struct metrics *metrics_new(struct arena *arena, const struct router *router);
/* `routed` NULL: static pages and paths that don't exist. */
void metrics_request(struct metrics *metrics, const struct routed *routed, unsigned status, int64_t took_us);
/* The text exposition format. */
void metrics_write(struct metrics *metrics, struct app *app, struct text_builder *out);

#endif
