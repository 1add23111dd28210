/* image_exif.c: the two facts that are read from a photo's EXIF block. Every offset in it is a stranger's
 * word. */
#include <string.h>

#include "platform/image.h"

/* A TIFF file within the image. */
struct tiff {
	const unsigned char *bytes;
	size_t length;
	bool big_endian;
};

enum {
	TAG_ORIENTATION = 0x0112,
	TAG_EXIF_DIRECTORY = 0x8769,
	TAG_DATE_TIME_ORIGINAL = 0x9003,
	TYPE_ASCII = 2,
	TYPE_SHORT = 3,
	TYPE_LONG = 4,
	ENTRY = 12,
	DATE_LENGTH = 19
};

/* 0 outside of the block. */
static uint32_t number_at(const struct tiff *tiff, size_t at, size_t bytes)
{
	uint32_t number = 0;
	if (at > tiff->length || tiff->length - at < bytes)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | tiff->bytes[at + (tiff->big_endian ? i : bytes - 1 - i)];
	return number;
}

/* Where in the directory at `directory` the entry stands; 0 when there is none of that type. */
static size_t find_entry(const struct tiff *tiff, size_t directory, uint32_t tag, uint32_t type)
{
	uint32_t count = number_at(tiff, directory, 2);
	for (uint32_t i = 0; i < count; i++) {
		size_t at = directory + 2 + (size_t)i * ENTRY;
		if (at + ENTRY > tiff->length)
			return 0;
		if (number_at(tiff, at, 2) == tag)
			return number_at(tiff, at + 2, 2) == type ? at : 0;
	}
	return 0;
}

static bool digits_at(const char *text, int count, int *number)
{
	*number = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = *number * 10 + (text[i] - '0');
	}
	return true;
}

/* "2026:09:30 22:30:05", the camera's wall clock. */
static struct instant time_of(const char text[DATE_LENGTH])
{
	int year, month, day, hour, minute, second;
	struct date date;
	const struct instant none = { 0 };
	if (!digits_at(text, 4, &year) || !digits_at(text + 5, 2, &month) || !digits_at(text + 8, 2, &day) ||
		!digits_at(text + 11, 2, &hour) || !digits_at(text + 14, 2, &minute) ||
		!digits_at(text + 17, 2, &second))
		return none;
	if (text[4] != ':' || text[7] != ':' || text[10] != ' ' || text[13] != ':' || text[16] != ':')
		return none;
	if (hour > 23 || minute > 59 || second > 59 || !date_make(year, month, day, &date))
		return none;
	return date_at(
		date, hour * (int64_t)HOUR_MS + minute * (int64_t)MINUTE_MS + second * (int64_t)SECOND_MS);
}

static struct exif read_tiff(const unsigned char *bytes, size_t length)
{
	struct exif exif = { .orientation = 1 };
	struct tiff tiff = { bytes, length, false };
	if (length < 8 || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0))
		return exif;
	tiff.big_endian = bytes[0] == 'M';
	size_t directory = number_at(&tiff, 4, 4);
	size_t entry = find_entry(&tiff, directory, TAG_ORIENTATION, TYPE_SHORT);
	uint32_t orientation = entry ? number_at(&tiff, entry + 8, 2) : 1;
	if (orientation >= 1 && orientation <= 8)
		exif.orientation = (int)orientation;
	entry = find_entry(&tiff, directory, TAG_EXIF_DIRECTORY, TYPE_LONG);
	if (entry)
		entry = find_entry(&tiff, number_at(&tiff, entry + 8, 4), TAG_DATE_TIME_ORIGINAL, TYPE_ASCII);
	if (!entry || number_at(&tiff, entry + 4, 4) < DATE_LENGTH)
		return exif;
	size_t at = number_at(&tiff, entry + 8, 4);
	if (at <= length && length - at >= DATE_LENGTH)
		exif.taken_at = time_of((const char *)bytes + at);
	return exif;
}

/* The segments before the picture's data. */
static struct exif read_jpeg(const unsigned char *bytes, size_t length)
{
	size_t at = 2;
	while (at + 4 <= length && bytes[at] == 0xFF && bytes[at + 1] != 0xDA) {
		size_t size = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
		if (bytes[at + 1] == 0xFF) { /* padding */
			at++;
			continue;
		}
		if (size < 2 || size > length - at - 2)
			break;
		if (bytes[at + 1] == 0xE1 && size >= 8 && memcmp(bytes + at + 4, "Exif\0", 6) == 0)
			return read_tiff(bytes + at + 10, size - 8);
		at += 2 + size;
	}
	return (struct exif){ .orientation = 1 };
}

/* PNG keeps the block in a chunk "eXIf" (length first), WebP in one named "EXIF" (name first). */
static struct exif read_chunks(const unsigned char *bytes, size_t length, bool png)
{
	size_t at = png ? 8 : 12;
	while (at <= length && length - at >= 8) {
		const unsigned char *name = bytes + at + (png ? 4 : 0);
		struct tiff head = { bytes + at + (png ? 0 : 4), 4, png };
		size_t size = number_at(&head, 0, 4), left = length - at - 8;
		if (size > left)
			break;
		if (memcmp(name, png ? "eXIf" : "EXIF", 4) == 0) {
			bool prefixed = size >= 6 && memcmp(bytes + at + 8, "Exif\0", 6) == 0;
			return read_tiff(bytes + at + 8 + (prefixed ? 6 : 0), size - (prefixed ? 6 : 0));
		}
		at += 8 + size + (png ? 4 : size % 2);
	}
	return (struct exif){ .orientation = 1 };
}

struct exif exif_read(enum image_kind kind, const unsigned char *bytes, size_t length)
{
	return kind == IMAGE_JPEG ? read_jpeg(bytes, length) : read_chunks(bytes, length, kind == IMAGE_PNG);
}
