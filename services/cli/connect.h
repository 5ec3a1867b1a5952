/* connect.h: the connection of a command, and how failures are told. */
#ifndef CLI_CONNECT_H
#define CLI_CONNECT_H

#include "cli.h"

#include <kt/client.h>

/* Opens cli->client once, from --config or $KANTOR_CONFIG. 0, or an exit code after saying why not.
 */
int cli_connect(cli_t *cli);
void cli_disconnect(cli_t *cli);
/* The path of the configuration that cli_connect uses; NULL after saying that there is none. */
const char *cli_config(cli_t *cli);

/* Whether what DEPARTMENT tells is to be followed again, now, after a stream of it ended as REPLY
 * says. One that was handed on, because a program is being replaced, is followed again at once and
 * without a word; when somebody is away that is said, and there is a pause. */
bool cli_follow_again(const cli_t *cli, const kt_reply_t *reply, const char *department);

/* Options for a call of this command: its --timeout, and DEPARTMENT or NULL. */
kt_call_options_t cli_call_options(const cli_t *cli, const char *department);

/* Says on cli->err why a call failed: code, reason, text, the field, when to try again, and what to
 * do. WHAT is what was tried. Returns the exit code. */
int cli_report(const cli_t *cli, const char *what, const kt_reply_t *reply);
/* The same for a status that no reply belongs to. */
int cli_report_status(const cli_t *cli, const char *what, kt_status_t status);

#endif
