// json.h: reading JSON by jansson, with errors in our form (file, line, what is wrong).
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/error.h"
#include "base/file.h"
#include <jansson.h>

// An object or an array. Duplicate keys, NUL in texts, bytes that are no UTF-8 and nesting deeper
// than 2,048 (JSON_PARSER_MAX_DEPTH) are refused. Nothing points into `bytes` afterwards. Release
// with json_decref.
json_t *json_parse(Bytes bytes, const char *file, Error *error);
json_t *json_open(const char *path, Error *error);
#endif
