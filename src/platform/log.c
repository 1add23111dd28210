/* log.c: one line, one write: lines of several threads never mix. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "platform/log.h"

enum { LINE_SIZE = 4096, LINE_TAIL = 4, VALUE_MOST = 1200 };

struct line {
	char bytes[LINE_SIZE];
	size_t length;
};

static void add_bytes(struct line *line, const char *bytes, size_t length)
{
	if (line->length + length > LINE_SIZE - LINE_TAIL)
		return;
	memcpy(line->bytes + line->length, bytes, length);
	line->length += length;
}

/* Cut at a whole character. */
static size_t value_length(const char *value)
{
	size_t length = strnlen(value, VALUE_MOST);
	while (length == VALUE_MOST && length > 0 && ((unsigned char)value[length] & 0xC0) == 0x80)
		length--;
	return length;
}

static void add_quoted(struct line *line, const char *value)
{
	size_t length = value_length(value);
	/* A value goes in whole or not at all, so that every line stays JSON. */
	size_t needed = 2;
	for (size_t i = 0; i < length; i++)
		needed += (unsigned char)value[i] < 0x20 ? 6 : value[i] == '"' || value[i] == '\\' ? 2 : 1;
	if (line->length + needed > LINE_SIZE - LINE_TAIL) {
		add_bytes(line, "\"\"", 2);
		return;
	}
	add_bytes(line, "\"", 1);
	for (size_t i = 0; i < length; i++) {
		char escaped[8];
		unsigned char letter = (unsigned char)value[i];
		if (letter < 0x20)
			add_bytes(
				line, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", letter));
		else if (letter == '"' || letter == '\\')
			add_bytes(line, (const char[]){ '\\', (char)letter }, 2);
		else
			add_bytes(line, value + i, 1);
	}
	add_bytes(line, "\"", 1);
}

static void add_pair(struct line *line, const char *key, const char *value)
{
	/* Room for the key, four marks and an empty value: otherwise the pair is left out. */
	if (!value || line->length + strlen(key) + 8 > LINE_SIZE - LINE_TAIL)
		return;
	add_bytes(line, line->length == 1 ? "" : ",", line->length == 1 ? 0 : 1);
	add_quoted(line, key);
	add_bytes(line, ":", 1);
	add_quoted(line, value);
}

void log_line(enum log_level level, const char *part, const char *message, ...)
{
	static const char *const levels[] = { "info", "warn", "error" };
	char at[INSTANT_TEXT_SIZE];
	struct line line;
	line.length = 0;
	add_bytes(&line, "{", 1);
	add_pair(&line, "at", instant_text(instant_machine_now(), at));
	add_pair(&line, "level", levels[level]);
	add_pair(&line, "part", part);
	add_pair(&line, "message", message);
	va_list pairs;
	va_start(pairs, message);
	for (const char *key; (key = va_arg(pairs, const char *));)
		add_pair(&line, key, va_arg(pairs, const char *));
	va_end(pairs);
	add_bytes(&line, "}", 1);
	line.bytes[line.length++] = '\n';
	ssize_t written = write(STDERR_FILENO, line.bytes, line.length);
	(void)written; /* there is nowhere left to say so */
}
