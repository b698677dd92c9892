// option.h: what a command or a method can be told, as a table.
//
// The same table is the parser, the bounds check, the --help text, the keys of a YAML spec and
// their JSON Schema, and the canonical "lora.alpha=16;lora.rank=8" of the row.
#ifndef BASE_OPTION_H
#define BASE_OPTION_H
#include "base/arena.h"
#include <stdint.h>
#include <stdio.h>

typedef enum {
    OPTION_WHOLE,  // int64_t
    OPTION_BYTES,  // int64_t: "200MB", as text_size reads it
    OPTION_REAL,   // double
    OPTION_CHOICE, // int: index into `choices`
    OPTION_SET,    // unsigned: bit i is choice i; typed "q+v" or "all"; never empty
    OPTION_FLAG,   // bool: yes or no
    OPTION_TEXT,   // const char *: any text; NULL when the default is NULL
} OptionType;

typedef struct {
    const char *name; // as on the command line, without dashes
    OptionType type;
    size_t field;         // offset in the options struct; its C type follows from `type`
    const char *standard; // the default, as a user would type it, so that --help cannot lie. NULL:
                          // none; NAN, INT64_MIN, choice -1, the empty set, no, or NULL until
                          // given. "auto", where it is no choice of its own: the same, but it can
                          // be typed and has a text; whoever reads the option decides
    double low, high;     // inclusive, may be infinite; whole, bytes and real only
    const char *choices;  // "none|mlp", of a choice and a set. Of others what --help calls it,
                          // "FOLDER"; may be NULL
    const char *help;     // one line, no full stop: what it is, with its symbol in the paper
} Option;
#define EXACT_WHOLE 9007199254740992.0 // 2^53: every whole number up to it is exact in a double
#define OPTION_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }

// Does the table agree with itself and with a struct of `size` bytes: fields within it, defaults
// within their bounds? `file`: of whom the error speaks.
bool options_fit(const Option *table, size_t size, const char *file, Error *error);

// Fills every field of `options` from the defaults.
void options_default(const Option *table, void *options);

bool option_called(const char *a, const char *b); // the same name; `-` and `_` are one
// "lora.rank" of "lora" as "rank"; what does not begin so as it is. The owner may be NULL.
const char *option_own(const char *name, const char *owner);
// init_sd is --init-sd, too. NULL when the table has no such name.
const Option *option_find(const Option *table, const char *name);

// Reads a value as typed. `owner` ("lora", or NULL) stands before the name in messages, in place of
// where.item; texts are copied to the arena. After a refusal the field is what it was.
// A refusal: "lora: rank: 0 is out of range; should be 1 to 1024". A value of NULL, as of an option
// at the end of a command line, is refused, too.
bool option_set(Arena *arena, const Option *option, void *options, const char *owner,
                const char *value, Where where, Error *error);

// The value as a user would type it, in its shortest exact form ("16", "q+v", "yes", "0.001",
// "1e-5"); sets in the order of the choices, "all" for all of them. option_set of it gives the same
// value. NULL for a value that was not given.
const char *option_text(Arena *arena, const Option *option, const void *options);

// The same where it is not the default; else NULL.
const char *option_changed(Arena *arena, const Option *option, const void *options);

// "lora.alpha=16;lora.rank=8", sorted by name, defaults included, values not given left out; "" for
// an empty table. Two different sets of values never have one text: within a text a backslash
// stands before each ";" and each backslash. row_options (row.h) reads it.
const char *options_canonical(Arena *arena, const Option *table, const void *options,
                              const char *owner);

// What an option is, for programs: "whole" ... "text", and what it takes, as --help calls it ("N",
// "FOLDER"), or its values, "none|mlp".
const char *option_type(const Option *option);
const char *option_takes(const Option *option);

// A JSON Schema of one value as YAML 1.2 gives it: a number, a text, and yes or no as a text or, of
// true and false, a truth value. NULL: no memory. Release with json_decref.
struct json_t *option_schema(const Option *option);

// A help line per option: "  --rank N         inner width r, 1 to 1024 [8]". What is longer than
// the terminal is wide, or than 100 columns, goes on below. An option whose name `others` (may be
// NULL) has too is to be typed with its owner: "--lora.dropout X".
void options_help(FILE *out, const Option *table, const char *owner, const Option *others);
// The line of one option, with what stands on its left.
void option_help(FILE *out, int width, const char *left, const Option *option);
// One such line: left, then the text, `width` columns apart; breaks at blanks.
void help_line(FILE *out, int width, const char *left, const char *text);
#endif
