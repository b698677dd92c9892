// command.c: reading a command line.
#include "command/command.h"
#include "base/text.h"
#include "run/request.h"
#include <string.h>

const Flag *flag_find(const Flag *flags, const char *name)
{
    while (flags && flags->name && strcmp(flags->name, name) != 0)
        flags++;
    return flags && flags->name ? flags : NULL;
}

static bool missing_value(const char *option, Error *error)
{
    return fail(error, ERROR_INPUT, (Where){ .item = option }, "followed by one", "has no value");
}

// One long option at argument[*at]; *at moves on to its last word.
static bool long_option(Arena *arena, int count, char **argument, int *at, const Flag *flags,
                        Given *given, Error *error)
{
    char *word = argument[*at] + 2, *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    char *name = arena_format(arena, "%.*s", (int)length, word), *dot = strrchr(name, '.');
    for (char *c = dot ? dot : name; *c; c++) // what stands before a dot is a method's name
        *c = *c == '_' ? '-' : *c;
    given->name = name;
    const Flag *flag = flag_find(flags, given->name);
    if (flag && !flag->takes) {
        if (equals)
            return fail(error, ERROR_INPUT, (Where){ .item = argument[*at] },
                        "without =", "takes no value");
        return true;
    }
    if (equals)
        given->value = equals + 1;
    else if (*at + 1 < count)
        given->value = argument[++*at];
    else if (flag)
        return missing_value(argument[*at], error);
    return true; // without a value: refused where it is looked up, as unknown or as lacking one
}

// Letters after one dash: switches may stand together, the first that takes a value takes the rest.
static bool short_options(int count, char **argument, int *at, const Flag *flags,
                          Arguments *arguments, Error *error)
{
    char *word = argument[*at];
    for (char *letter = word + 1; *letter; letter++) {
        const Flag *flag = flags;
        while (flag && flag->name && flag->letter != *letter)
            flag++;
        if (!flag || !flag->name)
            return fail(error, ERROR_INPUT, (Where){ .item = word }, "one of --help",
                        "-%c is unknown", *letter);
        Given *given = &arguments->given[arguments->givens++];
        given->name = flag->name;
        if (!flag->takes)
            continue;
        if (letter[1])
            given->value = letter + 1;
        else if (*at + 1 < count)
            given->value = argument[++*at];
        else
            return missing_value(word, error);
        break;
    }
    return true;
}

bool arguments_read(Arena *arena, int count, char **argument, const Flag *flags,
                    Arguments *arguments, Error *error)
{
    size_t room = 1;
    for (int i = 0; i < count; i++)
        room += strlen(argument[i]) + 1;
    arguments->given = arena_zero(arena, room, sizeof *arguments->given);
    arguments->operand = arena_zero(arena, (size_t)count + 1, sizeof *arguments->operand);
    arguments->givens = arguments->operands = 0;
    arguments->flags = flags;
    for (int i = 0; i < count; i++) {
        if (!strcmp(argument[i], "--")) {
            while (++i < count)
                arguments->operand[arguments->operands++] = argument[i];
        } else if (!strncmp(argument[i], "--", 2)) {
            if (!long_option(arena, count, argument, &i, flags,
                             &arguments->given[arguments->givens++], error))
                return false;
        } else if (argument[i][0] == '-' && argument[i][1]) {
            if (!short_options(count, argument, &i, flags, arguments, error))
                return false;
        } else
            arguments->operand[arguments->operands++] = argument[i];
    }
    return true;
}

bool argument_is(const Arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->givens; i++)
        if (!strcmp(arguments->given[i].name, name))
            return true;
    return false;
}

const char *argument_value(const Arguments *arguments, const char *name)
{
    for (size_t i = arguments->givens; i-- > 0;)
        if (!strcmp(arguments->given[i].name, name))
            return arguments->given[i].value;
    return NULL;
}

const Option as_in_run;

Option flag_option(const Flag *flag)
{
    Option option =
        *(flag->takes == &as_in_run ? option_find(protocol_options, flag->name) : flag->takes);
    option.name = flag->name;
    option.field = 0;
    option.help = flag->help;
    return option;
}

bool argument_read(const Arguments *arguments, const char *name, void *value, Error *error)
{
    Option option = flag_option(flag_find(arguments->flags, name));
    const char *typed = argument_value(arguments, name);
    char item[64];
    snprintf(item, sizeof item, "--%s", name);
    option.name = item;
    typed = typed ? typed : option.standard;
    return !typed || option_set(NULL, &option, value, NULL, typed, (Where){ 0 }, error);
}

bool arguments_known(const Arguments *arguments, const Flag *flags, const Option *const *tables,
                     Error *error)
{
    const char *names[256] = { NULL };
    size_t count = 0;
    for (const Flag *f = flags; f && f->name && count < 255; f++)
        names[count++] = f->name;
    for (size_t t = 0; tables && tables[t]; t++)
        for (const Option *o = tables[t]; o->name && count < 255; o++)
            names[count++] = o->name;
    for (size_t i = 0; i < arguments->givens; i++) {
        const char *name = arguments->given[i].name;
        size_t t = 0;
        char item[128], right[128];
        while (tables && tables[t] && !option_find(tables[t], name))
            t++;
        if (flag_find(flags, name) || (tables && tables[t]))
            continue;
        const char *near = text_nearest(name, names, NULL);
        snprintf(item, sizeof item, "--%s", name);
        snprintf(right, sizeof right, "%s%s", near ? "--" : "one of --help", near ? near : "");
        return fail(error, ERROR_INPUT, (Where){ .item = item }, right, "is unknown");
    }
    return true;
}

const OfRun *of_run(const OfRun *list, const char *option)
{
    while (list && list->names && !text_listed(option, list->names))
        list++;
    return list && list->names ? list : NULL;
}

bool arguments_obeyed(Arena *arena, const Arguments *arguments, const OfRun *refused, Error *error)
{
    for (size_t i = 0; i < arguments->givens; i++) {
        const char *name = arguments->given[i].name;
        const OfRun *of = of_run(refused, name);
        if (of)
            return fail(error, ERROR_INPUT, (Where){ .item = arena_format(arena, "--%s", name) },
                        of->right, "is of a run, %s", of->why);
    }
    return true;
}

bool arguments_agree(Arena *arena, const Arguments *arguments, const char *const *one_of,
                     Error *error)
{
    for (; *one_of; one_of++) {
        size_t count;
        char **name = text_split(arena, *one_of, '|', &count);
        const char *first = NULL;
        for (size_t i = 0; i < count; i++) {
            if (first && argument_is(arguments, name[i]))
                return fail(error, ERROR_INPUT,
                            (Where){ .item = arena_format(arena, "--%s", name[i]) }, "without it",
                            "--%s is given, too", first);
            if (argument_is(arguments, name[i]))
                first = name[i];
        }
    }
    return true;
}

void flags_help(FILE *out, const Flag *flags)
{
    for (const Flag *f = flags; f && f->name; f++) {
        char left[64];
        const char letter[] = { '-', f->letter, ',', ' ', '\0' };
        Option option = { .type = OPTION_TEXT, .help = f->help }; // as a switch, too
        if (f->takes)
            option = flag_option(f);
        snprintf(left, sizeof left, "%s--%s%s%s", f->letter ? letter : "", f->name,
                 f->takes ? " " : "", f->takes ? option_takes(&option) : "");
        if (option.type == OPTION_CHOICE) // what stands on the left says which there are
            option.type = OPTION_TEXT;
        option_help(out, 23, left, &option);
    }
}
