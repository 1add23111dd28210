/* db_statements.c: prepared statements of one connection, kept by their text, the least used thrown out. */
#include <stdlib.h>
#include <string.h>

#include "platform/db_engine.h"

/* FNV over eight bytes at a time: texts are long and looked up for every statement. */
static uint64_t text_hash(const char *text, size_t length)
{
	const uint64_t prime = UINT64_C(0x9E3779B97F4A7C15);
	uint64_t hash = prime ^ length;
	for (; length >= 8; text += 8, length -= 8) {
		uint64_t piece;
		memcpy(&piece, text, 8);
		hash = (hash ^ piece) * prime;
		hash ^= hash >> 29;
	}
	uint64_t rest = 0;
	memcpy(&rest, text, length);
	hash = (hash ^ rest) * prime;
	return hash ^ (hash >> 32);
}

static void unlink_use(struct statements *statements, struct statement *statement)
{
	*(statement->newer ? &statement->newer->older : &statements->newest) = statement->older;
	*(statement->older ? &statement->older->newer : &statements->oldest) = statement->newer;
	statement->newer = statement->older = NULL;
}

static void link_newest(struct statements *statements, struct statement *statement)
{
	statement->older = statements->newest;
	*(statements->newest ? &statements->newest->newer : &statements->oldest) = statement;
	statements->newest = statement;
}

struct statement *statement_find(struct conn *conn, const char *sql, size_t length,
	bool (*fits)(const struct statement *statement, const struct value *values),
	const struct value *values)
{
	struct statements *statements = &conn->statements;
	uint64_t hash = text_hash(sql, length);
	struct statement *statement = statements->buckets[hash % STATEMENT_BUCKETS];
	for (; statement; statement = statement->chain) {
		if (statement->hash != hash || statement->length != length || statement->busy ||
			memcmp(statement->sql, sql, length) != 0)
			continue;
		if (fits && !fits(statement, values))
			continue;
		if (statements->newest != statement) {
			unlink_use(statements, statement);
			link_newest(statements, statement);
		}
		return statement;
	}
	return NULL;
}

void statement_forget(struct conn *conn, struct statement *statement)
{
	struct statements *statements = &conn->statements;
	struct statement **link = &statements->buckets[statement->hash % STATEMENT_BUCKETS];
	while (*link != statement)
		link = &(*link)->chain;
	*link = statement->chain;
	unlink_use(statements, statement);
	statements->count--;
	statements->release(conn, statement);
	free(statement->order);
	free(statement->types);
	free(statement);
}

static void make_room(struct conn *conn)
{
	struct statement *statement = conn->statements.oldest;
	while (statement && conn->statements.count >= STATEMENTS_MOST) {
		struct statement *newer = statement->newer;
		if (!statement->busy)
			statement_forget(conn, statement);
		statement = newer;
	}
}

struct statement *statement_add(struct conn *conn, const char *sql, size_t length)
{
	make_room(conn);
	struct statement *statement = calloc(1, sizeof *statement + length + 1);
	if (!statement)
		return NULL;
	statement->sql = (char *)(statement + 1);
	memcpy(statement->sql, sql, length);
	statement->length = length;
	statement->hash = text_hash(sql, length);
	struct statements *statements = &conn->statements;
	statement->chain = statements->buckets[statement->hash % STATEMENT_BUCKETS];
	statements->buckets[statement->hash % STATEMENT_BUCKETS] = statement;
	link_newest(statements, statement);
	statements->count++;
	return statement;
}

void statements_clear(struct conn *conn)
{
	while (conn->statements.oldest)
		statement_forget(conn, conn->statements.oldest);
}
