/* crypto.h: digests, random bytes, passwords. */
#ifndef QIFU_PLATFORM_CRYPTO_H
#define QIFU_PLATFORM_CRYPTO_H

#include "platform/ctx.h"

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 65 };

/* GB/T 32905 SM3 and SHA-256. */
void sm3(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE]);
void sha256(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE]);
const char *digest_hex(const unsigned char digest[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE]);

struct digest; /* running SHA-256, for files */
struct digest *digest_begin(struct arena *arena);
void digest_add(struct digest *digest, const void *bytes, size_t length);
void digest_end(struct digest *digest, unsigned char out[DIGEST_SIZE]);

void hmac_sha256(
	const void *key, size_t key_length, const void *bytes, size_t length, unsigned char out[DIGEST_SIZE]);

void random_bytes(void *out, size_t length);
/* URL-safe text of `bytes` random bytes. */
char *random_token(struct arena *arena, size_t bytes);
bool equal_in_constant_time(const char *a, const char *b);

/* argon2id, libsodium's interactive limits (64 MiB); slow on purpose: workers only. */
bool password_hash(struct ctx *c, const char *password, const char **hash);
bool password_matches(const char *hash, const char *password);

#endif
