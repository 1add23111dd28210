/* log.h: one JSON object a line on standard error. Never personal data, passwords, tokens or bodies. */
#ifndef QIFU_PLATFORM_LOG_H
#define QIFU_PLATFORM_LOG_H

enum log_level { LOG_INFO, LOG_WARN, LOG_ERROR };

/* log_line(LOG_WARN, "db", "busy", "statement", sql, "code", "5", NULL): further keys and values in pairs,
 * NULL at the end. */
void log_line(enum log_level level, const char *part, const char *message, ...) __attribute__((sentinel));

#endif
