// task_file.c: the part of a task's description that says which files there are, and how they are
// read.
#include "base/text.h"
#include "data/task_impl.h"
#include <string.h>

static const char *const file_keys[] = { "file",        "format",  "header",   "ragged",
                                         "encoding",    "columns", "label",    "codes",
                                         "label_until", "groups",  "optional", NULL };
static const char *const column_keys[] = { "text", "text_b", "label", "score", NULL };
static const char *const format_names[] = { "csv", "tsv", "words", "lines", "files", NULL };

// What a format of format_names is, and its columns where a description names none.
static const struct {
    CsvFormat format;
    bool header;
    const char *text, *label;
} formats[] = {
    { CSV_COMMAS, true, "text", "label" }, { CSV_TABS, true, "text", "label" },
    { CSV_WORDS, false, "2", "1" },        { CSV_LINES, false, "1", NULL },
    { CSV_LINES, false, "1", NULL },
};
enum { FORMAT_FILES = 4 };

// text: sentence, or text: [title, body].
static bool read_text_columns(TaskReader *r, const Yaml *value, TaskFile *file)
{
    const char *const *columns;
    size_t count;
    if (value->kind != YAML_LIST)
        return yaml_read_text(&r->yaml, value, &file->text);
    if (!yaml_read_texts(&r->yaml, value, 1, SIZE_MAX, "one or more", &columns, &count))
        return false;
    file->text = columns[0];
    file->further = columns[1] ? columns + 1 : NULL;
    return true;
}

// columns: {text: sentence, label: label}. A file is labelled or scored, single or pairs.
static bool read_columns(TaskReader *r, const Yaml *map, TaskFile *file, bool *scores)
{
    file->text = file->text_b = file->label = NULL;
    file->further = NULL;
    if (!yaml_read_map(&r->yaml, map, column_keys))
        return false;
    for (const Yaml *child = map->first; child; child = child->next) {
        bool text = strcmp(child->key, "text") == 0, score = strcmp(child->key, "score") == 0;
        const char **column = strcmp(child->key, "text_b") == 0 ? &file->text_b : &file->label;
        if (!text && *column)
            return yaml_wrong(&r->yaml, child, "either label or score", "is one too many");
        if (!(text ? read_text_columns(r, child, file) : yaml_read_text(&r->yaml, child, column)))
            return false;
        if (!text && column == &file->label)
            *scores = score;
    }
    return file->text || yaml_wrong(&r->yaml, map, "text and label or score", "are not complete");
}

// What a file says of itself, else what holds for all of them; NULL: nothing.
static const Yaml *said(TaskReader *r, const Yaml *file, const char *key)
{
    const Yaml *own = yaml_get(file, key);
    return own ? own : yaml_get(r->root, key);
}

// The name's ending or the key `format`: what a file is like, and what its columns are called.
static bool read_form(TaskReader *r, const Yaml *value, const char *name, TaskFile *file)
{
    const Yaml *format = said(r, value, "format"), *header = said(r, value, "header"),
               *ragged = said(r, value, "ragged"), *encoding = said(r, value, "encoding");
    int chosen = text_ends(name, ".tsv"), odd = RAGGED_REFUSED, coded = ENCODING_UTF8;
    if (!format && !text_ends(name, ".tsv") && !text_ends(name, ".csv"))
        return yaml_wrong(&r->yaml, value, text_choices(r->yaml.arena, format_names),
                          "has no format, in its name or as a key");
    if ((format && !yaml_read_choice(&r->yaml, format, format_names, &chosen)) ||
        (ragged && !yaml_read_choice(&r->yaml, ragged, ragged_names, &odd)) ||
        (encoding && !yaml_read_choice(&r->yaml, encoding, encoding_names, &coded)))
        return false;
    *file = (TaskFile){ .form = { formats[chosen].format, formats[chosen].header, (CsvRagged)odd,
                                  (CsvEncoding)coded },
                        .text = formats[chosen].text,
                        .label = formats[chosen].label,
                        .path = name,
                        .rows = -1 };
    if (header && !yaml_read_flag(&r->yaml, header, &file->form.header))
        return false;
    if (file->form.header && !formats[chosen].header)
        return yaml_wrong(&r->yaml, header, "no", "is for csv and tsv");
    const char *slash = strrchr(name, '/'), *star = slash ? slash + 1 : name;
    if ((chosen == FORMAT_FILES) != (*star == '*'))
        return yaml_wrong(&r->yaml, value,
                          chosen == FORMAT_FILES ? "FOLDER/*.txt" : "with format: files",
                          chosen == FORMAT_FILES ? "names one file" : "names many files");
    if (chosen != FORMAT_FILES)
        return true;
    file->suffix = star + 1;
    file->path = slash ? arena_format(r->yaml.arena, "%.*s", (int)(slash - name), name) : ".";
    return true;
}

// How a file says which label a row has.
static bool read_labelling(TaskReader *r, const Yaml *value, Split split, bool scores,
                           TaskFile *file)
{
    const Yaml *given = yaml_get(value, "label"), *codes = said(r, value, "codes"),
               *until = said(r, value, "label_until"), *columns = said(r, value, "columns");
    int classes = r->task->classes, chosen = 0;
    if (given && file->label)
        return yaml_wrong(&r->yaml, given, "either a label or a column of labels",
                          "is one too many");
    if (given && (!classes || !yaml_read_choice(&r->yaml, given, r->task->labels, &chosen)))
        return classes ? false
                       : yaml_wrong(&r->yaml, given, "one of labels", "has no labels to be of");
    file->given = given ? r->task->labels[chosen] : NULL;
    if (!file->label && !given && split != SPLIT_TEST)
        return yaml_wrong(&r->yaml, columns ? columns : value, "text and label or score",
                          "are not complete");
    if ((codes || until) && (scores || !classes))
        return yaml_wrong(&r->yaml, codes ? codes : until,
                          scores ? "left out: the column is a score"
                                 : "with labels: [FIRST, SECOND]",
                          scores ? "can't be used" : "is about labels, which are missing");
    size_t count = (size_t)classes;
    if (codes && !yaml_read_texts(&r->yaml, codes, count, count,
                                  arena_format(r->yaml.arena, "%d, as there are labels", classes),
                                  &file->codes, &count))
        return false;
    const char *end = NULL;
    if (until && (!yaml_read_text(&r->yaml, until, &end) || end[1]))
        return end ? yaml_wrong(&r->yaml, until, "one character", "is longer") : false;
    file->until = end ? *end : '\0';
    return true;
}

// train.tsv, or {file: test.txt, header: no, ...}. What a file does not say of itself holds for
// all.
static bool read_file(TaskReader *r, const Yaml *value, Split split, TaskFile *file)
{
    const char *name = NULL;
    const Yaml *typed = value;
    if (value->kind == YAML_MAP) {
        if (!yaml_read_map(&r->yaml, value, file_keys))
            return false;
        if (!(typed = yaml_get(value, "file")))
            return yaml_wrong(&r->yaml, value, "file: NAME", "names no file");
    }
    if (!yaml_read_text(&r->yaml, typed, &name) || !read_form(r, value, name, file))
        return false;
    const Yaml *columns = said(r, value, "columns"), *optional = yaml_get(value, "optional"),
               *groups = yaml_get(value, "groups");
    bool scored = false;
    if ((columns && !read_columns(r, columns, file, &scored)) ||
        !read_labelling(r, value, split, scored, file) ||
        (optional && !yaml_read_flag(&r->yaml, optional, &file->optional)) ||
        (groups && !yaml_read_text(&r->yaml, groups, &file->groups)))
        return false;
    r->files++;
    r->grouped += groups != NULL;
    const TaskFile *train = &r->task->file[SPLIT_TRAIN];
    if (!train->path)
        r->scores = scored;
    else if ((file->label && scored != r->scores) || !file->text_b != !train->text_b)
        return yaml_wrong(&r->yaml, columns ? columns : value,
                          "the columns of the other files under other names", "do not agree");
    return true;
}

// A split is a file, or a list of them, each the next one of the one before.
static bool read_split_files(TaskReader *r, const Yaml *value, Split split)
{
    TaskFile *file = &r->task->file[split];
    bool list = value->kind == YAML_LIST;
    if (list && !value->first)
        return yaml_wrong(&r->yaml, value, "one or more files", "is empty");
    for (const Yaml *one = list ? value->first : value; one; one = list ? one->next : NULL) {
        TaskFile part = { 0 }, *next = NULL;
        if (!read_file(r, one, split, &part))
            return false;
        if (part.optional && list)
            return yaml_wrong(&r->yaml, value, "a single file where it is optional",
                              "lists an optional file");
        if (file->path)
            file->next = next = arena_take(r->yaml.arena, 1, sizeof *next);
        file = next ? next : file;
        *file = part;
    }
    return true;
}

bool task_read_files(TaskReader *r, const Yaml *map)
{
    if (!yaml_read_map(&r->yaml, map, split_names))
        return false;
    for (int s = 0; s < SPLITS; s++) {
        const Yaml *value = yaml_get(map, split_names[s]);
        r->task->file[s] = (TaskFile){ .rows = -1 };
        if (!value && s == SPLIT_TRAIN)
            return yaml_wrong(&r->yaml, map, "train and dev, perhaps tune and test",
                              "are not complete");
        if (value && !read_split_files(r, value, (Split)s))
            return false;
        if (r->task->file[s].optional && s != SPLIT_TEST)
            return yaml_wrong(&r->yaml, value, "test", "is optional: only one split may be");
    }
    return true;
}

// rows: {train: 67349, dev: 872}.
bool task_read_rows(TaskReader *r, const Yaml *map)
{
    if (!yaml_read_map(&r->yaml, map, split_names))
        return false;
    for (const Yaml *child = map->first; child; child = child->next) {
        TaskFile *file = &r->task->file[text_index(child->key, split_names)];
        if (child->kind != YAML_TEXT || !text_whole(child->text, &file->rows) || file->rows < 1)
            return yaml_wrong(&r->yaml, child, "a number of rows, 1 or more",
                              "is no number of rows");
        if (!file->path)
            return yaml_wrong(&r->yaml, child, "a split that has a file", "has no file");
    }
    return true;
}
