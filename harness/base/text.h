// text.h: numbers and names out of text, strictly.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/arena.h"
#include <stdint.h>

bool text_whole(const char *text, int64_t *value); // the whole text is one decimal integer
bool text_real(const char *text, double *value);   // the whole text is one finite decimal number
bool text_flag(const char *text, bool *value);     // yes, no, true, false
// Hours, minutes and seconds in this order, any of them missing: "8h", "1h30m", "90m", "45s"; a
// number alone is seconds.
bool text_duration(const char *text, int64_t *seconds);
// "24GB", "1.5 TB", "512MiB": a number and a unit, of powers of 1000 or, with an i, 1024; without a
// unit bytes. A part of a byte is left out.
bool text_size(const char *text, int64_t *bytes);
// The other way, in four digits and powers of 1000: "13.84G", "512M", "96".
enum { SIZE_TEXT = 16 };
const char *text_of_size(char text[SIZE_TEXT], double bytes);

bool text_same(const char *a, const char *b); // either may be NULL: that is the same as NULL alone
bool text_among(const char *word, const char *const *names); // NULL-terminated list

// The name nearest to `word` by edit distance (NULL-terminated list), or NULL when none is near.
const char *text_nearest(const char *word, const char *const *names);

// "a, b or c"; of more than twelve names their number and the first ones. NULL-terminated.
const char *text_choices(Arena *arena, const char *const *names);

// Splits "a+b+c" at `separator` into the arena; an empty text has no parts.
char **text_split(Arena *arena, const char *text, char separator, size_t *count);

// Columns of UTF-8 on a terminal; a byte that continues a character takes none.
size_t utf8_columns(const char *text, size_t length);
bool utf8_valid(const uint8_t *text, size_t size, size_t *bad); // *bad: the first bad byte's offset
// Appends to a growing text: "" or NULL at first; `separator` only between parts.
__attribute__((format(printf, 4, 5))) void
text_append(Arena *arena, const char **text, const char *separator, const char *format, ...);
#endif
