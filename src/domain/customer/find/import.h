/* import.h: households from people's spreadsheets.
 *
 * A file is read on one thread (import_file.c: columns, import_row.c: checks of one row by itself) and
 * entered on another (import_apply.c: checks against what is known, and the writing), in batches of one
 * transaction each that also carries the progress (import_run.c). A row is a household; it is created,
 * updated, unchanged or failed, and these add up to the rows.
 */
#ifndef QIFU_IMPORT_H
#define QIFU_IMPORT_H

#include "domain/customer/equipment/equipment.h"
#include "domain/customer/household/household.h"
#include "domain/customer/person/person.h"

/* ---- columns
 * ---------------------------------------------------------------------------------------------------- */

/* The standard header, in its order: code, header. */
#define IMPORT_FIELDS(X)                                                                                     \
	X(IMPORT_NUMBER, "number", "户号")                                                                   \
	X(IMPORT_NAME, "name", "户名")                                                                       \
	X(IMPORT_IDENTITY, "identity_number", "证件号码")                                                    \
	X(IMPORT_PHONE, "phone", "联系电话")                                                                 \
	X(IMPORT_COMMUNITY, "community", "小区")                                                             \
	X(IMPORT_BUILDING, "building", "楼栋")                                                               \
	X(IMPORT_UNIT, "unit", "单元")                                                                       \
	X(IMPORT_ROOM, "room", "室")                                                                         \
	X(IMPORT_CLASS, "user_class", "用气类别")                                                            \
	X(IMPORT_POPULATION, "population", "用气人口")                                                       \
	X(IMPORT_METER_NUMBER, "meter_number", "表号")                                                       \
	X(IMPORT_METER_MODEL, "meter_model", "表型")                                                         \
	X(IMPORT_BASE, "base_litre", "表底数")                                                               \
	X(IMPORT_OPENED_ON, "opened_on", "开户日期")
CHOICE_ENUM(import_field, IMPORT_FIELDS);
extern const struct choice import_fields[];
enum { IMPORT_COLUMNS_MOST = 256 };

/* What the columns of a file mean: field[i] is that of column i, 0 none. */
struct import_mapping {
	int field[IMPORT_COLUMNS_MOST];
	size_t columns;
};
/* By the headers: the standard ones and what people write for them. */
void import_suggest(struct ctx *c, const char *const *headers, size_t count, struct import_mapping *mapping);
enum import_field import_field_of_header(struct ctx *c, const char *header);
/* [{"column":"户号","field":"number"}…], as the API has it. Faults name what does not fit the file's headers.
 */
bool import_mapping_read(struct ctx *c, const json_t *list, const char *const *headers, size_t count,
	struct import_mapping *mapping);
void import_mapping_write(
	const struct import_mapping *mapping, const char *const *headers, struct json_out *out);

/* ---- one row by itself
 * -------------------------------------------------------------------------------------------- */

struct row_fault {
	const char *column, *reason; /* header, Chinese sentence */
	struct row_fault *next;
};

struct import_row {
	int64_t line;
	const char *text[import_field_count]; /* by field; NULL blank */
	enum user_class user_class;	      /* 0: not given */
	int64_t population, base_litre;	      /* -1: not given */
	struct date opened_on;		      /* NO_DATE: not given */
	struct row_fault *faults;
};
void row_fault(struct arena *arena, struct import_row *row, enum import_field field, const char *reason);
/* Fills and checks a row. `today` bounds the opening date. */
void import_row_read(struct arena *arena, const struct import_mapping *mapping, const char *const *cells,
	size_t count, struct date today, struct import_row *row);
/* Accepts 2025-01-02, 2025/1/2, 2025.1.2, 20250102, 2025年1月2日, each also with a time of day behind. */
bool import_date(const char *text, struct date *out);
enum user_class import_class(const char *text);

/* Texts met so far in a file, with the line of the first. malloc'd: freed by text_set_free(). */
struct text_set {
	struct text_slot {
		uint32_t at; /* of the text in bytes, plus 1; 0: free */
		uint32_t line;
	} * slots;
	size_t count, capacity;
	char *bytes;
	size_t length, room;
	bool has_leading_zero;
};
/* Line of the earlier equal text; 0 when it is new and now in the set; -1 when there is no memory. */
int64_t text_set_add(struct text_set *set, const char *text, int64_t line);
int64_t text_set_line(const struct text_set *set, const char *text); /* 0: not in it */
void text_set_free(struct text_set *set);
/* "123" looks like "00123" without its zeros: line of such a one, 0 none. */
int64_t text_set_zeros_lost(const struct text_set *set, const char *text);
/* All digits, not beginning with 0. */
bool is_bare_number(const char *text);
enum { ZEROS_MOST = 8 };

/* ---- the file, read ahead on a thread of its own
 * --------------------------------------------------------------------- */

struct import_batch {
	struct arena *arena;
	struct import_row *rows;
	size_t count;
	struct import_batch *next;
};
struct import_source;
/* Opens the file and its header. `rows`: how many in a batch. */
bool import_source_open(struct ctx *c, const char *path, size_t batch_rows, struct import_source **source);
const char *const *import_source_headers(const struct import_source *source, size_t *count);
const char *import_source_encoding(const struct import_source *source);
/* Starts reading; the first `skip` rows are checked (they take part in finding doubles) but not given. */
bool import_source_start(
	struct ctx *c, struct import_source *source, const struct import_mapping *mapping, int64_t skip);
/* The next batch; NULL at the end, and with c->problem on a broken file. Give it back when done. */
struct import_batch *import_source_next(struct ctx *c, struct import_source *source);
void import_source_return(struct import_source *source, struct import_batch *batch);
/* Ends the thread. NULL is allowed. */
void import_source_close(struct import_source *source);

/* ---- against what is known
 * ---------------------------------------------------------------------------------------------- */

enum row_outcome { ROW_FAILED, ROW_CREATED, ROW_UPDATED, ROW_UNCHANGED };

struct import_target {
	int64_t org_id, company_id;
	struct address_cache *cache;
	bool dry_run;
	bool zeros_known; /* the company has numbers that begin with 0 (worked out once a batch) */
	bool meters_zero;
};
bool import_target_refresh(struct ctx *c, struct import_target *target);
/* Decides and, unless dry_run, writes. Faults go to the row. False only when the database failed. */
bool import_apply(
	struct ctx *c, struct import_target *target, struct import_row *row, enum row_outcome *outcome);

/* ---- the run
 * ---------------------------------------------------------------------------------------------------------------
 */

struct import {
	int64_t id, org_id, company_id;
	const char *digest, *file_name, *encoding, *mapping;
	bool dry_run, by_command;
	const char *state; /* uploaded waiting running finished failed cancelled */
	int64_t rows, done, created, updated, unchanged, failed;
	const char *problem, *created_by;
	struct instant created_at, started_at, finished_at;
};
extern const struct entity import_entity;
struct import_fault {
	int64_t id, import_id, line;
	const char *column_name, *reason;
};
extern const struct entity import_fault_entity;

struct import_options {
	bool through_writer; /* in the server: batches go through app_write() */
	bool unrecorded;     /* a dry run of the command line leaves no trace */
	size_t batch_rows;
	int64_t budget_ms; /* stop after about that long; 0: until the end */
	/* Told of each fault and, now and then, of the progress; may be NULL. */
	void (*on_fault)(void *data, int64_t line, const char *column, const char *reason);
	void (*on_progress)(void *data, const struct import *run);
	void *data;
};
/* Goes on with a run from where it stands. run->state tells how it ended; "running" when the budget was used
 * up. */
bool import_run(struct ctx *c, struct import *run, const char *path, const struct import_options *options);
/* The run of the same file, target and kind that was interrupted; `*found` false: none. */
bool import_interrupted(
	struct ctx *c, int64_t org_id, const char *digest, bool dry_run, struct import *run, bool *found);
/* SHA-256 of a file. */
bool import_digest(struct ctx *c, const char *path, const char **digest);
bool import_start(struct ctx *c, struct import *run); /* inserts the record */
/* From the beginning with this mapping; CONFLICT while it is under way. The record is read again. */
bool import_restart(struct ctx *c, struct import *run, const char *mapping, bool dry_run);
bool import_stop(struct ctx *c, struct import *run);
/* DATA/imports/DIGEST */
const char *import_path(struct ctx *c, const char *digest);

/* ---- export
 * ------------------------------------------------------------------------------------------------------------------
 */

struct export_order {
	int64_t org_id; /* this unit and below; 0: everything within the fence */
	int permission; /* whose fence */
	bool unmasked;
	int format; /* enum sheet_format */
};
/* The standard header. Unmasked it comes back in without loss. `*rows` counts. */
bool household_export(struct ctx *c, const struct export_order *order, const char *path, int64_t *rows);

#endif
