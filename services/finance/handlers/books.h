/* books.h: the handlers of Books that service.c binds. */
#ifndef FIN_HANDLERS_BOOKS_H
#define FIN_HANDLERS_BOOKS_H

#include <kantor/finance/v1/books.kt.h>
#include <kt/call.h>

extern const fin_books_handlers_t fin_books_handlers;

#endif
