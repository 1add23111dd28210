/* qr.h: QR codes (libqrencode), error correction M, with the four-module margin that readers need. */
#ifndef QIFU_PLATFORM_QR_H
#define QIFU_PLATFORM_QR_H

#include "platform/ctx.h"

enum { QR_TEXT_LIMIT = 1024, QR_MARGIN = 4 };

struct qr {
	int side;		      /* modules, without the margin */
	const unsigned char *modules; /* side × side, row by row, 1 is black; in the arena */
};

/* TOO_LARGE beyond QR_TEXT_LIMIT bytes, INVALID when the text is empty. */
bool qr_make(struct ctx *c, const char *text, struct qr *qr);

/* One <svg> with a viewBox and one path; the page decides its size. */
const char *qr_svg(struct ctx *c, const struct qr *qr);

/* A grey PNG, `scale` pixels a module (1–32). */
bool qr_png(struct ctx *c, const struct qr *qr, int scale, const void **bytes, size_t *length);

#endif
