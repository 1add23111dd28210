/* catalogue_classify.c: what a caller's words point at.
 *
 * All places where a word of any kind stands are collected, the negated ones too. Where two overlap the
 * longer one stays; a negated word with its negation is longer than the word itself and so keeps 没有燃气
 * from being read into 没有燃气味. */
#include <stdlib.h>
#include <string.h>

#include "domain/fieldwork/catalogue/catalogue.h"

enum { SPOTS_MOST = 400, WORD_SCORE = 100 };

/* A place in the text, in bytes. */
struct spot {
	size_t from, to;
	int64_t weight;			   /* characters of the word */
	const struct catalogue_kind *kind; /* NULL: negated */
};

struct scan {
	const struct catalogue *book;
	const char *text;
	struct spot spots[SPOTS_MOST];
	size_t count;
};

static bool is_inside(const struct scan *scan, const char *phrase, size_t from, size_t to)
{
	size_t length = strlen(phrase);
	for (size_t at = to > length ? to - length : 0; at <= from; at++) {
		if (strncmp(scan->text + at, phrase, length) == 0 && at + length >= to)
			return true;
	}
	return false;
}

/* 是不是 and 有没有 ask, they don't deny. */
static bool only_asks(const struct scan *scan, size_t from, size_t to)
{
	for (const char *const *one = scan->book->questions; one && *one; one++) {
		if (is_inside(scan, *one, from, to))
			return true;
	}
	return false;
}

static bool ends_with_at(const char *text, size_t at, const char *ending, size_t *begins)
{
	size_t length = strlen(ending);
	if (length > at || strncmp(text + at - length, ending, length) != 0)
		return false;
	*begins = at - length;
	return true;
}

/* Where a negation of what stands at `at` begins; false when there is none. */
static bool negated_from(const struct scan *scan, size_t at, size_t *from)
{
	for (const char *const *filler = scan->book->negator_fillers; filler && *filler; filler++) {
		size_t middle;
		if (!ends_with_at(scan->text, at, *filler, &middle))
			continue;
		for (const char *const *negator = scan->book->negators; negator && *negator; negator++) {
			if (ends_with_at(scan->text, middle, *negator, from) &&
				!only_asks(scan, *from, middle))
				return true;
		}
	}
	return false;
}

static bool denies_between(const struct scan *scan, size_t from, size_t to)
{
	for (const char *const *negator = scan->book->negators; negator && *negator; negator++) {
		const char *found = strstr(scan->text + from, *negator);
		if (found && (size_t)(found - scan->text) + strlen(*negator) <= to)
			return true;
	}
	return false;
}

static void spot_add(
	struct scan *scan, size_t from, size_t to, int64_t weight, const struct catalogue_kind *kind)
{
	size_t begins;
	if (scan->count == SPOTS_MOST)
		return;
	if (negated_from(scan, from, &begins)) {
		from = begins;
		kind = NULL;
	}
	scan->spots[scan->count++] = (struct spot){ from, to, weight, kind };
}

static bool ends_sentence(uint32_t character)
{
	return character == 0xFF0C || character == 0x3002 || character == ',' || character == '.' ||
	       character == 0xFF1B || character == '\n';
}

/* The second half of a word with a gap, at most CATALOGUE_GAP characters on, within the sentence. */
static const char *after_gap(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (int passed = 0; passed <= CATALOGUE_GAP && *text; passed++) {
		if (strncmp(text, word, length) == 0)
			return text;
		if (ends_sentence(text_next(&text)))
			return NULL;
	}
	return NULL;
}

static void find_word(struct scan *scan, const char *word, const struct catalogue_kind *kind)
{
	const char *gap = strstr(word, "…");
	size_t head = gap ? (size_t)(gap - word) : strlen(word);
	const char *rest = gap ? gap + strlen("…") : NULL;
	int64_t weight = (int64_t)text_characters(word) - (gap ? 1 : 0);
	for (const char *at = scan->text; *at; text_next(&at)) {
		if (strncmp(at, word, head) != 0)
			continue;
		size_t from = (size_t)(at - scan->text);
		const char *end = at + head;
		const char *second = rest ? after_gap(end, rest) : end;
		if (!second)
			continue;
		size_t to = (size_t)(second - scan->text) + (rest ? strlen(rest) : 0);
		bool denied = rest && denies_between(scan, from + head, (size_t)(second - scan->text));
		spot_add(scan, from, to, weight, denied ? NULL : kind);
	}
}

static int by_length(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;
	size_t long_x = x->to - x->from, long_y = y->to - y->from;
	if (long_x != long_y)
		return long_x > long_y ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* Longest first, each place once; two kinds that share exactly one place both count. */
static size_t keep_longest(struct scan *scan)
{
	size_t kept = 0;
	qsort(scan->spots, scan->count, sizeof *scan->spots, by_length);
	for (size_t i = 0; i < scan->count; i++) {
		bool taken = false;
		for (size_t k = 0; k < kept && !taken; k++) {
			const struct spot *other = &scan->spots[k];
			bool same = other->from == scan->spots[i].from && other->to == scan->spots[i].to;
			taken = !same && scan->spots[i].from < other->to && other->from < scan->spots[i].to;
		}
		if (!taken)
			scan->spots[kept++] = scan->spots[i];
	}
	return kept;
}

static int by_score(const void *a, const void *b)
{
	const struct catalogue_match *x = a, *y = b;
	if (x->kind->emergency != y->kind->emergency)
		return x->kind->emergency ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	int level = strcmp(x->kind->level, y->kind->level);
	if (level != 0)
		return level;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* A longer word says more than several short ones: its square counts. */
static void score_spots(const struct scan *scan, size_t kept, struct catalogue_match *found, size_t *count)
{
	for (size_t i = 0; i < kept; i++) {
		const struct spot *spot = &scan->spots[i];
		size_t at = 0;
		if (!spot->kind)
			continue;
		while (at < *count && found[at].kind != spot->kind)
			at++;
		if (at == *count)
			found[(*count)++] = (struct catalogue_match){ .kind = spot->kind };
		found[at].score += spot->weight * spot->weight * WORD_SCORE;
	}
}

/* Without white space, half-width letters in lower case; punctuation stays, it parts sentences. */
static const char *plain(struct ctx *c, const char *text)
{
	struct text_builder out = { .arena = c->arena };
	uint32_t character;
	for (int i = 0; i < CATALOGUE_TEXT_MOST && (character = text_next(&text)); i++) {
		char bytes[4];
		if (character == ' ' || character == '\t' || character == 0x3000 || character == 0xA0)
			continue;
		if (character >= 'A' && character <= 'Z')
			character += 'a' - 'A';
		text_add_n(&out, bytes, text_put(character, bytes));
	}
	return text_built(&out);
}

size_t catalogue_classify(struct ctx *c, const char *text, struct catalogue_match *matches, size_t limit)
{
	const struct catalogue *book = catalogue_of(c->app);
	if (text_is_blank(text))
		return 0;
	struct scan *scan = arena_new_object(c->arena, struct scan);
	scan->book = book;
	scan->text = plain(c, text);
	for (size_t i = 0; i < book->kind_count; i++) {
		for (const char *const *word = book->kinds[i].words; word && *word; word++)
			find_word(scan, *word, &book->kinds[i]);
	}
	struct catalogue_match *found = arena_array(c->arena, struct catalogue_match, book->kind_count + 1);
	size_t count = 0;
	score_spots(scan, keep_longest(scan), found, &count);
	if (count == 0)
		return 0;
	qsort(found, count, sizeof *found, by_score);
	if (count > limit)
		count = limit;
	memcpy(matches, found, count * sizeof *matches);
	return count;
}
