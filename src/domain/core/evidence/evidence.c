/* evidence.c: rows of evidence, and who owns which subject. */
#include <string.h>

#include "base/text.h"
#include "domain/core/book/book.h"
#include "domain/core/evidence/evidence_internal.h"

CHOICE_TABLE(evidence_kinds, EVIDENCE_KINDS);

static const struct field evidence_fields[] = {
	FIELD(evidence, id, "编号", .flags = BY_SERVER),
	FIELD(evidence, module, "业务", .flags = BY_SERVER),
	FIELD(evidence, subject_id, "业务编号", .flags = BY_SERVER),
	FIELD(evidence, org_id, "单位", .flags = BY_SERVER, .refers = "org"),
	FIELD(evidence, staff_id, "上传人员", .flags = BY_SERVER, .refers = "staff"),
	FIELD(evidence, kind, "种类", .flags = BY_SERVER, .choices = evidence_kinds),
	FIELD(evidence, digest, "原件摘要", .flags = BY_SERVER),
	FIELD(evidence, shown_digest, "显示件摘要", .flags = BY_SERVER),
	FIELD(evidence, type, "文件类型", .flags = BY_SERVER),
	FIELD(evidence, name, "文件名", .flags = BY_SERVER, .at_most = 255),
	FIELD(evidence, bytes, "字节数", .flags = BY_SERVER),
	FIELD(evidence, width, "宽", .flags = BY_SERVER),
	FIELD(evidence, height, "高", .flags = BY_SERVER),
	FIELD(evidence, longitude_e6, "经度", .flags = BY_SERVER, .at_least = -180000000,
		.at_most = 180000000),
	FIELD(evidence, latitude_e6, "纬度", .flags = BY_SERVER, .at_least = -90000000, .at_most = 90000000),
	FIELD(evidence, taken_at, "拍摄时间", .flags = BY_SERVER),
	FIELD(evidence, device_at, "手机时间", .flags = BY_SERVER),
	FIELD(evidence, created_at, "上传时间", .flags = BY_SERVER),
};
const struct entity evidence_entity = ENTITY(evidence, "影像证据", evidence_fields, .fence = "org_id",
	.default_sort = "created_at", .title = "name");

/* ---- owners
 * ----------------------------------------------------------------------------------------------------------
 */

struct owners {
	const struct evidence_owner *owner;
	const struct owners *next;
};

void evidence_register(struct ctx *c, const struct evidence_owner *owner)
{
	const struct owners *first = book_part(c->app, "evidence_owners");
	for (const struct owners *one = first; one; one = one->next) {
		if (one->owner == owner)
			return;
	}
	struct owners *made = arena_new_object(c->app->arena, struct owners);
	*made = (struct owners){ owner, first };
	book_put(c->app, "evidence_owners", made);
}

const struct evidence_owner *evidence_owner_of(const struct ctx *c, const char *module)
{
	const struct owners *one = book_part(c->app, "evidence_owners");
	while (one && !text_equal(one->owner->module, module))
		one = one->next;
	return one ? one->owner : NULL;
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------------------
 */

bool evidence_add(struct ctx *c, struct evidence *evidence, const struct stored_file *file)
{
	struct evidence before = { 0 };
	bool found;
	evidence->digest = file->digest;
	evidence->shown_digest = file->shown_digest;
	evidence->type = file->type;
	evidence->bytes = file->bytes;
	evidence->width = file->width;
	evidence->height = file->height;
	evidence->taken_at = file->taken_at;
	if (!entity_find(c, &evidence_entity, &before, &found,
		    "module = $1 AND subject_id = $2 AND kind = $3 AND digest = $4",
		    VALUES(V(evidence->module), V(evidence->subject_id),
			    V(choice_code(evidence_kinds, (int)evidence->kind)), V(evidence->digest))))
		return false;
	if (found) {
		*evidence = before; /* sent again by a phone that did not hear the answer */
		return true;
	}
	evidence->id = db_new_id(c);
	evidence->created_at = c->now;
	evidence->staff_id = c->actor->id;
	return entity_insert(c, &evidence_entity, evidence);
}

bool evidence_count(struct ctx *c, struct subject subject, enum evidence_kind kind, int64_t *count)
{
	if (kind == 0)
		return db_number(c, count, 0,
			"SELECT COUNT(*) FROM evidence WHERE module = $1 AND subject_id = $2",
			V(subject.module), V(subject.id));
	return db_number(c, count, 0,
		"SELECT COUNT(*) FROM evidence WHERE module = $1 AND subject_id = $2 AND kind = $3",
		V(subject.module), V(subject.id), V(choice_code(evidence_kinds, (int)kind)));
}

bool evidence_write(struct ctx *c, struct subject subject, struct json_out *out)
{
	struct rows *rows;
	struct evidence evidence = { 0 };
	if (!entity_query(c, &evidence_entity, &rows,
		    "WHERE module = $1 AND subject_id = $2 ORDER BY created_at, id LIMIT 500",
		    VALUES(V(subject.module), V(subject.id))))
		return false;
	out_array_open(out);
	while (rows_next(rows)) {
		entity_row(rows, 0, &evidence_entity, &evidence);
		out_object_open(out);
		entity_members(c, &evidence_entity, &evidence, false, out);
		put_text(out, "kind_label", choice_label(evidence_kinds, (int)evidence.kind));
		put_text(out, "image",
			evidence.shown_digest ? arena_format(c->arena, "/api/v1/evidence/%lld/image",
							(long long)evidence.id)
					      : NULL);
		put_text(out, "original",
			arena_format(c->arena, "/api/v1/evidence/%lld/original", (long long)evidence.id));
		out_object_close(out);
	}
	out_array_close(out);
	return !ctx_failed(c);
}
