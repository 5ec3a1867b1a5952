/* capture.h: what a statement writes to standard error. */
#ifndef KANTOR_TESTS_CAPTURE_H
#define KANTOR_TESTS_CAPTURE_H

#include <stdio.h>
#include <unistd.h>

static char captured[8192];

/* Runs STATEMENT with standard error in a file, and leaves what it wrote in `captured`. */
#define CAPTURE(statement)                                                                         \
    do {                                                                                           \
        FILE *file_ = tmpfile();                                                                   \
        int saved_ = dup(STDERR_FILENO);                                                           \
        assert_true(file_ &&saved_ >= 0 && dup2(fileno(file_), STDERR_FILENO) >= 0);               \
        statement;                                                                                 \
        assert_true(dup2(saved_, STDERR_FILENO) >= 0);                                             \
        close(saved_);                                                                             \
        rewind(file_);                                                                             \
        captured[fread(captured, 1, sizeof(captured) - 1, file_)] = '\0';                          \
        fclose(file_);                                                                             \
    } while (0)

#endif
