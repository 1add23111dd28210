/* pdf.h: one small document for printing: A4, Chinese, title, pairs, paragraphs, tables, signatures, a QR
 * code.
 *
 * Parts are laid one below the other and flow over pages; the heads of tables come again on each. Every page
 * ends in a footer with its number, the number of pages and the time of printing (ctx->now). Failures are
 * kept and told by pdf_end().
 */
#ifndef QIFU_PLATFORM_PDF_H
#define QIFU_PLATFORM_PDF_H

#include "platform/ctx.h"

enum { PDF_PAGES_LIMIT = 200, PDF_COLUMNS_LIMIT = 16 };

struct pdf;

/* Released with the arena. `title` stands in the middle of the first page's head; `number` below it, or NULL.
 */
struct pdf *pdf_begin(struct ctx *c, const char *title, const char *number);

void pdf_heading(struct pdf *pdf, const char *text);
void pdf_paragraph(struct pdf *pdf, const char *text); /* newlines are kept */

/* label, value, label, value, …, NULL: two pairs a line. A NULL value would end the list: give "". */
void pdf_pairs(struct pdf *pdf, const char *const *labels_and_values);

struct pdf_column {
	const char *label;
	int weight; /* share of the width */
	bool right; /* numbers */
};
/* `cells` is rows × columns; NULL is an empty cell. */
void pdf_table(struct pdf *pdf, const struct pdf_column *columns, size_t column_count,
	const char *const *cells, size_t rows);

/* A line to sign on for each label, up to the NULL, with room for the date. Kept together on one page. */
void pdf_signatures(struct pdf *pdf, const char *const *labels);

/* A QR code with a caption beside it. */
void pdf_qr(struct pdf *pdf, const char *text, const char *caption);

/* The document's bytes, in the arena. TOO_LARGE beyond PDF_PAGES_LIMIT. */
bool pdf_end(struct ctx *c, struct pdf *pdf, const void **bytes, size_t *length);

#endif
