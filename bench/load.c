/* load.c: an HTTP client that costs little, for measuring. One thread, N connections kept alive; each asks,
 * waits for the answer, asks again. The requests are prepared beforehand and taken in turn, so that the
 * client does not compete with the server for more than it must.
 *
 *   load [-c CLIENTS] [-d SECONDS] [-w WARM-UP SECONDS] [-r REQUESTS A SECOND] [-H HEADER]… PORT FILE
 *
 * FILE has one request a line: METHOD PATH, and after a tab the JSON body if there is one. With -r the
 * requests are due at fixed times, and a latency counts from when the request was due. Prints one line:
 *
 *   requests=… rate=… p50_ms=… p99_ms=… max_ms=… bytes=… errors=…
 *
 * An answer that is not 2xx is an error; the first one is printed on standard error. Status 1 if there was
 * any.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MOST = 1024, ANSWER_MOST = 1024 * 1024, HEADERS_MOST = 4096, SAMPLES_MOST = 16 * 1024 * 1024 };

struct request {
	char *bytes;
	size_t length;
};

struct client {
	int fd;
	bool waiting;
	int64_t due_us; /* when the request was to be sent */
	size_t sent;
	const struct request *request;
	char *answer;
	size_t length;
};

struct load {
	struct request *requests;
	size_t request_count, next;
	struct client clients[CLIENTS_MOST];
	int client_count, port, epoll;
	double rate;
	int64_t period_us, begins_us, measures_us, ends_us;
	uint32_t *samples; /* microseconds */
	size_t sample_count;
	uint64_t bytes;
	int64_t errors;
	char headers[HEADERS_MOST];
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the requests
 * ---------------------------------------------------------------------------------------------- */

static void prepare(struct load *load, char *line)
{
	char *body = strchr(line, '\t');
	size_t body_length = 0;
	if (body) {
		*body++ = '\0';
		body_length = strlen(body);
	}
	size_t room = strlen(line) + strlen(load->headers) + body_length + 200;
	char *bytes = malloc(room);
	if (!bytes)
		die("memory");
	int length = snprintf(
		bytes, room, "%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s", line, load->port, load->headers);
	if (body)
		length += snprintf(bytes + length, room - (size_t)length,
			"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", body_length, body);
	else
		length += snprintf(bytes + length, room - (size_t)length, "\r\n");
	load->requests[load->request_count++] = (struct request){ bytes, (size_t)length };
}

static void read_requests(struct load *load, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0, most = 0;
	if (!file)
		die(path);
	for (ssize_t length; (length = getline(&line, &room, file)) > 1;) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (load->request_count == most) {
			most = most ? most * 2 : 1024;
			load->requests = realloc(load->requests, most * sizeof *load->requests);
			if (!load->requests)
				die("memory");
		}
		prepare(load, line);
	}
	free(line);
	fclose(file);
	if (!load->request_count)
		die("no requests");
}

/* ---- one client
 * ------------------------------------------------------------------------------------------------ */

static void open_client(struct load *load, struct client *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)load->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
		die("connect");
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	client->waiting = false;
	client->length = 0;
	if (!client->answer)
		client->answer = malloc(ANSWER_MOST);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
	if (!client->answer || epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0)
		die("epoll");
}

static void ask(struct load *load, struct client *client, int64_t due_us)
{
	const struct request *request = &load->requests[load->next++ % load->request_count];
	client->request = request;
	client->due_us = due_us;
	client->waiting = true;
	client->length = 0;
	for (size_t sent = 0; sent < request->length;) {
		ssize_t more = send(client->fd, request->bytes + sent, request->length - sent, MSG_NOSIGNAL);
		if (more < 0 && errno != EINTR)
			die("send");
		sent += more > 0 ? (size_t)more : 0;
	}
}

/* The whole answer's length, 0 while it is not all there. */
static size_t whole_length(const struct client *client, int *status)
{
	const char *head_end = memmem(client->answer, client->length, "\r\n\r\n", 4);
	if (!head_end || client->length < 12)
		return 0;
	*status = atoi(client->answer + 9);
	size_t head = (size_t)(head_end - client->answer) + 4, body = 0;
	for (const char *at = client->answer; at < head_end; at = strstr(at, "\r\n") + 2)
		if (strncasecmp(at, "Content-Length:", 15) == 0) {
			body = strtoul(at + 15, NULL, 10);
			break;
		}
	return client->length >= head + body ? head + body : 0;
}

static void count(struct load *load, const struct client *client, int status)
{
	int64_t now = now_us(), took = now - client->due_us;
	if (status < 200 || status > 299) {
		if (load->errors++ == 0)
			fprintf(stderr, "load: %.*s\n%.*s\n",
				(int)(strchr(client->request->bytes, '\r') - client->request->bytes),
				client->request->bytes, (int)(client->length < 900 ? client->length : 900),
				client->answer);
	}
	if (now < load->measures_us || now > load->ends_us || load->sample_count == SAMPLES_MOST)
		return;
	load->samples[load->sample_count++] = (uint32_t)took;
	load->bytes += client->length;
}

static void hear(struct load *load, struct client *client)
{
	int status;
	ssize_t more = recv(client->fd, client->answer + client->length, ANSWER_MOST - 1 - client->length, 0);
	if (more <= 0) { /* the server may end a connection after many requests; a lost answer is an error */
		load->errors += client->waiting;
		close(client->fd);
		open_client(load, client);
		if (!load->period_us)
			ask(load, client, now_us());
		return;
	}
	client->length += (size_t)more;
	client->answer[client->length] = '\0';
	if (!whole_length(client, &status))
		return;
	count(load, client, status);
	client->waiting = false;
	if (!load->period_us && now_us() < load->ends_us)
		ask(load, client, now_us());
}

/* ---- all of them
 * ----------------------------------------------------------------------------------------------- */

/* With a rate each client has its own times, spread evenly; a late client catches up without a pause. */
static int64_t ask_those_due(struct load *load)
{
	int64_t now = now_us(), soonest = INT64_MAX;
	for (int i = 0; i < load->client_count; i++) {
		struct client *client = &load->clients[i];
		if (client->waiting)
			continue;
		int64_t due = client->due_us + load->period_us;
		if (due <= now && now < load->ends_us)
			ask(load, client, due);
		else if (due < soonest)
			soonest = due;
	}
	return soonest;
}

static void run(struct load *load)
{
	struct epoll_event events[CLIENTS_MOST];
	for (int i = 0; i < load->client_count; i++) {
		open_client(load, &load->clients[i]);
		load->clients[i].due_us =
			load->begins_us - load->period_us + load->period_us * i / load->client_count;
		if (!load->period_us)
			ask(load, &load->clients[i], now_us());
	}
	for (int64_t now; (now = now_us()) < load->ends_us + 1000000;) {
		int wait_ms = 100;
		bool open = false;
		if (load->period_us) {
			int64_t pause_us = ask_those_due(load) - now_us();
			wait_ms = pause_us < 0 ? 0 : pause_us > 100000 ? 100 : (int)(pause_us / 1000);
		}
		int got = epoll_wait(load->epoll, events, CLIENTS_MOST, wait_ms);
		for (int i = 0; i < got; i++)
			hear(load, events[i].data.ptr);
		for (int i = 0; i < load->client_count && now >= load->ends_us; i++)
			open = open || load->clients[i].waiting;
		if (now >= load->ends_us && !open)
			return;
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double percentile(const struct load *load, size_t hundredths)
{
	return load->sample_count ? load->samples[(load->sample_count - 1) * hundredths / 100] / 1000.0 : 0;
}

int main(int argc, char **argv)
{
	static struct load load = { .client_count = 64 };
	double seconds = 5, warm_up = 1;
	for (int option; (option = getopt(argc, argv, "c:d:w:r:H:")) != -1;)
		switch (option) {
		case 'c':
			load.client_count = atoi(optarg);
			break;
		case 'd':
			seconds = atof(optarg);
			break;
		case 'w':
			warm_up = atof(optarg);
			break;
		case 'r':
			load.rate = atof(optarg);
			break;
		case 'H':
			if (strlen(load.headers) + strlen(optarg) + 3 > sizeof load.headers)
				die("headers");
			strcat(strcat(load.headers, optarg), "\r\n");
			break;
		default:
			return 2;
		}
	if (argc - optind != 2 || load.client_count < 1 || load.client_count > CLIENTS_MOST) {
		fprintf(stderr, "usage: load [-c CLIENTS] [-d SECONDS] [-w SECONDS] [-r RATE] [-H HEADER]… "
				"PORT FILE\n");
		return 2;
	}
	load.port = atoi(argv[optind]);
	read_requests(&load, argv[optind + 1]);
	load.samples = malloc(SAMPLES_MOST * sizeof *load.samples);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!load.samples || load.epoll < 0)
		die("memory");
	load.begins_us = now_us();
	load.measures_us = load.begins_us + (int64_t)(warm_up * 1e6);
	load.ends_us = load.measures_us + (int64_t)(seconds * 1e6);
	load.period_us = load.rate > 0 ? (int64_t)(1e6 * load.client_count / load.rate) : 0;
	run(&load);
	qsort(load.samples, load.sample_count, sizeof *load.samples, by_size);
	printf("requests=%zu rate=%.1f p50_ms=%.3f p99_ms=%.3f max_ms=%.3f bytes=%llu errors=%lld\n",
		load.sample_count, (double)load.sample_count / seconds, percentile(&load, 50),
		percentile(&load, 99), percentile(&load, 100),
		(unsigned long long)(load.sample_count ? load.bytes / load.sample_count : 0),
		(long long)load.errors);
	return load.errors ? 1 : 0;
}
