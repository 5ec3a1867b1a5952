/*
 * The smallest program that calls Kantor, built against an installed libkantor:
 *
 *   cc example.c $(pkg-config --cflags --libs kantor) -o example
 *   ./example CONFIG TEXT
 */
#include <kantor/echo/v1/echo.client.kt.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: example CONFIG TEXT\n");
        return 2;
    }
    kt_client_t *client = NULL;
    kt_status_t status = kt_client_from_config(argv[1], &client);
    if (kt_failed(status)) {
        fprintf(stderr, "%s: %s\n", argv[1], status.text);
        return 1;
    }
    kt_reply_t reply;
    status = kt_reply_init(&reply);
    if (!kt_failed(status)) {
        echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
        request.payload.data = (uint8_t *)argv[2];
        request.payload.len = strlen(argv[2]);
        const echo_echo_response_t *response = NULL;
        status = echo_echo_echo(client, NULL, &request, &reply, &response);
        if (kt_failed(status))
            fprintf(stderr, "%s: %s\n", kt_code_name(status.code), status.text);
        else
            printf("%.*s\n", (int)response->payload.len, (const char *)response->payload.data);
        kt_reply_fini(&reply);
    }
    kt_client_destroy(&client);
    return kt_failed(status) ? 1 : 0;
}
