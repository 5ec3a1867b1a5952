#include "method_name.h"

kt_span_t
cli_path_department(const char *path)
{
    return kt_span(path, strcspn(path, "/"));
}

kt_span_t
cli_path_service(const char *path)
{
    path += strcspn(path, "/");
    path += *path == '/';
    return kt_span(path, strcspn(path, "/"));
}

/* Whether TEXT ends in NAME, and there at the beginning of a word; '.' in NAME is as good as '/'.
 */
static bool
ends_in(const char *text, const char *name)
{
    size_t size = strlen(text), tail = strlen(name);
    if (tail == 0 || tail > size)
        return false;
    const char *at = text + size - tail;
    for (size_t i = 0; i < tail; i++)
        if (at[i] != name[i] && !(at[i] == '/' && name[i] == '.'))
            return false;
    return at == text || at[-1] == '.' || at[-1] == '/' || name[0] == '/';
}

bool
cli_method_is(const char *path, const char *name)
{
    return strcmp(path, name) == 0 || (path[0] == '/' && strcmp(path + 1, name) == 0);
}

bool
cli_method_matches(const char *path, const char *name)
{
    if (cli_method_is(path, name) || ends_in(path, name))
        return true;
    kt_span_t department = cli_path_department(path);
    const char *rest = strchr(name, '/');
    return rest && department.size > 0 && (size_t)(rest - name) == department.size &&
           memcmp(name, department.data, department.size) == 0 && strchr(rest + 1, '/') &&
           ends_in(path, rest + 1);
}

bool
cli_name_matches(const char *full, const char *name)
{
    return ends_in(full, name);
}
