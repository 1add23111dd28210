/* person_contact.c: the phones under which a person is reached. */
#include <string.h>

#include "domain/customer/person/person.h"

/* ---- several numbers in one cell
 * ---------------------------------------------------------------------------- */

/* Length of the separator at `text`, 0 when it is none. */
static size_t separator(const char *text)
{
	static const char *const marks[] = { "/", ";", "；", "、", "，", "／", "|", "\n", NULL };
	for (size_t i = 0; marks[i]; i++)
		if (text_starts(text, marks[i]))
			return strlen(marks[i]);
	return 0;
}

static size_t split(struct arena *arena, const char *text, const char **phones, size_t limit)
{
	size_t count = 0;
	while (*text && count < limit) {
		size_t length = 0;
		while (text[length] && !separator(text + length))
			length++;
		const char *phone = text_trim(arena, arena_text_n(arena, text, length));
		if (*phone)
			phones[count++] = phone;
		text += length;
		text += *text ? separator(text) : 0;
	}
	return count;
}

size_t person_phones(struct arena *arena, const char *text, const char *phones[PERSON_PHONES_MOST])
{
	return split(arena, text, phones, PERSON_PHONES_MOST);
}

static const char not_a_phone[] = "电话号码不对：手机 11 位，固定电话带区号，如 0539-1234567";

const char *person_phone_fault_in(struct arena *arena, const char *text)
{
	const char *phones[PERSON_PHONES_MOST + 1];
	if (strchr(text, '*') || strstr(text, "＊"))
		return "电话里有星号，像是遮掩后的内容，请填写完整号码";
	if (text_is_scientific(text))
		return "电话被表格软件改成了科学计数法，请把该列设为文本后重新填写";
	size_t count = split(arena, text, phones, PERSON_PHONES_MOST + 1);
	if (count > PERSON_PHONES_MOST)
		return "电话太多，最多 8 个";
	for (size_t i = 0; i < count; i++)
		if (!text_is_phone(text_phone_form(arena, phones[i])))
			return not_a_phone;
	return count ? NULL : "电话里没有号码，请核对";
}

const char *person_phone_fault(const char *text)
{
	struct arena *arena = arena_new(1 << 16);
	const char *reason =
		arena ? person_phone_fault_in(arena, text) : not_a_phone; /* a literal: outlives the arena */
	arena_free(arena);
	return reason;
}

/* ---- entity
 * ------------------------------------------------------------------------------------------------- */

static const char *one_phone_fault(const char *text)
{
	size_t length = 0;
	while (text[length] && !separator(text + length))
		length++;
	return text[length] ? "这里只填一个电话，其余的请另外添加" : person_phone_fault(text);
}

static const struct field contact_fields[] = {
	FIELD(contact, id, "编号", .flags = BY_SERVER),
	FIELD(contact, person_id, "客户", .flags = BY_SERVER, .refers = "person"),
	FIELD(contact, company_id, "所属公司", .flags = BY_SERVER, .refers = "org"),
	FIELD(contact, phone, "电话", .flags = REQUIRED, .at_most = 40, .personal = PERSONAL_PHONE,
		.check = one_phone_fault),
	FIELD(contact, phone_form, "电话数字", .flags = BY_SERVER | SECRET),
	FIELD(contact, phone_back, "电话倒序", .flags = BY_SERVER | SECRET),
	FIELD(contact, label, "称呼", .at_most = 20, .help = "本人、家属、租户等"),
	FIELD(contact, is_first, "首选", .flags = IN_LIST),
};
const struct entity contact_entity = ENTITY(contact, "联系电话", contact_fields, .title = "phone");

static void work_out(struct ctx *c, struct contact *contact)
{
	contact->phone_form = text_phone_form(c->arena, contact->phone);
	size_t length = strlen(contact->phone_form);
	char *back = arena_text(c->arena, contact->phone_form);
	for (size_t i = 0; i < length; i++)
		back[i] = contact->phone_form[length - 1 - i];
	contact->phone_back = back;
}

/* ---- verbs
 * ---------------------------------------------------------------------------------------------------- */

bool contact_read(struct ctx *c, int64_t id, struct contact *contact)
{
	return entity_read(c, &contact_entity, id, contact);
}

/* The others step back; the person shows this one. */
static bool make_first(struct ctx *c, const struct contact *contact)
{
	return db_run(c, "UPDATE contact SET is_first = 0 WHERE person_id = $1 AND id <> $2 AND is_first = 1",
		       V(contact->person_id), V(contact->id)) &&
	       db_run(c, "UPDATE contact SET is_first = 1 WHERE id = $1", V(contact->id)) &&
	       db_run(c, "UPDATE person SET phone = $2, version = version + 1 WHERE id = $1",
		       V(contact->person_id), V(contact->phone));
}

bool contact_open(struct ctx *c, int64_t person_id, struct contact *contact)
{
	contact->id = db_new_id(c);
	contact->person_id = person_id;
	work_out(c, contact);
	return entity_insert(c, &contact_entity, contact);
}

bool contact_edit(struct ctx *c, struct contact *contact)
{
	work_out(c, contact);
	struct contact before;
	if (!contact_read(c, contact->id, &before))
		return false;
	if (before.is_first && !contact->is_first)
		return fault(c, "is_first", "first", "首选电话不能取消，请把另一个电话设为首选");
	return entity_update(c, &contact_entity, contact) && (!contact->is_first || make_first(c, contact));
}

bool contact_drop(struct ctx *c, int64_t id)
{
	struct contact contact;
	if (!contact_read(c, id, &contact))
		return false;
	if (contact.is_first)
		return fail(c, CONFLICT, "首选电话不能删除，请先把另一个电话设为首选");
	return db_run(c, "DELETE FROM contact WHERE id = $1", V(id));
}

static bool contacts_of(struct ctx *c, int64_t person_id, struct rows **rows)
{
	return entity_query(c, &contact_entity, rows,
		"WHERE person_id = $1 ORDER BY is_first DESC, id LIMIT 100", VALUES(V(person_id)));
}

enum { CONTACTS_MOST = 100 };

static bool read_contacts(struct ctx *c, int64_t person_id, struct contact *contacts, size_t *count)
{
	struct rows *rows;
	*count = 0;
	if (!contacts_of(c, person_id, &rows))
		return false;
	while (*count < CONTACTS_MOST && rows_next(rows))
		entity_row(rows, 0, &contact_entity, &contacts[(*count)++]);
	rows_close(rows);
	return !ctx_failed(c);
}

bool person_reach(struct ctx *c, int64_t person_id, const char *text, bool *changed)
{
	const char *phones[PERSON_PHONES_MOST];
	size_t wanted = person_phones(c->arena, text, phones), known;
	struct contact *contacts = arena_array(c->arena, struct contact, CONTACTS_MOST);
	struct person person;
	*changed = false;
	if (!read_contacts(c, person_id, contacts, &known) || !person_read(c, person_id, &person))
		return false;
	for (size_t i = 0; i < wanted; i++) {
		const char *form = text_phone_form(c->arena, phones[i]);
		struct contact *same = NULL;
		for (size_t k = 0; k < known && !same; k++)
			same = text_equal(contacts[k].phone_form, form) ? &contacts[k] : NULL;
		struct contact fresh = { .phone = phones[i], .company_id = person.company_id };
		if (!same) {
			*changed = true;
			same = &fresh;
			if (!contact_open(c, person_id, same))
				return false;
			if (known < CONTACTS_MOST)
				contacts[known++] = fresh;
		}
		if (i == 0 && !same->is_first) {
			*changed = true;
			if (!make_first(c, same))
				return false;
		}
	}
	return true;
}

bool person_phones_text(struct ctx *c, int64_t person_id, const char **text)
{
	struct rows *rows;
	struct text_builder all = { .arena = c->arena };
	*text = NULL;
	if (!db_query(c, &rows,
		    "SELECT phone FROM contact WHERE person_id = $1 ORDER BY is_first DESC, id LIMIT 8",
		    V(person_id)))
		return false;
	while (rows_next(rows)) {
		if (all.length)
			text_add(&all, "/");
		text_add(&all, rows_text(rows, 0));
	}
	if (all.length)
		*text = text_built(&all);
	return !ctx_failed(c);
}

bool person_contacts_write(
	struct ctx *c, int64_t person_id, bool unmasked, struct json_out *out, int64_t *count)
{
	struct rows *rows;
	*count = 0;
	out_array_open(out);
	if (person_id) {
		if (!contacts_of(c, person_id, &rows))
			return false;
		for (; rows_next(rows); (*count)++) {
			struct contact contact;
			entity_row(rows, 0, &contact_entity, &contact);
			entity_to_json(c, &contact_entity, &contact, unmasked, out);
		}
	}
	out_array_close(out);
	return !ctx_failed(c);
}

/* Last digits and whole numbers are the same search: a range of the reversed digits. */
static const char persons_by_phone[] =
	"SELECT person_id FROM contact WHERE company_id = $1 AND phone_back >= $2 AND phone_back < $3 "
	"ORDER BY phone_back, id LIMIT $4";

bool person_of_phone(
	struct ctx *c, int64_t company_id, const char *phone, int64_t *ids, size_t limit, size_t *count)
{
	struct contact probe = { .phone = phone };
	work_out(c, &probe);
	*count = 0;
	if (strlen(probe.phone_form) < PHONE_DIGITS_LEAST)
		return true;
	const char *end = arena_format(c->arena, "%s:", probe.phone_back); /* ':' follows '9' */
	struct rows *rows;
	if (!db_query(c, &rows, persons_by_phone, V(company_id), V(probe.phone_back), V(end),
		    V((int64_t)limit * 2)))
		return false;
	while (*count < limit && rows_next(rows)) {
		int64_t id = rows_int(rows, 0);
		bool known = false;
		for (size_t i = 0; i < *count; i++)
			known = known || ids[i] == id;
		if (!known)
			ids[(*count)++] = id;
	}
	rows_close(rows);
	return !ctx_failed(c);
}
