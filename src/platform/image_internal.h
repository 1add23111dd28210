/* image_internal.h: how a decoder hands its rows to the shrinker. */
#ifndef QIFU_PLATFORM_IMAGE_INTERNAL_H
#define QIFU_PLATFORM_IMAGE_INTERNAL_H

#include <stdint.h>

#include "platform/image.h"

/* Rows of any size in, their averages out: at most IMAGE_SIDE_SHOWN a side, three bytes a pixel. */
struct canvas {
	struct ctx *c;
	uint32_t from_width, from_height; /* as decoded */
	uint32_t width, height;
	uint32_t row;	       /* of the source, next */
	unsigned char *pixels; /* malloc */
	uint32_t *sums;	       /* malloc: red, green, blue, count for each column of the row being made */
	unsigned char *turned; /* malloc */
};

/* Refuses sizes beyond the limits. `buffered`: the decoder will hold the whole picture itself. */
bool canvas_check(struct ctx *c, uint64_t width, uint64_t height, bool buffered);
bool canvas_begin(struct canvas *canvas, uint32_t width, uint32_t height);
void canvas_row(struct canvas *canvas, const unsigned char *rgb);
bool canvas_is_full(const struct canvas *canvas);
void canvas_free(void *canvas);

bool image_damaged(struct ctx *c);

bool jpeg_decode(
	struct canvas *canvas, const unsigned char *bytes, size_t length, int64_t *width, int64_t *height);
bool jpeg_encode(struct ctx *c, const unsigned char *rgb, uint32_t width, uint32_t height,
	const unsigned char **out, size_t *length);
bool png_decode(
	struct canvas *canvas, const unsigned char *bytes, size_t length, int64_t *width, int64_t *height);
bool webp_decode(
	struct canvas *canvas, const unsigned char *bytes, size_t length, int64_t *width, int64_t *height);

#endif
