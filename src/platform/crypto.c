/* crypto.c: OpenSSL for digests, libsodium for random bytes and passwords. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "platform/crypto.h"
#include "platform/log.h"

/* Without working cryptography nothing this program says can be believed. */
static void must(bool good)
{
	if (good)
		return;
	log_line(LOG_ERROR, "crypto", "the cryptographic library failed", NULL);
	abort();
}

void sm3(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE])
{
	must(EVP_Digest(bytes, length, digest, NULL, EVP_sm3(), NULL) == 1);
}

void sha256(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE])
{
	must(EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) == 1);
}

const char *digest_hex(const unsigned char digest[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE])
{
	return sodium_bin2hex(hex, DIGEST_HEX_SIZE, digest, DIGEST_SIZE);
}

struct digest {
	EVP_MD_CTX *state;
};

static void digest_release(void *handle)
{
	EVP_MD_CTX_free(handle);
}

struct digest *digest_begin(struct arena *arena)
{
	struct digest *digest = arena_new_object(arena, struct digest);
	digest->state = EVP_MD_CTX_new();
	must(digest->state && EVP_DigestInit_ex(digest->state, EVP_sha256(), NULL) == 1);
	arena_defer(arena, digest_release, digest->state);
	return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t length)
{
	must(EVP_DigestUpdate(digest->state, bytes, length) == 1);
}

void digest_end(struct digest *digest, unsigned char out[DIGEST_SIZE])
{
	must(EVP_DigestFinal_ex(digest->state, out, NULL) == 1);
}

void hmac_sha256(
	const void *key, size_t key_length, const void *bytes, size_t length, unsigned char out[DIGEST_SIZE])
{
	must(HMAC(EVP_sha256(), key_length ? key : "", (int)key_length, bytes, length, out, NULL) != NULL);
}

void random_bytes(void *out, size_t length)
{
	must(sodium_init() >= 0);
	randombytes_buf(out, length);
}

enum { TOKEN_BYTES_MOST = 128 };

char *random_token(struct arena *arena, size_t bytes)
{
	unsigned char random[TOKEN_BYTES_MOST];
	must(bytes <= sizeof random);
	random_bytes(random, bytes);
	size_t size = sodium_base64_ENCODED_LEN(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *token = arena_alloc(arena, size);
	return sodium_bin2base64(token, size, random, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool equal_in_constant_time(const char *a, const char *b)
{
	size_t length = strlen(a);
	return length == strlen(b) && CRYPTO_memcmp(a, b, length) == 0;
}

bool password_hash(struct ctx *c, const char *password, const char **hash)
{
	char *out = arena_alloc(c->arena, crypto_pwhash_STRBYTES);
	must(sodium_init() >= 0);
	if (crypto_pwhash_str_alg(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
		    crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return fail(c, UNAVAILABLE, "系统内存不足，请稍后再试");
	*hash = out;
	return true;
}

bool password_matches(const char *hash, const char *password)
{
	must(sodium_init() >= 0);
	return hash && crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}
