// encoding.c: see the header.
#include "base/encoding.h"
#include "base/text.h"
#include <string.h>
#include <utf8proc.h>

bool bytes_are_text(Bytes bytes, Where before, Error *error)
{
    size_t bad;
    const uint8_t *zero = bytes.size ? memchr(bytes.data, 0, bytes.size) : NULL;
    if (!zero && utf8_valid(bytes.data, bytes.size, &bad))
        return true;
    size_t at = zero ? (size_t)(zero - bytes.data) : bad;
    before.line += line_at(bytes, at);
    return fail(error, ERROR_INPUT, before, "UTF-8 without NUL", "byte 0x%02x is no text",
                bytes.data[at]);
}

Bytes bytes_after_mark(Bytes bytes)
{
    const size_t mark = sizeof BYTE_ORDER_MARK - 1;
    return bytes.size >= mark && !memcmp(bytes.data, BYTE_ORDER_MARK, mark)
               ? (Bytes){ bytes.data + mark, bytes.size - mark }
               : bytes;
}

bool bytes_from_windows_1252(Arena *arena, Bytes bytes, const char *file, Bytes *utf8, Error *error)
{
    static const uint16_t high[32] = {
        // of 0x80 on; 0: no character
        0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178
    };
    enum { MOST = 3 }; // bytes of a character
    if (bytes.size >= arena_left(arena) / MOST)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = file }, NULL,
                    "%zu bytes do not fit into %zu bytes of memory", bytes.size, arena_left(arena));
    uint8_t *data = arena_take(arena, MOST * bytes.size + 1, 1), *end = data;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t byte = bytes.data[i];
        unsigned letter = byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
        if (letter == 0 && byte != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .line = line_at(bytes, i) },
                        "windows-1252", "byte 0x%02x is no text", byte);
        end += utf8proc_encode_char((utf8proc_int32_t)letter, end);
    }
    *end = 0;
    *utf8 = (Bytes){ data, (size_t)(end - data) };
    return true;
}

size_t line_at(Bytes bytes, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset && i < bytes.size; i++)
        line += bytes.data[i] == '\n';
    return line;
}
