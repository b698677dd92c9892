// text.h: numbers and names out of text, strictly.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/arena.h"
#include <stdint.h>
#include <stdio.h>

bool text_whole(const char *text, int64_t *value); // the whole text is one decimal integer
bool text_real(const char *text, double *value);   // the whole text is one finite decimal number
bool text_flag(const char *text, bool *value);     // yes, no, true, false
// Hours, minutes and seconds in this order, any of them missing: "8h", "1h30m", "90m", "45s"; a
// number alone is seconds.
bool text_duration(const char *text, int64_t *seconds);
// "24GB", "1.5 TB", "512MiB": a number and a unit, of powers of 1000 or, with an i, 1024; without a
// unit bytes. A part of a byte is left out.
bool text_size(const char *text, int64_t *bytes);
// The fewest digits, as %g writes them, that read back as the same number; `single`: as the same
// float.
enum { REAL_TEXT = 40 };
void text_shortest(char text[REAL_TEXT], double value, bool single);
// Bytes the other way, in four digits and powers of 1000: "13.84G", "512M", "96".
enum { SIZE_TEXT = 16 };
const char *text_of_size(char text[SIZE_TEXT], double bytes);

static inline const char *known(const char *text) // "" for NULL
{
    return text ? text : "";
}
bool text_same(const char *a, const char *b); // either may be NULL: that is the same as NULL alone
// Lists of names are NULL-terminated. Which of them it is; -1 when none.
int text_index(const char *word, const char *const *names);
bool text_among(const char *word, const char *const *names);
bool text_listed(const char *word, const char *list); // is it one of "a|b|c"?
void text_sort(const char **names, size_t count);     // bytewise

// The name nearest to `word` by edit distance, or `otherwise` (may be NULL) when none is near.
const char *text_nearest(const char *word, const char *const *names, const char *otherwise);

// "a, b or c"; of more than twelve names their number and the first ones.
const char *text_choices(Arena *arena, const char *const *names);

bool text_ends(const char *text, const char *end);
// A text without its end ".yaml", where it has that; else NULL.
const char *text_stem(Arena *arena, const char *text, const char *end);
// "1234567" as "1,234,567".
const char *text_thousands(Arena *arena, const char *digits);

// Splits "a+b+c" at `separator` into the arena; an empty text has no parts.
char **text_split(Arena *arena, const char *text, char separator, size_t *count);

// Columns of UTF-8 on a terminal; a byte that continues a character takes none.
size_t utf8_columns(const char *text, size_t length);
// Bytes of the text that fit a width in columns: where it goes on, up to a blank; of a word that is
// longer than a line up to a sign between parts of a name, as in "lora:rank=4,targets=all".
size_t text_fitting(const char *text, size_t width);
// The text and its line end, from column `indent` on; what is longer than `columns` goes on below
// its beginning. columns 0, as terminal_columns says of a file: one line.
void text_put(FILE *out, const char *text, size_t indent, size_t columns);
// What may stand in a cell and on a terminal: UTF-8 without control characters.
bool text_plain(const char *text);
bool utf8_valid(const uint8_t *text, size_t size, size_t *bad); // *bad: the first bad byte's offset
// Appends to a growing text: "" or NULL at first; `separator` only between parts.
__attribute__((format(printf, 4, 5))) void
text_append(Arena *arena, const char **text, const char *separator, const char *format, ...);
// The same of a part that is not among the parts yet.
void text_append_once(Arena *arena, const char **text, const char *separator, const char *part);
#endif
