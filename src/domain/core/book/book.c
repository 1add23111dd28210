/* book.c: parts by name, and the embedded JSON files. */
#include <string.h>

#include "base/text.h"
#include "domain/core/book/book.h"
#include "platform/embedded.h"
#include "platform/log.h"

enum { BOOK_PARTS = 32 };

struct book {
	size_t count;
	struct {
		const char *name;
		const void *part;
	} parts[BOOK_PARTS];
};

const void *book_part(const struct app *app, const char *name)
{
	const struct book *book = app->book;
	for (size_t i = 0; book && i < book->count; i++) {
		if (strcmp(book->parts[i].name, name) == 0)
			return book->parts[i].part;
	}
	return NULL;
}

/* A new book each time: app->book is const for everybody, and a start puts only a dozen parts. */
void book_put(struct app *app, const char *name, const void *part)
{
	struct book *made = arena_new_object(app->arena, struct book);
	if (app->book)
		*made = *(const struct book *)app->book;
	size_t at = 0;
	while (at < made->count && strcmp(made->parts[at].name, name) != 0)
		at++;
	if (at == made->count && at < BOOK_PARTS)
		made->count++;
	if (at < BOOK_PARTS) {
		made->parts[at].name = name;
		made->parts[at].part = part;
	}
	app->book = made;
}

static void release_json(void *json)
{
	json_decref(json);
}

bool book_json_if_any(struct ctx *c, const char *path, const json_t **json)
{
	*json = NULL;
	const struct embedded *file = embedded_find(path);
	if (!file)
		return true;
	json_error_t error;
	json_t *read = json_loadb((const char *)file->bytes, file->length, JSON_REJECT_DUPLICATES, &error);
	if (!read) {
		log_line(LOG_ERROR, "book", "a rulebook file is damaged", "path", path, "reason", error.text,
			NULL);
		return fail(c, INTERNAL, "规章数据 %s 损坏，请重新安装程序", path);
	}
	arena_defer(c->app->arena, release_json, read);
	*json = read;
	return true;
}

bool book_json(struct ctx *c, const char *path, const json_t **json)
{
	if (!book_json_if_any(c, path, json))
		return false;
	return *json || fail(c, INTERNAL, "程序缺少规章数据 %s，请重新安装程序", path);
}

const char *book_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t book_int(const json_t *object, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool book_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *const *book_texts(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *array = json_object_get(object, key);
	size_t count = json_array_size(array);
	if (count == 0)
		return NULL;
	const char **texts = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));
		texts[i] = text ? text : "";
	}
	return texts;
}

bool book_lists(const char *const *texts, const char *text)
{
	for (; texts && text && *texts; texts++) {
		if (strcmp(*texts, text) == 0)
			return true;
	}
	return false;
}
