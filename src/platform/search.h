/* search.h: finding records by any piece of their text, the same on both databases.
 *
 * A text is indexed by its suffixes: "王小明" is kept as 王小明, 小明, 明. A fragment of any length is then a
 * prefix, and a search a range of the index: %, _ and brackets are ordinary characters, one character finds
 * as well as ten, the order is the index's (suffix, kind, id) and never changes. Texts go through
 * text_search_form() first. Rows lie under the company (所属公司), so that a search reads only what its fence
 * allows.
 */
#ifndef QIFU_PLATFORM_SEARCH_H
#define QIFU_PLATFORM_SEARCH_H

#include "platform/db.h"

enum {
	SEARCH_SUFFIX_CHARACTERS = 32
}; /* longer suffixes are cut; a longer query is verified on the record */

/* Replaces what is indexed of (kind, id) by the suffixes of `text` (NULL or blank: nothing). `kind` is a
 * small number of the caller's own set. The text is remembered, so that it can be taken out again. */
bool search_index(struct ctx *c, int64_t company_id, int kind, int64_t id, const char *text);
bool search_forget(struct ctx *c, int kind, int64_t id);

/* The same for kinds of a million records whose module still knows the text of before (NULL: none): nothing
 * is remembered, which saves a third of the space. A kind is indexed either this way always, or the other. */
bool search_replace(
	struct ctx *c, int64_t company_id, int kind, int64_t id, const char *old_text, const char *new_text);

enum { SEARCH_HITS_LIMIT = 500, SEARCH_KINDS_LIMIT = 16 };

struct search_hit {
	int kind;
	int64_t id;
};
/* At most `limit` hits (no more than SEARCH_HITS_LIMIT) of the given kinds within one company, by (suffix,
 * kind, id). `query` is raw text. Each (kind,id) is given once. */
bool search_find(struct ctx *c, int64_t company_id, const int *kinds, size_t kind_count, const char *query,
	struct search_hit *hits, size_t limit, size_t *count);

#endif
