/* ctx.c: how things fail. */
#include <stdarg.h>

#include "platform/ctx.h"
#include "platform/log.h"

bool ctx_failed(const struct ctx *c)
{
	return c->problem.code != NO_PROBLEM;
}

void ctx_forgive(struct ctx *c)
{
	c->problem = (struct problem){ .code = NO_PROBLEM };
}

bool fail(struct ctx *c, enum problem_code code, const char *format, ...)
{
	if (ctx_failed(c)) {
		/* The format only: what is put into it may be personal. */
		log_line(LOG_INFO, "ctx", "a further problem", "detail", format, "request", c->request_id,
			NULL);
		return false;
	}
	c->problem.code = code;
	if (!c->arena) { /* the platform's own clean-up runs without one */
		c->problem.detail = "";
		return false;
	}
	va_list arguments;
	va_start(arguments, format);
	c->problem.detail = arena_format_v(c->arena, format, arguments);
	va_end(arguments);
	return false;
}

bool fault(struct ctx *c, const char *field, const char *code, const char *format, ...)
{
	struct problem *problem = &c->problem;
	if (!c->arena)
		return fail(c, INVALID, "%s", code);
	struct fault *made = arena_new_object(c->arena, struct fault);
	made->field = arena_text(c->arena, field);
	made->code = code;
	va_list arguments;
	va_start(arguments, format);
	made->detail = arena_format_v(c->arena, format, arguments);
	va_end(arguments);
	if (!problem->faults)
		problem->last_fault = &problem->faults;
	*problem->last_fault = made;
	problem->last_fault = &made->next;
	if (!ctx_failed(c)) {
		problem->code = INVALID;
		problem->detail = "有填写不对的地方，请按提示改正";
	}
	return false;
}
