/* image.c: from an upload to the picture that is shown. */
#include <stdlib.h>
#include <string.h>

#include "platform/image_internal.h"

enum { BUFFERED_PIXELS = 40 * 1000 * 1000 };

bool image_damaged(struct ctx *c)
{
	return fail(c, INVALID, "图片已损坏，打不开，请重新拍照或换一张");
}

bool canvas_check(struct ctx *c, uint64_t width, uint64_t height, bool buffered)
{
	if (!width || !height)
		return image_damaged(c);
	if (width > IMAGE_SIDE_LIMIT || height > IMAGE_SIDE_LIMIT)
		return fail(c, TOO_LARGE, "图片的边长超过 %d 像素，请缩小后再传", (int)IMAGE_SIDE_LIMIT);
	if (buffered && width * height > BUFFERED_PIXELS)
		return fail(c, TOO_LARGE, "图片超过 4000 万像素，请缩小后再传");
	return true;
}

static uint32_t shrunk(uint32_t side, uint32_t longest)
{
	uint32_t size =
		longest <= IMAGE_SIDE_SHOWN ? side : (uint32_t)((uint64_t)side * IMAGE_SIDE_SHOWN / longest);
	return size ? size : 1;
}

bool canvas_begin(struct canvas *canvas, uint32_t width, uint32_t height)
{
	uint32_t longest = width > height ? width : height;
	canvas->from_width = width;
	canvas->from_height = height;
	canvas->width = shrunk(width, longest);
	canvas->height = shrunk(height, longest);
	canvas->pixels = malloc((size_t)canvas->width * canvas->height * 3);
	canvas->sums = calloc((size_t)canvas->width * 4, sizeof *canvas->sums);
	return (canvas->pixels && canvas->sums) || fail(canvas->c, UNAVAILABLE, "内存不足，请稍后再试");
}

void canvas_free(void *handle)
{
	struct canvas *canvas = handle;
	free(canvas->pixels);
	free(canvas->sums);
	free(canvas->turned);
	canvas->pixels = canvas->turned = NULL;
	canvas->sums = NULL;
}

bool canvas_is_full(const struct canvas *canvas)
{
	return canvas->row == canvas->from_height;
}

/* The averages of what was summed, once the row is complete. */
static void canvas_emit(struct canvas *canvas, uint32_t row)
{
	unsigned char *out = canvas->pixels + (size_t)row * canvas->width * 3;
	for (uint32_t x = 0; x < canvas->width; x++) {
		uint32_t *sum = canvas->sums + (size_t)x * 4;
		for (int i = 0; i < 3; i++)
			*out++ = (unsigned char)((sum[i] + sum[3] / 2) / sum[3]);
	}
	memset(canvas->sums, 0, (size_t)canvas->width * 4 * sizeof *canvas->sums);
}

/* At most 12000/1600 squared times 255 comes together in a sum: it fits. A picture that isn't shrunk goes the
 * same way. */
void canvas_row(struct canvas *canvas, const unsigned char *rgb)
{
	if (canvas_is_full(canvas))
		return;
	uint32_t column = 0, spent = 0;
	for (uint32_t x = 0; x < canvas->from_width; x++, rgb += 3) {
		uint32_t *sum = canvas->sums + (size_t)column * 4;
		sum[0] += rgb[0];
		sum[1] += rgb[1];
		sum[2] += rgb[2];
		sum[3]++;
		spent += canvas->width; /* without a division a pixel */
		if (spent >= canvas->from_width) {
			spent -= canvas->from_width;
			column++;
		}
	}
	uint32_t row = (uint32_t)((uint64_t)canvas->row * canvas->height / canvas->from_height);
	canvas->row++;
	if (canvas_is_full(canvas) || (uint64_t)canvas->row * canvas->height / canvas->from_height != row)
		canvas_emit(canvas, row);
}

/* Where the pixel of the turned picture at (x, y) stands in the canvas, for EXIF's orientations 1–8. */
static size_t turned_from(const struct canvas *canvas, int orientation, uint32_t x, uint32_t y)
{
	uint32_t right = canvas->width - 1, bottom = canvas->height - 1, from_x = x, from_y = y;
	if (orientation >= 5) {
		from_x = y;
		from_y = x;
	}
	if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
		from_x = right - from_x;
	if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
		from_y = bottom - from_y;
	return ((size_t)from_y * canvas->width + from_x) * 3;
}

static bool turn(struct canvas *canvas, int orientation)
{
	if (orientation == 1)
		return true;
	uint32_t width = orientation >= 5 ? canvas->height : canvas->width;
	uint32_t height = orientation >= 5 ? canvas->width : canvas->height;
	unsigned char *out = canvas->turned = malloc((size_t)width * height * 3);
	if (!out)
		return fail(canvas->c, UNAVAILABLE, "内存不足，请稍后再试");
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++, out += 3)
			memcpy(out, canvas->pixels + turned_from(canvas, orientation, x, y), 3);
	canvas->width = width;
	canvas->height = height;
	return true;
}

static void swap(int64_t *a, int64_t *b)
{
	int64_t was = *a;
	*a = *b;
	*b = was;
}

bool image_show(
	struct ctx *c, enum image_kind kind, const void *bytes, size_t length, struct shown_image *out)
{
	static bool (*const decoders[])(struct canvas * canvas, const unsigned char *bytes, size_t length,
		int64_t *width, int64_t *height) = {
		[IMAGE_JPEG] = jpeg_decode, [IMAGE_PNG] = png_decode, [IMAGE_WEBP] = webp_decode
	};
	struct canvas *canvas = arena_new_object(c->arena, struct canvas);
	canvas->c = c;
	arena_defer(c->arena, canvas_free, canvas);
	*out = (struct shown_image){ .exif = exif_read(kind, bytes, length) };
	bool good = decoders[kind](canvas, bytes, length, &out->width, &out->height) &&
		    turn(canvas, out->exif.orientation) &&
		    jpeg_encode(c, canvas->turned ? canvas->turned : canvas->pixels, canvas->width,
			    canvas->height, &out->jpeg, &out->length);
	if (out->exif.orientation >= 5)
		swap(&out->width, &out->height);
	canvas_free(canvas);
	return good;
}
