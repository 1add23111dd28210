/* gb18030.c: the encoding of Chinese spreadsheets and banks, by the C library's converter; declared in
 * text.h.
 *
 * The C library knows the two-byte codes of 24 private characters only as their later official characters.
 * For 18 of them GB 18030-2022 has four-byte codes, which are added here in both directions. The other six
 * are written as the two-byte codes that both share and come back as the official character, which looks the
 * same.
 */
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

struct special {
	uint32_t character;
	size_t length;
	const char *code;
	bool is_one_way;
};

static const struct special specials[] = {
	{ 0xE78D, 4, "\x84\x31\x82\x36", false },
	{ 0xE78E, 4, "\x84\x31\x82\x38", false },
	{ 0xE78F, 4, "\x84\x31\x82\x37", false },
	{ 0xE790, 4, "\x84\x31\x82\x39", false },
	{ 0xE791, 4, "\x84\x31\x83\x30", false },
	{ 0xE792, 4, "\x84\x31\x83\x31", false },
	{ 0xE793, 4, "\x84\x31\x83\x32", false },
	{ 0xE794, 4, "\x84\x31\x83\x33", false },
	{ 0xE795, 4, "\x84\x31\x83\x34", false },
	{ 0xE796, 4, "\x84\x31\x83\x35", false },
	{ 0xE81E, 4, "\x82\x35\x90\x37", false },
	{ 0xE826, 4, "\x82\x35\x90\x38", false },
	{ 0xE82B, 4, "\x82\x35\x90\x39", false },
	{ 0xE82C, 4, "\x82\x35\x91\x30", false },
	{ 0xE832, 4, "\x82\x35\x91\x31", false },
	{ 0xE843, 4, "\x82\x35\x91\x32", false },
	{ 0xE854, 4, "\x82\x35\x91\x33", false },
	{ 0xE864, 4, "\x82\x35\x91\x34", false },
	{ 0xE816, 2, "\xFE\x51", true },
	{ 0xE817, 2, "\xFE\x52", true },
	{ 0xE818, 2, "\xFE\x53", true },
	{ 0xE831, 2, "\xFE\x6C", true },
	{ 0xE83B, 2, "\xFE\x76", true },
	{ 0xE855, 2, "\xFE\x91", true },
};
enum { SPECIALS = sizeof specials / sizeof *specials };

struct conversion {
	iconv_t converter;
	char *in, *out; /* iconv() does not write to `in`, only its type says so */
	size_t left, room;
};

/* Steps over one special sequence at conversion->in. False when there is none. */
static bool pass_special(struct conversion *conversion, bool decoding)
{
	for (size_t i = 0; i < SPECIALS; i++) {
		const struct special *special = &specials[i];
		char utf8[4];
		size_t utf8_length = text_put(special->character, utf8);
		const char *from = decoding ? special->code : utf8, *to = decoding ? utf8 : special->code;
		size_t from_length = decoding ? special->length : utf8_length;
		size_t to_length = decoding ? utf8_length : special->length;
		if ((decoding && special->is_one_way) || conversion->left < from_length ||
			conversion->room < to_length || memcmp(conversion->in, from, from_length) != 0)
			continue;
		memcpy(conversion->out, to, to_length);
		conversion->in += from_length;
		conversion->left -= from_length;
		conversion->out += to_length;
		conversion->room -= to_length;
		return true;
	}
	return false;
}

static bool run(struct conversion *conversion, bool decoding)
{
	while (conversion->left) {
		if (iconv(conversion->converter, &conversion->in, &conversion->left, &conversion->out,
			    &conversion->room) != SIZE_MAX)
			break;
		if (!pass_special(conversion, decoding))
			return false;
	}
	return iconv(conversion->converter, NULL, NULL, &conversion->out, &conversion->room) != SIZE_MAX;
}

/* One whole conversion. `*done` counts the input bytes that were converted. The length of the output, or
 * SIZE_MAX. */
static size_t convert(bool decoding, const char *bytes, size_t length, char *out, size_t room, size_t *done)
{
	struct conversion conversion = {
		.converter = decoding ? iconv_open("UTF-8", "GB18030") : iconv_open("GB18030", "UTF-8"),
		.in = (char *)(uintptr_t)bytes,
		.out = out,
		.left = length,
		.room = room,
	};
	*done = 0;
	if (conversion.converter == (iconv_t)(intptr_t)-1)
		return SIZE_MAX;
	bool good = run(&conversion, decoding);
	iconv_close(conversion.converter);
	*done = length - conversion.left;
	return good ? (size_t)(conversion.out - out) : SIZE_MAX;
}

static bool is_ascii(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] >= 0x80 || !bytes[i])
			return false;
	return true;
}

char *text_from_gb18030(struct arena *arena, const char *bytes, size_t length, size_t *bad_at)
{
	*bad_at = 0;
	if (is_ascii(bytes, length))
		return arena_text_n(arena, bytes, length);
	const char *nul = memchr(bytes, 0, length);
	size_t good = nul ? (size_t)(nul - bytes) : length;
	size_t room = good * 2 + 4; /* two bytes may become three, four stay four */
	char *text = arena_alloc(arena, room + 1);
	size_t converted = convert(true, bytes, good, text, room, bad_at);
	if (converted == SIZE_MAX || nul || !text_is_valid(text, converted))
		return NULL;
	*bad_at = 0;
	return text;
}

char *text_to_gb18030(struct arena *arena, const char *text, size_t *out_length)
{
	size_t length = strlen(text), done;
	*out_length = length;
	if (is_ascii(text, length))
		return arena_text_n(arena, text, length);
	size_t room = length * 2 + 4; /* two bytes may become four */
	char *bytes = arena_alloc(arena, room + 1);
	size_t converted = convert(false, text, length, bytes, room, &done);
	*out_length = converted == SIZE_MAX ? 0 : converted;
	return converted == SIZE_MAX ? NULL : bytes;
}
