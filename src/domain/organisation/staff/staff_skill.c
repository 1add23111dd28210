/* staff_skill.c: skills, and certificates that expire. Dispatch asks here before anybody is sent. */
#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/skill.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"

static const struct field staff_certificate_fields[] = {
	FIELD(staff_certificate, id, "编号", .flags = BY_SERVER),
	FIELD(staff_certificate, staff_id, "人员", .flags = BY_SERVER, .refers = "staff"),
	FIELD(staff_certificate, kind, "证书种类", .flags = REQUIRED | IN_LIST, .at_most = 40),
	FIELD(staff_certificate, number, "证书编号", .flags = REQUIRED | IN_LIST, .at_most = 40),
	FIELD(staff_certificate, issuer, "发证机关", .flags = IN_LIST, .at_most = 80),
	FIELD(staff_certificate, issued_on, "发证日期", .flags = IN_LIST),
	FIELD(staff_certificate, expires_on, "有效期至", .flags = REQUIRED | IN_LIST, .help = "当天仍有效"),
};
const struct entity staff_certificate_entity = ENTITY(staff_certificate, "证书", staff_certificate_fields,
	.default_sort = "-expires_on", .title = "number");

bool staff_has_skill(struct ctx *c, int64_t staff_id, const char *skill, bool *has)
{
	int64_t count;
	*has = false;
	if (!db_number(c, &count, 0, "SELECT COUNT(*) FROM staff_skill WHERE staff_id = $1 AND skill = $2",
		    V(staff_id), V(skill)))
		return false;
	*has = count > 0;
	return true;
}

bool staff_certificate_valid(struct ctx *c, int64_t staff_id, const char *kind, struct date on, bool *valid,
	struct date *expires_on)
{
	/* One that is good on the day comes first, else the one that was good longest. */
	static const char best[] =
		"SELECT issued_on, expires_on FROM staff_certificate WHERE staff_id = $1 AND kind = $2"
		" ORDER BY CASE WHEN COALESCE(issued_on, $3) <= $4 THEN 0 ELSE 1 END, expires_on DESC, id "
		"DESC LIMIT 1";
	struct rows *rows;
	*valid = false;
	*expires_on = NO_DATE;
	if (!db_query(c, &rows, best, V(staff_id), V(kind), V(on), V(on)))
		return false;
	if (rows_next(rows)) {
		struct date issued_on = rows_date(rows, 0); /* NO_DATE lies before every day */
		*expires_on = rows_date(rows, 1);
		*valid = issued_on.day <= on.day && on.day <= expires_on->day;
	}
	rows_close(rows);
	return !ctx_failed(c);
}

/* ---- skills
 * ---------------------------------------------------------------------------------------------------------
 */

bool skill_write(struct ctx *c, int64_t staff_id, struct json_out *out)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT skill FROM staff_skill WHERE staff_id = $1 ORDER BY skill",
		    V(staff_id)))
		return false;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	while (rows_next(rows)) {
		const char *code = rows_text(rows, 0);
		const struct staff_word *word = staff_skill_of(c->app, code);
		out_object_open(out);
		put_text(out, "skill", code);
		put_text(out, "label", word ? word->label : code);
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}

bool skill_set(struct ctx *c, int64_t staff_id, const char *const *skills, size_t count)
{
	struct staff staff;
	struct text_builder detail = { .arena = c->arena };
	if (!staff_read(c, staff_id, &staff) ||
		!db_run(c, "DELETE FROM staff_skill WHERE staff_id = $1", V(staff_id)))
		return false;
	text_add_format(&detail, "%s：", staff.name);
	for (size_t i = 0; i < count; i++) {
		const struct staff_word *word = staff_skill_of(c->app, skills[i]);
		if (!word)
			return fault(c, "skills", "unknown", "没有“%s”这种技能，请重新选择", skills[i]);
		if (!db_run(c,
			    "INSERT INTO staff_skill (staff_id, skill) VALUES ($1, $2) ON CONFLICT DO "
			    "NOTHING",
			    V(staff_id), V(word->code)))
			return false;
		text_add_format(&detail, "%s%s", i ? "、" : "", word->label);
	}
	staff_tell(c, staff_id, staff.org_id);
	return audit_record(c, "skill.set", "staff", staff_id, staff.org_id, text_built(&detail), NULL);
}

/* ---- certificates
 * ---------------------------------------------------------------------------------------------------- */

bool certificate_open(struct ctx *c, struct staff_certificate *certificate)
{
	struct staff staff;
	const struct staff_word *word = staff_certificate_of(c->app, certificate->kind);
	if (!word)
		return fault(c, "kind", "unknown", "没有这种证书，请重新选择");
	if (certificate->issued_on.day > certificate->expires_on.day)
		return fault(c, "expires_on", "order", "有效期不能早于发证日期");
	if (!staff_read(c, certificate->staff_id, &staff))
		return false;
	certificate->id = db_new_id(c);
	if (!entity_insert(c, &staff_certificate_entity, certificate))
		return false;
	staff_tell(c, staff.id, staff.org_id);
	return audit_record(c, "certificate.open", "staff", staff.id, staff.org_id,
		arena_format(c->arena, "%s：%s %s", staff.name, word->label, certificate->number), NULL);
}

bool certificate_end(struct ctx *c, int64_t id)
{
	struct staff_certificate certificate;
	struct staff staff;
	if (!entity_read(c, &staff_certificate_entity, id, &certificate) ||
		!staff_read(c, certificate.staff_id, &staff) ||
		!fence_require(c, MAY_EDIT_CERTIFICATE, staff.org_id, "这份证书") ||
		!db_run(c, "DELETE FROM staff_certificate WHERE id = $1", V(id)))
		return false;
	staff_tell(c, staff.id, staff.org_id);
	return audit_record(c, "certificate.end", "staff", staff.id, staff.org_id,
		arena_format(c->arena, "%s：%s", staff.name, certificate.number), NULL);
}

bool certificate_write(struct ctx *c, int64_t staff_id, struct json_out *out)
{
	struct rows *rows;
	struct date today = instant_date(c->now);
	if (!entity_query(c, &staff_certificate_entity, &rows,
		    "WHERE staff_id = $1 ORDER BY expires_on DESC, id DESC", VALUES(V(staff_id))))
		return false;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	while (rows_next(rows)) {
		struct staff_certificate certificate = { 0 };
		entity_row(rows, 0, &staff_certificate_entity, &certificate);
		const struct staff_word *word = staff_certificate_of(c->app, certificate.kind);
		out_object_open(out);
		entity_members(c, &staff_certificate_entity, &certificate, false, out);
		put_text(out, "label", word ? word->label : certificate.kind);
		put_bool(out, "valid",
			certificate.issued_on.day <= today.day && today.day <= certificate.expires_on.day);
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}
