// text.c: a text is a number or a name only when all of it is.
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *digits(const char *text);
static size_t distance(const char *a, const char *b);

// strtoll alone would take blanks, a plus sign, and "12abc".
bool text_whole(const char *text, int64_t *value)
{
    const char *first = text + (*text == '-'), *end = digits(first);
    if (end == first || *end)
        return false;
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return false;
    *value = number;
    return true;
}

// strtod alone would take blanks, "inf", "nan", and hexadecimal.
bool text_real(const char *text, double *value)
{
    const char *first = text + (*text == '-'), *end = digits(first);
    size_t count = (size_t)(end - first);
    if (*end == '.') {
        const char *fraction = end + 1;
        end = digits(fraction);
        count += (size_t)(end - fraction);
    }
    if (count > 0 && (*end == 'e' || *end == 'E')) {
        const char *exponent = end + 1;
        exponent += *exponent == '-' || *exponent == '+';
        end = digits(exponent);
        if (end == exponent)
            return false;
    }
    if (count == 0 || *end)
        return false;
    double number = strtod(text, NULL);
    if (isinf(number))
        return false;
    *value = number;
    return true;
}

static const char *digits(const char *text)
{
    while ('0' <= *text && *text <= '9')
        text++;
    return text;
}

bool text_flag(const char *text, bool *value)
{
    static const char *const said[] = { "no", "yes", "false", "true", NULL };
    int index = text_index(text, said);
    if (index >= 0)
        *value = index % 2;
    return index >= 0;
}

bool text_duration(const char *text, int64_t *seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = { { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
    enum { UNITS = sizeof units / sizeof *units, MOST = 1000000000 };
    int64_t sum = 0;
    size_t unit = 0;
    if (text_whole(text, seconds))
        return *seconds >= 0;
    if (!*text)
        return false;
    while (*text) {
        int64_t number = 0;
        size_t digits = strspn(text, "0123456789");
        for (size_t i = 0; i < digits && number <= MOST; i++)
            number = 10 * number + (text[i] - '0');
        while (unit < UNITS && units[unit].letter != text[digits])
            unit++;
        if (digits == 0 || unit == UNITS || number > MOST)
            return false;
        sum += number * units[unit++].seconds;
        text += digits + 1;
    }
    *seconds = sum;
    return true;
}

bool text_size(const char *text, int64_t *bytes)
{
    static const char letters[] = "KMGT";
    char number[64];
    double value;
    size_t digits = strspn(text, "0123456789.");
    const char *unit = text + digits + strspn(text + digits, " ");
    const char *letter = *unit ? strchr(letters, *unit == 'k' ? 'K' : *unit) : NULL;
    if (digits >= sizeof number)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!text_real(number, &value))
        return false;
    bool binary = letter && unit[1] == 'i';
    for (const char *at = letters; letter && at <= letter; at++)
        value *= binary ? 1024 : 1000;
    unit += letter ? (binary ? 2 : 1) : 0;
    if (!(value < 0x1p62) || (strcmp(unit, "B") != 0 && (*unit || binary)))
        return false;
    *bytes = (int64_t)value;
    return true;
}

const char *text_of_size(char text[SIZE_TEXT], double bytes)
{
    static const char *const unit[] = { "", "K", "M", "G", "T", "P", "E" };
    size_t u = 0;
    while (u < 6 && bytes >= 999.95) {
        bytes /= 1000;
        u++;
    }
    snprintf(text, SIZE_TEXT, "%.4g%s", bytes, unit[u]);
    return text;
}

void text_shortest(char text[REAL_TEXT], double value, bool single)
{
    bool same = false;
    for (int digits = 1; digits <= 17 && !same; digits++) {
        snprintf(text, REAL_TEXT, "%.*g", digits, value);
        same = single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
    }
}

bool text_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

int text_index(const char *word, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], word))
            return i;
    return -1;
}

bool text_among(const char *word, const char *const *names)
{
    return text_index(word, names) >= 0;
}

bool text_listed(const char *word, const char *list)
{
    for (size_t length = strlen(word);; list++) {
        if (!strncmp(list, word, length) && (!list[length] || list[length] == '|'))
            return true;
        if (!(list = strchr(list, '|')))
            return false;
    }
}

static int bytewise(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void text_sort(const char **names, size_t count)
{
    qsort(names, count, sizeof *names, bytewise);
}

enum { LONGEST_NAME = 64, CHOICES_SHOWN = 12 };

const char *text_choices(Arena *arena, const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    const char *list = count > CHOICES_SHOWN
                           ? arena_format(arena, "one of %zu: %s", count, names[0])
                           : (count ? names[0] : "");
    for (size_t i = 1; i < count && i < CHOICES_SHOWN; i++)
        list = arena_format(arena, "%s%s%s", list, i + 1 == count ? " or " : ", ", names[i]);
    return count > CHOICES_SHOWN ? arena_format(arena, "%s, ...", list) : list;
}

// Near: one slip, and one more for each four letters, but never all letters of the word.
const char *text_nearest(const char *word, const char *const *names, const char *otherwise)
{
    const char *nearest = NULL;
    size_t length = strlen(word), least = 1 + length / 4;
    if (length == 0 || length > LONGEST_NAME)
        return otherwise;
    if (least > length - 1)
        least = length - 1;
    for (; *names; names++) {
        if (strlen(*names) > LONGEST_NAME)
            continue;
        size_t apart = distance(word, *names);
        if (apart < least || (apart == least && !nearest)) {
            nearest = *names;
            least = apart;
        }
    }
    return nearest ? nearest : otherwise;
}

// Letters inserted, left out, replaced, or two neighbours swapped ("rnak"); case does not count.
static size_t distance(const char *a, const char *b)
{
    size_t row[3][LONGEST_NAME + 1], columns = strlen(b);
    size_t *before = row[0], *above = row[1], *here = row[2];
    for (size_t j = 0; j <= columns; j++)
        here[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t *free_row = before;
        before = above, above = here, here = free_row;
        here[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            int x = tolower((uint8_t)a[i - 1]), y = tolower((uint8_t)b[j - 1]);
            size_t least = above[j - 1] + (x != y);
            if (least > above[j] + 1)
                least = above[j] + 1;
            if (least > here[j - 1] + 1)
                least = here[j - 1] + 1;
            if (i > 1 && j > 1 && x == tolower((uint8_t)b[j - 2]) &&
                y == tolower((uint8_t)a[i - 2]) && least > before[j - 2] + 1)
                least = before[j - 2] + 1;
            here[j] = least;
        }
    }
    return here[columns];
}

bool text_ends(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

const char *text_stem(Arena *arena, const char *text, const char *end)
{
    return text_ends(text, end)
               ? arena_format(arena, "%.*s", (int)(strlen(text) - strlen(end)), text)
               : NULL;
}

const char *text_thousands(Arena *arena, const char *digits)
{
    const char *text = "";
    size_t n = strlen(digits);
    for (size_t i = 0; i < n; i++)
        text = arena_format(arena, "%s%s%c", text, i > 0 && (n - i) % 3 == 0 ? "," : "", digits[i]);
    return text;
}

char **text_split(Arena *arena, const char *text, char separator, size_t *count)
{
    size_t parts = *text != '\0';
    for (const char *at = text; *at; at++)
        parts += *at == separator;
    char **part = arena_take(arena, parts + 1, sizeof *part), *at = arena_text(arena, text);
    for (size_t i = 0; i < parts; i++) {
        char *end = strchr(at, separator);
        part[i] = at;
        if (end)
            *end = '\0', at = end + 1;
    }
    part[parts] = NULL;
    *count = parts;
    return part;
}

size_t utf8_columns(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
}

size_t text_fitting(const char *text, size_t width)
{
    size_t all = strlen(text), length = 0, blank = 0, part = 0;
    while (length < all && utf8_columns(text, length + 1) <= width) {
        length++;
        if (text[length] == ' ')
            blank = length;
        if (strchr(":,;@/_-", text[length - 1]))
            part = length;
    }
    const char *word = text + blank + (blank > 0);
    bool fits = blank > 0 && utf8_columns(word, strcspn(word, " ")) <= width;
    return length == all ? all : fits || part <= blank ? (blank > 0 ? blank : length) : part;
}

void text_put(FILE *out, const char *text, size_t indent, size_t columns)
{
    size_t least = indent + 20, room = (columns > least ? columns : least) - indent;
    for (size_t cut; columns > 0 && (cut = text_fitting(text, room)) < strlen(text);
         text += cut + strspn(text + cut, " "))
        fprintf(out, "%.*s\n%*s", (int)cut, text, (int)indent, "");
    fprintf(out, "%s\n", text);
}

bool utf8_valid(const uint8_t *text, size_t size, size_t *bad)
{
    for (size_t at = 0; at < size;) {
        if (text[at] < 0x80) { // a call for each would be a third of reading a CSV file
            at++;
            continue;
        }
        utf8proc_int32_t point;
        utf8proc_ssize_t length =
            utf8proc_iterate(text + at, (utf8proc_ssize_t)(size - at), &point);
        if (length <= 0) {
            if (bad)
                *bad = at;
            return false;
        }
        at += (size_t)length;
    }
    return true;
}

bool text_plain(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    for (; *at; at++)
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0)) // U+0080 to U+009F
            return false;
    return utf8_valid((const uint8_t *)text, strlen(text), NULL);
}

void text_append(Arena *arena, const char **text, const char *separator, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *part = arena_vformat(arena, format, arguments);
    va_end(arguments);
    if (!*text || !**text)
        separator = "";
    *text = arena_format(arena, "%s%s%s", *text ? *text : "", separator, part);
}

void text_append_once(Arena *arena, const char **text, const char *separator, const char *part)
{
    size_t mark = arena_mark(arena);
    const char *parts = arena_format(arena, "%s%s%s", separator, *text ? *text : "", separator);
    bool there = strstr(parts, arena_format(arena, "%s%s%s", separator, part, separator)) != NULL;
    arena_rewind(arena, mark);
    if (!there)
        text_append(arena, text, separator, "%s", part);
}
