/* sheet_csv.c: CSV in. The file is read twice: once to learn its encoding, once in blocks that are decoded
 * whole and cut into cells in place. Memory is one block and the longest record. */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "platform/sheet.h"
#include "platform/sheet_internal.h"

enum { BLOCK = 256 * 1024, FIRST_ROOM = 1024 * 1024 };
#define NO_CONVERTER ((iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): the standard's own value */

struct csv_reader {
	int file;
	enum csv_encoding encoding;
	iconv_t converter;
	char *raw; /* GB18030 only: bytes read and not decoded yet */
	size_t raw_length;
	int64_t file_at, total;
	bool file_ended;

	char *text; /* decoded; the present record begins at record, reading goes on at `at`, writing at `out`
		     */
	size_t room, end, at, record;
	int64_t line, record_line;
	size_t starts[SHEET_COLUMN_LIMIT];
	const char *cells[SHEET_COLUMN_LIMIT];
};

static void csv_release(void *handle)
{
	struct csv_reader *reader = handle;
	if (reader->file >= 0)
		close(reader->file);
	if (reader->converter != NO_CONVERTER)
		iconv_close(reader->converter);
	free(reader->raw);
	free(reader->text);
}

/* ---- encoding ---- */

struct scan {
	int64_t utf8_bad, gb18030_bad, nul; /* offset of the first bad byte; -1 none */
};

/* Bytes of the UTF-8 character at `at`; 0 when it is none, and `left + 1` when the block ends within it. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	size_t bytes = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
	if (at[0] < 0xC2 || at[0] > 0xF4)
		return 0;
	unsigned char low = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
	unsigned char high = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
	if (left > 1 && (at[1] < low || at[1] > high))
		return 0;
	for (size_t i = 2; i < bytes && i < left; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	return left < bytes ? left + 1 : bytes;
}

/* The same for GB18030's two- and four-byte forms; which of them have a character is iconv's to know. */
static size_t gb18030_length(const unsigned char *at, size_t left)
{
	if (at[0] == 0x80 || at[0] == 0xFF)
		return 0;
	if (left < 2)
		return left + 1;
	if (at[1] >= 0x40 && at[1] != 0x7F && at[1] != 0xFF)
		return 2;
	if (at[1] < 0x30 || at[1] > 0x39)
		return 0;
	if (left > 2 && (at[2] < 0x81 || at[2] == 0xFF))
		return 0;
	if (left > 3 && (at[3] < 0x30 || at[3] > 0x39))
		return 0;
	return left < 4 ? left + 1 : 4;
}

static bool eight_plain(const unsigned char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return (word & UINT64_C(0x8080808080808080)) == 0;
}

/* Whole characters in a block, passing over ASCII by eights. `*bad` is set where there is none. */
static size_t whole_characters(const unsigned char *bytes, size_t length,
	size_t (*character)(const unsigned char *at, size_t left), int64_t offset, int64_t *bad)
{
	size_t at = 0;
	while (at < length) {
		if (bytes[at] < 0x80) {
			at += at + 8 <= length && eight_plain(bytes + at) ? 8 : 1;
			continue;
		}
		size_t step = character(bytes + at, length - at);
		if (step == 0)
			*bad = offset + (int64_t)at;
		if (step == 0 || step > length - at)
			break;
		at += step;
	}
	return at;
}

/* One encoding over the whole file. False when it cannot be read. */
static bool scan_file(struct ctx *c, struct csv_reader *reader,
	size_t (*character)(const unsigned char *at, size_t left), int64_t *bad, int64_t *nul)
{
	size_t held = 0;
	int64_t offset = 0; /* of the first held byte */
	*bad = -1;
	if (lseek(reader->file, 0, SEEK_SET) < 0)
		return fail(c, INTERNAL, "文件读不出来，请重新上传");
	while (*bad < 0) {
		ssize_t got = read(reader->file, reader->text + held, BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(c, INTERNAL, "文件读不出来，请重新上传");
		if (got == 0)
			break;
		char *zero = memchr(reader->text + held, 0, (size_t)got);
		if (zero && *nul < 0)
			*nul = offset + (zero - reader->text);
		size_t length = held + (size_t)got;
		size_t whole =
			whole_characters((const unsigned char *)reader->text, length, character, offset, bad);
		held = length - whole;
		memmove(reader->text, reader->text + whole, held);
		offset += (int64_t)whole;
	}
	if (*bad < 0 && held) /* the file ends within a character */
		*bad = offset;
	return true;
}

static bool starts_with_bom(struct csv_reader *reader)
{
	char first[3];
	return pread(reader->file, first, 3, 0) == 3 && memcmp(first, "\xEF\xBB\xBF", 3) == 0;
}

/* The bytes' words for the person: where, and what to do. */
static bool bad_encoding(struct ctx *c, int64_t offset)
{
	return fail(c, INVALID,
		"文件第 %lld 个字节处既不是 UTF-8 也不是 GB18030（GBK）编码，请在表格软件里另存为“CSV "
		"UTF-8”后再传",
		(long long)offset + 1);
}

static bool find_encoding(struct ctx *c, struct csv_reader *reader)
{
	int64_t utf8_bad, gb18030_bad, nul = -1;
	bool bom = starts_with_bom(reader);
	if (!scan_file(c, reader, utf8_length, &utf8_bad, &nul))
		return false;
	reader->encoding = bom ? CSV_UTF8_BOM : CSV_UTF8;
	if (utf8_bad >= 0 && bom)
		return fail(c, INVALID,
			"文件开头标明是 UTF-8，但第 %lld 个字节处不是，文件可能已损坏，请重新导出",
			(long long)utf8_bad + 1);
	if (utf8_bad >= 0) {
		reader->encoding = CSV_GB18030;
		if (!scan_file(c, reader, gb18030_length, &gb18030_bad, &nul))
			return false;
		if (gb18030_bad >= 0)
			return bad_encoding(c, utf8_bad > gb18030_bad ? utf8_bad : gb18030_bad);
	}
	if (nul >= 0)
		return fail(c, INVALID, "文件第 %lld 个字节是空字符，这不是文本文件，请另存为 CSV 后再传",
			(long long)nul + 1);
	return true;
}

/* ---- blocks ---- */

static bool csv_prepare(struct ctx *c, struct csv_reader *reader, const char *path)
{
	struct stat status;
	reader->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (reader->file < 0 || fstat(reader->file, &status) || !S_ISREG(status.st_mode))
		return fail(c, NOT_FOUND, "打不开这个文件，请检查文件是否还在");
	reader->total = status.st_size;
	reader->room = FIRST_ROOM;
	reader->text = malloc(reader->room);
	reader->raw = malloc(BLOCK + 4);
	if (!reader->text || !reader->raw)
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	if (!find_encoding(c, reader))
		return false;
	reader->file_at = reader->encoding == CSV_UTF8_BOM ? 3 : 0;
	if (lseek(reader->file, reader->file_at, SEEK_SET) < 0)
		return fail(c, INTERNAL, "文件读不出来，请重新上传");
	if (reader->encoding != CSV_GB18030)
		return true;
	reader->converter = iconv_open("UTF-8", "GB18030");
	return reader->converter != NO_CONVERTER ||
	       fail(c, INTERNAL, "系统缺少 GB18030 编码支持，请联系管理员");
}

bool csv_open(struct ctx *c, const char *path, struct csv_reader **out)
{
	struct csv_reader *reader = arena_new_object(c->arena, struct csv_reader);
	reader->file = -1;
	reader->converter = NO_CONVERTER;
	reader->line = reader->record_line = 1;
	arena_defer(c->arena, csv_release, reader);
	*out = reader;
	return csv_prepare(c, reader, path);
}

enum csv_encoding csv_encoding(const struct csv_reader *reader)
{
	return reader->encoding;
}

int64_t csv_line(const struct csv_reader *reader)
{
	return reader->record_line;
}

int64_t csv_bytes_read(const struct csv_reader *reader)
{
	int64_t waiting = (int64_t)(reader->end - reader->at + reader->raw_length);
	return reader->file_at > waiting ? reader->file_at - waiting : 0;
}

int64_t csv_bytes_total(const struct csv_reader *reader)
{
	return reader->total;
}

/* Room for one more decoded block behind the record being read, which moves to the front. */
static bool make_room(struct ctx *c, struct csv_reader *reader, size_t more)
{
	if (reader->record) {
		memmove(reader->text, reader->text + reader->record, reader->end - reader->record);
		reader->end -= reader->record;
		reader->at -= reader->record;
		reader->record = 0;
	}
	if (reader->room - reader->end > more)
		return true;
	size_t room = reader->room * 2;
	char *text = realloc(reader->text, room);
	if (!text)
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	reader->text = text;
	reader->room = room;
	return true;
}

static bool read_some(struct ctx *c, struct csv_reader *reader, char *to, size_t *length)
{
	ssize_t got;
	do
		got = read(reader->file, to, BLOCK);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(c, INTERNAL, "文件读不出来，请重新上传");
	*length = (size_t)got;
	reader->file_at += got;
	reader->file_ended = got == 0;
	return true;
}

/* What iconv left over: nothing, the head of a character that the next block ends, or something it cannot
 * read. */
static bool decode(struct ctx *c, struct csv_reader *reader)
{
	char *in = reader->raw, *out = reader->text + reader->end;
	size_t left = reader->raw_length, room = reader->room - reader->end;
	size_t result = iconv(reader->converter, &in, &left, &out, &room);
	bool cut_short = result == (size_t)-1 && errno == EINVAL && !reader->file_ended;
	if (result == (size_t)-1 && !cut_short)
		return bad_encoding(c, reader->file_at - (int64_t)left);
	reader->end = (size_t)(out - reader->text);
	memmove(reader->raw, in, left);
	reader->raw_length = left;
	return true;
}

/* More text behind `end`; false at the file's end too. */
static bool fill(struct ctx *c, struct csv_reader *reader)
{
	size_t got;
	if (reader->file_ended)
		return false;
	if (reader->encoding != CSV_GB18030) {
		if (!make_room(c, reader, BLOCK) || !read_some(c, reader, reader->text + reader->end, &got))
			return false;
		reader->end += got;
		return got > 0;
	}
	if (!make_room(c, reader, (size_t)2 * (BLOCK + 4)))
		return false;
	size_t before = reader->end;
	while (reader->end == before && !reader->file_ended) {
		if (!read_some(c, reader, reader->raw + reader->raw_length, &got))
			return false;
		reader->raw_length += got;
		if (!decode(c, reader))
			return false;
	}
	return reader->end > before;
}

/* ---- records ---- */

/* Where the parser stands in the present record. Offsets, since the text moves when more is read. */
struct cursor {
	size_t out; /* the cell is written back over its own quotes */
	size_t count;
	int64_t quote_line;
	bool any; /* something was on the line, be it an empty pair of quotes */
};

/* Makes the byte at `at` readable. */
static bool more(struct ctx *c, struct csv_reader *reader, struct cursor *cursor)
{
	if (reader->at < reader->end)
		return true;
	size_t record = reader->record;
	bool good = fill(c, reader);
	size_t moved = record - reader->record;
	cursor->out -= moved;
	return good && reader->at < reader->end;
}

static bool begin_cell(struct ctx *c, struct csv_reader *reader, struct cursor *cursor)
{
	if (cursor->count == SHEET_COLUMN_LIMIT)
		return fail(c, INVALID, "第 %lld 行超过 %d 列，请检查分隔符和引号",
			(long long)reader->record_line, (int)SHEET_COLUMN_LIMIT);
	/* Relative to the record: the record moves. */
	reader->starts[cursor->count++] = cursor->out - reader->record;
	return true;
}

static bool cell_fits(struct ctx *c, struct csv_reader *reader, const struct cursor *cursor)
{
	size_t length = cursor->out - reader->record - reader->starts[cursor->count - 1];
	if (length <= SHEET_CELL_LIMIT)
		return true;
	if (cursor->quote_line)
		return fail(c, INVALID, "第 %lld 行开始的引号一直没有闭合，请补上引号",
			(long long)cursor->quote_line);
	return fail(c, INVALID, "第 %lld 行第 %zu 列超过 64 KiB，请缩短", (long long)reader->record_line,
		cursor->count);
}

/* Copies what needs no thought, up to one of the stop bytes. */
static void copy_run(struct csv_reader *reader, struct cursor *cursor, bool quoted)
{
	const char *text = reader->text;
	size_t at = reader->at, end = reader->end;
	if (quoted)
		while (at < end && text[at] != '"' && text[at] != '\n' && text[at] != '\r')
			at++;
	else
		while (at < end && text[at] != ',' && text[at] != '\n' && text[at] != '\r')
			at++;
	size_t length = at - reader->at;
	if (cursor->out != reader->at)
		memmove(reader->text + cursor->out, text + reader->at, length);
	cursor->out += length;
	reader->at = at;
}

static void put_byte(struct csv_reader *reader, struct cursor *cursor, char byte)
{
	reader->text[cursor->out++] = byte;
	reader->at++;
}

/* CR LF counts once. */
static void count_line(struct ctx *c, struct csv_reader *reader, struct cursor *cursor, bool keep)
{
	char byte = reader->text[reader->at];
	if (keep)
		put_byte(reader, cursor, byte);
	else
		reader->at++;
	reader->line++;
	if (byte != '\r' || !more(c, reader, cursor) || reader->text[reader->at] != '\n')
		return;
	if (keep)
		put_byte(reader, cursor, '\n');
	else
		reader->at++;
}

/* Behind the opening quote, up to and with the closing one. */
static bool read_quoted(struct ctx *c, struct csv_reader *reader, struct cursor *cursor)
{
	cursor->quote_line = reader->line;
	reader->at++;
	while (more(c, reader, cursor)) {
		copy_run(reader, cursor, true);
		if (!cell_fits(c, reader, cursor))
			return false;
		if (reader->at == reader->end)
			continue;
		if (reader->text[reader->at] != '"') {
			count_line(c, reader, cursor, true);
			continue;
		}
		reader->at++;
		if (more(c, reader, cursor) && reader->text[reader->at] == '"') {
			put_byte(reader, cursor, '"');
			continue;
		}
		cursor->quote_line = 0;
		return !ctx_failed(c);
	}
	return fail(
		c, INVALID, "第 %lld 行开始的引号一直没有闭合，请补上引号", (long long)cursor->quote_line);
}

static bool read_cell(struct ctx *c, struct csv_reader *reader, struct cursor *cursor)
{
	if (!begin_cell(c, reader, cursor))
		return false;
	if (more(c, reader, cursor) && reader->text[reader->at] == '"') {
		cursor->any = true;
		if (!read_quoted(c, reader, cursor))
			return false;
		if (more(c, reader, cursor) && !strchr(",\r\n", reader->text[reader->at]))
			return fail(c, INVALID, "第 %lld 行第 %zu 列的引号后面还有字，请把引号写成两个",
				(long long)reader->line, cursor->count);
		return !ctx_failed(c);
	}
	while (more(c, reader, cursor)) {
		copy_run(reader, cursor, false);
		if (!cell_fits(c, reader, cursor))
			return false;
		if (reader->at < reader->end)
			break;
	}
	return !ctx_failed(c);
}

/* One line, possibly blank. The byte that ends a cell gives its place to the cell's NUL. */
static bool read_record(struct ctx *c, struct csv_reader *reader, struct cursor *cursor)
{
	reader->record = reader->at;
	reader->record_line = reader->line;
	*cursor = (struct cursor){ .out = reader->at };
	for (;;) {
		if (!read_cell(c, reader, cursor))
			return false;
		if (!more(c, reader, cursor)) {
			if (ctx_failed(c))
				return false;
			reader->text[cursor->out++] = '\0'; /* make_room() leaves one byte */
			return true;
		}
		char byte = reader->text[reader->at];
		if (byte == ',')
			reader->at++;
		else
			count_line(c, reader, cursor, false);
		reader->text[cursor->out++] = '\0';
		if (byte != ',')
			return !ctx_failed(c);
	}
}

bool csv_next(struct ctx *c, struct csv_reader *reader, const char *const **cells, size_t *count)
{
	struct cursor cursor;
	*count = 0;
	for (;;) {
		reader->record = reader->at;
		cursor.out = reader->at;
		if (ctx_failed(c) || !more(c, reader, &cursor) || !read_record(c, reader, &cursor))
			return false;
		if (cursor.count > 1 || cursor.any || reader->text[reader->record])
			break;
	}
	for (size_t i = 0; i < cursor.count; i++)
		reader->cells[i] = reader->text + reader->record + reader->starts[i];
	*cells = reader->cells;
	*count = cursor.count;
	return true;
}
