/* image.h: pictures decoded and encoded anew, by limits that hold before memory is taken. Used by files.c. */
#ifndef QIFU_PLATFORM_IMAGE_H
#define QIFU_PLATFORM_IMAGE_H

#include "platform/ctx.h"

enum { IMAGE_SIDE_LIMIT = 12000, IMAGE_SIDE_SHOWN = 1600 };

enum image_kind { IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP };

/* What the camera wrote into the original. */
struct exif {
	int orientation;	 /* 1–8; 1 when absent or absurd */
	struct instant taken_at; /* DateTimeOriginal as Shanghai time; 0 when absent */
};

struct shown_image {
	const unsigned char *jpeg; /* in the arena */
	size_t length;
	int64_t width, height; /* of the original, the right way up */
	struct exif exif;
};

/* TOO_LARGE beyond the limits, INVALID when damaged. */
bool image_show(
	struct ctx *c, enum image_kind kind, const void *bytes, size_t length, struct shown_image *out);

/* Never reads outside of the bytes, whatever they are. */
struct exif exif_read(enum image_kind kind, const unsigned char *bytes, size_t length);

#endif
