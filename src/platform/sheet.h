/* sheet.h: tables for people's spreadsheets. CSV in (any of three encodings) and out, XLSX out. */
#ifndef QIFU_PLATFORM_SHEET_H
#define QIFU_PLATFORM_SHEET_H

#include <stdio.h>

#include "platform/ctx.h"

enum csv_encoding { CSV_UTF8, CSV_UTF8_BOM, CSV_GB18030 };

/* ---- in: RFC 4180 with quoted newlines, CRLF or LF, read as a stream
 * ------------------------------------------ */
struct csv_reader;

enum { SHEET_CELL_LIMIT = 64 * 1024, SHEET_COLUMN_LIMIT = 256 };

/* The encoding is found from the whole file: BOM, else strict UTF-8, else strict GB18030. Released with the
 * arena. */
bool csv_open(struct ctx *c, const char *path, struct csv_reader **reader);
enum csv_encoding csv_encoding(const struct csv_reader *reader);

/* The next record's cells as UTF-8, valid until the next call. False at the end, and with ctx->problem on a
 * broken file (a quote never closed, bytes in no known encoding, a cell over 64 KiB, over 256 cells). Blank
 * lines are passed over. */
bool csv_next(struct ctx *c, struct csv_reader *reader, const char *const **cells, size_t *count);
/* The line of the file on which the last record began (1 first). */
int64_t csv_line(const struct csv_reader *reader);
int64_t csv_bytes_read(const struct csv_reader *reader);
int64_t csv_bytes_total(const struct csv_reader *reader);

/* ---- in: XLSX, the first worksheet
 * --------------------------------------------------------------------------------- */
struct xlsx_reader;

/* The same shape. A cell is the text in it; a number is as the file writes it, a number with a date format is
 * "2026-03-01" or "2026-03-01 08:30:00"; a formula gives its last result. The file's limits: 2000 entries, 1
 * GiB unpacked, 200 to 1, no DOCTYPE. */
bool xlsx_open(struct ctx *c, const char *path, struct xlsx_reader **reader);
bool xlsx_next(struct ctx *c, struct xlsx_reader *reader, const char *const **cells, size_t *count);
int64_t xlsx_line(const struct xlsx_reader *reader); /* the row's number */
int64_t xlsx_bytes_read(const struct xlsx_reader *reader);
int64_t xlsx_bytes_total(const struct xlsx_reader *reader);

/* ---- in: whichever of the two the bytes are
 * ------------------------------------------------------------------------- */
struct sheet_reader;

/* As above. The apostrophes that sheet_text() put on are off again: nobody calls sheet_plain() on these
 * cells. */
bool sheet_open(struct ctx *c, const char *path, struct sheet_reader **reader);
bool sheet_next(struct ctx *c, struct sheet_reader *reader, const char *const **cells, size_t *count);
int64_t sheet_line(const struct sheet_reader *reader);
int64_t sheet_bytes_read(const struct sheet_reader *reader);
int64_t sheet_bytes_total(const struct sheet_reader *reader);
/* "utf-8", "utf-8-bom", "gb18030" or "xlsx", for the report of an import. */
const char *sheet_kind(const struct sheet_reader *reader);

/* ---- out
 * ---------------------------------------------------------------------------------------------------------
 */
enum sheet_format { SHEET_CSV_UTF8_BOM, SHEET_CSV_GB18030, SHEET_XLSX };
struct sheet;

/* A table written row by row to `path`; its first row is the header. Not finished, it goes with the arena and
 * leaves no file. */
bool sheet_create(
	struct ctx *c, const char *path, enum sheet_format format, const char *title, struct sheet **sheet);
/* Text; a leading = + - @ TAB CR or their full-width forms gets an apostrophe in front (which csv_next's
 * users take off again with sheet_plain) unless it is a plain decimal number. XLSX needs none and gets none:
 * text is text there. */
void sheet_text(struct sheet *sheet, const char *text);
void sheet_number(struct sheet *sheet, int64_t value);
void sheet_decimal(struct sheet *sheet, int64_t value, int places); /* 12345, 2 → 123.45 */
bool sheet_row(struct ctx *c, struct sheet *sheet);		    /* ends the row */
bool sheet_finish(struct ctx *c, struct sheet *sheet);
/* Takes off the apostrophe that sheet_text put on. */
const char *sheet_plain(const char *cell);

#endif
