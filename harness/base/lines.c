// lines.c: see the header.
#include "base/lines.h"
#include "base/encoding.h"
#include "base/file.h"
#include <errno.h>
#include <string.h>

bool lines_next(Lines *lines, const char **text, Error *error)
{
    Where where = { .file = lines->name, .line = lines->read };
    size_t length = 0;
    int byte;
    while ((byte = getc_unlocked(lines->in)) != EOF && byte != '\n' && length < lines->room)
        lines->line[length++] = (char)byte;
    if (ferror(lines->in))
        return fail(error, errno == EISDIR ? ERROR_INPUT : ERROR_ENVIRONMENT, where, NULL,
                    "cannot be read: %s", strerror(errno));
    if (length == lines->room)
        return fail(error, ERROR_INPUT, where, "texts, one a line, of 256 KB or less",
                    "the next texts take more than 256 MB");
    if (!bytes_are_text((Bytes){ (const uint8_t *)lines->line, length }, where, error))
        return false;
    bool ended = byte == EOF && length == 0;
    lines->room -= length;
    lines->read += !ended;
    lines->line[length] = '\0';
    if (length > 0 && lines->line[length - 1] == '\r')
        lines->line[length - 1] = '\0';
    *text = ended ? NULL : lines->line;
    return true;
}
