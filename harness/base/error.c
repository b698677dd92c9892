// error.c: a message is built once, escaped once, and cut once.
#include "base/error.h"
#undef fail // as static analysis sees it
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

typedef struct {
    char *text;
    size_t size, room; // bytes written; bytes that fit, the final zero apart
    bool cut;
} Message;

static void add(Message *message, const char *text);
static void end(Message *message);

bool fail(Error *error, ErrorKind kind, Where where, const char *right, const char *what, ...)
{
    char said[2 * sizeof error->text] = "", number[32], text[sizeof error->text];
    Message message = { .text = text, .room = sizeof text - 1 };
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(said, sizeof said, what, arguments); // what it cuts is longer than a message
    va_end(arguments);

    if (where.file) {
        add(&message, where.file);
        snprintf(number, sizeof number, ":%zu", where.line);
        add(&message, where.line ? number : "");
        add(&message, ": ");
    }
    if (where.item) {
        add(&message, where.item);
        add(&message, ": ");
    }
    add(&message, said);
    if (right) {
        add(&message, "; should be ");
        add(&message, right);
    }
    end(&message);
    error->kind = kind;
    memcpy(error->text, text, message.size + 1); // last: an argument may lie in the old text
    return false;
}

// Whole characters only: a control character or a byte that is no UTF-8 becomes an escape, so that
// no input can end the line or reach the terminal.
static void add(Message *message, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    for (size_t left = strlen(text), length; left > 0 && !message->cut;
         at += length, left -= length) {
        char escape[16] = "";
        utf8proc_int32_t point;
        utf8proc_ssize_t found = utf8proc_iterate(at, (utf8proc_ssize_t)left, &point);
        length = found > 0 ? (size_t)found : 1;
        if (*at == '\n' || *at == '\t' || *at == '\r')
            snprintf(escape, sizeof escape, "\\%c", *at == '\n' ? 'n' : *at == '\t' ? 't' : 'r');
        else if (found <= 0 || utf8proc_category(point) == UTF8PROC_CATEGORY_CC)
            for (size_t i = 0; i < length; i++)
                snprintf(escape + 4 * i, sizeof escape - 4 * i, "\\x%02x", at[i]);
        size_t size = escape[0] ? strlen(escape) : length;
        if (size > message->room - message->size) {
            message->cut = true;
            return;
        }
        memcpy(message->text + message->size, escape[0] ? escape : (const char *)at, size);
        message->size += size;
    }
}

static void end(Message *message)
{
    static const char dots[] = "...";
    if (message->cut) {
        size_t keep = message->room - (sizeof dots - 1);
        if (keep > message->size)
            keep = message->size;
        while (keep > 0 && ((uint8_t)message->text[keep] & 0xc0) == 0x80 && keep < message->size)
            keep--; // not inside a character
        memcpy(message->text + keep, dots, sizeof dots - 1);
        message->size = keep + sizeof dots - 1;
    }
    message->text[message->size] = '\0';
}
