// run_bench.c: see run_bench.h.
#include "tests/run_bench.h"
#include "base/text.h"
#include <string.h>

Bench run_bench(void)
{
    Error error;
    Bench b = { .arena = arena_new(ARENA_RUN, &error), .folder = test_folder() };
    b.task = small_task(b.arena, b.folder, "task");
    return b;
}

Done run_on(Bench *b, const char *task, const char *method, const char *const *settings)
{
    Request request;
    Error error;
    Done done = { .out = arena_format(b->arena, "%s/out%d", b->folder, b->runs++) };
    row_clear(&done.row);
    if (!CHECK(small_request(b->arena, method, task, settings, &request, &error)) ||
        (!strcmp(request.protocol.out, "results/single") &&
         !CHECK(request_set(b->arena, &request, "out", done.out, (Where){ 0 }, &error))) ||
        !CHECK(run(b->arena, &request, NULL, NULL, &done.row, &error)))
        printf("%s: %s\n", method, error.text);
    done.out = request.protocol.out;
    return done;
}

Done run_of(Bench *b, const char *method, const char *const *settings)
{
    return run_on(b, b->task, method, settings);
}

const char *run_file(Bench *b, const Done *done, const char *kind)
{
    return row_file(b->arena, done->out, kind, done->row.key);
}

const char *run_text(Bench *b, const Done *done, const char *kind)
{
    return read_text(b->arena, run_file(b, done, kind));
}

const char *cell_at(Bench *b, const char *text, size_t line, size_t column)
{
    size_t lines, cells;
    char **row = text_split(b->arena, text, '\n', &lines);
    if (line >= lines)
        return "";
    char **value = text_split(b->arena, row[line], ',', &cells);
    return column < cells ? value[column] : "";
}

void turn_labels(Bench *b, const char *path)
{
    char *text = read_text(b->arena, path);
    FILE *out = fopen(path, "we");
    size_t lines;
    char **line = text_split(b->arena, text, '\n', &lines);
    for (size_t i = 0; out && i + 1 < lines; i++) {
        char *comma = strrchr(line[i], ',');
        const char *label = !strcmp(comma, ",good")  ? ",bad"
                            : !strcmp(comma, ",bad") ? ",good"
                                                     : comma;
        fprintf(out, "%.*s%s\n", (int)(comma - line[i]), line[i], label);
    }
    if (out)
        fclose(out);
}
