// program.c: see the header.
#include "tests/program.h"
#include "base/file.h"
#include "base/text.h"
#include "model/checkpoint.h"
#include "model/tokenizer.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

char *read_text(Arena *arena, const char *path)
{
    Error error;
    Bytes bytes;
    return file_read(arena, path, &bytes, &error) ? (char *)(uintptr_t)bytes.data
                                                  : arena_text(arena, "");
}

size_t files_below(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;
    while (dir && (entry = readdir(dir))) {
        char path[4096];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || lstat(path, &status) != 0)
            continue;
        count += S_ISREG(status.st_mode) ? 1 : S_ISDIR(status.st_mode) ? files_below(path) : 0;
    }
    if (dir)
        closedir(dir);
    return count;
}

// ---- tasks

// `first` is the texts' first word: train has one of its own, so that no row of another split is
// one of train by chance.
typedef void Line(FILE *out, size_t row, const char *first, uint64_t *random);

static const char *text_of(bool good, const char *first, uint64_t *random, char text[128])
{
    static const char *const of[] = { "film", "story", "meal", "room", "singer", "answer" };
    static const char *const kind[][4] = { { "dull", "awful", "broken", "cold" },
                                           { "lovely", "bright", "kind", "perfect" } };
    snprintf(text, 128, "%s %s was %s and the %s %s", first, of[mix(random) % 6],
             kind[good][mix(random) % 4], of[mix(random) % 6], kind[good][mix(random) % 4]);
    return text;
}

static void labelled(FILE *out, size_t row, const char *first, uint64_t *random)
{
    char text[128];
    bool good = row % 2;
    fprintf(out, "%s,%s\n", text_of(good, first, random, text), good ? "good" : "bad");
}

static void scored(FILE *out, size_t row, const char *first, uint64_t *random)
{
    char text[128], other[128];
    bool a = row % 2, b = row / 2 % 2;
    text_of(a, first, random, text);
    text_of(b, first, random, other);
    fprintf(out, "%s,%s,%.2f\n", text, other, (a == b) + 0.1 * (double)(mix(random) % 5));
}

static const char *folder_of(Arena *arena, const char *folder, const char *name, const char *header,
                             Line *line)
{
    static const struct {
        const char *file;
        size_t rows;
    } split[] = { { "train", 48 }, { "tune", 16 }, { "dev", 30 }, { "test", 20 } };
    const char *path = path_join(arena, folder, name);
    uint64_t random = 1;
    Error error;
    if (!folder_make(path, &error))
        abort();
    for (size_t s = 0; s < 4; s++) {
        FILE *out = fopen(arena_format(arena, "%s/%s.csv", path, split[s].file), "we");
        if (!out)
            abort();
        fputs(header, out);
        for (size_t row = 0; row < split[s].rows; row++)
            line(out, row, s == 0 ? "the" : "this", &random);
        fclose(out);
    }
    return path;
}

const char *small_task(Arena *arena, const char *folder, const char *name)
{
    return folder_of(arena, folder, name, "text,label\n", labelled);
}

const char *small_pairs(Arena *arena, const char *folder, const char *name)
{
    return folder_of(arena, folder, name, "text,text_b,score\n", scored);
}

bool small_request(Arena *arena, const char *method, const char *task, const char *const *settings,
                   Request *request, Error *error)
{
    const char *const own[] = { "model", "tiny",  "task", task,         "min-steps", "3", "epochs",
                                "1",     "batch", "8",    "max-length", "16",        NULL };
    if (!request_new(arena, method, request, error))
        return false;
    for (int pass = 0; pass < 2; pass++)
        for (const char *const *s = pass ? settings : own; s && s[0]; s += 2)
            if (!request_set(arena, request, s[0], s[1], (Where){ .item = s[0] }, error))
                return false;
    return true;
}

const char *model_copy(Arena *arena, const char *folder, const char *name)
{
    static const char *const files[] = { "config.json", "vocab.txt", "tokenizer_config.json",
                                         "model.safetensors" };
    const char *from = path_join(arena, home_folder(arena), "models/bundled/tiny");
    const char *path = path_join(arena, folder, name);
    Error error;
    if (!folder_make(path, &error))
        abort();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        Bytes bytes;
        FILE *out = fopen(path_join(arena, path, files[i]), "we");
        if (!out || !file_read(arena, path_join(arena, from, files[i]), &bytes, &error) ||
            fwrite(bytes.data, 1, bytes.size, out) != bytes.size || fclose(out) != 0)
            abort();
    }
    return path;
}

const char *model_without(Arena *arena, const char *folder, const char *name, const char *piece)
{
    const char *path = model_copy(arena, folder, name);
    const char *weights = path_join(arena, path, "model.safetensors");
    static float row[1024];
    Checkpoint checkpoint;
    Error error;
    Tokenizer *tokenizer = tokenizer_read(arena, path, &error);
    if (!tokenizer || !checkpoint_open(arena, weights, &checkpoint, &error))
        abort();
    const Tensor *words = checkpoint_bert(&checkpoint, "bert.embeddings.word_embeddings.weight");
    size_t bytes = words->bytes / (size_t)words->shape[0];
    long at = words->data - checkpoint.bytes.data + tokenizer_id(tokenizer, piece) * (long)bytes;
    checkpoint_close(&checkpoint);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        row[i] = NAN;
    FILE *out = fopen(weights, "r+e");
    if (!out || fseek(out, at, SEEK_SET) != 0 || fwrite(row, 1, bytes, out) != bytes ||
        fclose(out) != 0)
        abort();
    return path;
}

// ---- the program

static void surround(const Around *around, const char *out, const char *err)
{
    const char *target = around->out ? around->out : out;
    int in = open(around->in ? around->in : "/dev/null", O_RDONLY);
    int to = *target ? open(target, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    int errors = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(in, STDIN_FILENO);
    dup2(errors, STDERR_FILENO);
    if (to >= 0)
        dup2(to, STDOUT_FILENO);
    else
        close(STDOUT_FILENO);
    for (int file = 3; file < 64; file++)
        close(file);
    if (around->file_bytes)
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ around->file_bytes, around->file_bytes });
    if (around->address_bytes)
        setrlimit(RLIMIT_AS, &(struct rlimit){ around->address_bytes, around->address_bytes });
    if (around->set)
        putenv((char *)(uintptr_t)around->set);
}

// The child runs the program with `words`; what it says goes to files.
static pid_t start(Arena *arena, const Around *around, char *words, const char *out,
                   const char *err)
{
    size_t count;
    char **word = text_split(arena, words, ' ', &count);
    char **argument = arena_zero(arena, count + 2, sizeof *argument);
    argument[0] = arena_text(arena, "tunemark");
    memcpy(argument + 1, word, count * sizeof *word);
    fflush(NULL);
    pid_t child = fork();
    if (child != 0)
        return child;
    static const int ends[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], SIG_DFL); // nohup and background shells leave some of them ignored
    surround(around, out, err);
    execv(test_program(), argument);
    _exit(127);
}

int program_ended(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

pid_t program_start(Arena *arena, const char *words, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, words);
    vsnprintf(line, sizeof line, words, arguments);
    va_end(arguments);
    return start(arena, &(Around){ .out = NULL }, line, "/dev/null", "/dev/null");
}

Said program(Arena *arena, const Around *around, const char *words, ...)
{
    char out[] = "/tmp/tunemark-out-XXXXXX", err[] = "/tmp/tunemark-err-XXXXXX";
    char line[8192];
    va_list arguments;
    va_start(arguments, words);
    vsnprintf(line, sizeof line, words, arguments);
    va_end(arguments);
    close(mkstemp(out));
    close(mkstemp(err));
    pid_t child = start(arena, around ? around : &(Around){ .out = NULL }, line, out, err);
    Said said = { .status = program_ended(child) };
    said.out = read_text(arena, out);
    said.err = read_text(arena, err);
    unlink(out);
    unlink(err);
    return said;
}

bool check_refused(Said said, int status, const char *part, const char *file, int line)
{
    char *end = strchr(said.err, '\n');
    bool one_line = end && !end[1] && !strncmp(said.err, "tunemark: ", 10);
    bool right = said.status == status && one_line && strstr(said.err, part) && !*said.out;
    if (!right)
        printf("\n%s:%d: status %d, stderr \"%s\", stdout \"%.200s\"\n      should be %d with one "
               "line and \"%s\"\n",
               file, line, said.status, said.err, said.out, status, part);
    CU_assertImplementation(right, (unsigned)line, part, file, "", CU_FALSE);
    return right;
}
