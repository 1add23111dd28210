/* sheet_xlsx.c: XLSX in. The package is a zip of XML parts; nothing is ever unpacked to disk, and names in it
 * are only looked up. The worksheet is parsed as a stream that halts behind each row; texts shared between
 * cells are held. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>
#include <zip.h>

#include "base/text.h"
#include "platform/sheet.h"
#include "platform/sheet_xlsx.h"

enum {
	ENTRY_LIMIT = 2000,
	RATIO_LIMIT = 200,
	SMALL_ENTRY = 1024 * 1024, /* may be packed as tightly as it likes */
	CHUNK = 64 * 1024,
	SHARED_LIMIT = 256 * 1024 * 1024,
	SHARED_COUNT_LIMIT = 8 * 1024 * 1024
};
static const uint64_t unpacked_limit = UINT64_C(1) << 30;

static void close_part(struct xlsx_reader *reader)
{
	if (reader->parser)
		XML_ParserFree(reader->parser);
	if (reader->part)
		zip_fclose(reader->part);
	reader->parser = NULL;
	reader->part = NULL;
}

static void xlsx_release(void *handle)
{
	struct xlsx_reader *reader = handle;
	close_part(reader);
	if (reader->zip)
		zip_discard(reader->zip);
	free(reader->text.bytes);
	free(reader->shared.bytes);
	free(reader->shared_at);
	free(reader->styles.dates);
}

/* ---- buffers that are not the arena's: they grow ---- */

bool bytes_add(struct bytes *to, const char *bytes, size_t length)
{
	if (to->room - to->length <= length) {
		size_t room = (to->length + length + 64) * 2;
		char *grown = realloc(to->bytes, room);
		if (!grown)
			return false;
		to->bytes = grown;
		to->room = room;
	}
	memcpy(to->bytes + to->length, bytes, length);
	to->length += length;
	to->bytes[to->length] = '\0';
	return true;
}

/* Ends the parsing of a part from within it. */
void xlsx_refuse(struct xlsx_reader *reader, enum problem_code code, const char *detail)
{
	fail(reader->c, code, "%s", detail);
	XML_StopParser(reader->parser, XML_FALSE);
}

/* ---- elements ---- */

/* Names without their prefix: some writers use one. */
const char *xlsx_local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

const char *xlsx_attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(xlsx_local(attributes[0]), name) == 0)
			return attributes[1];
	return NULL;
}

static void XMLCALL on_doctype(
	void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	xlsx_refuse(data, INVALID, "这个 XLSX 文件里有不允许的定义（DOCTYPE），请用表格软件重新另存一份");
}

static void XMLCALL on_text(void *data, const XML_Char *text, int length)
{
	struct xlsx_reader *reader = data;
	if (!reader->collecting || reader->phonetic || length <= 0)
		return;
	if (reader->text.length - reader->cell_at + (size_t)length > SHEET_CELL_LIMIT)
		xlsx_refuse(reader, INVALID, "有一格超过 64 KiB，请缩短后再传");
	else if (!bytes_add(&reader->text, text, (size_t)length))
		xlsx_refuse(reader, UNAVAILABLE, "内存不足，请稍后再试");
}

/* ---- parts ---- */

static bool open_part(struct ctx *c, struct xlsx_reader *reader, const char *name,
	XML_StartElementHandler start, XML_EndElementHandler end)
{
	zip_int64_t index = zip_name_locate(reader->zip, name, ZIP_FL_NOCASE);
	reader->part = index < 0 ? NULL : zip_fopen_index(reader->zip, (zip_uint64_t)index, 0);
	if (!reader->part)
		return fail(c, INVALID, "这个 XLSX 文件不完整或加了密码，请用表格软件重新另存一份");
	reader->parser = XML_ParserCreate(NULL);
	if (!reader->parser)
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, start, end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	reader->part_ended = false;
	reader->collecting = false;
	reader->phonetic = 0;
	reader->text.length = reader->cell_at = 0;
	return true;
}

/* The next chunk into the parser, whose callbacks do the rest. */
static enum XML_Status feed(struct xlsx_reader *reader)
{
	void *buffer = XML_GetBuffer(reader->parser, CHUNK);
	zip_int64_t got = buffer ? zip_fread(reader->part, buffer, CHUNK) : -1;
	if (got < 0)
		return XML_STATUS_ERROR;
	reader->unpacked += (uint64_t)got;
	reader->part_read += got;
	if (reader->unpacked > unpacked_limit)
		return XML_STATUS_ERROR;
	reader->part_ended = got == 0;
	return XML_ParseBuffer(reader->parser, (int)got, got == 0);
}

static bool damaged(struct ctx *c)
{
	return ctx_failed(c) ? false : fail(c, INVALID, "这个 XLSX 文件已损坏，请用表格软件重新另存一份");
}

static bool read_part(struct ctx *c, struct xlsx_reader *reader, const char *name,
	XML_StartElementHandler start, XML_EndElementHandler end)
{
	if (!open_part(c, reader, name, start, end))
		return false;
	while (!reader->part_ended)
		if (feed(reader) != XML_STATUS_OK)
			return damaged(c);
	close_part(reader);
	return true;
}

static bool has_part(struct xlsx_reader *reader, const char *name)
{
	return zip_name_locate(reader->zip, name, ZIP_FL_NOCASE) >= 0;
}

/* ---- the package's limits ---- */

static bool check_package(struct ctx *c, struct xlsx_reader *reader)
{
	zip_int64_t entries = zip_get_num_entries(reader->zip, 0);
	uint64_t whole = 0;
	if (entries > ENTRY_LIMIT)
		return fail(c, TOO_LARGE, "这个 XLSX 文件里有太多部分，请只留一张工作表后另存再传");
	for (zip_int64_t i = 0; i < entries; i++) {
		zip_stat_t status;
		if (zip_stat_index(reader->zip, (zip_uint64_t)i, 0, &status) ||
			!(status.valid & ZIP_STAT_SIZE) || !(status.valid & ZIP_STAT_COMP_SIZE))
			return damaged(c);
		bool bomb = status.size > SMALL_ENTRY && status.size / RATIO_LIMIT > status.comp_size;
		if (bomb || status.size > unpacked_limit || (whole += status.size) > unpacked_limit)
			return fail(c, TOO_LARGE,
				"这个 XLSX 文件展开后太大，请分成几个文件，或另存为 CSV 后再传");
	}
	return true;
}

/* ---- workbook: which part is the first visible sheet ---- */

static void XMLCALL workbook_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct xlsx_reader *reader = data;
	const char *element = xlsx_local(name), *value;
	if (strcmp(element, "workbookPr") == 0 && (value = xlsx_attribute(attributes, "date1904")))
		reader->styles.from_1904 = strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
	if (strcmp(element, "sheet") != 0 || reader->sheet_relation[0])
		return;
	const char *state = xlsx_attribute(attributes, "state");
	for (; *attributes; attributes += 2) /* "r:id": the one with a prefix; sheetId is another */
		if (strchr(attributes[0], ':') && strcmp(xlsx_local(attributes[0]), "id") == 0 &&
			!(state && strcmp(state, "visible") != 0))
			snprintf(reader->sheet_relation, sizeof reader->sheet_relation, "%s", attributes[1]);
}

static void XMLCALL relation_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct xlsx_reader *reader = data;
	const char *id = xlsx_attribute(attributes, "Id"), *target = xlsx_attribute(attributes, "Target");
	if (strcmp(xlsx_local(name), "Relationship") != 0 || !id || !target ||
		strcmp(id, reader->sheet_relation) != 0)
		return;
	bool whole = target[0] == '/';
	snprintf(reader->sheet_part, sizeof reader->sheet_part, "%s%s", whole ? "" : "xl/",
		target + (whole ? 1 : 0));
}

/* ---- shared strings ---- */

static bool shared_begin(struct xlsx_reader *reader)
{
	if (reader->shared_count == reader->shared_room) {
		size_t room = reader->shared_room ? reader->shared_room * 2 : 1024;
		uint32_t *grown = realloc(reader->shared_at, room * sizeof *grown);
		if (!grown)
			return false;
		reader->shared_at = grown;
		reader->shared_room = room;
	}
	reader->shared_at[reader->shared_count++] = (uint32_t)reader->shared.length;
	return true;
}

static void XMLCALL shared_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct xlsx_reader *reader = data;
	const char *element = xlsx_local(name);
	(void)attributes;
	if (strcmp(element, "si") == 0)
		reader->text.length = 0;
	reader->phonetic += strcmp(element, "rPh") == 0;
	reader->collecting = strcmp(element, "t") == 0;
}

static void XMLCALL shared_end(void *data, const XML_Char *name)
{
	struct xlsx_reader *reader = data;
	const char *element = xlsx_local(name);
	reader->collecting = false;
	reader->phonetic -= strcmp(element, "rPh") == 0;
	if (strcmp(element, "si") != 0)
		return;
	const char *text = reader->text.length ? reader->text.bytes : "";
	if (reader->shared_count >= SHARED_COUNT_LIMIT ||
		reader->shared.length + reader->text.length > SHARED_LIMIT)
		xlsx_refuse(
			reader, TOO_LARGE, "这个 XLSX 文件里文字太多，请分成几个文件，或另存为 CSV 后再传");
	else if (!shared_begin(reader) || !bytes_add(&reader->shared, text, reader->text.length + 1))
		xlsx_refuse(reader, UNAVAILABLE, "内存不足，请稍后再试");
}

/* ---- open ---- */

static bool xlsx_prepare(struct ctx *c, struct xlsx_reader *reader)
{
	zip_stat_t status;
	if (!check_package(c, reader) || !read_part(c, reader, "xl/workbook.xml", workbook_start, NULL) ||
		!read_part(c, reader, "xl/_rels/workbook.xml.rels", relation_start, NULL))
		return false;
	if (!reader->sheet_part[0])
		return fail(c, INVALID, "这个 XLSX 文件里没有可见的工作表");
	if (has_part(reader, "xl/styles.xml") &&
		!read_part(c, reader, "xl/styles.xml", xlsx_style_start, xlsx_style_end))
		return false;
	if (has_part(reader, "xl/sharedStrings.xml") &&
		!read_part(c, reader, "xl/sharedStrings.xml", shared_start, shared_end))
		return false;
	if (!open_part(c, reader, reader->sheet_part, xlsx_sheet_start, xlsx_sheet_end))
		return false;
	if (zip_stat(reader->zip, reader->sheet_part, ZIP_FL_NOCASE, &status) == 0)
		reader->part_total = (int64_t)status.size;
	reader->part_read = 0;
	return true;
}

bool xlsx_open(struct ctx *c, const char *path, struct xlsx_reader **out)
{
	int error;
	struct xlsx_reader *reader = arena_new_object(c->arena, struct xlsx_reader);
	arena_defer(c->arena, xlsx_release, reader);
	*out = reader;
	reader->c = c;
	reader->zip = zip_open(path, ZIP_RDONLY, &error);
	if (!reader->zip)
		return error == ZIP_ER_NOENT ? fail(c, NOT_FOUND, "打不开这个文件，请检查文件是否还在")
					     : damaged(c);
	return xlsx_prepare(c, reader);
}

bool xlsx_next(struct ctx *c, struct xlsx_reader *reader, const char *const **cells, size_t *count)
{
	*count = 0;
	reader->c = c;
	if (ctx_failed(c) || !reader->parser)
		return false;
	reader->row_ready = false;
	bool halted = reader->halted;
	while (!reader->row_ready) {
		if (!halted && reader->part_ended)
			return false;
		enum XML_Status status = halted ? XML_ResumeParser(reader->parser) : feed(reader);
		if (status == XML_STATUS_ERROR)
			return damaged(c);
		halted = reader->halted = status == XML_STATUS_SUSPENDED;
	}
	for (size_t i = 0; i < reader->count; i++)
		reader->cells[i] = reader->filled[i] ? reader->text.bytes + reader->starts[i] : "";
	*cells = reader->cells;
	*count = reader->count;
	return true;
}

int64_t xlsx_line(const struct xlsx_reader *reader)
{
	return reader->row;
}

int64_t xlsx_bytes_read(const struct xlsx_reader *reader)
{
	return reader->part_read;
}

int64_t xlsx_bytes_total(const struct xlsx_reader *reader)
{
	return reader->part_total;
}
