/* mask.c: personal data shortened for eyes that don't need it; declared in text.h. */
#include "base/arena.h"
#include "base/text.h"

/* The first `head` and last `tail` characters, a star for each between. */
static char *mask(struct arena *arena, const char *text, size_t head, size_t tail)
{
	size_t count = text_characters(text);
	struct text_builder out = { .arena = arena };
	for (size_t i = 0; i < count; i++) {
		const char *from = text;
		text_next(&text);
		if (i < head || i >= count - tail)
			text_add_n(&out, from, (size_t)(text - from));
		else
			text_add(&out, "*");
	}
	return arena_text(arena, text_built(&out));
}

char *text_mask_name(struct arena *arena, const char *text)
{
	if (!text)
		return NULL;
	size_t count = text_characters(text);
	return mask(arena, text, count > 1, count > 2);
}

char *text_mask_phone(struct arena *arena, const char *text)
{
	if (!text)
		return NULL;
	size_t count = text_characters(text);
	return mask(arena, text, count >= 10 ? 3 : 0, count >= 7 ? 4 : 0);
}

/* Where eight characters would be most of the number, fewer are shown. */
static char *mask_number(struct arena *arena, const char *text)
{
	if (!text)
		return NULL;
	size_t count = text_characters(text);
	return mask(arena, text, count >= 12 ? 4 : 0, count >= 8 ? 4 : 0);
}

char *text_mask_identity(struct arena *arena, const char *text)
{
	return mask_number(arena, text);
}

char *text_mask_account(struct arena *arena, const char *text)
{
	return mask_number(arena, text);
}
