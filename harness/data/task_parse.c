// task_parse.c: a task's description. The keys are explained in datasets/README.md.
#include "data/task.h"
#include "data/task_impl.h"
#include "base/text.h"
#include "base/yaml.h"
#include <string.h>

const char *const group_names[] = { "text", "premise", "sentence", "linked", "given", NULL };

static const char *const keys[] = { "version", "summary",  "warning",  "folder",      "format",
                                    "header",  "ragged",   "encoding", "columns",     "labels",
                                    "codes",   "positive", "metric",   "label_until", "group",
                                    "tune",    "report",   "folds",    "files",       "rows",
                                    NULL };
static const char *const file_keys[] = { "file",        "format",  "header",   "ragged",
                                         "encoding",    "columns", "label",    "codes",
                                         "label_until", "groups",  "optional", NULL };
static const char *const column_keys[] = { "text", "text_b", "label", "score", NULL };
static const char *const format_names[] = { "csv", "tsv", "words", "lines", "files", NULL };
static const char *const tune_sources[] = { "train", "file", NULL };

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
typedef struct {
    Arena *arena;
    const char *file;
    const Yaml *root;
    Task *task;
    Error *error;
} Reader;

static Where at(const Reader *r, const Yaml *value)
{
    return (Where){ .file = r->file, .line = value->line, .item = value->key };
}

static bool wrong(const Reader *r, const Yaml *value, const char *right, const char *what)
{
    return fail(r->error, ERROR_INPUT, at(r, value), right, "%s", what);
}

// A map whose keys are all among `names`.
static bool read_map(const Reader *r, const Yaml *map, const char *const *names)
{
    if (map->kind != YAML_MAP)
        return fail(r->error, ERROR_INPUT, at(r, map),
                    arena_format(r->arena, "a map with %s", task_choices(r->arena, names)),
                    "is not a map");
    for (const Yaml *child = map->first; child; child = child->next) {
        if (text_among(child->key, names))
            continue;
        const char *near = text_nearest(child->key, names);
        return wrong(r, child, near ? near : task_choices(r->arena, names), "is unknown");
    }
    return true;
}

static bool read_text(const Reader *r, const Yaml *value, const char **text)
{
    if (value->kind != YAML_TEXT || !*value->text)
        return wrong(r, value, "a text", value->kind == YAML_TEXT ? "is empty" : "is not a text");
    *text = value->text;
    return true;
}

static bool read_flag(const Reader *r, const Yaml *value, bool *flag)
{
    if (value->kind != YAML_TEXT || !text_flag(value->text, flag))
        return wrong(r, value, "yes or no", "is not a flag");
    return true;
}

static bool read_choice(const Reader *r, const Yaml *value, const char *const *names, int *index)
{
    const char *text = NULL;
    if (!read_text(r, value, &text))
        return false;
    for (*index = 0; names[*index]; ++*index)
        if (strcmp(names[*index], text) == 0)
            return true;
    return fail(r->error, ERROR_INPUT, at(r, value), task_choices(r->arena, names),
                "'%s' is unknown", text);
}

// A list of `count` different texts, or of any number where it is 0.
static bool read_texts(const Reader *r, const Yaml *list, int count, const char *const **texts)
{
    int found = 0;
    if (list->kind != YAML_LIST)
        return wrong(r, list, "a list: [FIRST, SECOND]", "is not a list");
    for (const Yaml *child = list->first; child; child = child->next)
        found++;
    if (count ? found != count : found == 0)
        return fail(r->error, ERROR_INPUT, at(r, list),
                    count ? arena_format(r->arena, "%d, as there are labels", count)
                          : "one or more",
                    "has %d", found);
    const char **text = arena_zero(r->arena, (size_t)found + 1, sizeof *text);
    found = 0;
    for (const Yaml *child = list->first; child; child = child->next, found++) {
        if (child->kind != YAML_TEXT || !*child->text)
            return wrong(r, list, "texts", "holds something else than a text");
        if (text_among(child->text, text))
            return fail(r->error, ERROR_INPUT, at(r, list), "each once", "holds '%s' twice",
                        child->text);
        text[found] = child->text;
    }
    *texts = text;
    return true;
}

// text: sentence, or text: [title, body].
static bool read_text_columns(const Reader *r, const Yaml *value, TaskFile *file)
{
    const char *const *columns;
    if (value->kind != YAML_LIST)
        return read_text(r, value, &file->text);
    if (!read_texts(r, value, 0, &columns))
        return false;
    file->text = columns[0];
    file->further = columns[1] ? columns + 1 : NULL;
    return true;
}

// columns: {text: sentence, label: label}. A file is labelled or scored, single or pairs.
static bool read_columns(const Reader *r, const Yaml *map, TaskFile *file, bool *scores)
{
    file->text = file->text_b = file->label = NULL;
    file->further = NULL;
    if (!read_map(r, map, column_keys))
        return false;
    for (const Yaml *child = map->first; child; child = child->next) {
        bool text = strcmp(child->key, "text") == 0, score = strcmp(child->key, "score") == 0;
        const char **column = strcmp(child->key, "text_b") == 0 ? &file->text_b : &file->label;
        if (!text && *column)
            return wrong(r, child, "either label or score", "is one too many");
        if (!(text ? read_text_columns(r, child, file) : read_text(r, child, column)))
            return false;
        if (!text && column == &file->label)
            *scores = score;
    }
    return file->text || wrong(r, map, "text and label or score", "are not complete");
}

// What a file says of itself, else what holds for all of them; NULL: nothing.
static const Yaml *said(const Reader *r, const Yaml *file, const char *key)
{
    const Yaml *own = yaml_get(file, key);
    return own ? own : yaml_get(r->root, key);
}

// The name's ending or the key `format`: what a file is like, and what its columns are called.
static bool read_form(const Reader *r, const Yaml *value, const char *name, TaskFile *file)
{
    const Yaml *format = said(r, value, "format"), *header = said(r, value, "header"),
               *ragged = said(r, value, "ragged"), *encoding = said(r, value, "encoding");
    int chosen = task_ends_in(name, ".tsv"), odd = RAGGED_REFUSED, coded = ENCODING_UTF8;
    if (!format && !task_ends_in(name, ".tsv") && !task_ends_in(name, ".csv"))
        return wrong(r, value, task_choices(r->arena, format_names),
                     "has no format, in its name or as a key");
    if ((format && !read_choice(r, format, format_names, &chosen)) ||
        (ragged && !read_choice(r, ragged, ragged_names, &odd)) ||
        (encoding && !read_choice(r, encoding, encoding_names, &coded)))
        return false;
    *file = (TaskFile){ .form = { formats[chosen].format, formats[chosen].header, (CsvRagged)odd,
                                  (CsvEncoding)coded },
                        .text = formats[chosen].text,
                        .label = formats[chosen].label,
                        .path = name,
                        .rows = -1 };
    if (header && !read_flag(r, header, &file->form.header))
        return false;
    if (file->form.header && !formats[chosen].header)
        return wrong(r, header, "no", "is for csv and tsv");
    const char *slash = strrchr(name, '/'), *star = slash ? slash + 1 : name;
    if ((chosen == FORMAT_FILES) != (*star == '*'))
        return wrong(r, value, chosen == FORMAT_FILES ? "FOLDER/*.txt" : "with format: files",
                     chosen == FORMAT_FILES ? "names one file" : "names many files");
    if (chosen != FORMAT_FILES)
        return true;
    file->suffix = star + 1;
    file->path = slash ? arena_format(r->arena, "%.*s", (int)(slash - name), name) : ".";
    return true;
}

// How a file says which label a row has.
static bool read_labelling(const Reader *r, const Yaml *value, Split split, bool scores,
                           TaskFile *file)
{
    const Yaml *given = yaml_get(value, "label"), *codes = said(r, value, "codes"),
               *until = said(r, value, "label_until"), *columns = said(r, value, "columns");
    int classes = r->task->classes, chosen = 0;
    if (given && file->label)
        return wrong(r, given, "either a label or a column of labels", "is one too many");
    if (given && (!classes || !read_choice(r, given, r->task->labels, &chosen)))
        return classes ? false : wrong(r, given, "one of labels", "has no labels to be of");
    file->given = given ? r->task->labels[chosen] : NULL;
    if (!file->label && !given && split != SPLIT_TEST)
        return wrong(r, columns ? columns : value, "text and label or score", "are not complete");
    if ((codes || until) && (scores || !classes))
        return wrong(r, codes ? codes : until, "left out: the column is a score", "can't be used");
    if (codes && !read_texts(r, codes, classes, &file->codes))
        return false;
    const char *end = NULL;
    if (until && (!read_text(r, until, &end) || end[1]))
        return end ? wrong(r, until, "one character", "is longer") : false;
    file->until = end ? *end : '\0';
    return true;
}

// Where there is no header, columns are numbers.
static bool check_number(const Reader *r, const Yaml *value, const char *column)
{
    int64_t number = 0;
    return !column || (text_whole(column, &number) && number >= 1) ||
           fail(r->error, ERROR_INPUT, at(r, value),
                "columns by their numbers, from 1, where there is no header",
                "column '%s' is no number", column);
}

static bool check_columns(const Reader *r, const Yaml *value, const TaskFile *file)
{
    bool ok = file->form.header ||
              (check_number(r, value, file->text) && check_number(r, value, file->label) &&
               check_number(r, value, file->text_b));
    for (const char *const *name = file->further; ok && name && *name; name++)
        ok = file->form.header || check_number(r, value, *name);
    return ok;
}

// train.tsv, or {file: test.txt, header: no, ...}. What a file does not say of itself holds for
// all.
static bool read_file(const Reader *r, const Yaml *value, Split split, bool *scores, TaskFile *file)
{
    const char *name = NULL;
    const Yaml *typed = value;
    if (value->kind == YAML_MAP) {
        if (!read_map(r, value, file_keys))
            return false;
        if (!(typed = yaml_get(value, "file")))
            return wrong(r, value, "file: NAME", "names no file");
    }
    if (!read_text(r, typed, &name) || !read_form(r, value, name, file))
        return false;
    const Yaml *columns = said(r, value, "columns"), *optional = yaml_get(value, "optional"),
               *groups = yaml_get(value, "groups");
    bool scored = false;
    if ((columns && !read_columns(r, columns, file, &scored)) ||
        !read_labelling(r, value, split, scored, file) ||
        (optional && !read_flag(r, optional, &file->optional)) ||
        (groups && !read_text(r, groups, &file->groups)))
        return false;
    const TaskFile *train = &r->task->file[SPLIT_TRAIN];
    if (!train->path)
        *scores = scored;
    else if ((file->label && scored != *scores) || !file->text_b != !train->text_b)
        return wrong(r, columns ? columns : value,
                     "the columns of the other files under other names", "do not agree");
    return check_columns(r, value, file);
}

// A split is a file, or a list of them.
static bool read_split_files(const Reader *r, const Yaml *value, Split split, bool *scores)
{
    TaskFile *file = &r->task->file[split], *last = NULL;
    bool list = value->kind == YAML_LIST;
    if (list && !value->first)
        return wrong(r, value, "one or more files", "is empty");
    for (const Yaml *one = list ? value->first : value; one; one = list ? one->next : NULL) {
        TaskFile part;
        if (!read_file(r, one, split, scores, &part))
            return false;
        if (part.optional && list)
            return wrong(r, value, "a single file where it is optional", "lists an optional file");
        if (last) {
            TaskFile *next = arena_take(r->arena, 1, sizeof *next);
            *next = part;
            last->next = next;
            last = next;
        } else {
            *file = part;
            last = file;
        }
    }
    return true;
}

static bool read_files(const Reader *r, const Yaml *map, bool *scores)
{
    if (!read_map(r, map, split_names))
        return false;
    for (int s = 0; s < SPLITS; s++) {
        const Yaml *value = yaml_get(map, split_names[s]);
        r->task->file[s] = (TaskFile){ .rows = -1 };
        if (!value && s == SPLIT_TRAIN)
            return wrong(r, map, "train and dev, perhaps tune and test", "are not complete");
        if (value && !read_split_files(r, value, (Split)s, scores))
            return false;
        if (r->task->file[s].optional && s != SPLIT_TEST)
            return wrong(r, value, "test", "is optional: only one split may be");
    }
    return true;
}

// rows: {train: 67349, dev: 872}.
static bool read_rows(const Reader *r, const Yaml *map)
{
    if (!read_map(r, map, split_names))
        return false;
    for (const Yaml *child = map->first; child; child = child->next) {
        int s = 0;
        while (strcmp(split_names[s], child->key) != 0)
            s++;
        TaskFile *file = &r->task->file[s];
        if (child->kind != YAML_TEXT || !text_whole(child->text, &file->rows) || file->rows < 1)
            return wrong(r, child, "a number of rows, 1 or more", "is no number of rows");
        if (!file->path)
            return wrong(r, child, "a split that has a file", "has no file");
    }
    return true;
}

// labels: [negative, positive]. The order is that of the classes.
static bool read_labels(const Reader *r, const Yaml *list)
{
    Task *task = r->task;
    int count = 0;
    if (list->kind != YAML_LIST)
        return wrong(r, list, "a list: [negative, positive]", "are not a list");
    for (const Yaml *child = list->first; child && count <= MOST_LABELS; child = child->next)
        count++;
    if (count < 2 || count > MOST_LABELS)
        return fail(r->error, ERROR_INPUT, at(r, list), "2 to 1000", "are %d", count);
    const char **label = arena_zero(r->arena, (size_t)count + 1, sizeof *label);
    task->labels = label;
    for (const Yaml *child = list->first; child; child = child->next, task->classes++) {
        if (child->kind != YAML_TEXT || !*child->text)
            return wrong(r, list, "texts", "hold something else than a text");
        for (int i = 0; i < task->classes; i++)
            if (strcmp(label[i], child->text) == 0)
                return fail(r->error, ERROR_INPUT, at(r, list), "each label once",
                            "hold '%s' twice", child->text);
        label[task->classes] = child->text;
    }
    return true;
}

// What answers are and what they are worth: labels, positive, metric.
static bool read_answers(const Reader *r, bool scores)
{
    Task *task = r->task;
    const Yaml *labels = yaml_get(r->root, "labels"), *positive = yaml_get(r->root, "positive"),
               *name = yaml_get(r->root, "metric");
    if (scores && (labels || positive))
        return wrong(r, labels ? labels : positive, "left out: the column is a score",
                     "can't be used");
    if (!scores && !labels)
        return wrong(r, r->root, "labels: [FIRST, SECOND]", "labels are missing");
    if (positive && !read_choice(r, positive, task->labels, &task->positive))
        return false;
    static const Metric of_labels[] = { METRIC_ACCURACY, METRIC_F1, METRIC_F1_MACRO,
                                        METRIC_MATTHEWS };
    static const Metric of_scores[] = { METRIC_SPEARMAN, METRIC_PEARSON };
    const Metric *fits = scores ? of_scores : of_labels;
    const char *names[5] = { NULL };
    for (int i = 0; i < (scores ? 2 : 4); i++)
        names[i] = metric_names[fits[i]];
    int chosen = 0; // the first is the default
    if (name && !read_choice(r, name, names, &chosen))
        return false;
    task->metric = fits[chosen];
    if (task->metric == METRIC_F1 && task->positive < 0)
        return wrong(r, name, "used with the key positive", "has no positive label");
    return true;
}

static bool any_file(const Task *task, bool (*is)(const TaskFile *))
{
    for (int s = 0; s < SPLITS; s++)
        for (const TaskFile *f = task->file[s].path ? &task->file[s] : NULL; f; f = f->next)
            if (is(f))
                return true;
    return false;
}

static bool has_groups(const TaskFile *file)
{
    return file->groups != NULL;
}

static bool lacks_groups(const TaskFile *file)
{
    return !file->groups;
}

static bool read_group(const Reader *r, const Yaml *group)
{
    Task *task = r->task;
    bool pairs = task->file[SPLIT_TRAIN].text_b != NULL;
    int chosen = GROUP_TEXT;
    if (group && !read_choice(r, group, group_names, &chosen))
        return false;
    task->group = (Group)chosen;
    if ((task->group == GROUP_PREMISE || task->group == GROUP_LINKED) && !pairs)
        return wrong(r, group, "text, or columns with a text_b", "needs pairs of texts");
    if (task->group == GROUP_SENTENCE && pairs)
        return wrong(r, group, "text, premise or linked", "needs single texts");
    if (task->group == GROUP_GIVEN && any_file(task, lacks_groups))
        return wrong(r, group, "groups: FILE for each file", "has a file without groups");
    if (task->group != GROUP_GIVEN && any_file(task, has_groups))
        return wrong(r, group ? group : r->root, "group: given", "has files with groups");
    return true;
}

static bool read_folds(const Reader *r, const Yaml *folds)
{
    Task *task = r->task;
    int64_t number = 0;
    if (folds->kind != YAML_TEXT || !text_whole(folds->text, &number) || number < 2 ||
        number > MOST_FOLDS)
        return wrong(r, folds, "2 to 100", "is no number of folds");
    if (task->file[SPLIT_TUNE].path || task->file[SPLIT_DEV].path || task->file[SPLIT_TEST].path)
        return wrong(r, folds, "left out, or files with train alone", "has other splits beside it");
    if (task->group == GROUP_SENTENCE)
        return wrong(r, folds, "another group than sentence",
                     "would part sentences from their phrases");
    task->folds = (int)number;
    task->fold = 1;
    return true;
}

// How rows are split: group, tune, report, folds.
static bool read_protocol(const Reader *r)
{
    static const char *const reports[] = { "dev", "test", NULL };
    Task *task = r->task;
    const TaskFile *file = task->file;
    const Yaml *tune = yaml_get(r->root, "tune"), *report = yaml_get(r->root, "report"),
               *folds = yaml_get(r->root, "folds");
    int has_tune = file[SPLIT_TUNE].path != NULL, from = has_tune, last = 0;
    if (!read_group(r, yaml_get(r->root, "group")) ||
        (tune && !read_choice(r, tune, tune_sources, &from)) ||
        (report && !read_choice(r, report, reports, &last)) || (folds && !read_folds(r, folds)))
        return false;
    task->report = last ? SPLIT_TEST : SPLIT_DEV;
    if (from != has_tune)
        return wrong(r, tune, has_tune ? "file" : "train, or a file under files",
                     has_tune ? "has a file" : "has no file");
    if (last && (!file[SPLIT_TEST].path || file[SPLIT_TEST].optional))
        return wrong(r, report, "dev, or a test file that is not optional", "may be absent");
    if (last && !file[SPLIT_TEST].label && !file[SPLIT_TEST].given)
        return wrong(r, report, "dev, or a test file with labels", "has no labels");
    if (!last && !file[SPLIT_DEV].path && !folds)
        return wrong(r, yaml_get(r->root, "files"),
                     "train and dev, or train and test with report: test, or train with folds: 10",
                     "are not complete");
    return true;
}

bool task_parse(Arena *arena, Bytes bytes, const char *file, const char *name, Task *task,
                Error *error)
{
    *task = (Task){ .name = name, .folder = name, .description = file, .positive = -1 };
    const Yaml *root = yaml_parse(arena, bytes, file, error);
    const Reader r = { .arena = arena, .file = file, .root = root, .task = task, .error = error };
    if (!root || !read_map(&r, root, keys))
        return false;
    const Yaml *version = yaml_get(root, "version"), *summary = yaml_get(root, "summary"),
               *warning = yaml_get(root, "warning"), *folder = yaml_get(root, "folder"),
               *labels = yaml_get(root, "labels"), *files = yaml_get(root, "files"),
               *rows = yaml_get(root, "rows");
    if (!version || !files)
        return wrong(&r, root, version ? "files: {train: FILE, dev: FILE}" : "version: 1",
                     version ? "files are missing" : "the version is missing");
    bool scores = false;
    return read_text(&r, version, &task->version) &&
           (!summary || read_text(&r, summary, &task->summary)) &&
           (!warning || read_text(&r, warning, &task->warning)) &&
           (!folder || read_text(&r, folder, &task->folder)) &&
           (!labels || read_labels(&r, labels)) && read_files(&r, files, &scores) &&
           (!rows || read_rows(&r, rows)) && read_answers(&r, scores) && read_protocol(&r);
}
