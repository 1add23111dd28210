/* mail.c: one message in the form of RFC 5322, handed over by libcurl. */
#include "platform/mail.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/text.h"
#include "platform/app.h"

enum { ADDRESS_LIMIT = 254, SUBJECT_LIMIT = 200, LINE_BYTES = 57, WORD_BYTES = 45 };

/* ---- the message ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_base64(struct text_builder *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i += 3) {
		unsigned char in[3] = { (unsigned char)text[i],
			i + 1 < length ? (unsigned char)text[i + 1] : 0,
			i + 2 < length ? (unsigned char)text[i + 2] : 0 };
		char four[4] = { alphabet[in[0] >> 2], alphabet[(in[0] & 3) << 4 | in[1] >> 4],
			i + 1 < length ? alphabet[(in[1] & 15) << 2 | in[2] >> 6] : '=',
			i + 2 < length ? alphabet[in[2] & 63] : '=' };
		text_add_n(out, four, 4);
	}
}

/* RFC 2047: words of at most 75 characters, each of whole UTF-8 characters. */
static void add_subject(struct text_builder *out, const char *subject)
{
	while (*subject) {
		const char *end = subject;
		for (const char *next = end; *next && (text_next(&next), next - subject <= WORD_BYTES);)
			end = next;
		text_add(out, "=?UTF-8?B?");
		add_base64(out, subject, (size_t)(end - subject));
		text_add(out, *end ? "?=\r\n " : "?=");
		subject = end;
	}
}

static void add_date(struct text_builder *out, struct instant at)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
		"Oct", "Nov", "Dec" };
	int year, month, day;
	struct date date = instant_date(at);
	int64_t seconds = instant_clock(at) / SECOND_MS;
	date_parts(date, &year, &month, &day);
	text_add_format(out, "Date: %s, %d %s %d %02d:%02d:%02d +0800\r\n", days[date_weekday(date) - 1], day,
		months[month - 1], year, (int)(seconds / 3600), (int)(seconds / 60 % 60),
		(int)(seconds % 60));
}

/* One plain address: nothing that could begin another header, another recipient or a command. */
static bool is_address(const char *text)
{
	const char *at = text ? strchr(text, '@') : NULL;
	if (!at || at == text || !at[1] || strchr(at + 1, '@') || strlen(text) > ADDRESS_LIMIT)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F ||
			strchr("<>()[],;:\\\"", *text))
			return false;
	return true;
}

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7F)
			return false;
	return true;
}

static bool check(struct ctx *c, const struct mail *mail)
{
	if (!is_address(mail->to))
		return fail(c, INVALID, "邮件地址不对，请检查收件人的邮箱");
	if (!mail->id || !*mail->id ||
		strspn(mail->id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") !=
			strlen(mail->id))
		return fail(c, INTERNAL, "邮件没有编号，请联系管理员");
	if (!mail->subject || !is_one_line(mail->subject) || strlen(mail->subject) > SUBJECT_LIMIT * 4 ||
		!text_is_valid(mail->subject, strlen(mail->subject)))
		return fail(c, INVALID, "邮件标题里有换行或无法识别的字，请修改");
	if (!mail->body || !text_is_valid(mail->body, strlen(mail->body)))
		return fail(c, INVALID, "邮件正文里有无法识别的字，请修改");
	if (!is_address(c->app->config.smtp_from))
		return fail(c, INTERNAL, "发件地址没有设置对，请管理员检查 --smtp-from");
	return true;
}

bool mail_text(struct ctx *c, const struct mail *mail, const char **text)
{
	struct text_builder out = { .arena = c->arena };
	if (!check(c, mail))
		return false;
	const char *from = c->app->config.smtp_from;
	add_date(&out, c->now);
	text_add_format(&out, "From: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s.qifu%s>\r\nSubject: ", from,
		mail->to, mail->id, strchr(from, '@'));
	add_subject(&out, mail->subject);
	text_add(&out, "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		       "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
	for (size_t at = 0, length = strlen(mail->body); at < length; at += LINE_BYTES) {
		add_base64(&out, mail->body + at, length - at < LINE_BYTES ? length - at : LINE_BYTES);
		text_add(&out, "\r\n");
	}
	*text = text_built(&out);
	return true;
}

/* ---- handing it over ---- */

struct handing {
	CURL *curl;
	struct curl_slist *to;
	const char *text;
	size_t left;
	char answer[DELIVERY_ANSWER_LIMIT]; /* the server's last line */
};

static void handing_release(void *handle)
{
	struct handing *handing = handle;
	curl_easy_cleanup(handing->curl);
	curl_slist_free_all(handing->to);
	handing->curl = NULL;
	handing->to = NULL;
}

static size_t give(char *to, size_t size, size_t count, void *data)
{
	struct handing *handing = data;
	size_t length = size * count < handing->left ? size * count : handing->left;
	memcpy(to, handing->text, length);
	handing->text += length;
	handing->left -= length;
	return length;
}

/* Strangers' bytes end in our database: printable ones only. */
static size_t hear(char *line, size_t size, size_t count, void *data)
{
	struct handing *handing = data;
	size_t length = 0;
	if (size * count > 3 && memcmp(line, "221", 3) == 0) /* the goodbye tells nothing */
		return size * count;
	for (size_t i = 0; i < size * count && length < sizeof handing->answer - 1; i++)
		if (line[i] >= ' ' && line[i] < 0x7F)
			handing->answer[length++] = line[i];
	handing->answer[length] = '\0';
	return size * count;
}

static bool holds_password(const char *url)
{
	const char *host = strstr(url, "://");
	return host && strchr(host, '@');
}

static bool set_up(struct ctx *c, struct handing *handing, const struct mail *mail)
{
	const struct config *config = &c->app->config;
	CURL *curl = handing->curl = curl_easy_init();
	handing->to = curl_slist_append(NULL, arena_format(c->arena, "<%s>", mail->to));
	if (!curl || !handing->to)
		return fail(c, UNAVAILABLE, "内存不足，请稍后再试");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_URL, config->smtp_url);
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
		(long)(holds_password(config->smtp_url) ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_format(c->arena, "<%s>", config->smtp_from));
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, handing->to);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(curl, CURLOPT_READDATA, handing);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, handing);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)DELIVERY_CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)DELIVERY_SECONDS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	return true;
}

bool mail_send(struct ctx *c, const struct mail *mail, enum delivery_result *result, const char **answer)
{
	const char *text;
	*result = DELIVERY_NOT_CONFIGURED;
	*answer = "未设置邮件服务器";
	if (!c->app->config.smtp_url)
		return true;
	if (!mail_text(c, mail, &text))
		return false;
	struct handing *handing = arena_new_object(c->arena, struct handing);
	handing->text = text;
	handing->left = strlen(text);
	arena_defer(c->arena, handing_release, handing);
	if (!set_up(c, handing, mail))
		return false;
	CURLcode code = curl_easy_perform(handing->curl);
	long status = 0;
	curl_easy_getinfo(handing->curl, CURLINFO_RESPONSE_CODE, &status);
	/* A 5xx to the login is our own setting, not this recipient: it may be put right. */
	bool refused = status >= 500 && status < 600 && code != CURLE_LOGIN_DENIED;
	*result = code == CURLE_OK ? DELIVERED : refused ? DELIVERY_PERMANENT : DELIVERY_TEMPORARY;
	*answer = arena_text(c->arena, handing->answer[0] && (code == CURLE_OK || status >= 400)
					       ? handing->answer
					       : curl_easy_strerror(code));
	handing_release(handing);
	return true;
}
