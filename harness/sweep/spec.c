// spec.c: from YAML to requests: read, override, check the names, multiply out.
#include "sweep/spec_impl.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/yaml.h"
#include "sweep/search.h"
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum { MOST_RUNS = 1000000, MOST_OPTIONS = 64 };

// clang-format off
const SpecKey spec_keys[] = {
    { "name", true, schema_name, "the folder results/NAME, and the rows' sweep" },
    { "study", false, schema_name, "the rows' study" },
    { "models", true, schema_models, "names of `tunemark list models`, or folders" },
    { "tasks", true, schema_tasks, "names of `tunemark list tasks`, or folders; or a mapping from them to options" },
    { "methods", true, schema_methods, "names of `tunemark list methods`; or a mapping from them to options" },
    { "seeds", false, schema_seeds, "how many, from 1; or a list of numbers" },
    { "train", false, schema_train, "options of every run" },
    { "search", false, schema_search, "the rate of each setting is searched; or taken over from a sweep" },
    { .name = NULL },
};
// clang-format on

// What a spec says elsewhere, or only the driver knows.
static const char not_options[] = "model|task|method|seed|out|save|stage|" DRIVER_OPTIONS;

// clang-format off
const Option search_options[] = {
    { "trials", OPTION_WHOLE, offsetof(SearchAsked, trials), "8", 1, MOST_TRIALS, NULL, "runs that a setting's rate is chosen by" },
    { "seed", OPTION_WHOLE, offsetof(SearchAsked, seed), "0", 0, EXACT_WHOLE, NULL, "the seed of all trials" },
    { "around", OPTION_REAL, offsetof(SearchAsked, around), "1", 1e-3, 1e3, NULL, "the middle of the rates that are tried, as a multiple of the method's default" },
    { "from", OPTION_TEXT, offsetof(SearchAsked, from), NULL, 0, 0, "FOLDER", "a sweep whose rates are taken over" },
    { "steps", OPTION_CHOICE, offsetof(SearchAsked, steps), "found", 0, 0, "found|own", "with from: 4 x the spec's steps where that won there, or the spec's own" },
    OPTION_END,
};
// clang-format on

const char *const trial_options[] = { "trials", "seed", "around", NULL };

// A name under `models`, `tasks` or `methods`, or a seed, with the options beside it.
typedef struct {
    const char *name;
    Where where;
    const Yaml *options; // NULL or empty: none
} Entry;

typedef struct {
    Entry *entry;
    size_t count;
} Entries;

// An option with its values, from the place that counts.
typedef struct {
    const char *name;  // as request_set takes it
    const Yaml *value; // a text or a list of texts
    const Yaml *place; // the mapping that holds it
} Choice;

typedef struct {
    Choice choice[MOST_OPTIONS];
    size_t count;
} Choices;

typedef struct {
    Arena *arena;
    const char *path;
    const char *const *set;
    size_t sets;
    Spec *spec;
    Entries models, tasks, methods, seeds;
} Reading;

static bool override(Reading *in, Yaml *root, size_t number, Error *error);
static bool check_keys(Reading *in, const Yaml *root, Error *error);
static bool read_text(Reading *in, const Yaml *root, const char *key, const char **text,
                      Error *error);
static bool read_entries(Reading *in, const Yaml *root, const char *key, bool options,
                         Entries *entries, Error *error);
static bool read_seeds(Reading *in, const Yaml *root, Error *error);
static bool read_search(Reading *in, const Yaml *root, Error *error);
static bool read_choices(Reading *in, const Yaml *train, const Entry *task, const Entry *method,
                         Choices *choices, Error *error);
static size_t combinations(const Choices *choices);
static bool ask(Reading *in, const Choices *choices, const Entry *const of[4], Error *error);

// A node's line in the file; a node that came from the nth override has the line SIZE_MAX - n.
static Where where(const Reading *in, const Yaml *node)
{
    size_t number = SIZE_MAX - node->line;
    if (number < in->sets)
        return (Where){ .file = arena_format(in->arena, "--set %s", in->set[number]) };
    return (Where){ .file = in->path, .line = node->line };
}

bool spec_read(Arena *arena, const char *path, const char *const *set, size_t sets, Spec *spec,
               Error *error)
{
    Reading in = { .arena = arena, .path = path, .set = set, .sets = sets, .spec = spec };
    *spec = (Spec){ 0 };
    if (!file_read(arena, path, &spec->text, error))
        return false;
    Hash sha = hash_bytes(spec->text.data, spec->text.size);
    spec->sha = arena_text(arena, sha.hex);
    Yaml *root = yaml_parse(arena, spec->text, path, error);
    if (!root)
        return false;
    if (root->kind != YAML_MAP)
        return fail(error, ERROR_INPUT, (Where){ .file = path },
                    "a mapping with name, models, tasks and methods", "is not a sweep's spec");
    for (size_t i = 0; i < sets; i++)
        if (!override(&in, root, i, error))
            return false;
    if (!check_keys(&in, root, error) || !read_text(&in, root, "name", &spec->name, error) ||
        !read_text(&in, root, "study", &spec->study, error) ||
        !read_entries(&in, root, "models", false, &in.models, error) ||
        !read_entries(&in, root, "tasks", true, &in.tasks, error) ||
        !read_entries(&in, root, "methods", true, &in.methods, error) ||
        !read_seeds(&in, root, error) || !read_search(&in, root, error))
        return false;

    const Yaml *train = yaml_get(root, "train");
    size_t pairs = in.tasks.count * in.methods.count, runs = 0, settings = 0;
    Choices *choices = arena_zero(arena, pairs, sizeof *choices);
    for (size_t i = 0; i < pairs; i++) {
        const Entry *task = &in.tasks.entry[i / in.methods.count];
        const Entry *method = &in.methods.entry[i % in.methods.count];
        if (!read_choices(&in, train, task, method, &choices[i], error))
            return false;
        settings = i % in.methods.count ? settings : 0;
        settings += combinations(&choices[i]);
        spec->settings = settings > spec->settings ? settings : spec->settings;
        runs += in.models.count * in.seeds.count * combinations(&choices[i]);
        if (runs > MOST_RUNS)
            return fail(error, ERROR_INPUT, method->where,
                        arena_format(arena, "%d at most", MOST_RUNS), "asks for too many runs");
    }
    spec->seeds = in.seeds.count;
    spec->asked = arena_zero(arena, runs, sizeof *spec->asked);
    for (size_t s = 0; s < in.seeds.count; s++)
        for (size_t t = 0; t < in.tasks.count; t++)
            for (size_t o = 0; o < in.models.count; o++)
                for (size_t m = 0; m < in.methods.count; m++) {
                    const Entry *of[] = { &in.seeds.entry[s], &in.tasks.entry[t],
                                          &in.models.entry[o], &in.methods.entry[m] };
                    if (!ask(&in, &choices[t * in.methods.count + m], of, error))
                        return false;
                }
    return true;
}

static void mark(Yaml *node, size_t line)
{
    node->line = line;
    for (Yaml *child = node->first; child; child = child->next)
        mark(child, line);
}

typedef struct {
    bool option;
    const char *method; // whose options are there, too; NULL: none's
} Level;

static bool is_member(const Level *level, const char *a, const char *b)
{
    return level->option ? option_called(option_own(a, level->method), option_own(b, level->method))
                         : !strcmp(a, b);
}

// The member `key`, made where it is missing. A list of names, or one name, becomes a mapping of
// names without options first, so that `methods.lora.rank=4` also fits `methods: [full, lora]`.
static Yaml *member(Arena *arena, Yaml *map, const Level *level, const char *key, size_t line)
{
    bool named = map->kind == YAML_LIST || (map->kind == YAML_TEXT && map->text[0]);
    if (map->kind == YAML_LIST)
        for (Yaml *child = map->first; child; child = child->next) {
            child->key = child->text;
            child->text = "";
        }
    if (map->kind == YAML_TEXT && map->text[0]) {
        map->first = arena_zero(arena, 1, sizeof *map->first);
        *map->first = (Yaml){ .key = map->text, .text = "", .line = map->line };
    }
    if (named)
        map->line = line; // where a mapping is wrong, the override made it one
    map->kind = YAML_MAP;
    Yaml **at = &map->first;
    while (*at && !is_member(level, (*at)->key, key))
        at = &(*at)->next;
    if (!*at) {
        *at = arena_zero(arena, 1, sizeof **at);
        **at = (Yaml){ .key = arena_text(arena, key), .text = "", .line = line };
    }
    return *at;
}

static bool only_texts(const Yaml *list)
{
    for (const Yaml *child = list->first; child; child = child->next)
        if (child->kind != YAML_TEXT)
            return false;
    return true;
}

// As YAML has lines, Unicode's among them. In the kept spec an override is a comment, and what is
// behind a line's end would be none.
static bool ends_a_line(const char *set)
{
    static const char *const breaks[] = { "\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9" };
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
        if (strstr(set, breaks[i]))
            return true;
    return false;
}

static bool override(Reading *in, Yaml *root, size_t number, Error *error)
{
    Where here = { .file = arena_format(in->arena, "--set %s", in->set[number]) };
    size_t line = SIZE_MAX - number;
    char *path = arena_text(in->arena, in->set[number]), *value = strchr(path, '=');
    if (!value || value == path)
        return fail(error, ERROR_INPUT, here, "KEY=VALUE, as in train.epochs=1",
                    "has no key or no =");
    if (ends_a_line(in->set[number]))
        return fail(error, ERROR_INPUT, here, "one line, and a --set for each key",
                    "has a line break");
    *value++ = '\0';
    const char *yaml = arena_format(in->arena, "value: %s\n", value);
    Bytes bytes = { .data = (const uint8_t *)yaml, .size = strlen(yaml) };
    Yaml *tree = yaml_parse(in->arena, bytes, here.file, error);
    if (!tree)
        return false;
    mark(tree, line); // of the tree that this value becomes part of

    // An option may have a dot of its own (lora.rank): the path has at most three parts.
    Yaml *node = root;
    char *part = path;
    const char *above = NULL;
    for (int depth = 0; part; depth++) {
        char *dot = strchr(part, '.');
        int deepest = !strncmp(path, "train", sizeof "train") ? 1 : 2;
        if (depth == deepest)
            dot = NULL;
        if (dot)
            *dot = '\0';
        if (!part[0])
            return fail(error, ERROR_INPUT, here, "KEY.KEY=VALUE", "has an empty key");
        if (node->kind == YAML_LIST && !only_texts(node))
            return fail(error, ERROR_INPUT, here, "a list of names there", "goes into a list");
        bool of_method = depth == 2 && !strcmp(path, "methods");
        Level level = { .option = depth == deepest, .method = of_method ? above : NULL };
        node = member(in->arena, node, &level, part, line);
        above = part;
        part = dot ? dot + 1 : NULL;
    }
    const Yaml *given = tree->first;
    node->kind = given->kind;
    node->text = given->text;
    node->quoted = given->quoted;
    node->first = given->first;
    node->line = line;
    return true;
}

static bool check_keys(Reading *in, const Yaml *root, Error *error)
{
    const char *keys[sizeof spec_keys / sizeof *spec_keys];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        keys[i] = spec_keys[i].name;
    for (const Yaml *child = root->first; child; child = child->next) {
        if (!text_among(child->key, keys))
            return fail(error, ERROR_INPUT, where(in, child),
                        option_find(protocol_options, child->key)
                            ? "under train, a task or a method"
                            : text_nearest(child->key, keys, text_choices(in->arena, keys)),
                        "key '%s' is unknown", child->key);
        if (!strcmp(child->key, "train") && child->kind != YAML_MAP &&
            !(child->kind == YAML_TEXT && !child->text[0]))
            return fail(error, ERROR_INPUT, where(in, child), "a mapping such as {epochs: 3}",
                        "train is not a mapping");
    }
    for (const SpecKey *key = spec_keys; key->name; key++)
        if (key->needed && !yaml_get(root, key->name))
            return fail(error, ERROR_INPUT, (Where){ .file = in->path },
                        "name, models, tasks and methods at least", "key '%s' is missing",
                        key->name);
    return true;
}

// `name` names a folder and `study` stands in file names of figures: no path, no blank.
static bool read_text(Reading *in, const Yaml *root, const char *key, const char **text,
                      Error *error)
{
    const Yaml *node = yaml_get(root, key);
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (!node)
        return true;
    if (node->kind != YAML_TEXT || !node->text[0] || strchr("-.", node->text[0]) ||
        node->text[strspn(node->text, allowed)])
        return fail(error, ERROR_INPUT, where(in, node),
                    "letters, digits, '_', '-' and '.', a letter or digit first", "%s is no name",
                    key);
    *text = node->text;
    return true;
}

static bool each_once(const Entries *entries, const char *key, Error *error)
{
    for (size_t i = 0; i < entries->count; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(entries->entry[k].name, entries->entry[i].name))
                return fail(error, ERROR_INPUT, entries->entry[i].where, "once",
                            "%s: '%s' is named twice", key, entries->entry[i].name);
    return true;
}

static bool read_entries(Reading *in, const Yaml *root, const char *key, bool options,
                         Entries *entries, Error *error)
{
    const Yaml *node = yaml_get(root, key);
    const char *right =
        options ? "names in a list, or a mapping from names to options" : "names in a list";
    bool one = node->kind == YAML_TEXT, map = node->kind == YAML_MAP;
    if (one ? !node->text[0] : !node->first)
        return fail(error, ERROR_INPUT, where(in, node), right, "%s is empty", key);
    if (map && !options)
        return fail(error, ERROR_INPUT, where(in, node), right, "%s is a mapping", key);
    size_t count = one;
    for (const Yaml *child = node->first; child; child = child->next)
        count++;
    entries->entry = arena_zero(in->arena, count, sizeof *entries->entry);
    for (const Yaml *child = one ? node : node->first; child; child = one ? NULL : child->next) {
        Entry entry = { .name = map ? child->key : child->text, .where = where(in, child) };
        bool empty = child->kind == YAML_TEXT && !child->text[0];
        if (map && !empty) {
            if (child->kind != YAML_MAP)
                return fail(error, ERROR_INPUT, entry.where, "a mapping of options, or nothing",
                            "what stands beside %s is not a mapping", entry.name);
            entry.options = child;
        } else if (!map && (child->kind != YAML_TEXT || empty))
            return fail(error, ERROR_INPUT, entry.where, right, "%s holds what is no name", key);
        entries->entry[entries->count++] = entry;
    }
    return each_once(entries, key, error);
}

// A list's seeds, each spelled as its number is: 007 is 7.
static bool read_seed_list(Reading *in, const Yaml *root, Error *error)
{
    Entries *seeds = &in->seeds;
    int64_t number;
    if (!read_entries(in, root, "seeds", false, seeds, error))
        return false;
    for (size_t i = 0; i < seeds->count; i++)
        if (text_whole(seeds->entry[i].name, &number)) // else request_set refuses it
            seeds->entry[i].name = arena_format(in->arena, "%" PRId64, number);
    return each_once(seeds, "seeds", error);
}

static bool read_seeds(Reading *in, const Yaml *root, Error *error)
{
    const Yaml *node = yaml_get(root, "seeds");
    Entries *seeds = &in->seeds;
    int64_t number = STANDARD_SEEDS;
    if (node && node->kind != YAML_TEXT)
        return read_seed_list(in, root, error);
    if (node && (!text_whole(node->text, &number) || number < 1 || number > MOST_SEEDS))
        return fail(error, ERROR_INPUT, where(in, node),
                    "how many, from 1, or a list such as [1, 2]", "seeds is '%s'", node->text);
    seeds->count = (size_t)number;
    seeds->entry = arena_zero(in->arena, seeds->count, sizeof *seeds->entry);
    for (size_t i = 0; i < seeds->count; i++) {
        seeds->entry[i].name = arena_format(in->arena, "%zu", i + 1);
        seeds->entry[i].where = where(in, node ? node : root);
    }
    return true;
}

static bool read_search(Reading *in, const Yaml *root, Error *error)
{
    const char *names[sizeof search_options / sizeof *search_options];
    const Yaml *node = yaml_get(root, "search");
    SearchAsked *search = &in->spec->search;
    options_default(search_options, search);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        names[i] = search_options[i].name;
    if (!node)
        return true;
    search->asked = true;
    search->where = where(in, node);
    if (node->kind == YAML_LIST || (node->kind == YAML_TEXT && node->text[0]))
        return fail(error, ERROR_INPUT, search->where, "a mapping such as {trials: 8}, or nothing",
                    "search is not a mapping");
    for (const Yaml *child = node->first; child; child = child->next) {
        const Option *option = option_find(search_options, child->key);
        if (!option)
            return fail(error, ERROR_INPUT, where(in, child),
                        text_nearest(child->key, names, text_choices(in->arena, names)),
                        "search: '%s' is unknown", child->key);
        if (child->kind != YAML_TEXT || !child->text[0])
            return fail(error, ERROR_INPUT, where(in, child), "one value",
                        "search: %s has no value", child->key);
        if (!option_set(in->arena, option, search, "search", child->text, where(in, child), error))
            return false;
    }
    for (const Yaml *child = node->first; child; child = child->next) {
        bool of_trials = text_among(child->key, trial_options);
        if (search->from && of_trials)
            return fail(error, ERROR_INPUT, where(in, child), "without it",
                        "search: from means no trials, so %s means nothing", child->key);
        if (!search->from && !strcmp(child->key, "steps"))
            return fail(error, ERROR_INPUT, where(in, child), "beside from",
                        "search: steps are of the sweep that rates are taken from");
    }
    return true;
}

// The table's own spelling of a name. NULL: the table has none.
static const char *spelled(const Option *table, const char *name)
{
    const Option *option = table ? option_find(table, name) : NULL;
    return option ? option->name : NULL;
}

bool spec_takes(const Option *option)
{
    return !text_listed(option->name, not_options);
}

// `train` and `tasks` speak to every method, so they take the protocol's options only. A method's
// own option hides the protocol's of the same name: within `lora`, dropout is lora.dropout.
static bool choice_name(Reading *in, const Yaml *option, const Method *method, const char **name,
                        Error *error)
{
    const char *typed = option->key, *common = spelled(protocol_options, typed);
    if (text_listed(common ? common : typed, not_options))
        return fail(error, ERROR_INPUT, where(in, option),
                    strcmp(typed, "save") ? "under models, tasks, methods, seeds or search"
                                          : "said to one run: tunemark run --save FOLDER",
                    "'%s' is not an option of a spec", typed);
    if (method) {
        const char *own = spelled(method->options, option_own(typed, method->name));
        *name = own ? arena_format(in->arena, "%s.%s", method->name, own) : NULL;
        if (own)
            return true;
    }
    *name = common;
    if (*name)
        return true;
    *name = typed; // request_set refuses it, and knows the nearest of both tables
    if (method)
        return true;
    size_t count = 0;
    while (protocol_options[count].name)
        count++;
    const char **names = arena_zero(in->arena, count + 1, sizeof *names);
    count = 0;
    for (const Option *other = protocol_options; other->name; other++)
        if (spec_takes(other))
            names[count++] = other->name;
    return fail(error, ERROR_INPUT, where(in, option),
                text_nearest(typed, names, "an option of every run (see: tunemark run --help)"),
                "option '%s' is unknown", typed);
}

// Takes over what one place says. What a place before it said of the same option is replaced where
// it stands, so that the order of the runs does not depend on which place counts.
static bool take(Reading *in, const Yaml *options, const Method *method, Choices *choices,
                 Error *error)
{
    for (const Yaml *option = options ? options->first : NULL; option; option = option->next) {
        Choice choice = { .value = option, .place = options };
        if (!choice_name(in, option, method, &choice.name, error))
            return false;
        if (option->kind == YAML_MAP ||
            (option->kind == YAML_LIST && (!option->first || !only_texts(option))))
            return fail(error, ERROR_INPUT, where(in, option), "one value, or several in a list",
                        "%s is not a value", option->key);
        size_t at = 0;
        while (at < choices->count && strcmp(choices->choice[at].name, choice.name))
            at++;
        if (at < choices->count && choices->choice[at].place == options)
            return fail(error, ERROR_INPUT, where(in, option), "once", "%s is given twice",
                        choice.name);
        if (at == MOST_OPTIONS)
            return fail(error, ERROR_INPUT, where(in, option),
                        arena_format(in->arena, "%d at most", MOST_OPTIONS), "too many options");
        choices->choice[at] = choice;
        choices->count += at == choices->count;
    }
    return true;
}

static bool read_choices(Reading *in, const Yaml *train, const Entry *task, const Entry *method,
                         Choices *choices, Error *error)
{
    Error unknown;
    const Method *found = method_find(method->name, &unknown);
    if (!found)
        return fail(error, ERROR_INPUT, method->where, NULL, "%s", unknown.text);
    return take(in, train, NULL, choices, error) && take(in, task->options, NULL, choices, error) &&
           take(in, method->options, found, choices, error);
}

static size_t values(const Choice *choice)
{
    size_t count = 0;
    for (const Yaml *value = choice->value->first; value; value = value->next)
        count++;
    return count ? count : 1;
}

static const Yaml *value_at(const Choice *choice, size_t index)
{
    const Yaml *value = choice->value;
    if (value->kind == YAML_LIST)
        for (value = value->first; index > 0; index--)
            value = value->next;
    return value;
}

static size_t combinations(const Choices *choices)
{
    size_t product = 1;
    for (size_t i = 0; i < choices->count && product <= MOST_RUNS; i++)
        product *= values(&choices->choice[i]);
    return product;
}

// Asks for the runs of one seed, task, model and method: one for each combination of values. The
// number of a combination, written in the choices' mixed radix, picks the values; the first named
// is its highest digit.
static bool ask(Reading *in, const Choices *choices, const Entry *const of[4], Error *error)
{
    static const char *const names[] = { "seed", "task", "model", "method" };
    size_t count = combinations(choices);
    for (size_t c = 0; c < count; c++) {
        Asked *asked = &in->spec->asked[in->spec->count++];
        Request *request = &asked->request;
        AskedAt *given = arena_zero(in->arena, 4 + choices->count, sizeof *given);
        asked->where = of[3]->where;
        asked->path = in->path;
        asked->given = given;
        if (!request_new(in->arena, of[3]->name, request, error))
            return false;
        for (size_t i = 0; i < 4; i++) {
            given[asked->givens++] = (AskedAt){ names[i], of[i]->name, of[i]->where };
            if (!request_set(in->arena, request, names[i], of[i]->name, of[i]->where, error))
                return false;
        }
        request->protocol.sweep = in->spec->name;
        request->protocol.study = in->spec->study;
        request->protocol.spec_sha = in->spec->sha;
        const char *varying = "";
        size_t radix = count;
        for (size_t i = 0; i < choices->count; i++) {
            const Choice *choice = &choices->choice[i];
            radix /= values(choice);
            const Yaml *value = value_at(choice, c / radix % values(choice));
            if (!request_set(in->arena, request, choice->name, value->text, where(in, value),
                             error))
                return false;
            given[asked->givens++] = (AskedAt){ choice->name, value->text, where(in, value) };
            const char *dot = strchr(choice->name, '.');
            if (values(choice) > 1)
                varying = arena_format(in->arena, "%s %s %s", varying, dot ? dot + 1 : choice->name,
                                       value->text);
        }
        asked->setting =
            arena_format(in->arena, "%s %s %s%s", of[3]->name, of[2]->name, of[1]->name, varying);
        asked->label = arena_format(in->arena, "%s %s %s seed %s%s", of[3]->name, of[2]->name,
                                    of[1]->name, of[0]->name, varying);
    }
    return true;
}

Where asked_where(const Asked *asked, const char *message)
{
    size_t length = strcspn(message, ":");
    for (size_t i = 0; i < asked->givens && message[length]; i++) {
        const AskedAt *given = &asked->given[i];
        for (int text = 0; text < 2; text++) {
            const char *named = text ? given->text : given->name;
            if (strlen(named) == length && !strncmp(named, message, length))
                return given->where;
        }
    }
    return (Where){ .file = asked->path };
}
