/* qr.c: see qr.h. */
#include "platform/qr.h"

#include <errno.h>
#include <string.h>

#include <png.h>
#include <qrencode.h>

#include "base/text.h"

static void code_release(void *code)
{
	QRcode_free(code);
}

bool qr_make(struct ctx *c, const char *text, struct qr *qr)
{
	size_t length = strlen(text);
	if (!length)
		return fail(c, INVALID, "二维码没有内容");
	if (length > QR_TEXT_LIMIT)
		return fail(c, TOO_LARGE, "二维码内容太长，请缩短到 %d 字节以内", (int)QR_TEXT_LIMIT);
	QRcode *code = QRcode_encodeData((int)length, (const unsigned char *)text, 0, QR_ECLEVEL_M);
	if (!code)
		return fail(c, errno == ERANGE ? TOO_LARGE : UNAVAILABLE, "二维码没能生成，请稍后再试");
	/* The arena may end here by a jump: the code is its to free. */
	arena_defer(c->arena, code_release, code);
	size_t size = (size_t)code->width * (size_t)code->width;
	unsigned char *modules = arena_alloc(c->arena, size);
	for (size_t i = 0; i < size; i++)
		modules[i] = code->data[i] & 1;
	*qr = (struct qr){ code->width, modules };
	return true;
}

const char *qr_svg(struct ctx *c, const struct qr *qr)
{
	int whole = qr->side + 2 * QR_MARGIN;
	struct text_builder out = { .arena = c->arena };
	text_add_format(&out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"shape-rendering=\"crispEdges\">"
		"<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
		whole, whole, whole, whole);
	for (int y = 0; y < qr->side; y++)
		for (int x = 0; x < qr->side;) {
			const unsigned char *row = qr->modules + (ptrdiff_t)y * qr->side;
			int from = x;
			while (x < qr->side && row[x])
				x++;
			if (x > from)
				text_add_format(&out, "M%d %dh%dv1h-%dz", from + QR_MARGIN, y + QR_MARGIN,
					x - from, x - from);
			else
				x++;
		}
	text_add(&out, "\"/></svg>");
	return text_built(&out);
}

bool qr_png(struct ctx *c, const struct qr *qr, int scale, const void **bytes, size_t *length)
{
	scale = scale < 1 ? 1 : scale > 32 ? 32 : scale;
	size_t side = (size_t)(qr->side + 2 * QR_MARGIN) * (size_t)scale;
	unsigned char *pixels = arena_alloc(c->arena, side * side);
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++) {
			int column = (int)(x / (size_t)scale) - QR_MARGIN,
			    row = (int)(y / (size_t)scale) - QR_MARGIN;
			bool inside = column >= 0 && row >= 0 && column < qr->side && row < qr->side;
			pixels[y * side + x] = inside && qr->modules[row * qr->side + column] ? 0 : 255;
		}
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)side,
		.height = (png_uint_32)side,
		.format = PNG_FORMAT_GRAY };
	png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
	void *out = arena_alloc(c->arena, room);
	if (!png_image_write_to_memory(&image, out, &room, 0, pixels, 0, NULL))
		return fail(c, UNAVAILABLE, "二维码没能生成，请稍后再试");
	*bytes = out;
	*length = room;
	return true;
}
