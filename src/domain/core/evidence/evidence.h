/* evidence.h: photos, signatures and documents that prove what was done. */
#ifndef QIFU_EVIDENCE_H
#define QIFU_EVIDENCE_H

#include "domain/core/subject/subject.h"
#include "platform/entity.h"
#include "platform/files.h"

/* Kinds of evidence. */
#define EVIDENCE_KINDS(X)                                                                                    \
	X(EVIDENCE_ARRIVAL, "arrival", "到场照片")                                                           \
	X(EVIDENCE_BEFORE, "before", "作业前")                                                               \
	X(EVIDENCE_AFTER, "after", "作业后")                                                                 \
	X(EVIDENCE_SIGNATURE, "signature", "用户签字")                                                       \
	X(EVIDENCE_CONSENT, "consent", "收费同意签字")                                                       \
	X(EVIDENCE_DOCUMENT, "document", "附件")
CHOICE_ENUM(evidence_kind, EVIDENCE_KINDS);
extern const struct choice evidence_kinds[];

struct evidence {
	int64_t id, subject_id, org_id, staff_id;
	const char *module;
	enum evidence_kind kind;
	const char *digest, *shown_digest, *type,
		*name; /* `name` is what the device called it: shown, never used as a path */
	int64_t bytes, width, height;
	int64_t longitude_e6, latitude_e6;		/* microdegrees, WGS 84; 0/0 unknown */
	struct instant taken_at, device_at, created_at; /* EXIF; device clock; server clock */
};
extern const struct entity evidence_entity;

/* Adds what file_store() stored to a subject. The same digest twice on one subject is one row. */
bool evidence_add(struct ctx *c, struct evidence *evidence, const struct stored_file *file);

/* How many pieces of a kind a subject has (0 kind: any). */
bool evidence_count(struct ctx *c, struct subject subject, enum evidence_kind kind, int64_t *count);
bool evidence_write(struct ctx *c, struct subject subject, struct json_out *out);

/* A module says who may see and add evidence of its records: registered in the module's start through this
 * table. */
struct evidence_owner {
	const char *module;
	int view_permission, add_permission;
	bool (*org_of)(
		struct ctx *c, int64_t id, int64_t *org_id); /* NOT_FOUND when there is no such record */
	/* Instead of the fence around that organisation, where the record knows better whose it is; NULL: the
	 * fence. */
	bool (*require)(struct ctx *c, int64_t id, int permission);
};
/* In the owner's start; `owner` is static const. */
void evidence_register(struct ctx *c, const struct evidence_owner *owner);

#endif
