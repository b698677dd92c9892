// spec_impl.h: what spec.c, which reads a spec, and spec_schema.c, which describes one, share.
#ifndef SWEEP_SPEC_IMPL_H
#define SWEEP_SPEC_IMPL_H
#include "sweep/spec.h"

enum { STANDARD_SEEDS = 5, MOST_SEEDS = 100000 };

typedef struct {
    const char *name;
    bool needed;
    struct json_t *(*schema)(void); // of its value, without the description
    const char *help;
} SpecKey;
extern const SpecKey spec_keys[]; // name NULL at the end
extern const Option search_options[];
extern const char
    *const trial_options[]; // those of them that mean nothing beside `from`; ends with NULL
// Whether a spec may give this of the options of a run; the rest it says elsewhere, or only the
// driver knows.
bool spec_takes(const Option *option);

struct json_t *schema_name(void);
struct json_t *schema_models(void);
struct json_t *schema_tasks(void);
struct json_t *schema_methods(void);
struct json_t *schema_seeds(void);
struct json_t *schema_train(void);
struct json_t *schema_search(void);
#endif
