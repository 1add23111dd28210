/* image_png.c: libpng and libwebp behind a fence; see image_jpeg.c. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <webp/decode.h>

#include "platform/image_internal.h"

enum { CHUNK_MEMORY = 8 * 1024 * 1024, CHUNKS = 128 };

struct png_reading {
	png_structp png;
	png_infop info;
	const unsigned char *bytes;
	size_t left;
	unsigned char *rows;	  /* malloc: one row, or all of them when interlaced */
	unsigned char **row_list; /* malloc */
};

static void png_release(void *handle)
{
	struct png_reading *reading = handle;
	if (reading->png)
		png_destroy_read_struct(&reading->png, &reading->info, NULL);
	free(reading->rows);
	free(reading->row_list);
	reading->rows = NULL;
	reading->row_list = NULL;
}

static void png_more(png_structp png, png_bytep to, size_t length)
{
	struct png_reading *reading = png_get_io_ptr(png);
	if (length > reading->left)
		png_error(png, "cut short");
	memcpy(to, reading->bytes, length);
	reading->bytes += length;
	reading->left -= length;
}

static _Noreturn void png_stop(png_structp png, png_const_charp why)
{
	(void)why;
	png_longjmp(png, 1);
}

static void png_quiet(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

/* Four bytes a pixel, whatever it was. */
static void choose_form(struct png_reading *reading)
{
	png_set_expand(reading->png);
	png_set_strip_16(reading->png);
	png_set_gray_to_rgb(reading->png);
	png_set_add_alpha(reading->png, 0xFF, PNG_FILLER_AFTER);
	png_set_interlace_handling(reading->png);
	png_read_update_info(reading->png, reading->info);
}

/* What is transparent stands on white paper. In place. */
static void row_on_white(unsigned char *row, uint32_t width)
{
	const unsigned char *in = row;
	for (unsigned char *out = row; width--; in += 4) {
		unsigned alpha = in[3];
		for (int i = 0; i < 3; i++) {
			unsigned value = (in[i] * alpha + 255 * (255 - alpha)) / 255;
			*out++ = (unsigned char)value;
		}
	}
}

static bool png_rows(
	struct canvas *canvas, struct png_reading *reading, uint32_t width, uint32_t height, bool interlaced)
{
	size_t size = (size_t)width * 4;
	reading->rows = malloc(interlaced ? size * height : size);
	reading->row_list = interlaced ? malloc(height * sizeof *reading->row_list) : NULL;
	if (!reading->rows || (interlaced && !reading->row_list) || !canvas_begin(canvas, width, height))
		return fail(canvas->c, UNAVAILABLE, "内存不足，请稍后再试");
	for (uint32_t y = 0; interlaced && y < height; y++)
		reading->row_list[y] = reading->rows + y * size;
	if (interlaced)
		png_read_image(reading->png, reading->row_list);
	for (uint32_t y = 0; y < height; y++) {
		unsigned char *row = interlaced ? reading->row_list[y] : reading->rows;
		if (!interlaced)
			png_read_row(reading->png, row, NULL);
		row_on_white(row, width);
		canvas_row(canvas, row);
	}
	png_read_end(reading->png, NULL);
	return true;
}

static bool png_read_all(struct canvas *canvas, struct png_reading *reading, int64_t *width, int64_t *height)
{
	if (setjmp(png_jmpbuf(reading->png)))
		return image_damaged(canvas->c);
	/* Beyond libpng's own limit canvas_check() has the words for it. */
	png_set_user_limits(reading->png, 0x7FFFFFFF, 0x7FFFFFFF);
	png_set_chunk_cache_max(reading->png, CHUNKS);
	png_set_chunk_malloc_max(reading->png, CHUNK_MEMORY);
	png_set_read_fn(reading->png, reading, png_more);
	png_read_info(reading->png, reading->info);
	uint32_t wide = png_get_image_width(reading->png, reading->info);
	uint32_t high = png_get_image_height(reading->png, reading->info);
	bool interlaced = png_get_interlace_type(reading->png, reading->info) != PNG_INTERLACE_NONE;
	*width = wide;
	*height = high;
	if (!canvas_check(canvas->c, wide, high, interlaced))
		return false;
	choose_form(reading);
	if (png_get_rowbytes(reading->png, reading->info) != (size_t)wide * 4)
		return image_damaged(canvas->c);
	return png_rows(canvas, reading, wide, high, interlaced);
}

bool png_decode(
	struct canvas *canvas, const unsigned char *bytes, size_t length, int64_t *width, int64_t *height)
{
	struct png_reading *reading = arena_new_object(canvas->c->arena, struct png_reading);
	arena_defer(canvas->c->arena, png_release, reading);
	reading->bytes = bytes;
	reading->left = length;
	reading->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_stop, png_quiet);
	reading->info = reading->png ? png_create_info_struct(reading->png) : NULL;
	if (!reading->info)
		return fail(canvas->c, UNAVAILABLE, "内存不足，请稍后再试");
	bool good = png_read_all(canvas, reading, width, height);
	png_release(reading);
	return good;
}

/* ---- WebP ---- */

static void webp_release(void *handle)
{
	WebPFreeDecBuffer(&((WebPDecoderConfig *)handle)->output);
}

static bool webp_rows(
	struct canvas *canvas, WebPDecoderConfig *config, const unsigned char *bytes, size_t length)
{
	VP8StatusCode status = WebPDecode(bytes, length, config);
	if (status == VP8_STATUS_OUT_OF_MEMORY)
		return fail(canvas->c, UNAVAILABLE, "内存不足，请稍后再试");
	if (status != VP8_STATUS_OK)
		return image_damaged(canvas->c);
	const WebPRGBABuffer *pixels = &config->output.u.RGBA;
	for (int y = 0; y < config->output.height; y++) {
		unsigned char *row = pixels->rgba + (ptrdiff_t)y * pixels->stride;
		row_on_white(row, (uint32_t)config->output.width);
		canvas_row(canvas, row);
	}
	return true;
}

bool webp_decode(
	struct canvas *canvas, const unsigned char *bytes, size_t length, int64_t *width, int64_t *height)
{
	WebPDecoderConfig *config = arena_new_object(canvas->c->arena, WebPDecoderConfig);
	if (!WebPInitDecoderConfig(config) || WebPGetFeatures(bytes, length, &config->input) != VP8_STATUS_OK)
		return image_damaged(canvas->c);
	uint32_t wide = (uint32_t)config->input.width, high = (uint32_t)config->input.height;
	*width = wide;
	*height = high;
	if (config->input.has_animation)
		return fail(canvas->c, UNSUPPORTED, "不支持动图，请换一张静态图片");
	if (!canvas_check(canvas->c, wide, high, true) || !canvas_begin(canvas, wide, high))
		return false;
	config->output.colorspace = MODE_RGBA;
	arena_defer(canvas->c->arena, webp_release, config);
	bool good = webp_rows(canvas, config, bytes, length);
	webp_release(config);
	return good;
}
