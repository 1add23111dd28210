/* notify.c: writing notices into the outbox. */
#include <string.h>

#include "base/text.h"
#include "domain/core/notify/notify_internal.h"
#include "platform/events.h"

CHOICE_TABLE(channels, CHANNELS);
CHOICE_TABLE(outbox_states, OUTBOX_STATES);

struct contact {
	const char *phone, *mail;
};

static bool staff_contact(struct ctx *c, int64_t staff_id, struct contact *contact)
{
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT phone, mail FROM staff_contact WHERE staff_id = $1", V(staff_id)))
		return false;
	if (rows_next(rows))
		*contact = (struct contact){ rows_text(rows, 0), rows_text(rows, 1) };
	rows_close(rows);
	return !ctx_failed(c);
}

static void release_json(void *json)
{
	json_decref(json);
}

static json_t *parameters_json(struct ctx *c, const char *const *parameters)
{
	json_t *object = json_object();
	arena_defer(c->arena, release_json, object);
	for (size_t i = 0; parameters && parameters[i] && parameters[i + 1]; i += 2)
		json_object_set_new(object, parameters[i], json_string(parameters[i + 1]));
	return object;
}

static const char *json_line(struct ctx *c, const json_t *json)
{
	char *dumped = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	const char *text = dumped ? arena_text(c->arena, dumped) : "{}";
	free(dumped);
	return text;
}

static bool put(struct ctx *c, const struct notice *notice, enum channel channel, const char *address,
	const json_t *parameters)
{
	static const char insert[] =
		"INSERT INTO outbox (id, org_id, module, subject_id, staff_id, channel, address, "
		"template_code, title,"
		" body, parameters, urgent, state, attempts, next_at, once_key, recipient, created_at, "
		"delivered_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16, $17, $18)"
		" ON CONFLICT (once_key, channel, recipient) DO NOTHING";
	const struct template *template = template_of_code(c, notice->template_code);
	bool in_app = channel == CHANNEL_IN_APP;
	struct instant quiet = quiet_until(c->now), none = { 0 };
	struct instant next = !notice->urgent && quiet.ms ? quiet : c->now;
	const char *recipient = notice->staff_id
					? arena_format(c->arena, "staff:%lld", (long long)notice->staff_id)
					: address;
	int64_t id = db_new_id(c), touched = 0;
	if (!db_run_counting(c, &touched, insert, V(id), V(notice->org_id), V(notice->subject.module),
		    V_ID(notice->subject.id), V_ID(notice->staff_id), V(choice_code(channels, (int)channel)),
		    V(address), V(notice->template_code),
		    V(template_fill(c, template->title, parameters, false)),
		    V(template_fill(c, template->text, parameters, false)),
		    V(in_app ? NULL : json_line(c, parameters)), V(notice->urgent),
		    V(in_app ? "delivered" : "waiting"), V(in_app ? none : next), V(notice->once),
		    V(recipient), V(c->now), V(in_app ? c->now : none)))
		return false;
	if (in_app && touched == 1)
		event_emit(c, (struct event){
				      .kind = "notice.new", .subject_id = id, .staff_id = notice->staff_id });
	return true;
}

bool notify(struct ctx *c, const struct notice *notice)
{
	struct contact contact = { notice->phone, notice->mail };
	const json_t *parameters = parameters_json(c, notice->parameters);
	bool outside = (notice->channels & (NOTICE_MAIL | NOTICE_SMS)) != 0;
	if (notice->staff_id && outside && !staff_contact(c, notice->staff_id, &contact))
		return false;
	if ((notice->channels & NOTICE_IN_APP) && notice->staff_id &&
		!put(c, notice, CHANNEL_IN_APP, NULL, parameters))
		return false;
	if ((notice->channels & NOTICE_MAIL) && !text_is_blank(contact.mail) &&
		!put(c, notice, CHANNEL_MAIL, contact.mail, parameters))
		return false;
	if ((notice->channels & NOTICE_SMS) && !text_is_blank(contact.phone) &&
		!put(c, notice, CHANNEL_SMS, text_phone_form(c->arena, contact.phone), parameters))
		return false;
	return true;
}

/* People with the role at the unit or at the nearest unit above; when nobody above has it, those below. */
static bool people(
	struct ctx *c, const char *role, int64_t org_id, int64_t ids[ROLE_PEOPLE_MOST], size_t *count)
{
	static const char above[] =
		"SELECT DISTINCT r.staff_id, length(theirs.path) AS nearness FROM staff_role r"
		" JOIN org_tree theirs ON theirs.id = r.org_id JOIN org_tree mine ON mine.id = $2"
		" WHERE r.role = $1 AND substr(mine.path, 1, length(theirs.path)) = theirs.path"
		" ORDER BY nearness DESC, r.staff_id LIMIT $3";
	static const char below[] =
		"SELECT DISTINCT r.staff_id, 0 FROM staff_role r JOIN org_tree theirs ON theirs.id = r.org_id"
		" JOIN org_tree mine ON mine.id = $2"
		" WHERE r.role = $1 AND substr(theirs.path, 1, length(mine.path)) = mine.path"
		" ORDER BY r.staff_id LIMIT $3";
	*count = 0;
	for (int pass = 0; pass < 2 && *count == 0; pass++) {
		struct rows *rows;
		int64_t nearness = -1;
		if (!db_query(c, &rows, pass == 0 ? above : below, V(role), V(org_id),
			    V((int)ROLE_PEOPLE_MOST)))
			return false;
		while (rows_next(rows) && *count < ROLE_PEOPLE_MOST) {
			if (nearness >= 0 && rows_int(rows, 1) != nearness)
				break;
			nearness = rows_int(rows, 1);
			ids[(*count)++] = rows_int(rows, 0);
		}
		rows_close(rows);
		if (ctx_failed(c))
			return false;
	}
	return true;
}

bool notify_role(struct ctx *c, const char *role, int64_t org_id, const struct notice *notice, int64_t *told)
{
	int64_t ids[ROLE_PEOPLE_MOST];
	size_t count;
	if (told)
		*told = 0;
	if (!people(c, role, org_id, ids, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct notice one = *notice;
		one.staff_id = ids[i];
		one.phone = one.mail = NULL;
		if (!notify(c, &one))
			return false;
	}
	if (told)
		*told = (int64_t)count;
	return true;
}
