/* demo_households.c: invented households, entered as an import enters them. */
#include "demo/demo.h"
#include "domain/customer/find/import.h"

enum {
	BATCH = 2000,
	ROOMS_A_FLOOR = 4,
	FLOORS = 6,
	UNITS = 4,
	HOUSEHOLDS_A_BUILDING = ROOMS_A_FLOOR * FLOORS * UNITS,
	BUILDINGS = 24
};

static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐",
	"孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于",
	"董", "萧", "程", "曹", "袁", "邓", "许", "傅" };
static const char *const given[] = { "示例", "试例", "例一", "例二", "例三", "例四", "例五", "例六", "示范",
	"样例", "例", "试" };
static const char *const firsts[] = { "阳光", "翠湖", "滨河", "锦绣", "和谐", "书香", "金桂", "紫薇", "春晓",
	"秋实", "清风", "明月", "云锦", "松柏", "梧桐", "海棠" };
static const char *const lasts[] = { "花园", "小区", "家园", "新村", "苑", "府", "名邸", "社区" };
static const char *const trades[] = { "示例餐馆", "示例食堂", "示例宾馆", "示例食品厂", "示例幼儿园" };

#define PICK(demo, list) ((list)[demo_random(demo, (int64_t)(sizeof(list) / sizeof *(list)))])

static void fill_address(struct arena *arena, int64_t index, struct import_row *row)
{
	int64_t building = index / HOUSEHOLDS_A_BUILDING, in_building = index % HOUSEHOLDS_A_BUILDING;
	int64_t community = building / BUILDINGS;
	int64_t in_unit = in_building % (ROOMS_A_FLOOR * FLOORS);
	size_t first = sizeof firsts / sizeof *firsts, last = sizeof lasts / sizeof *lasts;
	size_t place = (size_t)community;
	const char *series =
		place / (first * last) ? arena_format(arena, "%zu区", place / (first * last) + 1) : "";
	row->text[IMPORT_COMMUNITY] =
		arena_format(arena, "%s%s%s", firsts[place % first], lasts[place / first % last], series);
	row->text[IMPORT_BUILDING] = arena_format(arena, "%lld号楼", (long long)(building % BUILDINGS + 1));
	row->text[IMPORT_UNIT] =
		arena_format(arena, "%lld单元", (long long)(in_building / (ROOMS_A_FLOOR * FLOORS) + 1));
	row->text[IMPORT_ROOM] = arena_format(arena, "%lld%02lld", (long long)(in_unit / ROOMS_A_FLOOR + 1),
		(long long)(in_unit % ROOMS_A_FLOOR + 1));
}

static enum user_class draw_class(struct demo *demo)
{
	int64_t drawn = demo_random(demo, 100);
	return drawn < 86   ? CLASS_RESIDENT
	       : drawn < 94 ? CLASS_HEATING
	       : drawn < 97 ? CLASS_COMMERCIAL
	       : drawn < 98 ? CLASS_INDUSTRIAL
			    : CLASS_PUBLIC;
}

static void fill_row(struct demo *demo, struct arena *arena, int64_t index, struct import_row *row)
{
	long long n = (long long)index + 1;
	row->line = index + 2;
	row->user_class = draw_class(demo);
	bool home = row->user_class == CLASS_RESIDENT || row->user_class == CLASS_HEATING;
	row->text[IMPORT_NUMBER] = arena_format(arena, "3713%08lld", n);
	row->text[IMPORT_NAME] = home ? arena_format(arena, "%s%s", PICK(demo, surnames), PICK(demo, given))
				      : arena_format(arena, "%s%lld号", PICK(demo, trades), n);
	row->text[IMPORT_PHONE] = arena_format(arena, "154%08lld", n % 100000000);
	row->text[IMPORT_METER_NUMBER] = arena_format(arena, "00%010lld", n);
	row->text[IMPORT_METER_MODEL] = home ? "G2.5" : "G16";
	row->population = home ? 1 + demo_random(demo, 6) : -1;
	row->base_litre = demo_random(demo, 900000);
	row->opened_on = date_plus(instant_date(demo->now), -(int)(200 + demo_random(demo, 4000)));
	fill_address(arena, index, row);
}

static bool enter_batch(
	struct demo *demo, struct import_target *targets, struct arena *arena, int64_t from, int64_t to)
{
	struct ctx *c = demo->c;
	for (int i = 0; i < DEMO_CENTRES; i++) {
		if (!import_target_refresh(c, &targets[i]))
			return false;
	}
	for (int64_t index = from; index < to; index++) {
		/* Half in the first centre, a quarter in each of the others; a building lies in one centre.
		 */
		int64_t part = index / HOUSEHOLDS_A_BUILDING / BUILDINGS % 4;
		struct import_row row = { 0 };
		enum row_outcome outcome;
		fill_row(demo, arena, index, &row);
		if (!import_apply(c, &targets[part < 2 ? 0 : part - 1], &row, &outcome))
			return false;
		if (outcome != ROW_CREATED)
			return fail(c, INTERNAL, "演示户档第 %lld 行未能建立：%s", (long long)index + 1,
				row.faults ? row.faults->reason : "");
	}
	return true;
}

bool demo_households(struct demo *demo)
{
	struct ctx *c = demo->c;
	struct arena *own = c->arena, *batch = arena_new(64u << 20);
	struct import_target targets[DEMO_CENTRES] = { 0 };
	bool good = batch != NULL;
	for (int i = 0; i < DEMO_CENTRES; i++) {
		targets[i].org_id = demo->centre_ids[i];
		targets[i].company_id = demo->company_ids[i < 2 ? 0 : 1];
		targets[i].cache = address_cache_new(own);
	}
	for (int64_t from = 0; good && from < demo->households; from += BATCH) {
		int64_t to = from + BATCH < demo->households ? from + BATCH : demo->households;
		c->arena = batch;
		good = db_begin(c) && enter_batch(demo, targets, batch, from, to) && db_commit(c);
		if (!good)
			db_rollback(c);
		c->arena = own;
		if (good)
			arena_reset(batch);
	}
	if (!good && c->problem.detail)
		c->problem.detail = arena_text(own, c->problem.detail);
	arena_free(batch);
	return good;
}
