/* router.c: a tree of path segments. A literal segment is tried before a parameter. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/router.h"

static const char *const method_names[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
enum { METHODS = 5, SEGMENTS_MOST = 16 };
static const char api_root[] = "/api/v1";

struct node {
	const char *segment; /* literal; NULL for a parameter */
	const char *parameter;
	struct node *children, *sibling;
	const struct routed *routes[METHODS];
	unsigned methods;
};

struct router {
	struct arena *arena;
	struct node root;
	struct routed *all;
	size_t count;
};

static int method_number(const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		return 0;
	for (int i = 0; i < METHODS; i++)
		if (strcmp(method, method_names[i]) == 0)
			return i;
	return -1;
}

/* ---- building --------------------------------------------------------------------------------------------
 */

static struct node *child_for(struct arena *arena, struct node *parent, const char *segment, size_t length)
{
	bool is_parameter = segment[0] == '{';
	struct node **link = &parent->children;
	for (; *link; link = &(*link)->sibling) {
		struct node *child = *link;
		if (is_parameter && !child->segment) {
			bool same = strlen(child->parameter) == length - 2 &&
				    memcmp(child->parameter, segment + 1, length - 2) == 0;
			return same ? child : NULL;
		}
		if (!is_parameter && child->segment && strlen(child->segment) == length &&
			memcmp(child->segment, segment, length) == 0)
			return child;
	}
	struct node *made = arena_new_object(arena, struct node);
	if (is_parameter)
		made->parameter = arena_text_n(arena, segment + 1, length - 2);
	else
		made->segment = arena_text_n(arena, segment, length);
	/* Literals stand in front of the parameter. */
	if (is_parameter) {
		*link = made;
	} else {
		made->sibling = parent->children;
		parent->children = made;
	}
	return made;
}

static const char *route_mistake(const struct route *route, int method)
{
	bool open = route->flags & (PUBLIC | ANY_STAFF);
	if (method < 0)
		return "没有这种方法";
	if (route->path[0] != '/')
		return "路径应当以 / 开头";
	if (!route->handle)
		return "没有处理函数";
	if (open == (route->permission != 0))
		return "权限与 PUBLIC、ANY_STAFF 必须恰有其一";
	if ((route->flags & PUBLIC) && (route->flags & ANY_STAFF))
		return "PUBLIC 与 ANY_STAFF 不能并用";
	return NULL;
}

static const char *add_route(struct router *router, struct routed *routed)
{
	struct node *node = &router->root;
	int method = method_number(routed->route->method), parameters = 0, segments = 0;
	const char *mistake = route_mistake(routed->route, method);
	if (mistake)
		return mistake;
	for (const char *at = routed->path; *at;) {
		size_t length = strcspn(++at, "/");
		if (at[0] == '{' && (length < 3 || at[length - 1] != '}' || ++parameters > ROUTE_PARAMETERS))
			return "路径参数有误";
		if (++segments > SEGMENTS_MOST)
			return "路径太长";
		node = child_for(router->arena, node, at, length);
		if (!node)
			return "同一位置的路径参数有两个名字";
		at += length;
	}
	if (node->routes[method])
		return "同一方法和路径声明了两次";
	node->routes[method] = routed;
	node->methods |= 1u << method;
	return NULL;
}

static const char *whole_path(struct arena *arena, const char *path)
{
	return strncmp(path, "//", 2) == 0 ? path + 1 : arena_format(arena, "%s%s", api_root, path);
}

static bool add_routes(struct router *router, const struct module *module, const struct route *routes,
	size_t count, const char **error)
{
	for (size_t i = 0; i < count; i++) {
		struct routed *routed = &router->all[router->count];
		*routed = (struct routed){ &routes[i], module, whole_path(router->arena, routes[i].path),
			router->count };
		router->count++;
		const char *mistake = add_route(router, routed);
		if (!mistake)
			continue;
		*error = arena_format(
			router->arena, "路由 %s %s：%s", routes[i].method, routed->path, mistake);
		return false;
	}
	return true;
}

struct router *router_new(
	struct arena *arena, const struct module *const *list, size_t count, const char **error)
{
	size_t routes = platform_route_count;
	for (size_t i = 0; i < count; i++)
		routes += list[i]->route_count;
	struct router *router = arena_new_object(arena, struct router);
	router->arena = arena;
	router->all = arena_array(arena, struct routed, routes);
	if (!add_routes(router, NULL, platform_routes, platform_route_count, error))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!add_routes(router, list[i], list[i]->routes, list[i]->route_count, error))
			return NULL;
	return router;
}

size_t router_count(const struct router *router)
{
	return router->count;
}

const struct routed *router_at(const struct router *router, size_t index)
{
	return &router->all[index];
}

/* ---- finding ---------------------------------------------------------------------------------------------
 */

struct walk {
	const char *segment[ROUTE_PARAMETERS];
	size_t length[ROUTE_PARAMETERS];
	const char *name[ROUTE_PARAMETERS];
	int count;
};

static const struct node *walk_down(const struct node *node, const char *rest, struct walk *walk)
{
	if (!*rest)
		return node->methods ? node : NULL;
	const char *segment = rest + 1;
	size_t length = strcspn(segment, "/");
	for (const struct node *child = node->children; length && child; child = child->sibling) {
		int before = walk->count;
		if (child->segment) {
			if (strncmp(child->segment, segment, length) != 0 || child->segment[length])
				continue;
		} else if (before < ROUTE_PARAMETERS) {
			walk->segment[before] = segment;
			walk->length[before] = length;
			walk->name[before] = child->parameter;
			walk->count++;
		}
		const struct node *found = walk_down(child, segment + length, walk);
		if (found)
			return found;
		walk->count = before;
	}
	return NULL;
}

/* 1 … 2^53-1 in plain digits; 0 when it is anything else, which no record has. */
static int64_t id_of(const char *text)
{
	int64_t id = 0;
	if (*text == '0' || strlen(text) > 16)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		id = id * 10 + (*text - '0');
	}
	return id < INT64_C(1) << 53 ? id : 0;
}

void router_find(const struct router *router, struct arena *arena, const char *method, const char *path,
	struct router_match *match)
{
	struct walk walk = { .count = 0 };
	*match = (struct router_match){ .methods = 0 };
	const struct node *node = walk_down(&router->root, path, &walk);
	if (!node)
		return;
	for (int i = 0; i < walk.count; i++) {
		match->parameter[i] = arena_text_n(arena, walk.segment[i], walk.length[i]);
		if (strcmp(walk.name[i], "id") != 0)
			continue;
		match->id = id_of(match->parameter[i]);
		if (!match->id) /* no record has such an id, so there is no such path */
			return;
	}
	match->methods = node->methods;
	int number = method_number(method);
	if (number >= 0)
		match->routed = node->routes[number];
}

const char *router_allow(struct arena *arena, unsigned methods)
{
	struct text_builder allow = { .arena = arena };
	for (int i = 0; i < METHODS; i++)
		if (methods & 1u << i)
			text_add_format(
				&allow, "%s%s", allow.length ? ", " : "", i ? method_names[i] : "GET, HEAD");
	return text_built(&allow);
}
