// figure.c: see figure.h. rows -> summary -> panels and marks -> a CSV and a script of settings,
// which gnuplot reads from a file without a name; the picture gets its name when it is whole.

#include "base/file.h"
#include "base/option.h"
#include "base/text.h"
#include "report/figure_impl.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const FigureKind *const kinds[] = { &figure_score_by_params, &figure_score_by_memory,
                                           &figure_score_by_time,   &figure_score_by_size,
                                           &figure_memory,          &figure_time,
                                           &figure_curves };
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool asked(Arena *arena, const char *only, bool wanted[KINDS], Error *error);
static bool figure_write(Figure *figure, const char *folder, bool pdf, Error *error);

bool figures_write(const char *folder, const Rows *rows, const FigureChoice *choice, FILE *told,
                   FILE *people, Error *error)
{
    Summary summary;
    bool wanted[KINDS], any = false;
    Rows once;
    Arena *arena = arena_new(ARENA_RUN, error);
    bool done = arena && asked(arena, choice->only, wanted, error);
    if (done)
        once = rows_once(arena, rows);
    done = done && majorities_check(arena, &once, error);
    done = done && summary_of(arena, once.row, once.count, false, NULL, &summary, error);
    const char *figures = done ? path_join(arena, folder, "figures") : NULL;
    for (size_t k = 0; k < KINDS && done; k++) {
        Figure figure = { .arena = arena,
                          .kind = kinds[k],
                          .summary = &summary,
                          .rows = &once,
                          .floors = choice->floors,
                          .zero = NAN,
                          .plots = choice->plots,
                          .csv = arena_format(arena, "%s/%s.csv", figures, kinds[k]->name) };
        if (!wanted[k])
            continue;
        if (!kinds[k]->find(&figure)) {
            if (choice->only)
                done = fail(error, ERROR_INPUT, (Where){ .file = figure.csv }, kinds[k]->needs,
                            "there is nothing to draw");
            else if (people)
                fprintf(people, "%s: not drawn: it needs %s\n", kinds[k]->name, kinds[k]->needs);
            continue;
        }
        done = figure_write(&figure, figures, choice->pdf, error);
        any = true;
        if (done && told)
            fprintf(told, "%s/%s.{csv,svg,png%s}\n", figures, kinds[k]->name,
                    choice->pdf ? ",pdf" : "");
    }
    if (done && !any)
        done = fail(error, ERROR_INPUT, (Where){ .file = figures }, kinds[0]->needs,
                    "there is nothing to draw");
    arena_free(arena);
    return done;
}

void figure_help(FILE *out)
{
    for (size_t k = 0; k < KINDS; k++)
        help_line(out, 18, kinds[k]->name, kinds[k]->help);
}

static bool asked(Arena *arena, const char *only, bool wanted[KINDS], Error *error)
{
    const char *names[KINDS + 1] = { NULL };
    size_t parts;
    char **part = text_split(arena, known(only), ',', &parts);
    for (size_t k = 0; k < KINDS; k++) {
        names[k] = kinds[k]->name;
        wanted[k] = !only;
    }
    for (size_t p = 0; p < parts; p++) {
        int k = text_index(part[p], names);
        if (k < 0)
            return fail(error, ERROR_INPUT, (Where){ .item = "--only" },
                        text_nearest(part[p], names, text_choices(arena, names)),
                        "'%s' is no figure", part[p]);
        wanted[k] = true;
    }
    return true;
}

static bool put_data(FILE *out, const void *content)
{
    const Figure *figure = content;
    figure->kind->put(out, figure);
    return !ferror(out);
}

// gnuplot says nothing of a disk that was full, which leaves a picture without its end.
static bool is_whole(const char *path, const char *end)
{
    enum { LAST = 64 };
    char last[LAST];
    FILE *in = fopen(path, "re");
    bool far = in && fseek(in, -LAST, SEEK_END) == 0;
    size_t got = far ? fread(last, 1, LAST, in) : 0;
    if (in)
        fclose(in);
    return memmem(last, got, end, strlen(end)) != NULL;
}

typedef struct {
    const Figure *figure;
    const char *path, *kind, *end;
} Picture;

static bool draw(const char *part, const void *context, Error *error)
{
    const Picture *is = context;
    const Where where = { .file = is->path };
    FILE *script = tmpfile();
    if (!script)
        return fail(error, ERROR_ENVIRONMENT, where, NULL, "no temporary file: %s",
                    strerror(errno));
    page_put(script, is->figure, part, is->kind);
    bool done = fflush(script) == 0 && !ferror(script);
    if (!done)
        fail(error, ERROR_ENVIRONMENT, where, NULL, "script not written: %s", strerror(errno));
    rewind(script);
    done = done && gnuplot_run(is->figure->arena, script, is->path, error);
    if (done && !is_whole(part, is->end))
        done = fail(error, ERROR_ENVIRONMENT, where, NULL, "not written whole: is there no space?");
    fclose(script);
    return done;
}

static bool figure_write(Figure *figure, const char *folder, bool pdf, Error *error)
{
    static const struct {
        const char *name, *end;
    } format[] = { { "svg", "</svg>" }, { "png", "IEND" }, { "pdf", "%%EOF" } };
    if (!folder_make(folder, error) || !file_write(figure->csv, put_data, figure, error))
        return false;
    for (int f = 0; f < (pdf ? 3 : 2); f++) {
        const char *path =
            arena_format(figure->arena, "%s/%s.%s", folder, figure->kind->name, format[f].name);
        Picture picture = { figure, path, format[f].name, format[f].end };
        if (!file_replace(path, draw, &picture, error))
            return false;
    }
    return true;
}
