/* demo_photo.c: pictures that say that they are examples. */
#include <cairo.h>
#include <string.h>

#include "demo/demo.h"

struct picture {
	struct text_builder bytes;
};

static cairo_status_t take(void *closure, const unsigned char *bytes, unsigned length)
{
	struct picture *picture = closure;
	text_add_n(&picture->bytes, (const char *)bytes, length);
	return CAIRO_STATUS_SUCCESS;
}

static void draw(cairo_t *cr, int round, enum evidence_kind kind)
{
	double tone = 0.55 + 0.06 * (double)kind;
	cairo_set_source_rgb(cr, tone, 0.78 + 0.05 * round, 0.86);
	cairo_paint(cr);
	cairo_set_source_rgb(cr, 0.04, 0.31, 0.42);
	cairo_set_line_width(cr, 6);
	cairo_rectangle(cr, 40, 40, 560, 400);
	cairo_stroke(cr);
	cairo_move_to(cr, 120, 330);
	cairo_curve_to(cr, 220, 120, 320, 420, 520, 200);
	cairo_stroke(cr);
	cairo_select_font_face(cr, "Noto Sans CJK SC", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, 34);
	cairo_move_to(cr, 70, 110);
	cairo_show_text(cr, "示例");
	cairo_move_to(cr, 150, 110);
	cairo_show_text(cr, choice_label(evidence_kinds, (int)kind));
}

static bool store(struct ctx *c, int round, enum evidence_kind kind, struct stored_file *file)
{
	struct picture picture = { .bytes = { .arena = c->arena } };
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 640, 480);
	cairo_t *cr = cairo_create(surface);
	draw(cr, round, kind);
	bool drawn = cairo_surface_write_to_png_stream(surface, take, &picture) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	return drawn ? file_store(c, picture.bytes.bytes, picture.bytes.length, file)
		     : fail(c, INTERNAL, "演示影像没有画成");
}

bool demo_photos(struct demo *demo)
{
	for (int round = 0; round < DEMO_ROUNDS; round++) {
		for (int kind = 1; kind < evidence_kind_count; kind++) {
			if (!store(demo->c, round, (enum evidence_kind)kind, &demo->photos[round][kind]))
				return false;
		}
	}
	return true;
}
