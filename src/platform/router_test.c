/* router_test.c: which route answers, and which tables are refused. */
#include <string.h>

#include "kit/kit.h"
#include "platform/router.h"

static bool nothing(struct ctx *c, struct call *call)
{
	(void)c, (void)call;
	return true;
}

static const struct route routes[] = {
	{ "GET", "/orders", nothing, 1, .summary = "list" },
	{ "GET", "/orders/{id}", nothing, 1, .summary = "one" },
	{ "GET", "/orders/open", nothing, 1, .summary = "open" },
	{ "GET", "/orders/{id}/lines/{line}", nothing, 1, .summary = "line" },
	{ "POST", "/orders/open/close", nothing, 1, .summary = "close" },
	{ "GET", "//free", nothing, .flags = PUBLIC, .summary = "absolute" },
};

static struct router *router_of(
	struct arena *arena, const struct route *list, size_t count, const char **error)
{
	struct module *module = arena_new_object(arena, struct module);
	const struct module **all = arena_array(arena, const struct module *, 1);
	*module = (struct module){ .name = "order", .label = "单", .routes = list, .route_count = count };
	all[0] = module;
	*error = NULL;
	return router_new(arena, all, 1, error);
}

static const char *found(
	struct arena *arena, const char *method, const char *path, struct router_match *match)
{
	const char *error;
	struct router *router = router_of(arena, routes, sizeof routes / sizeof *routes, &error);
	assert_non_null(router);
	router_find(router, arena, method, path, match);
	return match->routed ? match->routed->route->summary : match->methods ? "method" : "none";
}

static void a_literal_goes_before_a_parameter_and_a_dead_end_is_left_again(void **state)
{
	struct arena *arena = kit_ctx(*state)->arena;
	struct router_match match;
	assert_string_equal(found(arena, "GET", "/api/v1/orders", &match), "list");
	assert_string_equal(found(arena, "HEAD", "/api/v1/orders", &match), "list");
	assert_string_equal(found(arena, "GET", "/api/v1/orders/open", &match), "open");
	assert_string_equal(found(arena, "GET", "/api/v1/orders/17", &match), "one");
	assert_int_equal(match.id, 17);
	assert_string_equal(found(arena, "GET", "/api/v1/orders/17/lines/a b", &match), "line");
	assert_int_equal(match.id, 17);
	assert_string_equal(match.parameter[1], "a b");
	assert_string_equal(found(arena, "POST", "/api/v1/orders/17", &match), "method");
	assert_string_equal(found(arena, "GET", "/free", &match), "absolute");
	assert_string_equal(found(arena, "GET", "/api/v1/free", &match), "none");
	assert_string_equal(found(arena, "GET", "/api/v1/order", &match), "none");
	assert_string_equal(found(arena, "GET", "/api/v1//orders", &match), "none");
	assert_string_equal(found(arena, "GET", "/api/v1/orders/-1", &match), "none");
	assert_string_equal(found(arena, "GET", "/api/v1/orders/01", &match), "none");
}

static void a_wrong_table_is_refused_at_start(void **state)
{
	static const struct route wrong[][2] = {
		{ { "GET", "/a", nothing, 1, .summary = "" }, { "GET", "/a", nothing, 1, .summary = "" } },
		{ { "GET", "/a", nothing, 0, .summary = "" }, { "GET", "/b", nothing, 1, .summary = "" } },
		{ { "GET", "/a", nothing, 1, .flags = PUBLIC }, { "GET", "/b", nothing, 1, .summary = "" } },
		{ { "GET", "/a/{id}", nothing, 1, .summary = "" },
			{ "GET", "/a/{number}/x", nothing, 1, .summary = "" } },
		{ { "GET", "a", nothing, 1, .summary = "" }, { "GET", "/b", nothing, 1, .summary = "" } },
		{ { "BREW", "/a", nothing, 1, .summary = "" }, { "GET", "/b", nothing, 1, .summary = "" } },
		{ { "GET", "/a", NULL, 1, .summary = "" }, { "GET", "/b", nothing, 1, .summary = "" } },
	};
	struct arena *arena = kit_ctx(*state)->arena;
	const char *error;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_null(router_of(arena, wrong[i], 2, &error));
		assert_non_null(error);
	}
}

static void the_modules_of_this_program_make_a_table_without_mistakes(void **state)
{
	const char *error = NULL;
	assert_non_null(router_new(kit_ctx(*state)->arena, modules, module_count, &error));
	assert_null(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kit_test_empty(a_literal_goes_before_a_parameter_and_a_dead_end_is_left_again),
		kit_test_empty(a_wrong_table_is_refused_at_start),
		kit_test_empty(the_modules_of_this_program_make_a_table_without_mistakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
