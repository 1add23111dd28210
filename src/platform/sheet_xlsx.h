/* sheet_xlsx.h: the reader of XLSX files, shared by sheet_xlsx.c (package) and sheet_xlsx_cells.c (rows and
 * styles). */
#ifndef QIFU_PLATFORM_SHEET_XLSX_H
#define QIFU_PLATFORM_SHEET_XLSX_H

#include <expat.h>
#include <zip.h>

#include "platform/sheet.h"

/* Grows by malloc: the arena would keep every size it once had. */
struct bytes {
	char *bytes;
	size_t length, room;
};

/* Which styles show a number as a date. */
struct xlsx_styles {
	bool *dates; /* by the cell's style number */
	size_t count, room;
	int custom[1024]; /* number formats of the file's own that are dates */
	size_t custom_count;
	bool in_cells, from_1904;
};

struct xlsx_reader {
	struct ctx *c; /* of the call that runs */
	zip_t *zip;
	zip_file_t *part;
	XML_Parser parser;
	bool part_ended, halted;
	uint64_t unpacked;
	int64_t part_read, part_total;
	char sheet_relation[64], sheet_part[256];

	bool collecting; /* within an element whose text counts */
	int phonetic;	 /* within a reading aid, whose text doesn't */
	struct bytes text;

	struct bytes shared; /* each ends in NUL */
	uint32_t *shared_at;
	size_t shared_count, shared_room;
	struct xlsx_styles styles;

	int64_t row;
	bool row_ready;
	size_t column, count, cell_at, starts[SHEET_COLUMN_LIMIT];
	bool filled[SHEET_COLUMN_LIMIT];
	char type[12];
	size_t style;
	const char *cells[SHEET_COLUMN_LIMIT];
};

bool bytes_add(struct bytes *to, const char *bytes, size_t length);
void xlsx_refuse(struct xlsx_reader *reader, enum problem_code code, const char *detail);
const char *xlsx_local(const char *name);
const char *xlsx_attribute(const char **attributes, const char *name);

void XMLCALL xlsx_style_start(void *data, const XML_Char *name, const XML_Char **attributes);
void XMLCALL xlsx_style_end(void *data, const XML_Char *name);
void XMLCALL xlsx_sheet_start(void *data, const XML_Char *name, const XML_Char **attributes);
void XMLCALL xlsx_sheet_end(void *data, const XML_Char *name);

#endif
