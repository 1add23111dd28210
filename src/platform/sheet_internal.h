/* sheet_internal.h: what the files of sheet.h share. */
#ifndef QIFU_PLATFORM_SHEET_INTERNAL_H
#define QIFU_PLATFORM_SHEET_INTERNAL_H

#include <stdbool.h>

/* Whether a spreadsheet would take the cell for a formula, apostrophes in front set aside. */
bool sheet_needs_apostrophe(const char *text);

#endif
