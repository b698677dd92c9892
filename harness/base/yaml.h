// yaml.h: a YAML file as a tree of texts with their lines (libyaml).
//
// No type is guessed: the reader of a value decides what it must be. Tabs in indentation, duplicate
// keys, keys that are not text, aliases, anchors, tags, several documents, an empty file, more than
// 1 MiB and nesting deeper than YAML_DEEPEST are refused with a hint. Texts are UTF-8 without NUL.
#ifndef BASE_YAML_H
#define BASE_YAML_H
#include "base/arena.h"
#include "base/file.h"

enum { YAML_DEEPEST = 32 };
typedef enum { YAML_TEXT, YAML_LIST, YAML_MAP } YamlKind;
typedef struct Yaml Yaml;
struct Yaml {
    YamlKind kind;
    const char *key;  // within a map, else NULL
    const char *text; // YAML_TEXT; "" for an empty value
    bool quoted;      // YAML_TEXT written in single or double quotes
    Yaml *first;      // children of a list or a map, in the order of the file
    Yaml *next;
    size_t line; // where it begins, from 1; within a map, where its key begins
};

Yaml *yaml_parse(Arena *arena, Bytes bytes, const char *file, Error *error);
const Yaml *yaml_get(const Yaml *map, const char *key); // NULL when absent or not a map
#endif
