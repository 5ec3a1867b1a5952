/* databases.h: what the verbs about databases share. */
#ifndef CLI_IT_DATABASES_H
#define CLI_IT_DATABASES_H

#include "page.h"

#include <kantor/it/v1/databases.kt.h>

#define IT_DATABASES_METHOD(name) (&it_databases_service.methods[IT_DATABASES_##name])

/* Calls EACH for every database until it returns other than 0; DATABASE lives in the view's reply,
 * which EACH leaves alone. Returns what EACH did, or an exit code after saying why not. */
int it_each_database(it_page_t *view, int (*each)(it_page_t *view, const it_database_t *database));

#endif
