/* json.h: JSON out as a stream into a buffer, JSON in as a checked tree. */
#ifndef QIFU_PLATFORM_JSON_H
#define QIFU_PLATFORM_JSON_H

#include <jansson.h>

#include "base/money.h"
#include "base/text.h"
#include "platform/ctx.h"

/* ---- out: commas, quotes and escapes are the writer's; nesting is the caller's
 * ------------------------------ */

struct json_out {
	struct text_builder text;
	bool needs_comma;
};

struct json_out json_out_new(struct arena *arena);
const char *json_out_text(const struct json_out *out); /* NUL-ended; out->text.length bytes */

void out_object_open(struct json_out *out);
void out_object_close(struct json_out *out);
void out_array_open(struct json_out *out);
void out_array_close(struct json_out *out);
void out_key(struct json_out *out, const char *key); /* a literal: written unescaped */

void out_null(struct json_out *out);
void out_bool(struct json_out *out, bool value);
void out_int(struct json_out *out, int64_t value);
void out_text(struct json_out *out, const char *value);		     /* NULL writes null */
void out_instant(struct json_out *out, struct instant value);	     /* 0 ms writes null; +08:00 */
void out_date(struct json_out *out, struct date value);		     /* NO_DATE writes null */
void out_raw(struct json_out *out, const char *json, size_t length); /* already JSON */

/* key and value in one */
void put_int(struct json_out *out, const char *key, int64_t value);
void put_id(struct json_out *out, const char *key, int64_t value); /* 0 writes null */
void put_bool(struct json_out *out, const char *key, bool value);
void put_text(struct json_out *out, const char *key, const char *value);
void put_instant(struct json_out *out, const char *key, struct instant value);
void put_date(struct json_out *out, const char *key, struct date value);

/* ---- in
 * ----------------------------------------------------------------------------------------------------- */

enum { JSON_DEPTH_LIMIT = 16 };

/* Strict: UTF-8 without NUL characters, no duplicate keys, integers of 64 bits, depth at most
 * JSON_DEPTH_LIMIT, one value and nothing after it. The tree lives as long as the arena. BAD_REQUEST with
 * line and column when it is not. */
bool json_parse(struct ctx *c, const char *bytes, size_t length, json_t **out);

/* Members of an object, for bodies without an entity. Each names a wrong type in a fault; a missing or null
 * member gives the fallback (NULL, 0, false). */
const char *json_get_text(struct ctx *c, const json_t *object, const char *key);
int64_t json_get_int(struct ctx *c, const json_t *object, const char *key, int64_t fallback);
bool json_get_bool(struct ctx *c, const json_t *object, const char *key);

#endif
