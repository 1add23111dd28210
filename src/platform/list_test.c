/* list_test.c: walking a list gives each row once, whatever its keys; filters, fences, files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"
#include "platform/list.h"
#include "platform/server_internal.h"

enum { ROWS = 180, MAY_VIEW = 1 };

#define COLOURS(X) X(COLOUR_RED, "red", "红") X(COLOUR_BLUE, "blue", "蓝")
CHOICE_ENUM(colour, COLOURS);
static CHOICE_TABLE(colours, COLOURS);

struct row {
	int64_t id, org_id;
	const char *name, *phone;
	struct instant due_at;
	struct money amount_fen;
	enum colour colour;
};
static const struct field row_fields[] = {
	FIELD(row, id, "编号", .flags = BY_SERVER | SORTED),
	FIELD(row, org_id, "单位", .flags = FILTERED),
	FIELD(row, name, "名称", .flags = FILTERED | SORTED),
	FIELD(row, phone, "电话", .flags = SORTED, .personal = PERSONAL_PHONE),
	FIELD(row, due_at, "期限", .flags = FILTERED | SORTED),
	FIELD(row, amount_fen, "金额", .flags = SORTED),
	FIELD(row, colour, "颜色", .flags = FILTERED | SORTED, .choices = colours),
};
/* The table is called item: "row" is a word of SQL. */
static const struct entity row_entity = { .name = "item",
	.label = "明细",
	.size = sizeof(struct row),
	.fields = row_fields,
	.field_count = sizeof row_fields / sizeof *row_fields,
	.fence = "org_id",
	.default_sort = "-due_at" };

static const char tables[] =
	"-- @1 one\n"
	"CREATE TABLE org (id INTEGER PRIMARY KEY, path TEXT NOT NULL) STRICT;\n"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, org_id INTEGER, name TEXT, phone TEXT,"
	" due_at INTEGER, amount_fen INTEGER NOT NULL, colour TEXT) STRICT;\n"
	"INSERT INTO org (id, path) VALUES (1, '1.'), (2, '1.2.'), (3, '1.3.');\n";

/* Few different keys, many of them NULL. */
static int setup(void **state)
{
	static const char *const names[] = { NULL, "甲", "乙", "a", "A", "𠮷" };
	kit_setup_empty(state);
	struct ctx *c = kit_ctx(*state);
	if (!db_migrate(c, &(struct migration_source){ "item", tables }, 1) || !db_begin(c))
		return -1;
	srand(7);
	for (int64_t i = 1; i <= ROWS; i++) {
		struct row row = { .id = i * 3, .org_id = rand() % 2 + 2, .name = names[rand() % 6] };
		row.phone = rand() % 3 ? arena_format(c->arena, "1390000%04d", rand() % 4) : NULL;
		row.due_at.ms = rand() % 3 ? 1790778600000 + rand() % 4 * 1000 : 0;
		row.amount_fen.fen = rand() % 5;
		row.colour = (enum colour)(rand() % 3);
		if (!entity_insert(c, &row_entity, &row))
			return -1;
	}
	return db_commit(c) ? 0 : -1;
}

/* A call with a query, as the server would make it. */
static struct call *call_with(struct ctx *c, const char *query)
{
	struct call *call = arena_new_object(c->arena, struct call);
	struct http_request *http = arena_new_object(c->arena, struct http_request);
	http->query = arena_array(c->arena, struct query_parameter, PARAMETERS_IN_QUERY);
	char *text = arena_text(c->arena, query), *rest = NULL;
	for (char *part = strtok_r(text, "&", &rest); part; part = strtok_r(NULL, "&", &rest)) {
		char *equals = strchr(part, '=');
		*equals = '\0';
		http->query[http->query_count++] = (struct query_parameter){ part, equals + 1 };
	}
	call->http = http;
	call->out = arena_new_object(c->arena, struct json_out);
	*call->out = json_out_new(c->arena);
	return call;
}

static json_t *reply_of(struct ctx *c, const char *query, int permission)
{
	struct call *call = call_with(c, query);
	const struct list list = { .entity = &row_entity, .permission = permission };
	if (!list_reply(c, call, &list))
		return NULL;
	json_t *reply = json_loads(json_out_text(call->out), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(reply);
	return reply;
}

static const char *refusal(struct ctx *c, const char *query)
{
	assert_null(reply_of(c, query, 0));
	const char *problem = kit_problem(c);
	ctx_forgive(c);
	return problem;
}

static int64_t count_of(struct ctx *c, const char *query)
{
	json_t *reply = reply_of(c, query, 0);
	assert_non_null(reply);
	int64_t count = json_integer_value(json_object_get(reply, "count"));
	json_decref(reply);
	return count;
}

/* -1, 0, 1; NULL behind everything, whichever the direction. */
static int compare(const json_t *a, const json_t *b, bool descending)
{
	if (json_is_null(a) || json_is_null(b))
		return json_is_null(a) - json_is_null(b);
	int order;
	if (json_is_string(a))
		order = strcmp(json_string_value(a), json_string_value(b));
	else
		order = (json_integer_value(a) > json_integer_value(b)) -
			(json_integer_value(a) < json_integer_value(b));
	return descending ? -order : order;
}

static void walk_whole(struct ctx *c, const char *sort, int limit)
{
	bool seen[ROWS * 3 + 1] = { false }, descending = *sort == '-';
	const char *key = sort + descending;
	char query[1024] = "", next[512] = "";
	json_t *last = NULL;
	int total = 0;
	do {
		snprintf(query, sizeof query, "sort=%s&limit=%d&after=%s", sort, limit, next);
		json_t *reply = reply_of(c, query, 0), *items = json_object_get(reply, "items"), *item;
		size_t i;
		assert_non_null(reply);
		assert_true(json_array_size(items) <= (size_t)limit);
		json_array_foreach(items, i, item)
		{
			int64_t id = json_integer_value(json_object_get(item, "id"));
			assert_false(seen[id]);
			seen[id] = true;
			total++;
			/* A masked key cannot be compared; that all rows come once holds for it, too. */
			if (last && strcmp(key, "phone") != 0)
				assert_true(compare(json_object_get(last, key), json_object_get(item, key),
						    descending) <= 0);
			json_decref(last);
			last = json_incref(item);
		}
		const char *token = json_string_value(json_object_get(reply, "next"));
		snprintf(next, sizeof next, "%s", token ? token : "");
		json_decref(reply);
	} while (*next);
	json_decref(last);
	assert_int_equal(total, ROWS);
}

static void walking_all_pages_gives_each_row_once_in_order_with_equal_and_null_keys(void **state)
{
	static const char *const sorts[] = { "id", "-id", "name", "-name", "due_at", "-due_at", "amount_fen",
		"-amount_fen", "colour", "-colour", "phone", "-phone" };
	static const int limits[] = { 1, 7, 59, 60, 179, 180, 181, 500 };
	struct ctx *c = kit_ctx(*state);
	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
		for (size_t limit = i == 2 ? 0 : 1; limit < sizeof limits / sizeof *limits; limit++)
			walk_whole(c, sorts[i], limits[limit]);
}

static void the_count_and_the_rows_agree_under_every_filter(void **state)
{
	static const char *const filters[] = { "name=甲", "colour=red", "colour=red,blue", "org_id=2",
		"org_id=none", "due_at_from=2026-09-30T22:30:01%2B08:00", "due_at=2026-09-30T22:30:01+08:00",
		"due_at_from=2026-09-30T22:30:01+08:00&due_at_to=2026-09-30T22:30:03+08:00",
		"due_at_to=2026-09-30", "name=nobody", "name=甲' OR '1'='1" };
	struct ctx *c = kit_ctx(*state);
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		if (strchr(filters[i], '%'))
			continue;
		const char *query = arena_format(c->arena, "%s&limit=500&count=1", filters[i]);
		json_t *reply = reply_of(c, query, 0);
		assert_non_null(reply);
		assert_int_equal(json_array_size(json_object_get(reply, "items")),
			json_integer_value(json_object_get(reply, "count")));
		json_decref(reply);
	}
	int64_t red = count_of(c, "colour=red&count=1"), blue = count_of(c, "colour=blue&count=1");
	assert_true(red > 0 && blue > 0);
	assert_int_equal(count_of(c, "colour=red,blue&count=1"), red + blue);
	assert_int_equal(count_of(c, "name=甲' OR '1'='1&count=1"), 0);
}

static void what_a_list_does_not_know_is_refused_by_name(void **state)
{
	struct ctx *c = kit_ctx(*state);
	assert_string_equal(
		refusal(c, "colour=green&colr=red&limit=501"), "filter colour, unknown colr, range limit");
	assert_string_equal(refusal(c, "phone=13900000001"), "unknown phone");
	assert_string_equal(refusal(c, "sort=org_id"), "unknown sort");
	assert_string_equal(refusal(c, "sort=id;DROP TABLE item"), "unknown sort");
	assert_string_equal(refusal(c, "limit=0"), "range limit");
	assert_string_equal(refusal(c, "limit=ten"), "type limit");
	assert_string_equal(refusal(c, "after=!!!"), "format after");
	assert_string_equal(refusal(c, "after=AAAA"), "format after");
	assert_string_equal(refusal(c, "due_at_from=yesterday"), "filter due_at_from");
	assert_string_equal(refusal(c, "format=pdf"), "choice format");
}

static void a_place_of_one_order_is_refused_in_another(void **state)
{
	struct ctx *c = kit_ctx(*state);
	json_t *reply = reply_of(c, "sort=name&limit=5", 0);
	const char *token = json_string_value(json_object_get(reply, "next"));
	assert_string_equal(refusal(c, arena_format(c->arena, "sort=-name&after=%s", token)), "format after");
	json_decref(reply);
}

static void a_place_never_carries_a_personal_key(void **state)
{
	struct ctx *c = kit_ctx(*state);
	json_t *reply = reply_of(c, "sort=phone&limit=5", 0);
	const char *token = json_string_value(json_object_get(reply, "next"));
	char plain[512] = "";
	size_t length = 0;
	assert_non_null(token);
	/* Base64 of three bytes stands in four characters wherever it begins, so it is decoded and looked at.
	 */
	FILE *decode = popen(
		arena_format(c->arena, "printf '%%s===' '%s' | tr '_-' '/+' | base64 -d 2>/dev/null", token),
		"r");
	length = fread(plain, 1, sizeof plain - 1, decode);
	pclose(decode);
	assert_true(length > 5);
	assert_null(strstr(plain, "1390000"));
	json_decref(reply);
}

static void rows_beyond_the_fence_are_neither_listed_nor_counted(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct grant grant = { .org_id = 2, .org_path = "1.2." };
	permission_add(&grant.permissions, MAY_VIEW);
	const struct actor actor = { .kind = ACTOR_STAFF, .id = 1, .grants = &grant, .grant_count = 1 };
	int64_t expected = count_of(c, "org_id=2&count=1");
	c->actor = &actor;
	json_t *reply = reply_of(c, "limit=500&count=1", MAY_VIEW), *items = json_object_get(reply, "items"),
	       *item;
	size_t i;
	assert_int_equal(json_integer_value(json_object_get(reply, "count")), expected);
	assert_int_equal(json_array_size(items), expected);
	json_array_foreach(items, i, item)
		assert_int_equal(json_integer_value(json_object_get(item, "org_id")), 2);
	json_decref(reply);
	reply = reply_of(c, "limit=500&count=1&org_id=3", MAY_VIEW);
	assert_int_equal(json_integer_value(json_object_get(reply, "count")), 0);
	json_decref(reply);
	reply = reply_of(c, "limit=500&count=1", MAY_VIEW + 1);
	assert_int_equal(json_integer_value(json_object_get(reply, "count")), 0);
	json_decref(reply);
	c->actor = &system_actor;
}

static void groups_add_up_to_the_count(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct call *call = call_with(c, "name=甲");
	const struct list list = { .entity = &row_entity };
	assert_true(list_groups(c, call, &list, "colour"));
	json_t *reply = json_loads(json_out_text(call->out), 0, NULL), *group;
	size_t i;
	int64_t sum = 0;
	json_array_foreach(json_object_get(reply, "groups"), i, group) sum +=
		json_integer_value(json_object_get(group, "count"));
	assert_int_equal(sum, count_of(c, "name=甲&count=1"));
	json_decref(reply);
	assert_false(list_groups(c, call_with(c, ""), &list, "phone"));
	ctx_forgive(c);
}

static void the_file_has_a_line_for_each_row_and_no_full_phone(void **state)
{
	struct ctx *c = kit_ctx(*state);
	struct call *call = call_with(c, "format=csv&sort=name");
	assert_true(list_reply(c, call, &(struct list){ .entity = &row_entity }));
	FILE *file = fopen(call->file_path, "rb");
	char line[1024];
	int lines = 0;
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		if (lines++ == 0)
			assert_non_null(strstr(line, "金额（元）"));
		assert_null(strstr(line, "1390000"));
	}
	fclose(file);
	assert_int_equal(lines, ROWS + 1);
}

#define list_case(function) cmocka_unit_test_setup_teardown(function, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		list_case(walking_all_pages_gives_each_row_once_in_order_with_equal_and_null_keys),
		list_case(the_count_and_the_rows_agree_under_every_filter),
		list_case(what_a_list_does_not_know_is_refused_by_name),
		list_case(a_place_of_one_order_is_refused_in_another),
		list_case(a_place_never_carries_a_personal_key),
		list_case(rows_beyond_the_fence_are_neither_listed_nor_counted),
		list_case(groups_add_up_to_the_count),
		list_case(the_file_has_a_line_for_each_row_and_no_full_phone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
