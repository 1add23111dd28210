/* evidence_http.c: taking photos and documents in, and showing them. */
#include "base/text.h"
#include "domain/core/evidence/evidence_internal.h"
#include "platform/module.h"

/* What the query says about the file; checked before the bytes are looked at. */
struct upload {
	struct evidence evidence;
	struct stored_file file;
};

static bool read_query(struct ctx *c, struct call *call, struct evidence *evidence)
{
	enum { LONGITUDE = 180000000, LATITUDE = 90000000 };
	const char *kind = call_query(call, "kind"), *device_at = call_query(call, "device_at");
	evidence->module = call_query(call, "module");
	evidence->subject_id = call_query_int(c, call, "subject_id", 0, 1, INT64_C(9007199254740991));
	evidence->kind = kind ? (enum evidence_kind)choice_of_code(evidence_kinds, kind) : evidence_kind_none;
	evidence->longitude_e6 = call_query_int(c, call, "longitude_e6", 0, -LONGITUDE, LONGITUDE);
	evidence->latitude_e6 = call_query_int(c, call, "latitude_e6", 0, -LATITUDE, LATITUDE);
	evidence->name = call_query(call, "name");
	if (!evidence->module || !evidence_owner_of(c, evidence->module))
		fault(c, "module", "unknown", "不知道这是哪项业务的影像");
	if (evidence->kind == evidence_kind_none)
		fault(c, "kind", "unknown", "请指明影像种类，例如 arrival（到场照片）");
	if (evidence->subject_id == 0 && !ctx_failed(c))
		fault(c, "subject_id", "required", "请指明影像属于哪一单");
	if (evidence->name && text_characters(evidence->name) > 255)
		fault(c, "name", "too_long", "文件名最多 255 字");
	if (device_at && !instant_parse(device_at, &evidence->device_at))
		fault(c, "device_at", "format", "时间应写成 2026-09-30T22:30:00+08:00");
	return !ctx_failed(c);
}

/* The permission is the owner's, so it stands in its table and is checked here. */
static bool require(struct ctx *c, const char *module, int64_t subject_id, bool adding, int64_t *org_id)
{
	const struct evidence_owner *owner = evidence_owner_of(c, module);
	if (!owner)
		return fail(c, NOT_FOUND, "没有这份影像");
	int permission = adding ? owner->add_permission : owner->view_permission;
	if (!owner->org_of(c, subject_id, org_id))
		return false;
	return owner->require ? owner->require(c, subject_id, permission)
			      : fence_require(c, permission, *org_id, "这份影像");
}

/* Whoever may not add is told so before a picture of his is decoded. */
static bool prepare(struct ctx *c, struct call *call)
{
	struct upload *upload = arena_new_object(c->arena, struct upload);
	struct evidence *evidence = &upload->evidence;
	call->prepared = upload;
	return read_query(c, call, evidence) &&
	       require(c, evidence->module, evidence->subject_id, true, &evidence->org_id) &&
	       file_store(c, call->bytes, call->length, &upload->file);
}

static bool add(struct ctx *c, struct call *call)
{
	struct upload *upload = call->prepared;
	struct evidence *evidence = &upload->evidence;
	if (!require(c, evidence->module, evidence->subject_id, true, &evidence->org_id) ||
		!evidence_add(c, evidence, &upload->file))
		return false;
	*(struct evidence *)call->reply = *evidence;
	call->status = 201;
	return true;
}

static bool list_evidence(struct ctx *c, struct call *call)
{
	const char *module = call_query(call, "module");
	int64_t org_id, id = call_query_int(c, call, "subject_id", 0, 1, INT64_C(9007199254740991));
	if (ctx_failed(c))
		return false;
	if (!module || id == 0)
		return fault(c, "subject_id", "required", "请用 module 和 subject_id 指明哪一单");
	if (!require(c, module, id, false, &org_id))
		return false;
	out_object_open(call->out);
	out_key(call->out, "items");
	if (!evidence_write(c, (struct subject){ module, id }, call->out))
		return false;
	out_object_close(call->out);
	return true;
}

static bool find(struct ctx *c, struct call *call, struct evidence *evidence)
{
	int64_t org_id;
	return entity_read(c, &evidence_entity, call->id, evidence) &&
	       require(c, evidence->module, evidence->subject_id, false, &org_id);
}

static bool show_image(struct ctx *c, struct call *call)
{
	struct evidence evidence = { 0 };
	if (!find(c, call, &evidence))
		return false;
	if (!evidence.shown_digest)
		return fail(c, NOT_FOUND, "这份文件不是图片，请下载原件查看");
	call->file_path = file_path(c, evidence.shown_digest);
	call->file_type = "image/jpeg";
	return call->file_path || fail(c, NOT_FOUND, "图片文件已不在，请联系系统管理员");
}

static const char *extension(const char *type)
{
	return text_equal(type, "image/png")	     ? "png"
	       : text_equal(type, "image/webp")	     ? "webp"
	       : text_equal(type, "application/pdf") ? "pdf"
						     : "jpg";
}

static bool send_original(struct ctx *c, struct call *call)
{
	struct evidence evidence = { 0 };
	if (!find(c, call, &evidence))
		return false;
	call->file_path = file_path(c, evidence.digest);
	call->file_type = evidence.type;
	/* The device's name is shown in lists; the download gets one of ours. */
	call->file_name =
		arena_format(c->arena, "影像-%lld.%s", (long long)evidence.id, extension(evidence.type));
	return call->file_path || fail(c, NOT_FOUND, "原件已不在，请联系系统管理员");
}

static const struct route evidence_routes[] = {
	{ "GET", "/evidence", list_evidence, .flags = ANY_STAFF, .summary = "一单的影像证据" },
	{ "POST", "/evidence", add, .flags = ANY_STAFF | RAW_BODY, .reply = &evidence_entity,
		.prepare = prepare, .summary = "上传影像证据" },
	{ "GET", "/evidence/{id}/image", show_image, .flags = ANY_STAFF, .summary = "查看影像" },
	{ "GET", "/evidence/{id}/original", send_original, .flags = ANY_STAFF, .summary = "下载影像原件" },
};
static const struct entity *const evidence_entities[] = { &evidence_entity, NULL };

const struct module evidence_module = { .name = "evidence",
	.wing = "core",
	.label = "影像证据",
	.routes = evidence_routes,
	.route_count = sizeof evidence_routes / sizeof *evidence_routes,
	.entities = evidence_entities };
