/* rulebook_internal.h: shared by the files of this module only. */
#ifndef QIFU_RULEBOOK_INTERNAL_H
#define QIFU_RULEBOOK_INTERNAL_H

#include "domain/core/rulebook/rulebook.h"

bool rulebook_start(struct ctx *c);

#endif
