/* stream.c: events on the wire. A stream with nothing to say is suspended and costs no time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/events_internal.h"
#include "platform/server_internal.h"
#include "platform/stream.h"

enum { STREAM_BLOCK = 1024, STREAM_ARENA_CAP = 1024 * 1024 };

static void stream_free(void *data)
{
	struct stream *stream = data;
	if (stream->events)
		events_leave(stream);
	arena_free(stream->arena);
	free(stream->session_token);
	free(stream->bearer);
	free(stream->address);
	free(stream);
}

void stream_wake(struct stream *stream)
{
	MHD_resume_connection(stream->mhd);
}

static void say(struct stream *stream, const char *text)
{
	stream->out = text;
	stream->out_length = strlen(text);
}

/* With the lock held: the next piece to write. False: there is none. */
static bool next_piece(struct stream *stream)
{
	if (stream->out_length)
		return true;
	notice_drop(stream->holding);
	stream->holding = NULL;
	if (stream->resync) {
		stream->resync = false;
		snprintf(stream->line, sizeof stream->line, "id: %s-%llu\nevent: resync\ndata: {}\n\n",
			stream->events->boot, (unsigned long long)stream->events->sequence);
		say(stream, stream->line);
	} else if (stream->count) {
		stream->holding = stream->queue[stream->first];
		stream->first = (stream->first + 1) % STREAM_QUEUE;
		stream->count--;
		stream->out = stream->holding->wire;
		stream->out_length = stream->holding->wire_length;
	} else if (stream->ping) {
		say(stream, ": \n\n");
	}
	stream->ping = false;
	return stream->out_length > 0;
}

static ssize_t stream_read(void *data, uint64_t position, char *buffer, size_t size)
{
	struct stream *stream = data;
	struct events *events = stream->events;
	ssize_t written = 0;
	(void)position;
	pthread_mutex_lock(&events->lock);
	if (stream->ended) {
		written = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (next_piece(stream)) {
		size_t length = stream->out_length < size ? stream->out_length : size;
		memcpy(buffer, stream->out, length);
		stream->out += length;
		stream->out_length -= length;
		written = (ssize_t)length;
	} else {
		stream->suspended = true;
		MHD_suspend_connection(stream->mhd);
	}
	pthread_mutex_unlock(&events->lock);
	return written;
}

static char *copy_of(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* The stream outlives the request's arena, so it asks once more, into its own. */
static bool take_actor(struct ctx *c, struct http_request *request, struct stream *stream)
{
	const char *bearer = request_header(request, "Authorization");
	stream->bearer = copy_of(
		bearer && strncmp(bearer, "Bearer ", 7) == 0 ? bearer + 7 + strspn(bearer + 7, " ") : NULL);
	stream->session_token =
		copy_of(MHD_lookup_connection_value(request->mhd, MHD_COOKIE_KIND, "qifu_session"));
	stream->address = copy_of(request->address);
	stream->arena = arena_new(STREAM_ARENA_CAP);
	if (!stream->arena || !stream->address || !c->app->authenticate)
		return false;
	struct ctx own = *c;
	own.arena = stream->arena;
	stream->actor = anonymous_actor;
	stream->actor.address = stream->address;
	return c->app->authenticate(&own, stream->session_token, stream->bearer, &stream->actor);
}

bool stream_open(struct ctx *c, struct call *call)
{
	struct http_request *request = (struct http_request *)(uintptr_t)call->http;
	struct stream *stream = c->app->events ? calloc(1, sizeof *stream) : NULL;
	if (!stream)
		return fail(c, UNAVAILABLE, "暂时不能接收即时消息，请稍后再试");
	stream->mhd = request->mhd;
	say(stream, "retry: 2000\n\n");
	bool good = take_actor(c, request, stream) &&
		    events_join(c->app->events, stream, request_header(request, "Last-Event-ID"));
	if (!good) {
		stream_free(stream);
		fail(c, UNAVAILABLE, "接收即时消息的页面太多，请稍后再试");
		c->problem.retry_after_seconds = 10;
		return false;
	}
	request->stream = stream;
	return true;
}

enum MHD_Result stream_send(struct http_request *request)
{
	struct stream *stream = request->stream;
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, stream, stream_free);
	request->stream = NULL;
	if (!response) {
		stream_free(stream);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", "text/event-stream");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	request->state = REQUEST_ANSWERED;
	if (request->counted)
		atomic_fetch_sub(&request->server->under_way, 1);
	request->counted = false;
	enum MHD_Result result = MHD_queue_response(request->mhd, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}
