// json.c: jansson's errors in our form.
#include "base/json.h"
#include <string.h>

json_t *json_parse(Bytes bytes, const char *file, Error *error)
{
    json_error_t found;
    Where where = { .file = file };
    if (bytes.size == 0) {
        fail(error, ERROR_INPUT, where, "JSON", "is empty");
        return NULL;
    }
    json_t *json = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, &found);
    if (json)
        return json;
    where.line = found.line > 0 ? (size_t)found.line : 0;
    if (json_error_code(&found) == json_error_out_of_memory)
        fail(error, ERROR_ENVIRONMENT, where, NULL, "out of memory");
    else
        fail(error, ERROR_INPUT, where, NULL, "column %d: %s", found.column, found.text);
    return NULL;
}

json_t *json_open(const char *path, Error *error)
{
    Bytes bytes;
    if (!file_map(path, &bytes, error))
        return NULL;
    json_t *json = json_parse(bytes, path, error);
    file_unmap(bytes);
    return json;
}
