/* gateway.c: SMS handed to an HTTP gateway by libcurl. */
#include "platform/gateway.h"

#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#include "platform/app.h"
#include "platform/json.h"

struct posting {
	CURL *curl;
	struct curl_slist *headers;
	size_t length;
	char answer[DELIVERY_ANSWER_LIMIT];
};

static void posting_release(void *handle)
{
	struct posting *posting = handle;
	curl_easy_cleanup(posting->curl);
	curl_slist_free_all(posting->headers);
	posting->curl = NULL;
	posting->headers = NULL;
}

/* The beginning of the answer is kept; the rest is let pass, up to what is decent. */
static size_t hear(char *bytes, size_t size, size_t count, void *data)
{
	struct posting *posting = data;
	for (size_t i = 0; i < size * count && posting->length < sizeof posting->answer - 1; i++)
		posting->answer[posting->length++] = bytes[i] ? bytes[i] : ' ';
	return size * count;
}

static bool json_of(struct ctx *c, const struct sms *sms, const char **text)
{
	const char *parameters = sms->parameters ? sms->parameters : "{}";
	json_t *parsed;
	if (!json_parse(c, parameters, strlen(parameters), &parsed) || !json_is_object(parsed)) {
		ctx_forgive(c);
		return fail(c, INVALID, "短信参数不是 JSON 对象，请检查短信模板");
	}
	struct json_out out = json_out_new(c->arena);
	out_object_open(&out);
	put_text(&out, "id", sms->id);
	put_text(&out, "phone", sms->phone);
	put_text(&out, "template", sms->template_code);
	out_key(&out, "parameters");
	out_raw(&out, parameters, strlen(parameters));
	put_text(&out, "text", sms->text);
	out_object_close(&out);
	*text = json_out_text(&out);
	return true;
}

static bool is_header_value(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text == 0x7F)
			return false;
	return true;
}

static bool check(struct ctx *c, const struct sms *sms)
{
	const char *token = c->app->config.sms_token;
	if (!text_is_phone(sms->phone ? sms->phone : ""))
		return fail(c, INVALID, "手机号码不对，请检查收信人的号码");
	if (!sms->id || !*sms->id || !is_header_value(sms->id))
		return fail(c, INTERNAL, "短信没有编号，请联系管理员");
	if (token && !is_header_value(token))
		return fail(c, INTERNAL, "短信网关的令牌里有空格或换行，请管理员检查 --sms-token");
	return true;
}

static bool add_header(struct posting *posting, const char *line)
{
	struct curl_slist *longer = curl_slist_append(posting->headers, line);
	if (longer)
		posting->headers = longer;
	return longer;
}

static bool set_up(struct ctx *c, struct posting *posting, const struct sms *sms, const char *body)
{
	const struct config *config = &c->app->config;
	CURL *curl = posting->curl = curl_easy_init();
	if (!curl || !add_header(posting, "Content-Type: application/json") ||
		!add_header(posting, "Expect:") ||
		!add_header(posting, arena_format(c->arena, "Idempotency-Key: %s", sms->id)) ||
		(config->sms_token && !add_header(posting, arena_format(c->arena, "Authorization: Bearer %s",
								   config->sms_token))))
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_URL, config->sms_url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, posting->headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, posting);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, 1L << 20);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)DELIVERY_CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)DELIVERY_SECONDS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	return true;
}

static enum delivery_result result_of(CURLcode code, long status)
{
	if (status >= 200 && status < 300)
		return DELIVERED; /* even if the rest of its answer was lost */
	if (code == CURLE_OK && status >= 400 && status < 500 && status != 429 && status != 408)
		return DELIVERY_PERMANENT;
	return DELIVERY_TEMPORARY;
}

bool gateway_send_sms(struct ctx *c, const struct sms *sms, enum delivery_result *result, const char **answer)
{
	const char *body;
	*result = DELIVERY_NOT_CONFIGURED;
	*answer = "未设置短信网关";
	if (!c->app->config.sms_url)
		return true;
	if (!check(c, sms) || !json_of(c, sms, &body))
		return false;
	struct posting *posting = arena_new_object(c->arena, struct posting);
	arena_defer(c->arena, posting_release, posting);
	if (!set_up(c, posting, sms, body))
		return false;
	CURLcode code = curl_easy_perform(posting->curl);
	long status = 0;
	curl_easy_getinfo(posting->curl, CURLINFO_RESPONSE_CODE, &status);
	*result = result_of(code, status);
	const char *said = status ? posting->answer : curl_easy_strerror(code);
	size_t length = strlen(said);
	while (length && !text_is_valid(said, length)) /* a character that was cut, or no text at all */
		length--;
	*answer = arena_format(c->arena, "%ld %.*s", status, (int)length, said);
	posting_release(posting);
	return true;
}
