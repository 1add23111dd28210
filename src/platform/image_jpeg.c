/* image_jpeg.c: libjpeg behind a fence. Its errors jump back here; all it holds hangs from structs in the
 * arena, which are released however one leaves. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "platform/image_internal.h"

enum { QUALITY = 82, SCANS_LIMIT = 100, MEMORY_LIMIT = 200 * 1024 * 1024 };

struct jpeg_fence {
	struct jpeg_error_mgr manager; /* first: libjpeg hands back a pointer to it */
	jmp_buf back;
};

struct reading {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_fence fence;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	unsigned char *row; /* malloc */
	bool made;
};

static _Noreturn void on_error(j_common_ptr jpeg)
{
	struct jpeg_fence *fence = (struct jpeg_fence *)(void *)jpeg->err;
	longjmp(fence->back, 1);
}

/* Small flaws are the camera's business; data that ends too early is not. */
static void on_message(j_common_ptr jpeg, int level)
{
	if (level < 0 && (jpeg->err->msg_code == JWRN_HIT_MARKER || jpeg->err->msg_code == JWRN_JPEG_EOF))
		on_error(jpeg);
}

static void no_output(j_common_ptr jpeg)
{
	(void)jpeg;
}

static struct jpeg_error_mgr *fence_set(struct jpeg_fence *fence)
{
	struct jpeg_error_mgr *manager = jpeg_std_error(&fence->manager);
	manager->error_exit = on_error;
	manager->emit_message = on_message;
	manager->output_message = no_output;
	return manager;
}

/* ---- source ---- */

static void source_nothing(j_decompress_ptr jpeg)
{
	(void)jpeg;
}

/* All bytes were there from the start: wanting more means that the file is cut short. */
static boolean source_more(j_decompress_ptr jpeg)
{
	on_error((j_common_ptr)jpeg);
}

static void source_skip(j_decompress_ptr jpeg, long count)
{
	struct jpeg_source_mgr *source = jpeg->src;
	if (count <= 0)
		return;
	if ((size_t)count > source->bytes_in_buffer)
		on_error((j_common_ptr)jpeg);
	source->next_input_byte += count;
	source->bytes_in_buffer -= (size_t)count;
}

/* A progressive file may repeat scans for ever. */
static void on_progress(j_common_ptr jpeg)
{
	if (jpeg->is_decompressor && ((j_decompress_ptr)jpeg)->input_scan_number > SCANS_LIMIT)
		on_error(jpeg);
}

static void reading_release(void *handle)
{
	struct reading *reading = handle;
	if (reading->made)
		jpeg_destroy_decompress(&reading->jpeg);
	reading->made = false;
	free(reading->row);
	reading->row = NULL;
}

/* ---- in ---- */

/* The smallest scale that still gives what is shown: an eighth costs a hundredth. */
static void choose_scale(struct jpeg_decompress_struct *jpeg)
{
	JDIMENSION longest = jpeg->image_width > jpeg->image_height ? jpeg->image_width : jpeg->image_height;
	jpeg->scale_num = 8;
	jpeg->scale_denom = 8;
	while (jpeg->scale_num > 1 && longest * (jpeg->scale_num / 2) / 8 >= IMAGE_SIDE_SHOWN)
		jpeg->scale_num /= 2;
}

/* Adobe writes print colours upside down: 255 is no ink. */
static void row_from_print(unsigned char *row, JDIMENSION width, bool inverted)
{
	const unsigned char *in = row;
	for (unsigned char *out = row; width--; in += 4)
		for (int i = 0; i < 3; i++) {
			unsigned ink = inverted ? in[i] : 255u - in[i],
				 black = inverted ? in[3] : 255u - in[3];
			unsigned char value = (unsigned char)(ink * black / 255);
			*out++ = value;
		}
}

static bool read_rows(struct canvas *canvas, struct reading *reading)
{
	struct jpeg_decompress_struct *jpeg = &reading->jpeg;
	bool print = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
	jpeg->out_color_space = print ? JCS_CMYK : JCS_RGB;
	jpeg->dct_method = JDCT_ISLOW;
	choose_scale(jpeg);
	jpeg_start_decompress(jpeg);
	reading->row = malloc((size_t)jpeg->output_width * 4);
	if (!reading->row || !canvas_begin(canvas, jpeg->output_width, jpeg->output_height))
		return fail(canvas->c, UNAVAILABLE, "内存不足，请稍后再试");
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW rows[1] = { reading->row };
		jpeg_read_scanlines(jpeg, rows, 1);
		if (print)
			row_from_print(reading->row, jpeg->output_width, jpeg->saw_Adobe_marker);
		canvas_row(canvas, reading->row);
	}
	jpeg_finish_decompress(jpeg);
	return true;
}

static bool read_all(struct canvas *canvas, struct reading *reading, int64_t *width, int64_t *height)
{
	struct jpeg_decompress_struct *jpeg = &reading->jpeg;
	if (setjmp(reading->fence.back))
		return image_damaged(canvas->c);
	jpeg_create_decompress(jpeg);
	reading->made = true;
	jpeg->mem->max_memory_to_use = MEMORY_LIMIT;
	jpeg->src = &reading->source;
	jpeg->progress = &reading->progress;
	jpeg_read_header(jpeg, TRUE);
	*width = jpeg->image_width;
	*height = jpeg->image_height;
	return canvas_check(
		       canvas->c, jpeg->image_width, jpeg->image_height, jpeg_has_multiple_scans(jpeg)) &&
	       read_rows(canvas, reading);
}

bool jpeg_decode(
	struct canvas *canvas, const unsigned char *bytes, size_t length, int64_t *width, int64_t *height)
{
	struct reading *reading = arena_new_object(canvas->c->arena, struct reading);
	arena_defer(canvas->c->arena, reading_release, reading);
	reading->jpeg.err = fence_set(&reading->fence);
	reading->source = (struct jpeg_source_mgr){ .next_input_byte = bytes,
		.bytes_in_buffer = length,
		.init_source = source_nothing,
		.fill_input_buffer = source_more,
		.skip_input_data = source_skip,
		.resync_to_restart = jpeg_resync_to_restart,
		.term_source = source_nothing };
	reading->progress.progress_monitor = on_progress;
	bool good = read_all(canvas, reading, width, height);
	reading_release(reading);
	return good;
}

/* ---- out ---- */

struct writing {
	struct jpeg_compress_struct jpeg;
	struct jpeg_fence fence;
	unsigned char *bytes; /* malloc, by libjpeg */
	unsigned long length;
	bool made;
};

static void writing_release(void *handle)
{
	struct writing *writing = handle;
	if (writing->made)
		jpeg_destroy_compress(&writing->jpeg);
	writing->made = false;
	free(writing->bytes);
	writing->bytes = NULL;
}

static bool write_all(
	struct ctx *c, struct writing *writing, const unsigned char *rgb, uint32_t width, uint32_t height)
{
	struct jpeg_compress_struct *jpeg = &writing->jpeg;
	if (setjmp(writing->fence.back))
		return fail(c, UNAVAILABLE, "图片没能保存，请稍后再试");
	jpeg_create_compress(jpeg);
	writing->made = true;
	jpeg_mem_dest(jpeg, &writing->bytes, &writing->length);
	jpeg->image_width = width;
	jpeg->image_height = height;
	jpeg->input_components = 3;
	jpeg->in_color_space = JCS_RGB;
	jpeg_set_defaults(jpeg);
	jpeg_set_quality(jpeg, QUALITY, TRUE);
	jpeg->optimize_coding = TRUE;
	jpeg_start_compress(jpeg, TRUE);
	while (jpeg->next_scanline < height) {
		/* libjpeg does not write there, only its type says so. */
		JSAMPROW rows[1] = { (JSAMPROW)(uintptr_t)(rgb + (size_t)jpeg->next_scanline * width * 3) };
		jpeg_write_scanlines(jpeg, rows, 1);
	}
	jpeg_finish_compress(jpeg);
	return true;
}

bool jpeg_encode(struct ctx *c, const unsigned char *rgb, uint32_t width, uint32_t height,
	const unsigned char **out, size_t *length)
{
	struct writing *writing = arena_new_object(c->arena, struct writing);
	arena_defer(c->arena, writing_release, writing);
	writing->jpeg.err = fence_set(&writing->fence);
	if (!write_all(c, writing, rgb, width, height))
		return false;
	*length = writing->length;
	*out = arena_copy(c->arena, writing->bytes, writing->length);
	writing_release(writing);
	return true;
}
