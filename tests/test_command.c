// Reading a command line, and the program's face: help, status, standard output.
#include "tests/program.h"
#include "command/command.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Flag flags[] = {
    { "verbose", 'v', NULL, "say more" },
    { "quiet", 'q', NULL, "say less" },
    { "jobs", 'j', TAKES_TEXT("N"), "side by side" },
    { "csv", 0, NULL, "as CSV" },
    FLAG_END,
};

typedef struct {
    bool ok;
    Arguments is;
    Error error;
} Read;

static Read read_words(Arena *arena, const char *words)
{
    Read read;
    size_t count;
    char **word = text_split(arena, words, ' ', &count);
    read.ok = arguments_read(arena, (int)count, word, flags, &read.is, &read.error);
    return read;
}

static void every_usual_spelling_is_read(void)
{
    static const struct {
        const char *words, *name, *value;
        size_t operands;
    } of[] = {
        { "--jobs 4", "jobs", "4", 0 },
        { "--jobs=4", "jobs", "4", 0 },
        { "--jobs=", "jobs", "", 0 },
        { "--jobs=a=b", "jobs", "a=b", 0 },
        { "-j 4", "jobs", "4", 0 },
        { "-j4", "jobs", "4", 0 },
        { "-vj4", "jobs", "4", 0 },
        { "-vqj 4", "jobs", "4", 0 },
        { "-j -4", "jobs", "-4", 0 },
        { "--rank 4", "rank", "4", 0 }, // of whom, is decided later
        { "--train_limit 4", "train-limit", "4", 0 },
        { "--my_own.init_sd=_4", "my_own.init-sd", "_4", 0 }, // a method's name is a file's
        { "--lr -1", "lr", "-1", 0 },
        { "--study --x", "study", "--x", 0 },
        { "--jobs 1 --jobs 2", "jobs", "2", 0 },
        { "a --jobs 4 b", "jobs", "4", 2 },
        { "--jobs 4 -- --verbose -x", "jobs", "4", 2 },
        { "- --jobs 4", "jobs", "4", 1 },
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Read read = read_words(arena, of[i].words);
        if (!CHECK(read.ok)) {
            printf("%s: %s\n", of[i].words, read.error.text);
            continue;
        }
        CHECK_TEXT(argument_value(&read.is, of[i].name), of[i].value);
        CHECK(read.is.operands == of[i].operands);
    }
    Read switches = read_words(arena, "-v --csv file");
    CHECK(switches.ok && argument_is(&switches.is, "verbose") && argument_is(&switches.is, "csv"));
    CHECK(!argument_is(&switches.is, "quiet") && !argument_value(&switches.is, "verbose"));
    CHECK(switches.is.operands == 1 && !strcmp(switches.is.operand[0], "file"));
    CHECK(read_words(arena, "--dry_run").ok);
    arena_free(arena);
}

static void what_cannot_be_read_is_named(void)
{
    static const char *const of[][2] = {
        { "--jobs", "--jobs: has no value; should be followed by one" },
        { "-j", "-j: has no value; should be followed by one" },
        { "--csv=yes", "--csv=yes: takes no value; should be without =" },
        { "-x", "-x: -x is unknown; should be one of --help" },
        { "-vx", "-vx: -x is unknown; should be one of --help" },
        { "-v-", "-v-: -- is unknown; should be one of --help" },
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Read read = read_words(arena, of[i][0]);
        CHECK(!read.ok && read.error.kind == ERROR_INPUT);
        CHECK_TEXT(read.error.text, of[i][1]);
    }
    arena_free(arena);
}

static void only_known_options_pass(void)
{
    static const Option table[] = {
        { "rank", OPTION_WHOLE, 0, "8", 1, 9, NULL, "" },
        OPTION_END,
    };
    const Option *const tables[] = { table, NULL };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Read read = read_words(arena, "--rank 4 -v --jobs 3");
    CHECK(arguments_known(&read.is, flags, tables, &error));
    CHECK(!arguments_known(&read.is, flags, NULL, &error));
    CHECK_TEXT(error.text, "--rank: is unknown; should be one of --help");
    read = read_words(arena, "--rnak 4");
    CHECK(!arguments_known(&read.is, flags, tables, &error));
    CHECK_TEXT(error.text, "--rnak: is unknown; should be --rank");
    CHECK(error.kind == ERROR_INPUT);
    arena_free(arena);
}

// ---- the program

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        size_t length = strcspn(text, "\n");
        longest = length > longest ? length : longest;
    }
    return longest;
}

static bool is_help(Said said, const char *about)
{
    bool good =
        said.status == 0 && !*said.err && strstr(said.out, about) && longest_line(said.out) <= 100;
    if (!good)
        printf("\n%s: status %d, %zu columns, \"%s\"\n", about, said.status, longest_line(said.out),
               said.err);
    return good;
}

static void every_command_explains_itself_within_100_columns(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Said help = program(arena, NULL, "help");
    size_t lines, commands = 0;
    CHECK(is_help(help, "measure ways"));
    CHECK_TEXT(program(arena, NULL, "--help").out, help.out);
    char **line = text_split(arena, help.out, '\n', &lines);
    for (size_t i = 0; i < lines; i++) {
        char name[32];
        if (sscanf(line[i], "  tunemark %31[a-z]", name) != 1)
            continue;
        commands++;
        const char *about = arena_format(arena, "tunemark %s: ", name);
        Said said = program(arena, NULL, "%s --help", name);
        CHECK(is_help(said, about));
        CHECK(strstr(said.out, arena_format(arena, "\n  tunemark %s", name)) != NULL); // an example
        CHECK_TEXT(program(arena, NULL, "help %s", name).out, said.out);
    }
    CHECK(commands >= 6);
    arena_free(arena);
}

static void the_help_of_a_run_knows_its_method(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t m = 0; methods[m]; m++)
        CHECK(is_help(program(arena, NULL, "run --method=%s -h", methods[m]->name),
                      methods[m]->summary));
    Said lora = program(arena, NULL, "run --method lora --help");
    CHECK(strstr(lora.out, "\n  --rank N ") && strstr(lora.out, "\n  --lora.dropout X "));
    CHECK_REFUSED(program(arena, NULL, "run --method lroa --help"), 2, "should be lora");
    arena_free(arena);
}

// Names of unlike length; a summary ends with its sentence; a spec may begin without a comment.
static void specs_stand_in_two_columns(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *home = test_folder(), *specs = path_join(arena, home, "results/specs");
    CHECK(folder_make(specs, &error));
    write_text(path_join(arena, specs, "no.yaml"), "name: no\n");
    write_text(path_join(arena, specs, "longest.yaml"), "# Which\n# is it? More.\nname: l\n");
    Around around = { .set = arena_format(arena, "TUNEMARK_HOME=%s", home) };
    Said said = program(arena, &around, "list specs");
    CHECK(said.status == 0);
    CHECK_TEXT(said.out, arena_format(arena,
                                      "spec    asks; NAME.yaml in %s\n"
                                      "longest Which is it?\n"
                                      "no      (no comment at its head)\n",
                                      specs));
    arena_free(arena);
}

static void version_and_lists_are_printed(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Said version = program(arena, NULL, "--version");
    CHECK(version.status == 0 && !strncmp(version.out, "tunemark ", 9));
    CHECK(strstr(version.out, "GCC") || strstr(version.out, "Clang"));
    static const char *const lists[][2] = {
        { "list methods", "lora" },     { "list methods --markdown", "| `lora` |" },
        { "list models", "tiny " },     { "list models", "sizes alone" },
        { "list tasks", "reviews " },   { "list specs", "quick " },
        { "list columns", "# The row" }
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        Said said = program(arena, NULL, "%s", lists[i][0]);
        CHECK(said.status == 0 && !*said.err && strstr(said.out, lists[i][1]));
    }
    Said graph = program(arena, NULL,
                         "graph --model tiny --task reviews --method head "
                         "--train-limit 32 --epochs 4 --min-steps 1");
    CHECK(graph.status == 0 && strstr(graph.out, "-- backward\n"));
    CHECK(strstr(graph.out, " nodes; activations "));
    const char *once = strstr(graph.out, "-- once, kept by example\n");
    const char *step = strstr(graph.out, "-- each step\n");
    if (CHECK(once == graph.out && step)) { // the encoder, then what is fed to the classifier
        CHECK(strstr(once, "attention") < step && !strstr(step, "attention"));
        CHECK(strstr(step, " kept %") && strstr(step, "; kept 16384 B, ")); // 32 rows of 128
    }
    graph = program(arena, NULL,
                    "graph --model tiny --task reviews --method prefix "
                    "--train-limit 32 --epochs 4 --min-steps 1");
    CHECK(graph.status == 0 && !strstr(graph.out, "kept"));
    arena_free(arena);
}

// As they are committed: tunemark sweep --schema >results/specs/schema.json, for one.
static void the_schemas_are_those_that_the_program_prints(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    CHECK_TEXT(program(arena, NULL, "sweep --schema").out,
               read_text(arena, "results/specs/schema.json"));
    CHECK_TEXT(program(arena, NULL, "list columns --json").out,
               read_text(arena, "results/schema.json"));
    arena_free(arena);
}

static void all_options_are_listed_for_programs(void)
{
    static const char *const lines[] = {
        "of,option,letter,type,takes,low,high,standard,help\n",
        "\nsweep,,,operand,SPEC,,,,",
        "\nsweep,--jobs,-j,whole,N,1,4096,,",
        "\nsweep,--grace,,real,SECONDS,0,1000000000,60,",
        "\nsweep,--quiet,-q,switch,,,,,no progress\n",
        "\nestimate,--weights,,choice,f32|f16|bf16,,,f32,",
        "\nestimate,--memory,,bytes,BYTES,1,1000000000000000,,",
        "\nestimate,--gflops,,real,X,0.001,1000000000000,,",
        "\ncompare,--level,,real,PERCENT,50,99.99,95,",
        "\ncompare,--split,,choice,dev|test,,,,",
        "\ncompare,--task,-t,text,NAME,,,,",
        "\ntokens,--max-length,,whole,N,5,65536,128,tokens at most\n",
        "\npredict,--threads,,whole,N,1,1024,1,",
        "\nrun,--epochs,,whole,N,0,10000,3,passes over the training rows\n",
        "\nrun,--recompute,,flag,yes|no,,,no,",
        "\nlora,--targets,,set,q|k|v|attn_out|ffn_mid|ffn_out,,,q+v,layers to update\n",
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Said said = program(arena, NULL, "list options");
    CHECK(said.status == 0 && !*said.err);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!CHECK(strstr(said.out, lines[i]) != NULL))
            printf("%s\n", lines[i]);
    CHECK(!strstr(said.out, "\nsweep,--epochs,"));
    arena_free(arena);
}

static void tokens_of_arguments_and_of_lines_are_shown(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *lines = arena_format(arena, "%s/lines", test_folder());
    write_text(lines, "good\n\nbad film");
    Said said = program(arena, NULL, "tokens Good bad");
    CHECK_TEXT(said.out, "[CLS] good [SEP] bad [SEP]\n");
    said = program(arena, &(Around){ .in = lines }, "tokens");
    CHECK_TEXT(said.out, "[CLS] good [SEP]\n[CLS] [SEP]\n[CLS] bad film [SEP]\n");
    said = program(arena, &(Around){ .in = lines }, "tokens --ids");
    CHECK(said.status == 0 && !strchr(said.out, '['));
    CHECK_REFUSED(program(arena, NULL, "tokens a b c"), 2, "c: is a third text");
    CHECK_REFUSED(program(arena, NULL, "tokens --max-length 4 a"), 2, "should be 5 to 65536");
    write_text(lines, "good\nba\xff");
    said = program(arena, &(Around){ .in = lines }, "tokens");
    CHECK(said.status == 2 && strstr(said.err, "standard input:2: byte 0xff is no text"));
    CHECK(truncate(lines, 0) == 0 && truncate(lines, 300 << 20) == 0); // a line without an end
    CHECK_REFUSED(program(arena, &(Around){ .in = lines }, "tokens"), 2,
                  "standard input: the next texts take more than 256 MB");
    CHECK(unlink(lines) == 0);
    CHECK_REFUSED(program(arena, &(Around){ .in = test_folder() }, "tokens"), 2,
                  "standard input: cannot be read: Is a directory");
    arena_free(arena);
}

static void what_is_no_command_line_is_refused_in_one_line(void)
{
    static const struct {
        const char *words, *part;
    } of[] = {
        { "nonsense", "'nonsense' is no command; should be one that `tunemark help` shows" },
        { "rnu --method lora", "'rnu' is no command; should be run" },
        { "help nonsense", "'nonsense' is no command" },
        { "run", "--method: is not given; should be a name of `tunemark list methods`" },
        { "run --method", "--method: has no value" },
        { "run --method head --lr", "--lr: has no value; should be followed by one" },
        { "run --method head --dry", "--dry: is unknown" },
        { "run --method head --rank 4",
          "--rank: is unknown; should be with --method dora or lora" },
        { "run --method lora", "model: is not given" },
        { "run --method lora --model tiny", "task: is not given" },
        { "run --method lora --model tin --task reviews",
          "model: 'tin' is not found; should be tiny" },
        { "run --method lora --model gpt2 --task reviews",
          "model: 'gpt2' has sizes alone, for estimate, params and graph; should be one with "
          "weights" },
        { "estimate --model bert-larg", "model: 'bert-larg' is not found; should be bert-large" },
        { "compare lora models", "second method: is not given" },
        { "run --method lroa", "method: 'lroa' is unknown; should be lora" },
        { "run --method lora --rnak 4", "--rnak: is unknown; should be --rank" },
        { "run --method lora --rank four", "lora: rank: 'four' is not a whole number" },
        { "run --method lora --rank 0", "lora: rank: 0 is out of range; should be 1 to " },
        { "run --method full --rank 4", "--rank: is unknown" },
        { "run --method lora file", "file: is not understood" },
        { "run --method lora -z", "-z is unknown" },
        { "run --method lora --epochs -1", "epochs: -1 is out of range; should be 0 to 10000" },
        { "run --method lora --head big", "head: 'big' is unknown; should be auto, pooler" },
        { "run --method lora --pretrained maybe", "should be yes or no" },
        { "run --method lora --targets q+x", "lora: targets: 'q+x' is unknown" },
        { "run --method lora --lr nan", "lr: 'nan' is not a number; should be 0 to 10" },
        { "run --method lora --seed 1e3", "seed: '1e3' is not a whole number" },
        { "params --method lora", "--model: is not given" },
        { "params --method lora --model tiny --labels 0", "--labels: 0 is out of range" },
        { "rows --task reviews --fold 0", "fold: 0 is out of range; should be 1 to 100" },
        { "rows --task reviews --data-seed 9223372036854775807",
          "data-seed: 9223372036854775807 is out of range; should be 0 to 9007199254740992" },
        { "rows --task reviews --split dve", "should be train, tune, dev or test" },
        { "rows --task reviews --data-seed x",
          "data-seed: 'x' is not a whole number; should be 0 to 9007199254740992" },
        { "tokens --model tiny --max-length 4 text", "max-length: 4 is out of range" },
        { "sweep some.yaml --jobs 4097", "--jobs: 4097 is out of range; should be 1 to 4096" },
        { "sweep some.yaml --slurm 1.5", "--slurm: '1.5' is not a whole number" },
        { "list", "list: it is not said what; should be one of" },
        { "list things", "list: 'things' is no list" },
        { "list methods things", "things: is a second list" },
        { "list methods --mrkdown", "--mrkdown: is unknown; should be --markdown" },
        { "sweep --schema some.yaml", "--schema: 'some.yaml' is given, too; should be without" },
        { "table x --csv --latex", "--latex: --csv is given, too; should be without it" },
        { "table x --markdown --csv", "--markdown: --csv is given, too" },
        { "compare a b --csv --json", "--json: --csv is given, too" },
        { "list methods --csv", "list: methods have no --csv" },
        { "list tasks --csv --markdown", "--markdown: --csv is given, too" },
        { "list columns --csv --json", "--json: --csv is given, too" },
        { "sweep some.yaml -n --commands", "--commands: --dry-run is given, too" },
        { "sweep some.yaml --slurm 2 --shard 1/2", "--shard: --slurm is given, too" },
        { "sweep some.yaml -q -v", "--quiet: --verbose is given, too" },
        { "run -q -v", "--quiet: --verbose is given, too" },
        { "estimate --model tiny --steps 3 --rows 4", "--rows: --steps is given, too" },
        { "rows --task reviews --split dev --train-limit 8",
          "--train-limit: is of no other split; should be with --split train" },
        { "--version run", "run: is not understood; should be --version alone" },
        { "probe --fast 1", "--fast: is unknown" },
        { "probe 1", "1: is not understood" },
        { "sweep quick --out=", "--out: '' is empty; should be a folder" },
        { "sweep nosuch",
          "'nosuch' is not found; should be a file, or a name of `tunemark list specs`" },
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (!CHECK_REFUSED(program(arena, NULL, "%s", of[i].words), 2, of[i].part))
            printf("%s\n", of[i].words);
    CHECK_REFUSED(program(arena, &(Around){ .set = "TUNEMARK_HOME=/no/such" }, "list models"), 2,
                  "TUNEMARK_HOME: '/no/such' is no folder; should be a folder with datasets/");
    Said alone = program(arena, NULL, "%s", "");
    CHECK(alone.status == 2 && !*alone.out && strstr(alone.err, "tunemark COMMAND --help"));
    arena_free(arena);
}

// What was asked for and could not be delivered is a failure.
// It stands in the manifest: nothing is made before it is known that it can.
static void a_sweep_of_words_that_are_no_text_makes_nothing(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = path_join(arena, test_folder(), "sweep");
    CHECK_REFUSED(program(arena, NULL, "sweep quick --out %s/\xff", folder), 2,
                  "sweep/\\xff: is no text; should be UTF-8");
    CHECK_REFUSED(program(arena, NULL, "sweep quick --out %s --set name=\xc3", folder), 2,
                  "name=\\xc3: is no text; should be UTF-8");
    CHECK(!folder_exists(folder));
    arena_free(arena);
}

static void an_output_that_cannot_be_written_ends_with_3(void)
{
    static const char *const words[] = {
        "--version", "help", "run --help", "list columns", "params --model tiny --method lora",
        "tokens a"
    };
    static const char *const outs[] = { "/dev/full", "" };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t o = 0; o < 2; o++)
            if (!CHECK_REFUSED(program(arena, &(Around){ .out = outs[o] }, "%s", words[i]), 3,
                               "standard output: could not be written"))
                printf("%s\n", words[i]);
    // The row is kept all the same, and no file of the run took the place of standard output.
    const char *task = small_task(arena, test_folder(), "task"),
               *out = arena_format(arena, "%s/../out", task);
    Said said = program(arena, &(Around){ .out = "" },
                        "run --model tiny --task %s --method null --out %s", task, out);
    CHECK(said.status == 3 && files_below(out) == 3);
    arena_free(arena);
}

void suite_command(void)
{
    ADD(every_usual_spelling_is_read);
    ADD(what_cannot_be_read_is_named);
    ADD(only_known_options_pass);
    ADD(every_command_explains_itself_within_100_columns);
    ADD(the_help_of_a_run_knows_its_method);
    ADD(version_and_lists_are_printed);
    ADD(specs_stand_in_two_columns);
    ADD(the_schemas_are_those_that_the_program_prints);
    ADD(all_options_are_listed_for_programs);
    ADD(tokens_of_arguments_and_of_lines_are_shown);
    ADD(what_is_no_command_line_is_refused_in_one_line);
    ADD(a_sweep_of_words_that_are_no_text_makes_nothing);
    ADD(an_output_that_cannot_be_written_ends_with_3);
}
