// option.c: reading, printing and describing what an option table lists.
#include "base/option.h"
#include "base/json.h"
#include "base/machine.h"
#include "base/text.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef union { // what a field holds; each member begins where the union does
    int64_t whole;
    double real;
    int choice;
    unsigned set;
    bool flag;
    const char *text;
} Value;

typedef struct {
    const char *name;
    size_t bytes;
    Value not_given;
    const char *called; // in --help: "--rank N"
    const char *wrong;  // "'x' is not a number"
} Type;

static const Type types[] = {
    [OPTION_WHOLE] = { "whole",
                       sizeof(int64_t),
                       { .whole = INT64_MIN },
                       "N",
                       "is not a whole number" },
    [OPTION_BYTES] = { "bytes", sizeof(int64_t), { .whole = INT64_MIN }, "BYTES", "is no size" },
    [OPTION_REAL] = { "real", sizeof(double), { .real = NAN }, "X", "is not a number" },
    [OPTION_CHOICE] = { "choice", sizeof(int), { .choice = -1 }, "NAME", "is unknown" },
    [OPTION_SET] = { "set", sizeof(unsigned), { .set = 0 }, "SET", "is unknown" },
    [OPTION_FLAG] = { "flag", sizeof(bool), { .flag = false }, "yes|no", "is unknown" },
    [OPTION_TEXT] = { "text", sizeof(const char *), { .text = NULL }, "TEXT", "is empty" },
};

enum { MOST_CHOICES = 32, LONGEST = 1024, NARROWEST = 60, WIDEST = 100 };
static const double NO_LIMIT = 1e9; // a bound that nobody meets tells nothing

typedef struct {
    const char *name[MOST_CHOICES]; // within the option's `choices`, so not zero-terminated
    int length[MOST_CHOICES], count;
} Choices;

static bool value_of(const Option *option, const char *typed, Value *value, Where where,
                     Error *error);
static bool within(int64_t value, double low, double high);
static bool whole_number(const char *typed);
static bool set_of(const Option *option, const char *typed, unsigned *set);
static Choices choices_of(const Option *option);
static int choice_find(const Option *option, const char *name, size_t length);
static unsigned set_all(const Option *option);
static void right_text(const Option *option, bool or_auto, char text[LONGEST]);
static void real_text(double value, char text[REAL_TEXT]);
static void bytes_text(int64_t value, char text[REAL_TEXT]);

bool options_fit(const Option *table, size_t size, const char *file, Error *error)
{
    for (; table->name; table++) {
        Value value;
        char item[LONGEST];
        snprintf(item, sizeof item, "option %s", table->name);
        Where where = { .file = file, .item = item };
        if (table->field + types[table->type].bytes > size)
            return fail(error, ERROR_INPUT, where, "the size of the struct",
                        "lies beyond .options_size, %zu bytes", size);
        snprintf(item, sizeof item, "default of option %s", table->name);
        if (table->standard && !value_of(table, table->standard, &value, where, error))
            return false;
    }
    return true;
}

void options_default(const Option *table, void *options)
{
    for (; table->name; table++) {
        Value value = types[table->type].not_given;
        Error error;
        bool fits =
            !table->standard || value_of(table, table->standard, &value, (Where){ 0 }, &error);
        assert(fits); // the table's own default is within its bounds
        memcpy((char *)options + table->field, &value, types[table->type].bytes);
    }
}

static char undashed(char letter)
{
    return letter == '-' ? '_' : letter;
}

bool option_called(const char *a, const char *b)
{
    while (*a && undashed(*a) == undashed(*b))
        a++, b++;
    return !*a && !*b;
}

const char *option_own(const char *name, const char *owner)
{
    size_t prefix = owner ? strlen(owner) : 0;
    return prefix && !strncmp(name, owner, prefix) && name[prefix] == '.' ? name + prefix + 1
                                                                          : name;
}

const Option *option_find(const Option *table, const char *name)
{
    for (; table->name; table++)
        if (option_called(name, table->name))
            return table;
    return NULL;
}

bool option_set(Arena *arena, const Option *option, void *options, const char *owner,
                const char *value, Where where, Error *error)
{
    char item[128];
    Value read;
    snprintf(item, sizeof item, "%s%s%s", owner ? owner : "", owner ? ": " : "", option->name);
    if (!value) // an option at the end of a command line
        return fail(error, ERROR_INPUT, where, "followed by one", "has no value");
    where.item = item;
    if (!value_of(option, value, &read, where, error))
        return false;
    if (option->type == OPTION_TEXT)
        read.text = arena_text(arena, value);
    memcpy((char *)options + option->field, &read, types[option->type].bytes);
    return true;
}

// A default that is left to whoever reads the option, unless it is a choice like the others.
static bool is_auto(const Option *option)
{
    return option->standard && !strcmp(option->standard, "auto") &&
           (option->type == OPTION_WHOLE || option->type == OPTION_BYTES ||
            option->type == OPTION_REAL ||
            ((option->type == OPTION_CHOICE || option->type == OPTION_SET) &&
             choice_find(option, "auto", 4) < 0));
}

static bool value_of(const Option *option, const char *typed, Value *value, Where where,
                     Error *error)
{
    bool read = false, fits = false;
    if (!strcmp(typed, "auto") && is_auto(option)) {
        *value = types[option->type].not_given;
        return true;
    }
    switch (option->type) {
    case OPTION_WHOLE:
        read = whole_number(typed);
        fits = read && text_whole(typed, &value->whole) && value->whole != INT64_MIN &&
               within(value->whole, option->low, option->high);
        break;
    case OPTION_BYTES:
        read = text_size(typed, &value->whole);
        fits = read && within(value->whole, option->low, option->high);
        break;
    case OPTION_REAL:
        read = text_real(typed, &value->real);
        fits = read && option->low <= value->real && value->real <= option->high;
        if (fits)
            value->real += 0.0; // -0 becomes 0: one value has one text
        break;
    case OPTION_CHOICE:
        value->choice = choice_find(option, typed, strlen(typed));
        fits = value->choice >= 0;
        break;
    case OPTION_SET:
        fits = set_of(option, typed, &value->set);
        break;
    case OPTION_FLAG:
        fits = text_flag(typed, &value->flag);
        break;
    case OPTION_TEXT:
        value->text = typed;
        fits = *typed != '\0';
        break;
    }
    if (fits)
        return true;
    char right[LONGEST];
    right_text(option, is_auto(option), right);
    return read ? fail(error, ERROR_INPUT, where, right, "%s is out of range", typed)
                : fail(error, ERROR_INPUT, where, right, "'%s' %s", typed,
                       types[option->type].wrong);
}

// In whole numbers: as a double 2^53 + 1 is 2^53.
static bool within(int64_t value, double low, double high)
{
    return (low < -0x1p63 || value >= (int64_t)ceil(low)) &&
           (high >= 0x1p63 || value <= (int64_t)floor(high));
}

// Its form alone: it may have more digits than an int64_t holds.
static bool whole_number(const char *typed)
{
    const char *first = typed + (*typed == '-');
    return *first && !first[strspn(first, "0123456789")];
}

static bool set_of(const Option *option, const char *typed, unsigned *set)
{
    *set = 0;
    if (!strcmp(typed, "all")) {
        *set = set_all(option);
        return true;
    }
    for (const char *at = typed, *end;; at = end + 1) {
        end = at + strcspn(at, "+");
        int found = choice_find(option, at, (size_t)(end - at));
        if (found < 0)
            return false;
        *set |= 1u << found;
        if (!*end)
            return true;
    }
}

static Choices choices_of(const Option *option)
{
    Choices choices = { .count = 0 };
    assert(2 * strlen(option->choices) + 64 < LONGEST); // with commas and blanks between
    for (const char *at = option->choices, *end;; at = end + 1) {
        end = at + strcspn(at, "|");
        assert(choices.count < MOST_CHOICES && end > at);
        choices.name[choices.count] = at;
        choices.length[choices.count++] = (int)(end - at);
        if (!*end)
            return choices;
    }
}

static int choice_find(const Option *option, const char *name, size_t length)
{
    Choices choices = choices_of(option);
    for (int i = 0; i < choices.count; i++)
        if ((size_t)choices.length[i] == length && !memcmp(choices.name[i], name, length))
            return i;
    return -1;
}

static unsigned set_all(const Option *option)
{
    return ~0u >> (MOST_CHOICES - choices_of(option).count);
}

// What would be right: "1 to 1024", "auto, or 0 to 1", "auto, mean or mlp", "all, or some of q, k
// and v joined by +".
static void right_text(const Option *option, bool or_auto, char text[LONGEST])
{
    char low[REAL_TEXT], high[REAL_TEXT];
    bool set = option->type == OPTION_SET, number = !set && option->type != OPTION_CHOICE;
    size_t begun = (size_t)snprintf(text, LONGEST, "%s",
                                    option->type == OPTION_TEXT ? "a text"
                                    : !or_auto                  ? ""
                                    : number                    ? "auto, or "
                                                                : "auto, ");
    if (option->type == OPTION_WHOLE || option->type == OPTION_REAL) {
        char *rest = text + begun;
        size_t room = LONGEST - begun;
        real_text(option->low, low);
        real_text(option->high, high);
        if (isinf(option->low) && isinf(option->high))
            snprintf(rest, room, "any%s number", option->type == OPTION_WHOLE ? " whole" : "");
        else if (isinf(option->high))
            snprintf(rest, room, "at least %s", low);
        else if (isinf(option->low))
            snprintf(rest, room, "at most %s", high);
        else
            snprintf(rest, room, "%s to %s", low, high);
    } else if (option->type == OPTION_BYTES) {
        bytes_text((int64_t)option->low, low);
        bytes_text((int64_t)option->high, high);
        snprintf(text + begun, LONGEST - begun, "%s to %s", low, high);
    } else if (option->type == OPTION_CHOICE || set) {
        Choices choices = choices_of(option);
        size_t at = begun + (size_t)snprintf(text + begun, LONGEST - begun, "%s",
                                             set ? "all, or some of " : "");
        for (int i = 0; i < choices.count; i++) {
            const char *between = i < choices.count - 1 ? ", " : set ? " and " : " or ";
            at += (size_t)snprintf(text + at, LONGEST - at, "%s%.*s", i ? between : "",
                                   choices.length[i], choices.name[i]);
        }
        if (set)
            snprintf(text + at, LONGEST - at, " joined by +");
    } else if (option->type == OPTION_FLAG)
        snprintf(text, LONGEST, "yes or no");
}

// The fewest digits that read back as the same number; whole numbers below 1e15 are written out,
// and the exponent has no zeros in front ("1e-5", not printf's "1e-05").
static void real_text(double value, char text[REAL_TEXT])
{
    if (fabs(value) < 1e15 && value == trunc(value)) {
        snprintf(text, REAL_TEXT, "%.0f", value);
        return;
    }
    text_shortest(text, value, false);
    char *exponent = strchr(text, 'e');
    if (exponent) {
        char *to = exponent + 1 + (exponent[1] == '-');
        const char *from = exponent + 2 + strspn(exponent + 2, "0");
        memmove(to, from, strlen(from) + 1);
    }
}

// The fewest letters that read back as the same number: "200MB", "1500kB".
static void bytes_text(int64_t value, char text[REAL_TEXT])
{
    static const char *const unit[] = { "", "kB", "MB", "GB" };
    int u = 0;
    while (u < 3 && value != 0 && value % 1000 == 0) {
        value /= 1000;
        u++;
    }
    snprintf(text, REAL_TEXT, "%" PRId64 "%s", value, unit[u]);
}

const char *option_text(Arena *arena, const Option *option, const void *options)
{
    Choices choices;
    Value value = { 0 };
    char text[LONGEST] = "";
    size_t at = 0;
    const char *not_given = is_auto(option) ? "auto" : NULL;
    memcpy(&value, (const char *)options + option->field, types[option->type].bytes);
    switch (option->type) {
    case OPTION_WHOLE:
        return value.whole == INT64_MIN ? not_given : arena_format(arena, "%" PRId64, value.whole);
    case OPTION_BYTES:
        bytes_text(value.whole, text);
        return value.whole == INT64_MIN ? not_given : arena_text(arena, text);
    case OPTION_REAL:
        real_text(value.real, text);
        return isnan(value.real) ? not_given : arena_text(arena, text);
    case OPTION_CHOICE:
        if (value.choice < 0)
            return not_given;
        choices = choices_of(option);
        assert(value.choice < choices.count);
        return arena_format(arena, "%.*s", choices.length[value.choice],
                            choices.name[value.choice]);
    case OPTION_SET:
        if (value.set == set_all(option))
            return "all";
        choices = choices_of(option);
        for (int i = 0; i < choices.count; i++)
            if (value.set >> i & 1)
                at += (size_t)snprintf(text + at, LONGEST - at, "%s%.*s", at ? "+" : "",
                                       choices.length[i], choices.name[i]);
        return value.set ? arena_text(arena, text) : not_given;
    case OPTION_FLAG:
        return value.flag ? "yes" : "no";
    case OPTION_TEXT:
        break;
    }
    return value.text;
}

const char *option_changed(Arena *arena, const Option *option, const void *options)
{
    const char *text = option_text(arena, option, options);
    return text && option->standard && !strcmp(text, option->standard) ? NULL : text;
}

const char *option_type(const Option *option)
{
    return types[option->type].name;
}

const char *option_takes(const Option *option)
{
    return option->choices ? option->choices : types[option->type].called;
}

static json_t *number_schema(const Option *option, const char *type)
{
    json_t *schema = json_pack("{s:s}", "type", type);
    const struct {
        const char *name;
        double value;
    } bound[] = { { "minimum", option->low }, { "maximum", option->high } };
    for (size_t i = 0; i < 2; i++)
        if (isfinite(bound[i].value))
            json_object_set_new(schema, bound[i].name,
                                bound[i].value == trunc(bound[i].value)
                                    ? json_integer((json_int_t)bound[i].value)
                                    : json_real(bound[i].value));
    return schema;
}

static json_t *choices_schema(const Option *option, bool or_auto)
{
    Choices choices = choices_of(option);
    json_t *names = json_array();
    for (int i = 0; i < choices.count; i++)
        json_array_append_new(names, json_stringn(choices.name[i], (size_t)choices.length[i]));
    if (or_auto)
        json_array_append_new(names, json_string("auto"));
    return json_pack("{s:o}", "enum", names);
}

static json_t *set_schema(const Option *option, bool or_auto)
{
    char pattern[2 * LONGEST];
    snprintf(pattern, sizeof pattern, "^(%sall|(%s)([+](%s))*)$", or_auto ? "auto|" : "",
             option->choices, option->choices);
    return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

json_t *option_schema(const Option *option)
{
    bool or_auto = is_auto(option);
    json_t *schema = NULL;
    switch (option->type) {
    case OPTION_WHOLE:
        schema = number_schema(option, "integer");
        break;
    case OPTION_BYTES:
        schema = json_pack("{s:[o, {s:s, s:s}]}", "anyOf", number_schema(option, "integer"), "type",
                           "string", "pattern", "^[0-9.]+ *([kKMGT](i?B)?|B)?$");
        break;
    case OPTION_REAL:
        schema = number_schema(option, "number");
        break;
    case OPTION_CHOICE:
        return choices_schema(option, or_auto);
    case OPTION_SET:
        return set_schema(option, or_auto);
    case OPTION_FLAG:
        return json_pack("{s:[s, s, b, b]}", "enum", "no", "yes", 0, 1);
    case OPTION_TEXT:
        return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
    }
    return or_auto ? json_pack("{s:[{s:s}, o]}", "anyOf", "const", "auto", schema) : schema;
}

static int by_name(const void *a, const void *b)
{
    const Option *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

const char *options_canonical(Arena *arena, const Option *table, const void *options,
                              const char *owner)
{
    size_t count = 0;
    while (table[count].name)
        count++;
    const Option **option = arena_take(arena, count, sizeof *option);
    for (size_t i = 0; i < count; i++)
        option[i] = &table[i];
    qsort(option, count, sizeof *option, by_name);

    const char *canonical = "";
    for (size_t i = 0; i < count; i++) {
        const char *text = option_text(arena, option[i], options);
        if (!text)
            continue;
        char *escaped = arena_take(arena, 2 * strlen(text) + 1, 1), *to = escaped;
        for (; *text; text++) {
            if (*text == ';' || *text == '\\')
                *to++ = '\\';
            *to++ = *text;
        }
        *to = '\0';
        canonical = arena_format(arena, "%s%s%s%s%s=%s", canonical, *canonical ? ";" : "",
                                 owner ? owner : "", owner ? "." : "", option[i]->name, escaped);
    }
    return canonical;
}

void options_help(FILE *out, const Option *table, const char *owner, const Option *others)
{
    int widest = 15;
    for (int pass = 0; pass < 2; pass++) // measures, then prints
        for (const Option *option = table; option->name; option++) {
            char left[128];
            bool named = option->type == OPTION_TEXT && option->choices;
            bool taken = owner && others && option_find(others, option->name);
            int length =
                snprintf(left, sizeof left, "--%s%s%s %s", taken ? owner : "", taken ? "." : "",
                         option->name, named ? option->choices : types[option->type].called);
            if (pass == 0)
                widest = length > widest ? length : widest;
            else
                option_help(out, widest, left, option);
        }
}

void option_help(FILE *out, int width, const char *left, const Option *option)
{
    char right[LONGEST] = "", text[2 * LONGEST];
    Option bounds = *option;
    bool named = option->type == OPTION_FLAG || option->type == OPTION_TEXT; // `called` says so
    bool endless =
        isfinite(option->high) && option->high >= NO_LIMIT && option->type != OPTION_BYTES;
    if (endless)
        bounds.high = INFINITY;
    if (!named && !(endless && option->low <= 0))
        right_text(&bounds, false, right); // the default says so
    bool standard = option->standard && *option->standard;
    bool list = option->type == OPTION_CHOICE || option->type == OPTION_SET;
    snprintf(text, sizeof text, "%s%s%s%s%s%s", option->help, *right ? (list ? ": " : ", ") : "",
             right, standard ? " [" : "", standard ? option->standard : "", standard ? "]" : "");
    help_line(out, width, left, text);
}

// As wide as the terminal, but no wider than reads well, as in a file.
static size_t help_columns(FILE *out)
{
    size_t columns = terminal_columns(out);
    if (columns == 0 || columns > WIDEST)
        return WIDEST;
    return columns > NARROWEST ? columns : NARROWEST;
}

void help_line(FILE *out, int width, const char *left, const char *text)
{
    fprintf(out, "  %-*s  ", width, left);
    text_put(out, text, (size_t)width + 4, help_columns(out));
}
