// json.h: reading JSON by jansson, with errors in our form (file, line, what is wrong).
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/error.h"
#include "base/file.h"
#include <jansson.h>

// Duplicate keys are refused. Release with json_decref.
json_t *json_parse(Bytes bytes, const char *file, Error *error);
json_t *json_open(const char *path, Error *error);
#endif
