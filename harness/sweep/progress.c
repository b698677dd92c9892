// progress.c: the line and the terminal.
#include "sweep/progress.h"
#include "base/machine.h"
#include "base/text.h"
#include <string.h>

const char *progress_line(Arena *arena, const Progress *p)
{
    const Row *row = p->label ? p->row : NULL;
    int digits = snprintf(NULL, 0, "%zu", p->total);
    const char *line = arena_format(arena, "[%*zu/%zu]", digits, p->done, p->total);
    if (p->label)
        line = arena_format(arena, "%s %s", line, p->label);
    if (row && !isnan(row->lr) && !strstr(p->label, " lr "))
        line = arena_format(arena, "%s lr %.3g", line, row->lr);
    if (row && row->status && strcmp(row->status, "ok"))
        line = arena_format(arena, "%s | %s", line, row->status);
    if (row && !isnan(row->tune_score))
        line = arena_format(arena, "%s | tune %.1f", line, 100 * row->tune_score);
    if (row && row->tokens_per_s >= 1000 && isnan(row->cache_saved_s)) // else of kept vectors
        line = arena_format(arena, "%s | %.0fk tok/s", line, row->tokens_per_s / 1000);
    if (!isnan(p->left_s) && p->done < p->total)
        line = arena_format(arena, "%s | ETA %s", line, duration_text(arena, p->left_s));
    if (p->running)
        line = arena_format(arena, "%s | %zu running", line, p->running);
    if (p->failed)
        line = arena_format(arena, "%s | %zu failed", line, p->failed);
    return line;
}

const char *duration_text(Arena *arena, double seconds)
{
    long s = seconds < 1e9 ? (long)(seconds + 0.5) : 1000000000;
    if (s >= 3600)
        return arena_format(arena, "%ld h %ld m", s / 3600, s % 3600 / 60);
    return s >= 60 ? arena_format(arena, "%ld m %ld s", s / 60, s % 60)
                   : arena_format(arena, "%ld s", s);
}

void terminal_line(FILE *terminal, const char *text)
{
    size_t columns = terminal_columns(terminal);
    size_t width = (columns > 1 ? columns : 80) - 1;
    fprintf(terminal, "\r\033[K%.*s", (int)text_fitting(text, width), text);
    fflush(terminal);
}
