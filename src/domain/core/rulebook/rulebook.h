/* rulebook.h: the regulation, article by article, and the alarms that stand on every screen. */
#ifndef QIFU_RULEBOOK_H
#define QIFU_RULEBOOK_H

#include "platform/json.h"

/* Articles of rulebook/articles.json: [{number,title,chapter,text,missing,answers,status}…]. */
struct article_answer {
	const char *kind; /* "measure", "promise" */
	const char *code, *label;
};
struct article {
	const char *number, *title, *chapter, *text;
	const char *missing; /* what the source text lacks: "原文缺第1、2项"; NULL: complete */
	const struct article_answer *answers;
	size_t answer_count;
};
const struct article *rulebook_articles(const struct app *app, size_t *count);

/* [{"code","level":"danger|warning","text","link"}…]: what somebody must put right. */
bool alarms_write(struct ctx *c, struct json_out *out);
bool alarms_count(struct ctx *c, int64_t *count);

#endif
