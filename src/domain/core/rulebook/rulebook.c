/* rulebook.c: articles and alarms. */
#include "base/text.h"
#include "domain/core/book/book.h"
#include "domain/core/calendar/calendar.h"
#include "domain/core/rulebook/rulebook.h"
#include "domain/core/rulebook/rulebook_internal.h"

struct articles {
	struct article *list;
	size_t count;
};

static bool read_article(struct ctx *c, const json_t *json, struct article *article)
{
	const json_t *answers = json_object_get(json, "answers");
	size_t count = json_array_size(answers);
	struct article_answer *list = arena_array(c->app->arena, struct article_answer, count + 1);
	*article = (struct article){ .number = book_text(json, "number"),
		.title = book_text(json, "title"),
		.chapter = book_text(json, "chapter"),
		.text = book_text(json, "text"),
		.missing = book_text(json, "missing"),
		.answers = list,
		.answer_count = count };
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(answers, i);
		list[i] = (struct article_answer){ book_text(one, "kind"), book_text(one, "code"),
			book_text(one, "label") };
		if (!list[i].kind || !list[i].code)
			return false;
	}
	return article->number && article->title && article->text;
}

bool rulebook_start(struct ctx *c)
{
	const json_t *json;
	if (book_part(c->app, "articles"))
		return true;
	if (!book_json(c, "rulebook/articles.json", &json))
		return false;
	struct articles *articles = arena_new_object(c->app->arena, struct articles);
	articles->list = arena_array(c->app->arena, struct article, json_array_size(json) + 1);
	for (size_t i = 0; i < json_array_size(json); i++) {
		if (!read_article(c, json_array_get(json, i), &articles->list[articles->count++]))
			return fail(c, INTERNAL, "规章数据 rulebook/articles.json 不完整，请重新安装程序");
	}
	book_put(c->app, "articles", articles);
	return true;
}

const struct article *rulebook_articles(const struct app *app, size_t *count)
{
	const struct articles *articles = book_part(app, "articles");
	*count = articles ? articles->count : 0;
	return articles ? articles->list : NULL;
}

/* ---- alarms
 * ------------------------------------------------------------------------------------------------------------
 */

static void put_alarm(
	struct json_out *out, const char *code, const char *level, const char *text, const char *link)
{
	out_object_open(out);
	put_text(out, "code", code);
	put_text(out, "level", level);
	put_text(out, "text", text);
	put_text(out, "link", link);
	out_object_close(out);
}

bool alarms_write(struct ctx *c, struct json_out *out)
{
	int years[2], count = calendar_missing_years(c, years);
	out_array_open(out);
	for (int i = 0; i < count; i++)
		put_alarm(out, "calendar.missing", "danger",
			arena_format(c->arena,
				"%d "
				"年的工作日历还没有导入，落在该年的工作日期限无法计算；请导入国务院办公厅的放"
				"假通知",
				years[i]),
			"/promises");
	out_array_close(out);
	return !ctx_failed(c);
}

bool alarms_count(struct ctx *c, int64_t *count)
{
	int years[2];
	*count = calendar_missing_years(c, years);
	return !ctx_failed(c);
}
