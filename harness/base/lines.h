// lines.h: texts from a stream, one a line, however long the stream is.
#ifndef BASE_LINES_H
#define BASE_LINES_H
#include "base/arena.h"
#include <stdio.h>

enum { LINES_ROOM = 1 << 28 };

typedef struct {
    const char *name; // for errors
    FILE *in;
    char *line;  // the one that was read last, of LINES_ROOM + 1 bytes
    size_t room; // bytes for the next ones together, at most LINES_ROOM: the caller's to set anew
    size_t read; // lines that went before
} Lines;

// The next line without its end, CRLF or LF, until the next call; NULL: there is none. What is not
// UTF-8 without NUL, or is longer than the room, is ERROR_INPUT.
bool lines_next(Lines *lines, const char **text, Error *error);
#endif
