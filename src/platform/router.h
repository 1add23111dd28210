/* router.h: from method and path to the route that answers. */
#ifndef QIFU_PLATFORM_ROUTER_H
#define QIFU_PLATFORM_ROUTER_H

#include "platform/module.h"

struct router;

/* A route where it was found, with its place in the metrics. */
struct routed {
	const struct route *route;
	const struct module *module; /* NULL: the platform's own */
	const char *path;	     /* whole, "/api/v1/households/{id}" */
	size_t index;
};

/* The platform's own routes and those of all modules. NULL with the mistake in `*error`: a path twice, a
 * permission with PUBLIC or none without, a parameter with two names. */
struct router *router_new(
	struct arena *arena, const struct module *const *modules, size_t count, const char **error);

size_t router_count(const struct router *router);
const struct routed *router_at(const struct router *router, size_t index);

struct router_match {
	const struct routed *routed; /* NULL: none for this method */
	unsigned methods;	     /* of the path, bits by method; 0: no such path */
	const char *parameter[ROUTE_PARAMETERS];
	int64_t id;
};
/* `path` is decoded; parameters are copied into `arena`. HEAD finds GET. */
void router_find(const struct router *router, struct arena *arena, const char *method, const char *path,
	struct router_match *match);
/* "GET, HEAD, POST" for the Allow header. */
const char *router_allow(struct arena *arena, unsigned methods);

/* platform_routes.c */
extern const struct route platform_routes[];
extern const size_t platform_route_count;

#endif
