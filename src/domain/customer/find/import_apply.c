/* import_apply.c: a row against what is known: decide, and write. Nothing is written before everything is
 * decided. */
#include <string.h>

#include "domain/customer/find/import.h"

/* ---- leading zeros lost
 * ---------------------------------------------------------------------------------------------- */

bool import_target_refresh(struct ctx *c, struct import_target *target)
{
	return household_zeros_known(c, target->company_id, &target->zeros_known) &&
	       meter_zeros_known(c, target->company_id, &target->meters_zero);
}

typedef bool zeros_finder(struct ctx *c, int64_t company_id, const char *number, const char **known);

static bool check_zeros(struct ctx *c, zeros_finder *finder, int64_t company_id, struct import_row *row,
	enum import_field field)
{
	const char *known;
	if (!is_bare_number(row->text[field]))
		return true;
	if (!finder(c, company_id, row->text[field], &known))
		return false;
	if (known)
		row_fault(c->arena, row, field,
			arena_format(
				c->arena, "像是丢了开头的 0（已有 %s），请把该列设为文本后重新填写", known));
	return true;
}

/* ---- a household not yet known
 * ------------------------------------------------------------------------------------------ */

static bool check_meter_free(
	struct ctx *c, const struct import_target *target, struct import_row *row, int64_t household_id)
{
	int64_t elsewhere;
	const char *number = row->text[IMPORT_METER_NUMBER];
	if (!number)
		return true;
	if (!meter_whereabouts(c, target->company_id, number, &elsewhere))
		return false;
	if (elsewhere && elsewhere != household_id)
		row_fault(c->arena, row, IMPORT_METER_NUMBER, "该表号正在另一户使用，请核对");
	return elsewhere || !target->meters_zero ||
	       check_zeros(c, meter_with_zeros, target->company_id, row, IMPORT_METER_NUMBER);
}

static bool check_new(struct ctx *c, const struct import_target *target, struct import_row *row)
{
	if (!row->user_class)
		row_fault(c->arena, row, IMPORT_CLASS, "没有填写；新户必须写明用气类别");
	if (!row->text[IMPORT_METER_NUMBER] && (row->text[IMPORT_BASE] || row->text[IMPORT_METER_MODEL]))
		row_fault(c->arena, row, IMPORT_METER_NUMBER, "没有填写，却有表型或表底数，请补上表号");
	return check_meter_free(c, target, row, 0) &&
	       (!target->zeros_known ||
		       check_zeros(c, household_with_zeros, target->company_id, row, IMPORT_NUMBER));
}

static void household_of_row(const struct import_row *row, struct household *household)
{
	const char *const *text = row->text;
	household->number = text[IMPORT_NUMBER];
	household->name = text[IMPORT_NAME];
	household->community = text[IMPORT_COMMUNITY];
	household->building = text[IMPORT_BUILDING];
	household->unit = text[IMPORT_UNIT];
	household->room = text[IMPORT_ROOM];
	household->user_class = row->user_class;
	household->population = row->population < 0 ? 0 : row->population;
	household->opened_on = row->opened_on;
}

static bool enter_person(struct ctx *c, const struct import_target *target, const struct import_row *row,
	struct household *household)
{
	const char *const *text = row->text;
	if (!text[IMPORT_NAME] && !text[IMPORT_PHONE] && !text[IMPORT_IDENTITY])
		return true;
	bool legal = row->user_class == CLASS_COMMERCIAL || row->user_class == CLASS_INDUSTRIAL ||
		     row->user_class == CLASS_PUBLIC;
	struct person person = { .org_id = target->org_id,
		.company_id = target->company_id,
		.kind = legal ? PERSON_ORGANISATION : PERSON_HUMAN,
		.name = text[IMPORT_NAME] ? text[IMPORT_NAME] : "未登记户名",
		.identity_number = text[IMPORT_IDENTITY],
		.phone = text[IMPORT_PHONE] };
	if (!person_enter(c, &person))
		return false;
	household->person_id = person.id;
	household->phone = person.phone;
	return true;
}

static bool enter_meter(struct ctx *c, const struct import_row *row, const struct household *household)
{
	struct meter meter = { .household_id = household->id,
		.company_id = household->company_id,
		.number = row->text[IMPORT_METER_NUMBER],
		.kind = meter_kind_of_text(row->text[IMPORT_METER_MODEL]),
		.model = row->text[IMPORT_METER_MODEL],
		.base_litre = { row->base_litre < 0 ? 0 : row->base_litre },
		.installed_on = NO_DATE,
		.verified_until = NO_DATE,
		.removed_on = NO_DATE };
	return !meter.number || meter_enter(c, &meter);
}

static bool create(struct ctx *c, struct import_target *target, const struct import_row *row)
{
	struct household household = { .org_id = target->org_id,
		.company_id = target->company_id,
		.status = HOUSEHOLD_ACTIVE,
		.meter_number = row->text[IMPORT_METER_NUMBER] };
	household_of_row(row, &household);
	return enter_person(c, target, row, &household) && household_enter(c, &household, target->cache) &&
	       enter_meter(c, row, &household);
}

/* ---- a household already known
 * -------------------------------------------------------------------------------------------- */

struct change {
	struct household before, after;
	struct person person_before, person;
	struct meter meter_before, meter;
	bool has_person, has_meter;
	bool new_person, new_meter, new_phones;
};

static void take_text(const char **member, const char *text)
{
	if (text && !text_equal(*member, text))
		*member = text;
}

/* What the row says over what is known; a blank cell leaves things as they are. */
static void lay_over(const struct import_row *row, struct change *change)
{
	struct household *after = &change->after;
	take_text(&after->name, row->text[IMPORT_NAME]);
	take_text(&after->community, row->text[IMPORT_COMMUNITY]);
	take_text(&after->building, row->text[IMPORT_BUILDING]);
	take_text(&after->unit, row->text[IMPORT_UNIT]);
	take_text(&after->room, row->text[IMPORT_ROOM]);
	after->user_class = row->user_class ? row->user_class : after->user_class;
	after->population = row->population < 0 ? after->population : row->population;
	after->opened_on = row->opened_on.day == INT32_MIN ? after->opened_on : row->opened_on;
	if (change->has_person) {
		take_text(&change->person.identity_number, row->text[IMPORT_IDENTITY]);
		if (text_equal(change->person.name, change->before.name) || !change->before.name)
			take_text(&change->person.name, row->text[IMPORT_NAME]);
	}
	if (change->has_meter) {
		take_text(&change->meter.model, row->text[IMPORT_METER_MODEL]);
		if (row->text[IMPORT_METER_MODEL] &&
			!text_equal(change->meter.model, change->meter_before.model))
			change->meter.kind = meter_kind_of_text(change->meter.model);
		if (row->base_litre >= 0)
			change->meter.base_litre.litre = row->base_litre;
	}
}

/* Whether the phones of a text are all known and its first is the first. */
static bool phones_known(struct ctx *c, int64_t person_id, const char *text, bool *known)
{
	const char *phones[PERSON_PHONES_MOST], *kept;
	size_t count = person_phones(c->arena, text, phones);
	if (!person_phones_text(c, person_id, &kept))
		return false;
	const char *have[PERSON_PHONES_MOST];
	size_t have_count = kept ? person_phones(c->arena, kept, have) : 0;
	*known = true;
	for (size_t i = 0; i < count && *known; i++) {
		const char *form = text_phone_form(c->arena, phones[i]);
		bool found = false;
		for (size_t k = 0; k < have_count && !found; k++)
			found = (i > 0 || k == 0) && text_equal(form, text_phone_form(c->arena, have[k]));
		*known = found;
	}
	return true;
}

static bool check_meter(
	struct ctx *c, const struct import_target *target, struct import_row *row, struct change *change)
{
	const char *number = row->text[IMPORT_METER_NUMBER];
	if (!change->has_meter) {
		change->new_meter = number;
		return check_meter_free(c, target, row, change->before.id);
	}
	if (!number || text_equal(number, change->meter.number))
		return true;
	size_t zeros = strspn(change->meter.number, "0");
	if (zeros && is_bare_number(number) && strcmp(change->meter.number + zeros, number) == 0)
		row_fault(c->arena, row, IMPORT_METER_NUMBER,
			arena_format(c->arena,
				"像是丢了开头的 0（在用表号是 %s），请把该列设为文本后重新填写",
				change->meter.number));
	else
		row_fault(c->arena, row, IMPORT_METER_NUMBER,
			arena_format(c->arena, "该户在用表号是 %s；换表要有拆表读数，请在户档里办理",
				change->meter.number));
	return true;
}

static bool read_known(
	struct ctx *c, const struct import_target *target, struct import_row *row, struct change *change)
{
	if (change->before.status == HOUSEHOLD_CLOSED)
		row_fault(c->arena, row, IMPORT_NUMBER, "该户已销户，档案不再修改");
	change->after = change->before;
	change->has_person = change->before.person_id;
	if (change->has_person && !person_read(c, change->before.person_id, &change->person))
		return false;
	change->person_before = change->person;
	bool meter_told =
		row->text[IMPORT_METER_NUMBER] || row->text[IMPORT_METER_MODEL] || row->base_litre >= 0;
	if (meter_told && !meter_in_use(c, change->before.id, &change->meter, &change->has_meter))
		return false;
	change->meter_before = change->meter;
	if (meter_told && !change->has_meter && !row->text[IMPORT_METER_NUMBER])
		row_fault(c->arena, row, IMPORT_METER_NUMBER, "该户没有在用的表，请补上表号");
	lay_over(row, change);
	const char *phones = row->text[IMPORT_PHONE];
	bool known = true;
	if (phones && change->has_person && !phones_known(c, change->person.id, phones, &known))
		return false;
	change->new_phones = !known;
	change->new_person =
		!change->has_person && (phones || row->text[IMPORT_IDENTITY] || row->text[IMPORT_NAME]);
	return !meter_told || check_meter(c, target, row, change);
}

static bool household_differs(const struct household *a, const struct household *b)
{
	return !text_equal(a->name, b->name) || !text_equal(a->community, b->community) ||
	       !text_equal(a->building, b->building) || !text_equal(a->unit, b->unit) ||
	       !text_equal(a->room, b->room) || a->user_class != b->user_class ||
	       a->population != b->population || a->opened_on.day != b->opened_on.day;
}

static bool person_differs(const struct change *change)
{
	return change->has_person &&
	       (!text_equal(change->person.name, change->person_before.name) ||
		       !text_equal(change->person.identity_number, change->person_before.identity_number));
}

static bool meter_differs(const struct change *change)
{
	return change->has_meter &&
	       (!text_equal(change->meter.model, change->meter_before.model) ||
		       change->meter.base_litre.litre != change->meter_before.base_litre.litre);
}

static bool is_changed(const struct change *change)
{
	return household_differs(&change->before, &change->after) || person_differs(change) ||
	       meter_differs(change) || change->new_person || change->new_meter || change->new_phones;
}

static const char by_import[] = "导入";

static bool update_person(struct ctx *c, const struct import_target *target, const struct import_row *row,
	struct change *change)
{
	bool reached;
	if (change->new_person)
		return enter_person(c, target, row, &change->after);
	if (person_differs(change)) {
		if (!text_equal(change->person.identity_number, change->person_before.identity_number) &&
			!household_change_note(c, change->before.id, "identity_number",
				change->person_before.identity_number, change->person.identity_number,
				by_import))
			return false;
		if (!entity_update(c, &person_entity, &change->person))
			return false;
	}
	if (!change->new_phones)
		return true;
	if (!person_reach(c, change->person.id, row->text[IMPORT_PHONE], &reached))
		return false;
	struct person now;
	if (!person_read(c, change->person.id, &now))
		return false;
	change->after.phone = now.phone;
	return true;
}

static bool update_meter(struct ctx *c, const struct import_row *row, struct change *change)
{
	if (change->new_meter) {
		change->after.meter_number = row->text[IMPORT_METER_NUMBER];
		return enter_meter(c, row, &change->after);
	}
	if (!meter_differs(change))
		return true;
	char old_text[24], new_text[24];
	if (change->meter.base_litre.litre != change->meter_before.base_litre.litre &&
		!household_change_note(c, change->before.id, "base_litre",
			volume_text(change->meter_before.base_litre, old_text),
			volume_text(change->meter.base_litre, new_text), by_import))
		return false;
	return entity_update(c, &meter_entity, &change->meter);
}

static bool update(struct ctx *c, const struct import_target *target, const struct import_row *row,
	struct change *change)
{
	return update_person(c, target, row, change) && update_meter(c, row, change) &&
	       household_store(c, &change->before, &change->after, by_import, target->cache);
}

/* ---- either
 * ----------------------------------------------------------------------------------------------------------------
 */

bool import_apply(
	struct ctx *c, struct import_target *target, struct import_row *row, enum row_outcome *outcome)
{
	struct change change = { .has_person = false };
	bool found = false;
	*outcome = ROW_FAILED;
	if (row->faults) /* wrong by itself: not worth asking */
		return true;
	if (!household_of_number(c, target->company_id, row->text[IMPORT_NUMBER], &change.before, &found))
		return false;
	if (found ? !read_known(c, target, row, &change) : !check_new(c, target, row))
		return false;
	if (row->faults)
		return true;
	if (!found)
		*outcome = ROW_CREATED;
	else
		*outcome = is_changed(&change) ? ROW_UPDATED : ROW_UNCHANGED;
	if (target->dry_run || *outcome == ROW_UNCHANGED)
		return true;
	if (target->zeros_known == false && row->text[IMPORT_NUMBER][0] == '0')
		target->zeros_known = true;
	if (row->text[IMPORT_METER_NUMBER] && row->text[IMPORT_METER_NUMBER][0] == '0')
		target->meters_zero = true;
	return found ? update(c, target, row, &change) : create(c, target, row);
}
