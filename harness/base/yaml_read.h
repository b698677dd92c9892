// yaml_read.h: values of a YAML tree as what they must be, or a refusal with file, line and key.
#ifndef BASE_YAML_READ_H
#define BASE_YAML_READ_H
#include "base/yaml.h"

typedef struct {
    Arena *arena;
    const char *file;
    Error *error;
} YamlReader;

Where yaml_where(const YamlReader *reader, const Yaml *value);
// False, so that `return yaml_wrong(...)` reads well.
bool yaml_wrong(const YamlReader *reader, const Yaml *value, const char *right, const char *what);

// A map whose keys are all among `names` (NULL-terminated). An unknown one names the nearest.
bool yaml_read_map(const YamlReader *reader, const Yaml *map, const char *const *names);
bool yaml_read_text(const YamlReader *reader, const Yaml *value, const char **text); // not empty
bool yaml_read_flag(const YamlReader *reader, const Yaml *value, bool *flag);
// One of `names`; its index.
bool yaml_read_choice(const YamlReader *reader, const Yaml *value, const char *const *names,
                      int *index);
// A list of `least` to `most` different texts, NULL-terminated in the arena; `right` says how many
// in words.
bool yaml_read_texts(const YamlReader *reader, const Yaml *list, size_t least, size_t most,
                     const char *right, const char *const **texts, size_t *count);
#endif
