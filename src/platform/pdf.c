/* pdf.c: Pango sets the text, Cairo draws. Pages are recorded first and played into the PDF at the end, when
 * their number is known. All lines of one size are equally high, so that breaking pages is counting. */
#include "platform/pdf.h"

#include <stdlib.h>
#include <string.h>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "base/text.h"
#include "platform/qr.h"

/* Points. */
enum {
	PAGE_WIDTH = 595,
	PAGE_HEIGHT = 842,
	MARGIN = 50,
	BODY_WIDTH = PAGE_WIDTH - 2 * MARGIN,
	BODY_BOTTOM = PAGE_HEIGHT - 64,
	FOOTER_TOP = PAGE_HEIGHT - 44,
	SIZE_TITLE = 18,
	SIZE_HEADING = 12,
	SIZE_BODY = 10,
	SIZE_FOOTER = 8,
	LABEL_WIDTH = 76,
	PADDING = 4,
	QR_SIDE = 90,
	SIGNATURE_HEIGHT = 62
};

struct pdf {
	struct ctx *c;
	const char *title;
	cairo_surface_t *pages[PDF_PAGES_LIMIT];
	int page_count;
	cairo_t *cairo; /* of the last page */
	double y;
	PangoContext *context;
	PangoFontDescription *font;
	bool too_long, broken;
	struct { /* the PDF's bytes as they come: malloc */
		unsigned char *bytes;
		size_t length, room;
	} out;
};

static void pdf_release(void *handle)
{
	struct pdf *pdf = handle;
	if (pdf->cairo)
		cairo_destroy(pdf->cairo);
	for (int i = 0; i < pdf->page_count; i++)
		cairo_surface_destroy(pdf->pages[i]);
	if (pdf->context)
		g_object_unref(pdf->context);
	if (pdf->font)
		pango_font_description_free(pdf->font);
	free(pdf->out.bytes);
	pdf->cairo = NULL;
	pdf->page_count = 0;
	pdf->context = NULL;
	pdf->font = NULL;
	pdf->out.bytes = NULL;
}

/* ---- pages ---- */

static void new_page(struct pdf *pdf)
{
	const cairo_rectangle_t paper = { 0, 0, PAGE_WIDTH, PAGE_HEIGHT };
	pdf->y = MARGIN;
	if (pdf->page_count == PDF_PAGES_LIMIT) { /* the last page is written over, and then thrown away */
		pdf->too_long = true;
		return;
	}
	if (pdf->cairo)
		cairo_destroy(pdf->cairo);
	pdf->pages[pdf->page_count] = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &paper);
	pdf->cairo = cairo_create(pdf->pages[pdf->page_count++]);
}

static void need(struct pdf *pdf, double height)
{
	if (pdf->y + height > BODY_BOTTOM && pdf->y > MARGIN)
		new_page(pdf);
}

/* ---- lines of text ---- */

static double line_height(int size)
{
	return size * 1.5;
}

/* Text set into a width. The caller unrefs. */
static PangoLayout *set_text(struct pdf *pdf, const char *text, int size, bool bold, double width)
{
	PangoLayout *layout = pango_layout_new(pdf->context);
	pango_font_description_set_absolute_size(pdf->font, size * (double)PANGO_SCALE);
	pango_font_description_set_weight(pdf->font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(layout, pdf->font);
	pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(layout, text ? text : "", -1);
	return layout;
}

enum place { LEFT, CENTRE, RIGHT };

/* One line of it, in a box from x that is `width` wide. */
static void draw_line(cairo_t *cairo, PangoLayout *layout, int number, double x, double y, double width,
	int size, enum place place)
{
	PangoRectangle extents;
	PangoLayoutLine *line = pango_layout_get_line_readonly(layout, number);
	if (!line)
		return;
	pango_layout_line_get_extents(line, NULL, &extents);
	double free_width = width - (double)extents.width / PANGO_SCALE;
	x += place == RIGHT ? free_width : place == CENTRE ? free_width / 2 : 0;
	cairo_move_to(cairo, x, y + size * 1.15);
	pango_cairo_show_layout_line(cairo, line);
}

static void flow(struct pdf *pdf, const char *text, int size, bool bold, enum place place)
{
	PangoLayout *layout = set_text(pdf, text, size, bold, BODY_WIDTH);
	int count = pango_layout_get_line_count(layout);
	for (int i = 0; i < count && !pdf->too_long; i++) {
		need(pdf, line_height(size));
		draw_line(pdf->cairo, layout, i, MARGIN, pdf->y, BODY_WIDTH, size, place);
		pdf->y += line_height(size);
	}
	g_object_unref(layout);
}

static void rule(struct pdf *pdf, double x, double y, double width)
{
	cairo_set_line_width(pdf->cairo, 0.5);
	cairo_move_to(pdf->cairo, x, y);
	cairo_line_to(pdf->cairo, x + width, y);
	cairo_stroke(pdf->cairo);
}

/* ---- parts ---- */

struct pdf *pdf_begin(struct ctx *c, const char *title, const char *number)
{
	struct pdf *pdf = arena_new_object(c->arena, struct pdf);
	pdf->c = c;
	pdf->title = arena_text(c->arena, title);
	arena_defer(c->arena, pdf_release, pdf);
	pdf->context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	pango_context_set_language(pdf->context, pango_language_from_string("zh-cn"));
	pdf->font = pango_font_description_from_string("Noto Sans CJK SC, sans-serif");
	new_page(pdf);
	flow(pdf, title, SIZE_TITLE, true, CENTRE);
	if (number)
		flow(pdf, number, SIZE_BODY, false, CENTRE);
	pdf->y += PADDING * 2;
	return pdf;
}

void pdf_heading(struct pdf *pdf, const char *text)
{
	pdf->y += PADDING;
	need(pdf, line_height(SIZE_HEADING) + 2 * line_height(SIZE_BODY)); /* never alone at a page's foot */
	flow(pdf, text, SIZE_HEADING, true, LEFT);
}

void pdf_paragraph(struct pdf *pdf, const char *text)
{
	flow(pdf, text, SIZE_BODY, false, LEFT);
	pdf->y += PADDING;
}

/* One row of boxes, whose lines may go over a page. */
struct box {
	PangoLayout *layout;
	double x, width;
	bool right;
};

static int most_lines(const struct box *boxes, size_t count)
{
	int most = 1;
	for (size_t i = 0; i < count; i++) {
		int lines = pango_layout_get_line_count(boxes[i].layout);
		most = lines > most ? lines : most;
	}
	return most;
}

static void draw_boxes(struct pdf *pdf, const struct box *boxes, size_t count,
	void (*on_page)(struct pdf *pdf, const void *data), const void *data)
{
	int lines = most_lines(boxes, count);
	double whole = lines * line_height(SIZE_BODY) + 2 * PADDING;
	if (pdf->y + (whole < BODY_BOTTOM / 2.0 ? whole : line_height(SIZE_BODY)) > BODY_BOTTOM) {
		new_page(pdf);
		if (on_page)
			on_page(pdf, data);
	}
	pdf->y += PADDING;
	for (int i = 0; i < lines && !pdf->too_long; i++) {
		if (pdf->y + line_height(SIZE_BODY) > BODY_BOTTOM) {
			new_page(pdf);
			if (on_page)
				on_page(pdf, data);
		}
		for (size_t j = 0; j < count; j++)
			draw_line(pdf->cairo, boxes[j].layout, i, boxes[j].x, pdf->y, boxes[j].width,
				SIZE_BODY, boxes[j].right ? RIGHT : LEFT);
		pdf->y += line_height(SIZE_BODY);
	}
	pdf->y += PADDING;
}

static void free_boxes(struct box *boxes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		g_object_unref(boxes[i].layout);
}

void pdf_pairs(struct pdf *pdf, const char *const *pairs)
{
	const double half = BODY_WIDTH / 2.0;
	rule(pdf, MARGIN, pdf->y, BODY_WIDTH);
	while (pairs[0] && pairs[1] && !pdf->too_long) {
		struct box boxes[4];
		size_t count = 0;
		for (int i = 0; i < 2 && pairs[0] && pairs[1]; i++, pairs += 2) {
			double x = MARGIN + i * half;
			boxes[count++] =
				(struct box){ set_text(pdf, pairs[0], SIZE_BODY, true, LABEL_WIDTH - PADDING),
					x + PADDING, LABEL_WIDTH - PADDING, false };
			boxes[count++] = (struct box){ set_text(pdf, pairs[1], SIZE_BODY, false,
							       half - LABEL_WIDTH - 3 * PADDING),
				x + LABEL_WIDTH + PADDING, half - LABEL_WIDTH - 3 * PADDING, false };
		}
		draw_boxes(pdf, boxes, count, NULL, NULL);
		free_boxes(boxes, count);
		rule(pdf, MARGIN, pdf->y, BODY_WIDTH);
	}
	pdf->y += PADDING * 2;
}

struct table {
	const struct pdf_column *columns;
	size_t count;
	double x[PDF_COLUMNS_LIMIT], width[PDF_COLUMNS_LIMIT];
};

static void table_row(struct pdf *pdf, const struct table *table, const char *const *cells, bool head);

static void table_head(struct pdf *pdf, const void *data)
{
	const struct table *table = data;
	const char *labels[PDF_COLUMNS_LIMIT];
	for (size_t i = 0; i < table->count; i++)
		labels[i] = table->columns[i].label;
	rule(pdf, MARGIN, pdf->y, BODY_WIDTH);
	table_row(pdf, table, labels, true);
}

static void table_row(struct pdf *pdf, const struct table *table, const char *const *cells, bool head)
{
	struct box boxes[PDF_COLUMNS_LIMIT];
	for (size_t i = 0; i < table->count; i++)
		boxes[i] = (struct box){ set_text(pdf, cells[i], SIZE_BODY, head,
						 table->width[i] - 2 * PADDING),
			table->x[i] + PADDING, table->width[i] - 2 * PADDING, table->columns[i].right };
	draw_boxes(pdf, boxes, table->count, head ? NULL : table_head, table);
	free_boxes(boxes, table->count);
	rule(pdf, MARGIN, pdf->y, BODY_WIDTH);
}

void pdf_table(struct pdf *pdf, const struct pdf_column *columns, size_t column_count,
	const char *const *cells, size_t rows)
{
	struct table table = { .columns = columns,
		.count = column_count < PDF_COLUMNS_LIMIT ? column_count : PDF_COLUMNS_LIMIT };
	double whole = 0, x = MARGIN;
	for (size_t i = 0; i < table.count; i++)
		whole += columns[i].weight > 0 ? columns[i].weight : 1;
	for (size_t i = 0; i < table.count; i++) {
		table.x[i] = x;
		table.width[i] = BODY_WIDTH * (columns[i].weight > 0 ? columns[i].weight : 1) / whole;
		x += table.width[i];
	}
	pdf->broken = pdf->broken || column_count > PDF_COLUMNS_LIMIT;
	need(pdf, 4 * line_height(SIZE_BODY)); /* the head never stands alone */
	table_head(pdf, &table);
	for (size_t i = 0; i < rows && !pdf->too_long; i++)
		table_row(pdf, &table, cells + i * column_count, false);
	pdf->y += PADDING * 2;
}

void pdf_signatures(struct pdf *pdf, const char *const *labels)
{
	size_t count = 0;
	while (labels[count] && count < 4)
		count++;
	if (!count)
		return;
	double width = (double)BODY_WIDTH / (double)count;
	need(pdf, SIGNATURE_HEIGHT);
	for (size_t i = 0; i < count; i++) {
		double x = MARGIN + (double)i * width;
		PangoLayout *label = set_text(pdf, labels[i], SIZE_BODY, false, width - 2 * PADDING);
		PangoLayout *date = set_text(pdf, "日期：", SIZE_BODY, false, width);
		draw_line(pdf->cairo, label, 0, x, pdf->y + PADDING, width, SIZE_BODY, LEFT);
		rule(pdf, x, pdf->y + SIGNATURE_HEIGHT - 22, width - 4 * PADDING);
		draw_line(pdf->cairo, date, 0, x, pdf->y + SIGNATURE_HEIGHT - 20, width, SIZE_BODY, LEFT);
		g_object_unref(label);
		g_object_unref(date);
	}
	pdf->y += SIGNATURE_HEIGHT + PADDING;
}

void pdf_qr(struct pdf *pdf, const char *text, const char *caption)
{
	struct qr qr;
	if (!qr_make(pdf->c, text, &qr)) {
		pdf->broken = true;
		return;
	}
	need(pdf, QR_SIDE);
	double module = (double)QR_SIDE / (qr.side + 2 * QR_MARGIN);
	for (int y = 0; y < qr.side; y++)
		for (int x = 0; x < qr.side; x++)
			if (qr.modules[y * qr.side + x])
				cairo_rectangle(pdf->cairo, MARGIN + (x + QR_MARGIN) * module,
					pdf->y + (y + QR_MARGIN) * module, module, module);
	cairo_fill(pdf->cairo);
	PangoLayout *layout = set_text(pdf, caption, SIZE_BODY, false, BODY_WIDTH - QR_SIDE - PADDING);
	for (int i = 0;
		i < pango_layout_get_line_count(layout) && i < (int)(QR_SIDE / line_height(SIZE_BODY)); i++)
		draw_line(pdf->cairo, layout, i, MARGIN + QR_SIDE + PADDING,
			pdf->y + (i + 1) * line_height(SIZE_BODY), BODY_WIDTH - QR_SIDE - PADDING, SIZE_BODY,
			LEFT);
	g_object_unref(layout);
	pdf->y += QR_SIDE + PADDING;
}

/* ---- the end ---- */

static cairo_status_t take(void *data, const unsigned char *bytes, unsigned length)
{
	struct pdf *pdf = data;
	if (pdf->out.room - pdf->out.length < length) {
		size_t room = (pdf->out.length + length) * 2;
		unsigned char *grown = realloc(pdf->out.bytes, room);
		if (!grown)
			return CAIRO_STATUS_NO_MEMORY;
		pdf->out.bytes = grown;
		pdf->out.room = room;
	}
	memcpy(pdf->out.bytes + pdf->out.length, bytes, length);
	pdf->out.length += length;
	return CAIRO_STATUS_SUCCESS;
}

static void draw_footer(struct pdf *pdf, cairo_t *cairo, int number)
{
	char time[INSTANT_TEXT_SIZE], text[64];
	instant_text_short(pdf->c->now, time);
	snprintf(text, sizeof text, "打印时间 %s", time);
	PangoLayout *left = set_text(pdf, text, SIZE_FOOTER, false, BODY_WIDTH);
	snprintf(text, sizeof text, "第 %d 页，共 %d 页", number, pdf->page_count);
	PangoLayout *right = set_text(pdf, text, SIZE_FOOTER, false, BODY_WIDTH);
	draw_line(cairo, left, 0, MARGIN, FOOTER_TOP, BODY_WIDTH, SIZE_FOOTER, LEFT);
	draw_line(cairo, right, 0, MARGIN, FOOTER_TOP, BODY_WIDTH, SIZE_FOOTER, RIGHT);
	g_object_unref(left);
	g_object_unref(right);
}

static bool play(struct pdf *pdf)
{
	char created[INSTANT_TEXT_SIZE];
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take, pdf, PAGE_WIDTH, PAGE_HEIGHT);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, pdf->title);
	cairo_pdf_surface_set_metadata(
		surface, CAIRO_PDF_METADATA_CREATE_DATE, instant_text(pdf->c->now, created));
	cairo_t *cairo = cairo_create(surface);
	for (int i = 0; i < pdf->page_count; i++) {
		cairo_set_source_surface(cairo, pdf->pages[i], 0, 0);
		cairo_paint(cairo);
		cairo_set_source_rgb(cairo, 0, 0, 0);
		draw_footer(pdf, cairo, i + 1);
		cairo_show_page(cairo);
	}
	bool good = cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(cairo);
	cairo_surface_finish(surface);
	good = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS && good;
	cairo_surface_destroy(surface);
	return good;
}

bool pdf_end(struct ctx *c, struct pdf *pdf, const void **bytes, size_t *length)
{
	if (pdf->too_long)
		return fail(c, TOO_LARGE, "内容超过 %d 页，请缩小范围或改用表格导出", (int)PDF_PAGES_LIMIT);
	if (ctx_failed(c))
		return false;
	if (pdf->broken || cairo_status(pdf->cairo) != CAIRO_STATUS_SUCCESS || !play(pdf))
		return fail(c, INTERNAL, "打印件没能生成，请稍后再试");
	*length = pdf->out.length;
	*bytes = arena_copy(c->arena, pdf->out.bytes, pdf->out.length);
	pdf_release(pdf);
	return true;
}
