/* search.h: finding records by any piece of their text, the same on both databases.
 *
 * A text is indexed by its suffixes: "王小明" is kept as 王小明, 小明, 明. A fragment of any length is then a prefix, and a
 * search a range of the index: %, _ and brackets are ordinary characters, one character finds as well as ten, the order
 * is the index's (suffix, kind, id) and never changes. Texts go through text_search_form() first. Rows lie under the company
 * (所属公司), so that a search reads only what its fence allows.
 */
#ifndef QIFU_PLATFORM_SEARCH_H
#define QIFU_PLATFORM_SEARCH_H

#include "platform/db.h"

enum { SEARCH_SUFFIX_CHARACTERS = 32 }; /* longer suffixes are cut; a longer query is verified on the record */

/* Replaces what is indexed of (kind, id) by the suffixes of `text` (NULL or blank: nothing). `kind` is a short literal
 * such as "person.name" from the caller's own set of small numbers. */
bool search_index(struct ctx *c, int64_t company_id, int kind, int64_t id, const char *text);
bool search_forget(struct ctx *c, int kind, int64_t id);

struct search_hit {
	int kind;
	int64_t id;
};
/* At most `limit` hits of the given kinds within one company, in the index's order. `query` is raw text. Each (kind,id) is
 * given once. */
bool search_find(struct ctx *c, int64_t company_id, const int *kinds, size_t kind_count, const char *query,
	struct search_hit *hits, size_t limit, size_t *count);

#endif
