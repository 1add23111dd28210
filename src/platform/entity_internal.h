/* entity_internal.h: between the parts of entity*.c, list.c and openapi.c. */
#ifndef QIFU_PLATFORM_ENTITY_INTERNAL_H
#define QIFU_PLATFORM_ENTITY_INTERNAL_H

#include <string.h>

#include "platform/entity.h"

enum { ENTITY_FIELDS_MOST = 128 };

static inline bool field_is_stored(const struct field *field)
{
	return !(field->flags & NOT_STORED);
}

/* A number that names another record: 0 is "none", in SQL and in JSON. */
static inline bool field_is_reference(const struct field *field)
{
	size_t length = strlen(field->name);
	return field->kind == FIELD_NUMBER &&
	       (field->refers || (length > 3 && strcmp(field->name + length - 3, "_id") == 0));
}

static inline void *field_at(const struct field *field, void *record)
{
	return (char *)record + field->offset;
}
static inline const void *field_of(const struct field *field, const void *record)
{
	return (const char *)record + field->offset;
}

/* The bounds that hold, when the table leaves them out. */
int64_t field_most(const struct field *field);
const struct field *entity_field(const struct entity *entity, const char *name); /* NULL: no such field */
struct value field_value(const struct field *field, const void *record);
void field_from_row(struct rows *rows, int column, const struct field *field, void *record);
/* -1 when there is none. */
int64_t entity_version(const struct entity *entity, const void *record);

#endif
