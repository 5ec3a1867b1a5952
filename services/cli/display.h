/* display.h: text as a terminal shows it. Needs LC_CTYPE to be a UTF-8 locale (cli_main sets
 * C.UTF-8). */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

#include <kt/span.h>
#include <stdio.h>

/* The columns TEXT takes when cli_display_put writes it. */
size_t cli_display_width(const char *text);
/* Writes TEXT; control characters and bytes that are not UTF-8 become '?', so that no text from
 * elsewhere can steer a terminal. */
void cli_display_put(FILE *out, const char *text);
/* The longest part of TEXT that takes at most SIZE bytes and ends between two characters. */
size_t cli_utf8_cut(const char *text, size_t size);
/* BYTES in hexadecimal: 2 * SIZE characters and a NUL. */
void cli_hex(const uint8_t *bytes, size_t size, char *out);

#endif
