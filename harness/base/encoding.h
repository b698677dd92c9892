// encoding.h: bytes of a file as text.
#ifndef BASE_ENCODING_H
#define BASE_ENCODING_H
#include "base/file.h"

// UTF-8 without NUL; what is not is refused with its line, where `before.line` lines of the file
// have gone before.
bool bytes_are_text(Bytes bytes, Where before, Error *error);
// The same text as UTF-8, in the arena. windows-1252 is ISO 8859-1 (latin-1) with printed
// characters in 0x80-0x9f; the five bytes there that have none are refused.
bool bytes_from_windows_1252(Arena *arena, Bytes bytes, const char *file, Bytes *utf8,
                             Error *error);
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
Bytes bytes_after_mark(Bytes bytes);        // without one at their head
size_t line_at(Bytes bytes, size_t offset); // the line that a byte stands in, from 1
#endif
