/* book.h: what modules read from rulebook/ once, at start, and keep as long as the program runs.
 *
 * Everything hangs from app->book as named parts ("promises", "roles", "templates" …). A part is put there in
 * a module's start, before any request runs, and never changes afterwards; so readers need no lock.
 */
#ifndef QIFU_BOOK_H
#define QIFU_BOOK_H

#include <jansson.h>

#include "platform/app.h"

/* NULL when nobody has put it. */
const void *book_part(const struct app *app, const char *name);
/* `name` is a literal; `part` lives in app->arena. A part put twice is replaced (start may be run again). */
void book_put(struct app *app, const char *name, const void *part);

/* The parsed JSON of an embedded file ("rulebook/promises.json"), kept in app->arena. INTERNAL with the
 * reason in the log when it is absent or damaged: a test reads every file, so a released program does not
 * meet this. */
bool book_json(struct ctx *c, const char *path, const json_t **json);
/* The same, but an absent file is not a failure: `*json` is NULL then. */
bool book_json_if_any(struct ctx *c, const char *path, const json_t **json);

/* Members of the book's JSON: NULL or the fallback when absent. */
const char *book_text(const json_t *object, const char *key);
int64_t book_int(const json_t *object, const char *key, int64_t fallback);
bool book_bool(const json_t *object, const char *key);
/* The NULL-ended list of texts of an array member, in `arena`; NULL when absent. */
const char *const *book_texts(struct arena *arena, const json_t *object, const char *key);
bool book_lists(const char *const *texts, const char *text);

#endif
