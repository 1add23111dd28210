/* files.h: what people upload, stored by what it is.
 *
 * A file's name is its SHA-256 (data/files/ab/cdef…), its type is read from its bytes, never from its name or
 * header. Images are decoded and encoded anew for showing (nothing hidden in them survives), the original is
 * kept beside. Only JPEG, PNG, WebP and PDF are taken. Nothing is ever served inline but the re-encoded
 * images.
 */
#ifndef QIFU_PLATFORM_FILES_H
#define QIFU_PLATFORM_FILES_H

#include "platform/ctx.h"
#include "platform/image.h" /* IMAGE_SIDE_LIMIT, IMAGE_SIDE_SHOWN */

enum { FILE_SIZE_LIMIT = 12 * 1024 * 1024 };

struct stored_file {
	const char *digest;	  /* of the original bytes, hex */
	const char *shown_digest; /* of the re-encoded image; NULL for PDF */
	const char *type;	  /* image/jpeg image/png image/webp application/pdf */
	int64_t bytes;
	int64_t width, height;	 /* of the original, the right way up; not images: 0 */
	struct instant taken_at; /* EXIF DateTimeOriginal read as Shanghai time; 0 when absent */
};

/* Checks, re-encodes and stores, durably (fsync before return). Runs on a worker (route.prepare). UNSUPPORTED
 * for any other content, TOO_LARGE beyond the limits, INVALID for a damaged image. Storing the same bytes
 * twice is one file. */
bool file_store(struct ctx *c, const void *bytes, size_t length, struct stored_file *out);

/* Path in the data directory for a digest that file_store gave, in the arena. NULL for anything that isn't 64
 * hex digits. */
const char *file_path(struct ctx *c, const char *digest);

#endif
