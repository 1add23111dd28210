/* metrics.c: see metrics.h. */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "platform/events_internal.h"
#include "platform/metrics.h"
#include "platform/workers.h"
#include "platform/writer.h"

static const unsigned statuses[] = { 200, 201, 204, 206, 302, 304, 400, 401, 403, 404, 405, 408, 409, 410,
	412, 413, 415, 422, 428, 429, 431, 500, 503, 0 };
static const int64_t bounds_us[] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 5000000 };
enum { STATUSES = sizeof statuses / sizeof *statuses, BOUNDS = sizeof bounds_us / sizeof *bounds_us };

struct route_figures {
	_Atomic uint64_t by_status[STATUSES]; /* the last: any other */
	_Atomic uint64_t by_time[BOUNDS + 1];
	_Atomic uint64_t time_us;
};

struct metrics {
	const struct router *router;
	size_t count; /* of routes; figures[count] is for the rest */
	struct route_figures *figures;
};

struct metrics *metrics_new(struct arena *arena, const struct router *router)
{
	struct metrics *metrics = arena_new_object(arena, struct metrics);
	metrics->router = router;
	metrics->count = router_count(router);
	metrics->figures = arena_array(arena, struct route_figures, metrics->count + 1);
	return metrics;
}

static void count_one(_Atomic uint64_t *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

void metrics_request(struct metrics *metrics, const struct routed *routed, unsigned status, int64_t took_us)
{
	struct route_figures *figures = &metrics->figures[routed ? routed->index : metrics->count];
	size_t at = 0, bound = 0;
	while (at < STATUSES - 1 && statuses[at] != status)
		at++;
	while (bound < BOUNDS && took_us > bounds_us[bound])
		bound++;
	count_one(&figures->by_status[at], 1);
	count_one(&figures->by_time[bound], 1);
	count_one(&figures->time_us, took_us > 0 ? (uint64_t)took_us : 0);
}

/* ---- the text --------------------------------------------------------------------------------------------
 */

static uint64_t read_one(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void labels_of(struct metrics *metrics, size_t index, char out[256])
{
	if (index == metrics->count) {
		snprintf(out, 256, "method=\"\",route=\"other\"");
		return;
	}
	const struct routed *routed = router_at(metrics->router, index);
	snprintf(out, 256, "method=\"%s\",route=\"%s\"", routed->route->method, routed->path);
}

static void write_counts(struct metrics *metrics, struct text_builder *out)
{
	char labels[256];
	text_add(out, "# HELP qifu_requests_total Requests answered.\n# TYPE qifu_requests_total counter\n");
	for (size_t i = 0; i <= metrics->count; i++)
		for (size_t at = 0; at < STATUSES; at++) {
			unsigned long long count = read_one(&metrics->figures[i].by_status[at]);
			if (!count)
				continue;
			labels_of(metrics, i, labels);
			text_add_format(out, "qifu_requests_total{%s,status=\"%u\"} %llu\n", labels,
				statuses[at], count);
		}
}

static void write_times(struct metrics *metrics, struct text_builder *out)
{
	char labels[256];
	text_add(out, "# HELP qifu_request_seconds From the address read to the answer sent.\n"
		      "# TYPE qifu_request_seconds histogram\n");
	for (size_t i = 0; i <= metrics->count; i++) {
		struct route_figures *figures = &metrics->figures[i];
		unsigned long long sum = 0;
		for (size_t at = 0; at <= BOUNDS; at++)
			sum += read_one(&figures->by_time[at]);
		if (!sum)
			continue;
		labels_of(metrics, i, labels);
		sum = 0;
		for (size_t at = 0; at < BOUNDS; at++) {
			sum += read_one(&figures->by_time[at]);
			text_add_format(out, "qifu_request_seconds_bucket{%s,le=\"%g\"} %llu\n", labels,
				(double)bounds_us[at] / 1e6, sum);
		}
		sum += read_one(&figures->by_time[BOUNDS]);
		text_add_format(out, "qifu_request_seconds_bucket{%s,le=\"+Inf\"} %llu\n", labels, sum);
		text_add_format(out,
			"qifu_request_seconds_sum{%s} %.6f\nqifu_request_seconds_count{%s} %llu\n", labels,
			(double)read_one(&figures->time_us) / 1e6, labels, sum);
	}
}

static void write_one(
	struct text_builder *out, const char *name, const char *type, const char *help, int64_t value)
{
	text_add_format(
		out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name, (long long)value);
}

static int64_t resident_bytes(void)
{
	long long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (!file)
		return 0;
	if (fscanf(file, "%lld %lld", &pages, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

void metrics_write(struct metrics *metrics, struct app *app, struct text_builder *out)
{
	write_counts(metrics, out);
	write_times(metrics, out);
	if (app->writer) {
		struct writer_counts counts = writer_count(app->writer);
		write_one(out, "qifu_writer_waiting", "gauge", "Writes that wait.", counts.waiting);
		write_one(out, "qifu_writes_total", "counter", "Writes committed.", counts.committed);
		write_one(out, "qifu_writes_refused_total", "counter", "Writes rolled back.",
			counts.rolled_back);
		write_one(out, "qifu_transactions_total", "counter", "Transactions committed.",
			counts.transactions);
	}
	if (app->workers)
		write_one(out, "qifu_workers_waiting", "gauge", "Slow reads that wait.",
			workers_waiting(app->workers));
	write_one(out, "qifu_streams", "gauge", "Open event streams.", (int64_t)events_streams(app->events));
	write_one(out, "process_resident_memory_bytes", "gauge", "Memory in use.", resident_bytes());
	write_one(out, "process_start_time_seconds", "gauge", "When the program started.",
		app->started_at.ms / 1000);
}
