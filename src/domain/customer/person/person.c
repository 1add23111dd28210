/* person.c: persons. Their phones are in person_contact.c, merging in person_merge.c. */
#include "domain/customer/person/person.h"

#include <string.h>

#include "domain/organisation/org/org.h"
#include "platform/search.h"

CHOICE_TABLE(person_kinds, PERSON_KINDS);

/* ---- checks
 * ------------------------------------------------------------------------------------------------ */

const char *person_name_fault(const char *text)
{
	if (strchr(text, '*') || strstr(text, "＊"))
		return "姓名里有星号，像是遮掩后的内容，请填写完整姓名";
	return NULL;
}

static bool is_digits(const char *text, size_t length)
{
	return length > 0 && strspn(text, "0123456789") == length;
}

static bool is_letter(char letter)
{
	return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
}

/* Passport, residence and travel permits: one to three letters and six to ten digits. */
static bool is_permit(const char *text, size_t length)
{
	size_t letters = 0;
	while (letters < 3 && is_letter(text[letters]))
		letters++;
	return letters > 0 && length - letters >= 6 && length - letters <= 10 &&
	       is_digits(text + letters, length - letters);
}

const char *person_identity_fault(const char *text)
{
	size_t length = strlen(text);
	if (strchr(text, '*') || strstr(text, "＊"))
		return "证件号码里有星号，像是遮掩后的内容，请填写完整号码";
	if (text_is_scientific(text))
		return "证件号码被表格软件改成了科学计数法，请把该列设为文本后重新填写";
	if (length == 18)
		return text_is_identity_number(text) || text_is_credit_code(text)
			       ? NULL
			       : "证件号码的校验位不对，请核对身份证号或统一社会信用代码";
	if ((length == 15 && is_digits(text, length)) || is_permit(text, length))
		return NULL;
	return "证件号码应为 18 位身份证号或统一社会信用代码，请核对";
}

/* ---- entity
 * ------------------------------------------------------------------------------------------------- */

static const struct field person_fields[] = {
	FIELD(person, id, "编号", .flags = BY_SERVER),
	FIELD(person, org_id, "所属单位", .flags = FIXED | FILTERED, .refers = "org"),
	FIELD(person, company_id, "所属公司", .flags = BY_SERVER | FILTERED, .refers = "org"),
	FIELD(person, kind, "类别", .flags = REQUIRED | FILTERED | IN_LIST, .choices = person_kinds),
	FIELD(person, name, "姓名", .flags = REQUIRED | IN_LIST, .at_most = 100, .personal = PERSONAL_NAME,
		.check = person_name_fault),
	FIELD(person, identity_number, "证件号码", .flags = IN_LIST, .at_most = 18,
		.personal = PERSONAL_IDENTITY, .check = person_identity_fault),
	FIELD(person, phone, "联系电话", .flags = IN_LIST, .at_most = 200, .personal = PERSONAL_PHONE,
		.check = person_phone_fault, .help = "几个号码之间用 / 分开，第一个为首选"),
	FIELD(person, is_key_account, "大客户", .flags = FILTERED | IN_LIST),
	FIELD(person, is_vulnerable, "需要照顾", .flags = FILTERED | IN_LIST, .help = "独居老人、残疾人等"),
	FIELD(person, merged_into_id, "已并入", .flags = BY_SERVER, .refers = "person"),
	FIELD(person, created_at, "建档时间", .flags = BY_SERVER),
	FIELD(person, version, "版本", .flags = BY_SERVER),
};
const struct entity person_entity =
	ENTITY(person, "客户", person_fields, .fence = "org_id", .default_sort = "id", .title = "name");

/* ---- verbs
 * ---------------------------------------------------------------------------------------------------- */

bool person_read(struct ctx *c, int64_t id, struct person *person)
{
	return entity_read(c, &person_entity, id, person);
}

/* The company a unit belongs to; the unit itself where there is none (a group's own customers). */
static bool company_of(struct ctx *c, int64_t org_id, int64_t *company_id)
{
	struct org org;
	if (!org_id)
		return fault(c, "org_id", "required", "请选择所属单位");
	if (!org_read(c, org_id, &org))
		return false;
	*company_id = org.company_id ? org.company_id : org.id;
	return true;
}

bool person_enter(struct ctx *c, struct person *person)
{
	const char *phones[PERSON_PHONES_MOST];
	size_t count = person->phone ? person_phones(c->arena, person->phone, phones) : 0;
	person->phone = count ? phones[0] : NULL;
	person->id = db_new_id(c);
	person->created_at = c->now;
	person->version = 1;
	if (!entity_insert(c, &person_entity, person))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct contact contact = { .person_id = person->id,
			.company_id = person->company_id,
			.phone = phones[i],
			.is_first = i == 0 };
		if (!contact_open(c, person->id, &contact))
			return false;
	}
	return true;
}

bool person_open(struct ctx *c, struct person *person)
{
	return company_of(c, person->org_id, &person->company_id) && person_enter(c, person) &&
	       search_replace(c, person->company_id, SEARCH_PERSON_NAME, person->id, NULL, person->name);
}

bool person_edit(struct ctx *c, struct person *person)
{
	struct person before;
	if (!person_read(c, person->id, &before))
		return false;
	if (before.merged_into_id)
		return fail(c, CONFLICT, "客户 %s 已并入其他客户，不能再修改",
			personal_mask(c, PERSONAL_NAME, before.name));
	const char *phones = person->phone;
	const char *several[PERSON_PHONES_MOST];
	size_t count = phones ? person_phones(c->arena, phones, several) : 0;
	person->phone = count ? several[0] : before.phone;
	if (!entity_update(c, &person_entity, person))
		return false;
	bool changed;
	if (count && !person_reach(c, person->id, phones, &changed))
		return false;
	return text_equal(before.name, person->name) ||
	       search_replace(
		       c, person->company_id, SEARCH_PERSON_NAME, person->id, before.name, person->name);
}

bool person_move(struct ctx *c, int64_t id, int64_t org_id)
{
	return db_run(c,
		"UPDATE person SET org_id = $2, version = version + 1 WHERE id = $1 AND org_id <> $2", V(id),
		V(org_id));
}
