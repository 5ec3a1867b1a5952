/* config.h: a department's configuration file, in ZPL (https://rfc.zeromq.org/spec/4/) through
 * czmq. */
#ifndef KT_SERVICE_CONFIG_H
#define KT_SERVICE_CONFIG_H

#include <kt/log.h>
#include <kt/shell.h>

#define KT_CONFIG_TEXT_MAX 512

typedef struct kt_config {
    kt_shell_options_t shell;
    kt_log_level_t log;
    kt_log_format_t log_format;
    char trouble[KT_CONFIG_TEXT_MAX]; /* private: what the status of a failure borrows */
} kt_config_t;

/* Reads and checks PATH; what it does not say has its usual value. Relative paths inside are
 * relative to the file's folder. INVALID_ARGUMENT with a text that names the file, the setting and
 * what is wrong; unknown settings are refused. The caller ends it with kt_config_fini, also after a
 * failure. HAS_STORE: the department keeps one. */
kt_status_t kt_config_load(kt_config_t *config, const char *path, bool has_store);
void kt_config_fini(kt_config_t *config);

#define KT_CONFIG_FIXED_MAX 128
/* The settings, divided by blanks, in which READ differs from RUNNING and that only a restart
 * changes. What remains is log, log-format, and what kt_shell_reload takes. */
void kt_config_fixed(const kt_config_t *running, const kt_config_t *read,
                     char names[KT_CONFIG_FIXED_MAX]);

/* What the file may say, for --help. */
extern const char kt_config_help[];

#endif
