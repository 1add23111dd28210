/* sheet_open.c: whichever table a person has uploaded. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "platform/sheet.h"

struct sheet_reader {
	struct csv_reader *csv;
	struct xlsx_reader *xlsx;
	const char *cells[SHEET_COLUMN_LIMIT];
};

bool sheet_open(struct ctx *c, const char *path, struct sheet_reader **out)
{
	static const unsigned char zip[4] = { 'P', 'K', 3, 4 }, old_excel[4] = { 0xD0, 0xCF, 0x11, 0xE0 };
	unsigned char magic[4] = { 0 };
	struct sheet_reader *reader = arena_new_object(c->arena, struct sheet_reader);
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = file < 0 ? 0 : read(file, magic, sizeof magic);
	if (file >= 0)
		close(file);
	*out = reader;
	if (got == 4 && memcmp(magic, old_excel, 4) == 0)
		return fail(c, UNSUPPORTED,
			"这是旧式 Excel（.xls）或加密的表格，请在表格软件里另存为 .xlsx 或 CSV 后再传");
	if (got == 4 && memcmp(magic, zip, 4) == 0)
		return xlsx_open(c, path, &reader->xlsx);
	return csv_open(c, path, &reader->csv);
}

bool sheet_next(struct ctx *c, struct sheet_reader *reader, const char *const **cells, size_t *count)
{
	const char *const *read;
	if (reader->xlsx)
		return xlsx_next(c, reader->xlsx, cells, count);
	if (!csv_next(c, reader->csv, &read, count))
		return false;
	for (size_t i = 0; i < *count; i++)
		reader->cells[i] = sheet_plain(read[i]);
	*cells = reader->cells;
	return true;
}

int64_t sheet_line(const struct sheet_reader *reader)
{
	return reader->xlsx ? xlsx_line(reader->xlsx) : csv_line(reader->csv);
}

int64_t sheet_bytes_read(const struct sheet_reader *reader)
{
	return reader->xlsx ? xlsx_bytes_read(reader->xlsx) : csv_bytes_read(reader->csv);
}

int64_t sheet_bytes_total(const struct sheet_reader *reader)
{
	return reader->xlsx ? xlsx_bytes_total(reader->xlsx) : csv_bytes_total(reader->csv);
}

const char *sheet_kind(const struct sheet_reader *reader)
{
	static const char *const kinds[] = {
		[CSV_UTF8] = "utf-8", [CSV_UTF8_BOM] = "utf-8-bom", [CSV_GB18030] = "gb18030"
	};
	return reader->xlsx ? "xlsx" : kinds[csv_encoding(reader->csv)];
}
