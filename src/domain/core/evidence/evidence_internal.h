/* evidence_internal.h: shared by the files of this module only. */
#ifndef QIFU_EVIDENCE_INTERNAL_H
#define QIFU_EVIDENCE_INTERNAL_H

#include "domain/core/evidence/evidence.h"

const struct evidence_owner *evidence_owner_of(const struct ctx *c, const char *module);

#endif
