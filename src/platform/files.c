/* files.c: uploads, checked by content and kept under their digest. */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/app.h"
#include "platform/crypto.h"
#include "platform/log.h"

/* ---- what it is ---- */

enum kind { KIND_JPEG = IMAGE_JPEG, KIND_PNG = IMAGE_PNG, KIND_WEBP = IMAGE_WEBP, KIND_PDF, KIND_OTHER };

static const char *const kind_types[] = { "image/jpeg", "image/png", "image/webp", "application/pdf" };

static enum kind kind_of(const unsigned char *bytes, size_t length)
{
	if (length >= 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
		return KIND_JPEG;
	if (length >= 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0)
		return KIND_PNG;
	if (length >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
		return KIND_WEBP;
	if (length >= 8 && memcmp(bytes, "%PDF-", 5) == 0)
		return KIND_PDF;
	return KIND_OTHER;
}

/* A PDF that was cut off has lost its end. */
static bool pdf_has_end(const unsigned char *bytes, size_t length)
{
	size_t tail = length < 2048 ? length : 2048;
	return memmem(bytes + length - tail, tail, "%%EOF", 5);
}

/* ---- where it lies ---- */

const char *file_path(struct ctx *c, const char *digest)
{
	if (!digest || strspn(digest, "0123456789abcdef") != DIGEST_HEX_SIZE - 1 ||
		digest[DIGEST_HEX_SIZE - 1])
		return NULL;
	return arena_format(c->arena, "%s/files/%.2s/%s", c->app->config.data_dir, digest, digest + 2);
}

static bool not_kept(struct ctx *c, const char *step)
{
	log_line(LOG_ERROR, "files", "cannot keep an upload", "step", step, "error", strerror(errno), NULL);
	return fail(c, UNAVAILABLE, "文件没能保存，请稍后再试；仍不行请联系管理员检查磁盘");
}

static bool sync_directory(const char *path)
{
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = directory >= 0 && fsync(directory) == 0;
	if (directory >= 0)
		close(directory);
	return good;
}

/* A folder that is new is a promise too: its parent is synced. */
static bool make_directory(const char *path, const char *parent)
{
	if (mkdir(path, 0750) == 0)
		return sync_directory(parent);
	return errno == EEXIST;
}

static bool write_all(int file, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(file, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* Under a name of its own until it is whole and on the disk. */
static bool write_new(
	struct ctx *c, const char *folder, const char *path, const unsigned char *bytes, size_t length)
{
	char *temporary = arena_format(c->arena, "%s/.new-%s", folder, random_token(c->arena, 12));
	int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (file < 0)
		return not_kept(c, "open");
	bool good = write_all(file, bytes, length) && fsync(file) == 0;
	good = close(file) == 0 && good;
	if (good && rename(temporary, path) == 0)
		return true;
	not_kept(c, "write");
	unlink(temporary);
	return false;
}

static bool is_kept(const char *path, size_t length)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size == length;
}

/* Durable under its digest when this returns true, whoever else stores the same at the same time. */
static bool keep(struct ctx *c, const unsigned char *bytes, size_t length, const char **digest)
{
	unsigned char sum[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	sha256(bytes, length, sum);
	const char *name = arena_text(c->arena, digest_hex(sum, hex));
	const char *data = c->app->config.data_dir, *path = file_path(c, name);
	char *root = arena_format(c->arena, "%s/files", data);
	char *folder = arena_format(c->arena, "%s/%.2s", root, name);
	if (!make_directory(root, data) || !make_directory(folder, root))
		return not_kept(c, "mkdir");
	if (!is_kept(path, length) && !write_new(c, folder, path, bytes, length))
		return false;
	if (!sync_directory(folder))
		return not_kept(c, "sync");
	*digest = name;
	return true;
}

/* ---- in ---- */

static bool store_image(
	struct ctx *c, enum kind kind, const unsigned char *bytes, size_t length, struct stored_file *out)
{
	struct shown_image shown;
	if (!image_show(c, (enum image_kind)kind, bytes, length, &shown))
		return false;
	out->width = shown.width;
	out->height = shown.height;
	out->taken_at = shown.exif.taken_at;
	return keep(c, shown.jpeg, shown.length, &out->shown_digest);
}

bool file_store(struct ctx *c, const void *bytes, size_t length, struct stored_file *out)
{
	*out = (struct stored_file){ .bytes = (int64_t)length };
	if (!length)
		return fail(c, UNSUPPORTED, "文件是空的，请重新选择");
	if (length > FILE_SIZE_LIMIT)
		return fail(
			c, TOO_LARGE, "文件超过 %d MB，请压缩后再传", (int)(FILE_SIZE_LIMIT / 1024 / 1024));
	enum kind kind = kind_of(bytes, length);
	if (kind == KIND_OTHER)
		return fail(c, UNSUPPORTED, "只能上传 JPEG、PNG、WebP 图片或 PDF 文件");
	if (kind == KIND_PDF && !pdf_has_end(bytes, length))
		return fail(c, INVALID, "PDF 文件不完整，请重新导出或扫描后再传");
	out->type = kind_types[kind];
	return (kind == KIND_PDF || store_image(c, kind, bytes, length, out)) &&
	       keep(c, bytes, length, &out->digest);
}
