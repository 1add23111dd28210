/* Uploads: what is taken, what is refused, and that what is shown is what the camera saw. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include "kit/kit.h"
#include "platform/crypto.h"
#include "platform/files.h"

struct desk {
	struct app app;
	struct ctx c;
	char directory[64];
};

static int begin(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	assert_non_null(desk);
	snprintf(desk->directory, sizeof desk->directory, "/tmp/qifu-files-XXXXXX");
	assert_non_null(mkdtemp(desk->directory));
	desk->app.config.data_dir = desk->directory;
	desk->c = (struct ctx){
		.app = &desk->app, .arena = arena_new((size_t)64 * 1024 * 1024), .now = KIT_NOW
	};
	*state = desk;
	return 0;
}

static int end(void **state)
{
	struct desk *desk = *state;
	char command[96];
	arena_free(desk->c.arena);
	snprintf(command, sizeof command, "rm -r %s", desk->directory);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our own folder */
	free(desk);
	return 0;
}

/* ---- pictures ---- */

struct picture {
	unsigned char *bytes;
	size_t length;
};

/* Red, green / blue, white by quarters, so that any turn shows. */
static void quarter(uint32_t x, uint32_t y, uint32_t width, uint32_t height, unsigned char rgb[3])
{
	static const unsigned char colours[4][3] = { { 255, 0, 0 }, { 0, 255, 0 }, { 0, 0, 255 },
		{ 255, 255, 255 } };
	memcpy(rgb, colours[(x >= width / 2) + 2 * (y >= height / 2)], 3);
}

static unsigned char *quarters(uint32_t width, uint32_t height)
{
	unsigned char *rgb = malloc((size_t)width * height * 3);
	assert_non_null(rgb);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			quarter(x, y, width, height, rgb + ((size_t)y * width + x) * 3);
	return rgb;
}

static struct picture jpeg_picture(
	uint32_t width, uint32_t height, const void *exif, size_t exif_length, bool progressive)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct picture out = { NULL, 0 };
	unsigned long length = 0;
	unsigned char *rgb = quarters(width, height);
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &out.bytes, &length);
	jpeg.image_width = width;
	jpeg.image_height = height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	if (progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	if (exif)
		jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, (unsigned)exif_length);
	for (uint32_t y = 0; y < height; y++) {
		JSAMPROW row = rgb + (size_t)y * width * 3;
		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	free(rgb);
	out.length = length;
	return out;
}

static struct picture png_picture(uint32_t width, uint32_t height, uint32_t format)
{
	png_image image = {
		.version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = format
	};
	unsigned char *rgb = quarters(width, height);
	png_alloc_size_t length = 0;
	struct picture out;
	assert_true(png_image_write_to_memory(&image, NULL, &length, 0, rgb, 0, NULL));
	out.bytes = malloc(length);
	assert_non_null(out.bytes);
	assert_true(png_image_write_to_memory(&image, out.bytes, &length, 0, rgb, 0, NULL));
	out.length = length;
	free(rgb);
	return out;
}

/* The decoded picture of a digest that was given for showing; the caller frees. */
static unsigned char *shown(struct desk *desk, const char *digest, uint32_t *width, uint32_t *height)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	FILE *file = fopen(file_path(&desk->c, digest), "rb");
	assert_non_null(file);
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_stdio_src(&jpeg, file);
	jpeg_save_markers(&jpeg, JPEG_COM, 0xFFFF);
	jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);
	jpeg_read_header(&jpeg, TRUE);
	assert_null(jpeg.marker_list); /* nothing of the original's hidden parts */
	jpeg_start_decompress(&jpeg);
	*width = jpeg.output_width;
	*height = jpeg.output_height;
	unsigned char *rgb = malloc((size_t)*width * *height * 3);
	assert_non_null(rgb);
	while (jpeg.output_scanline < jpeg.output_height) {
		JSAMPROW row = rgb + (size_t)jpeg.output_scanline * *width * 3;
		jpeg_read_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	fclose(file);
	return rgb;
}

static char colour_at(const unsigned char *rgb, uint32_t width, uint32_t x, uint32_t y)
{
	const unsigned char *pixel = rgb + ((size_t)y * width + x) * 3;
	bool red = pixel[0] > 128, green = pixel[1] > 128, blue = pixel[2] > 128;
	return red && green && blue ? 'w' : red ? 'r' : green ? 'g' : blue ? 'b' : '?';
}

/* The quarters in reading order: "rgbw" for a picture that stands upright. */
static const char *layout(struct desk *desk, const char *digest, uint32_t want_width, uint32_t want_height)
{
	static char out[5];
	uint32_t width, height;
	unsigned char *rgb = shown(desk, digest, &width, &height);
	assert_int_equal(width, want_width);
	assert_int_equal(height, want_height);
	for (uint32_t i = 0; i < 4; i++)
		out[i] = colour_at(rgb, width, width * (1 + 2 * (i % 2)) / 4, height * (1 + 2 * (i / 2)) / 4);
	free(rgb);
	return out;
}

static void stores(struct desk *desk, struct picture picture, struct stored_file *file)
{
	assert_true(file_store(&desk->c, picture.bytes, picture.length, file));
	assert_int_equal(file->bytes, picture.length);
	free(picture.bytes);
}

/* ---- what is taken ---- */

static void a_jpeg_is_kept_as_it_is_and_shown_anew(void **state)
{
	struct desk *desk = *state;
	struct stored_file file, again;
	struct stat status;
	struct picture picture = jpeg_picture(200, 100, NULL, 0, false);
	assert_true(file_store(&desk->c, picture.bytes, picture.length, &file));
	assert_string_equal(file.type, "image/jpeg");
	assert_int_equal(file.width, 200);
	assert_int_equal(file.height, 100);
	assert_int_equal(file.taken_at.ms, 0);
	unsigned char sum[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	sha256(picture.bytes, picture.length, sum);
	assert_string_equal(file.digest, digest_hex(sum, hex));
	assert_int_equal(stat(file_path(&desk->c, file.digest), &status), 0);
	assert_int_equal(status.st_size, picture.length);
	assert_string_equal(layout(desk, file.shown_digest, 200, 100), "rgbw");
	assert_true(file_store(&desk->c, picture.bytes, picture.length, &again));
	assert_string_equal(file.digest, again.digest);
	assert_string_equal(file.shown_digest, again.shown_digest);
	free(picture.bytes);
}

static void png_webp_and_progressive_pictures_are_shown_too(void **state)
{
	struct desk *desk = *state;
	struct stored_file file;
	stores(desk, png_picture(90, 60, PNG_FORMAT_RGB), &file);
	assert_string_equal(file.type, "image/png");
	assert_string_equal(layout(desk, file.shown_digest, 90, 60), "rgbw");
	stores(desk, jpeg_picture(80, 80, NULL, 0, true), &file);
	assert_string_equal(layout(desk, file.shown_digest, 80, 80), "rgbw");
	struct picture webp = { NULL, 0 };
	unsigned char *rgb = quarters(64, 32), *encoded = NULL;
	webp.length = WebPEncodeRGB(rgb, 64, 32, 64 * 3, 80, &encoded);
	webp.bytes = malloc(webp.length);
	assert_non_null(webp.bytes);
	memcpy(webp.bytes, encoded, webp.length);
	WebPFree(encoded);
	free(rgb);
	stores(desk, webp, &file);
	assert_string_equal(file.type, "image/webp");
	assert_string_equal(layout(desk, file.shown_digest, 64, 32), "rgbw");
}

static void a_large_picture_is_shown_smaller(void **state)
{
	struct desk *desk = *state;
	struct stored_file file;
	stores(desk, jpeg_picture(4000, 3000, NULL, 0, false), &file);
	assert_int_equal(file.width, 4000);
	assert_string_equal(layout(desk, file.shown_digest, 1600, 1200), "rgbw");
	stores(desk, png_picture(2000, 4, PNG_FORMAT_RGB), &file);
	assert_string_equal(layout(desk, file.shown_digest, 1600, 3), "rgbw");
	stores(desk, png_picture(1601, 1, PNG_FORMAT_RGB), &file);
	uint32_t width, height;
	free(shown(desk, file.shown_digest, &width, &height));
	assert_int_equal(width, 1600);
	assert_int_equal(height, 1);
}

static void a_pdf_is_kept_and_never_shown(void **state)
{
	struct desk *desk = *state;
	struct stored_file file;
	static const char pdf[] = "%PDF-1.4\n1 0 obj<</JavaScript(x)>>endobj\ntrailer\n%%EOF\n";
	assert_true(file_store(&desk->c, pdf, sizeof pdf - 1, &file));
	assert_string_equal(file.type, "application/pdf");
	assert_null(file.shown_digest);
	assert_int_equal(file.width, 0);
}

/* ---- EXIF ---- */

/* Little-endian TIFF: orientation, and a DateTimeOriginal. */
static size_t exif_block(unsigned char *out, unsigned char orientation, const char *time)
{
	static const unsigned char head[] = { 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0, 0,
		0,								/* directory at 8 */
		2, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,			/* orientation, short */
		0x69, 0x87, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0,		/* EXIF directory at 38 */
		1, 0, 0x03, 0x90, 2, 0, 20, 0, 0, 0, 56, 0, 0, 0, 0, 0, 0, 0 }; /* its text at 56 */
	memcpy(out, head, sizeof head);
	out[24] = orientation;
	memcpy(out + sizeof head, time, 20);
	return sizeof head + 20;
}

static void every_orientation_of_the_camera_is_put_upright(void **state)
{
	struct desk *desk = *state;
	/* How "rgbw" as stored looks upright, for orientations 1–8 (EXIF 2.3, 4.6.4 A). */
	static const char *const upright[] = { "rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr",
		"gwrb" };
	for (unsigned char orientation = 1; orientation <= 8; orientation++) {
		unsigned char exif[128];
		struct stored_file file;
		size_t length = exif_block(exif, orientation, "2026:09:30 22:30:05");
		stores(desk, jpeg_picture(96, 48, exif, length, false), &file);
		uint32_t width = orientation >= 5 ? 48 : 96, height = orientation >= 5 ? 96 : 48;
		assert_int_equal(file.width, width);
		assert_int_equal(file.height, height);
		assert_string_equal(layout(desk, file.shown_digest, width, height), upright[orientation - 1]);
		assert_int_equal(file.taken_at.ms, KIT_NOW.ms + 5000);
	}
}

static void a_wrong_time_or_a_hostile_exif_block_is_no_time(void **state)
{
	struct desk *desk = *state;
	static const char *const times[] = { "2026:02:30 12:00:00", "0000:00:00 00:00:00",
		"2026:09:30 25:00:00", "2026-09-30 12:00:00", "                   ", "2026:09:30T12:00:00" };
	unsigned char exif[128];
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct stored_file file;
		size_t length = exif_block(exif, 9, times[i]);
		stores(desk, jpeg_picture(16, 16, exif, length, false), &file);
		assert_int_equal(file.taken_at.ms, 0);
		assert_int_equal(file.width, 16);
	}
	/* Every byte wrong in turn, every length: read within bounds (the sanitizer watches). */
	size_t length = exif_block(exif, 1, "2026:09:30 22:30:05");
	for (size_t at = 0; at < length; at++) {
		unsigned char was = exif[at];
		for (int value = 0; value < 256; value += 51) {
			exif[at] = (unsigned char)value;
			struct picture picture = jpeg_picture(8, 8, exif, length, false);
			unsigned char *copy = malloc(picture.length);
			assert_non_null(copy);
			memcpy(copy, picture.bytes, picture.length);
			struct exif read = exif_read(IMAGE_JPEG, copy, picture.length);
			assert_in_range(read.orientation, 1, 8);
			free(copy);
			free(picture.bytes);
		}
		exif[at] = was;
	}
	for (size_t cut = 0; cut < length; cut++) {
		unsigned char *copy = malloc(cut + 4);
		assert_non_null(copy);
		memcpy(copy, "\xFF\xD8\xFF\xE1", 4);
		memcpy(copy + 4, exif, cut);
		assert_int_equal(exif_read(IMAGE_JPEG, copy, cut + 4).taken_at.ms, 0);
		free(copy);
	}
}

/* ---- what is refused ---- */

static void refuses(struct desk *desk, const void *bytes, size_t length, enum problem_code code)
{
	struct stored_file file;
	void *copy = malloc(length ? length : 1); /* the sanitizer knows its end */
	assert_non_null(copy);
	memcpy(copy, bytes, length);
	ctx_forgive(&desk->c);
	assert_false(file_store(&desk->c, copy, length, &file));
	assert_int_equal(desk->c.problem.code, code);
	assert_null(file.digest);
	free(copy);
}
#define REFUSES(text, code) refuses(desk, text, sizeof text - 1, code)

static void what_is_no_picture_is_refused_whatever_it_is_called(void **state)
{
	struct desk *desk = *state;
	REFUSES("", UNSUPPORTED);
	REFUSES("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", UNSUPPORTED);
	REFUSES("<!doctype html><script>alert(1)</script>", UNSUPPORTED);
	REFUSES("GIF89a\1\0\1\0\0\0\0;", UNSUPPORTED);
	REFUSES("BM\0\0", UNSUPPORTED);
	REFUSES("MZ\x90", UNSUPPORTED);
	REFUSES("\n%PDF-1.4 %%EOF", UNSUPPORTED); /* not at the start: something else may be read into it */
	REFUSES("%PDF-1.4 cut off", INVALID);
	REFUSES("RIFF\x10\0\0\0WEBPVP8 ", INVALID);
	REFUSES("\xFF\xD8\xFF", INVALID);
	REFUSES("\x89PNG\r\n\x1A\n", INVALID);
	REFUSES("\xFF\xD8\xFF\xE0<script>alert(1)</script>", INVALID);
}

static void a_picture_with_a_page_behind_it_is_shown_without_the_page(void **state)
{
	struct desk *desk = *state;
	static const char page[] = "<html><script>alert(1)</script></html>";
	struct picture picture = jpeg_picture(32, 32, NULL, 0, false);
	struct stored_file file;
	char bytes[4096];
	picture.bytes = realloc(picture.bytes, picture.length + sizeof page);
	assert_non_null(picture.bytes);
	memcpy(picture.bytes + picture.length, page, sizeof page);
	picture.length += sizeof page;
	stores(desk, picture, &file);
	FILE *shown_file = fopen(file_path(&desk->c, file.shown_digest), "rb");
	assert_non_null(shown_file);
	size_t length = fread(bytes, 1, sizeof bytes, shown_file);
	fclose(shown_file);
	assert_true(length > 0 && length < sizeof bytes);
	assert_null(memmem(bytes, length, "script", 6));
}

static void a_picture_cut_short_is_refused(void **state)
{
	struct desk *desk = *state;
	struct picture pictures[] = { jpeg_picture(64, 64, NULL, 0, false),
		jpeg_picture(64, 64, NULL, 0, true), png_picture(64, 64, PNG_FORMAT_RGB) };
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		for (size_t cut = 8; cut < pictures[i].length - 12; cut += 7)
			refuses(desk, pictures[i].bytes, cut, INVALID);
		free(pictures[i].bytes);
	}
}

static void a_picture_with_any_byte_wrong_never_breaks_the_program(void **state)
{
	struct desk *desk = *state;
	struct picture pictures[] = { jpeg_picture(24, 24, NULL, 0, true),
		png_picture(24, 24, PNG_FORMAT_RGB) };
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		for (size_t at = 0; at < pictures[i].length; at++) {
			struct shown_image out;
			pictures[i].bytes[at] ^= 0x55;
			ctx_forgive(&desk->c);
			bool good = image_show(&desk->c, i ? IMAGE_PNG : IMAGE_JPEG, pictures[i].bytes,
				pictures[i].length, &out);
			assert_true(good != ctx_failed(&desk->c));
			pictures[i].bytes[at] ^= 0x55;
			arena_reset(desk->c.arena);
		}
		free(pictures[i].bytes);
	}
}

static void sizes_beyond_the_limits_are_refused_before_memory_is_taken(void **state)
{
	struct desk *desk = *state;
	struct picture picture = jpeg_picture(16, 16, NULL, 0, false);
	unsigned char *frame = memmem(picture.bytes, picture.length, "\xFF\xC0", 2);
	assert_non_null(frame);
	memcpy(frame + 5, "\xFD\xE8\xFD\xE8", 4); /* 65000 × 65000 */
	refuses(desk, picture.bytes, picture.length, TOO_LARGE);
	memset(frame + 5, 0, 4);
	refuses(desk, picture.bytes, picture.length, INVALID);
	free(picture.bytes);
	/* 30000 × 1: few bytes, one side too long. */
	picture = png_picture(30000, 1, PNG_FORMAT_RGB);
	refuses(desk, picture.bytes, picture.length, TOO_LARGE);
	free(picture.bytes);
	static unsigned char big[FILE_SIZE_LIMIT + 1] = "%PDF-1.4";
	refuses(desk, big, sizeof big, TOO_LARGE);
}

static void only_digests_name_files(void **state)
{
	struct desk *desk = *state;
	static const char *const names[] = { "", "../../etc/passwd", "..\\x", "%2e%2e%2f", "/etc/passwd",
		"CON", "AB00000000000000000000000000000000000000000000000000000000000000",
		"ab0000000000000000000000000000000000000000000000000000000000000",
		"ab000000000000000000000000000000000000000000000000000000000000000",
		"ab/0000000000000000000000000000000000000000000000000000000000000" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_null(file_path(&desk->c, names[i]));
	assert_null(file_path(&desk->c, NULL));
	char expected[256];
	snprintf(expected, sizeof expected, "%s/files/ab/%062d", desk->directory, 0);
	assert_string_equal(
		file_path(&desk->c, "ab00000000000000000000000000000000000000000000000000000000000000"),
		expected);
}

static void a_data_directory_that_cannot_be_written_is_told(void **state)
{
	struct desk *desk = *state;
	static const char pdf[] = "%PDF-1.4\n%%EOF\n";
	desk->app.config.data_dir = "/proc/nowhere";
	REFUSES(pdf, UNAVAILABLE);
}

int main(void)
{
#define DESK(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
		DESK(a_jpeg_is_kept_as_it_is_and_shown_anew),
		DESK(png_webp_and_progressive_pictures_are_shown_too),
		DESK(a_large_picture_is_shown_smaller),
		DESK(a_pdf_is_kept_and_never_shown),
		DESK(every_orientation_of_the_camera_is_put_upright),
		DESK(a_wrong_time_or_a_hostile_exif_block_is_no_time),
		DESK(what_is_no_picture_is_refused_whatever_it_is_called),
		DESK(a_picture_with_a_page_behind_it_is_shown_without_the_page),
		DESK(a_picture_cut_short_is_refused),
		DESK(a_picture_with_any_byte_wrong_never_breaks_the_program),
		DESK(sizes_beyond_the_limits_are_refused_before_memory_is_taken),
		DESK(only_digests_name_files),
		DESK(a_data_directory_that_cannot_be_written_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
