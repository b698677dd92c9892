// test_apart.c: the rows that prefix and prompt train stay apart.
//
// Rows that begin nearly alike get nearly the same gradient, and Adam moves them as one: many are
// then worth one. Their effective rank is (sum s^2)^2 / sum s^4 over the singular values s of the
// rows R: l for rows of one length at right angles, 1 for l times the same. With G = R R^T it is
// trace(G)^2 / |G|^2.
#include "engine/kernels.h"
#include "model/checkpoint.h"
#include "tests/program.h"
#include <math.h>
#include <string.h>

enum { MOST_ROWS = 16, MOST_COLUMNS = 128 };

static double effective_rank(const float *rows, size_t l, size_t H)
{
    double trace = 0, squares = 0;
    for (size_t i = 0; i < l; i++)
        for (size_t j = 0; j < l; j++) {
            double g = sum_products(rows + i * H, rows + j * H, H);
            trace += i == j ? g : 0;
            squares += g * g;
        }
    return trace * trace / squares;
}

static void the_effective_rank_worked_by_hand(void)
{
    static const float apart[] = { 2, 0, 0, 0, -2, 0 }, same[] = { 1, 2, 3, 1, 2, 3 };
    static const float between[] = { 1, 0, 0, 3 }; // (1 + 9)^2 / (1 + 81)
    CHECK_CLOSE(effective_rank(apart, 2, 3), 2, 1e-12);
    CHECK_CLOSE(effective_rank(same, 2, 3), 1, 1e-12);
    CHECK_CLOSE(effective_rank(between, 2, 2), 100 / 82., 1e-12);
}

static void less_their_mean(float *rows, size_t l, size_t H)
{
    for (size_t j = 0; j < H; j++) {
        double mean = 0;
        for (size_t i = 0; i < l; i++)
            mean += (double)rows[i * H + j] / (double)l;
        for (size_t i = 0; i < l; i++)
            rows[i * H + j] -= (float)mean;
    }
}

// The smallest and the largest effective rank of the method's matrices after 60 steps on reviews,
// as shares of their rows.
static void trained_ranks(const char *method, const char *option, const char *value, bool centred,
                          double *least, double *most)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = path_join(arena, test_folder(), centred ? "c" : value ? value : "d");
    const char *save = path_join(arena, folder, "saved");
    Request request;
    Row row;
    Checkpoint file;
    *least = INFINITY;
    *most = 0;
    const char *const settings[] = { "train-limit", "480",  "min-steps", "60",      "out",
                                     folder,        "save", save,        "timeout", "60",
                                     option,        value,  NULL };
    bool ok = small_request(arena, method, "reviews", settings, &request, &error) &&
              run(arena, &request, NULL, NULL, &row, &error) &&
              checkpoint_open(arena, path_join(arena, save, "method.safetensors"), &file, &error);
    if (!CHECK(ok))
        printf("%s\n", error.text);
    for (size_t i = 0; ok && i < file.tensors; i++) {
        float rows[MOST_ROWS * MOST_COLUMNS];
        const Tensor *tensor = &file.tensor[i];
        size_t l = (size_t)tensor->shape[0], H = (size_t)tensor->shape[1];
        if (strncmp(tensor->name, method, strlen(method)) != 0 ||
            !CHECK(tensor->rank == 2 && l == MOST_ROWS && H == MOST_COLUMNS))
            continue;
        tensor_read(tensor, rows);
        if (centred)
            less_their_mean(rows, l, H);
        double share = effective_rank(rows, l, H) / (double)l;
        *least = fmin(*least, share);
        *most = fmax(*most, share);
    }
    if (ok)
        checkpoint_close(&file);
    arena_free(arena);
}

static void a_prefix_stays_apart_at_its_default_start_and_not_at_a_small_one(void)
{
    double least, most;
    trained_ranks("prefix", NULL, NULL, false, &least, &most);
    CHECK(least > 0.5 && most <= 1); // measured: 0.86
    trained_ranks("prefix", "init_sd", "0.02", false, &least, &most);
    CHECK(most < 0.2); // measured: 0.08
}

// Words share the mean of the embeddings from the start; what is beside it stays.
static void a_prompt_stays_apart_and_one_of_words_about_their_mean(void)
{
    double least, most;
    trained_ranks("prompt", NULL, NULL, false, &least, &most);
    CHECK(least > 0.5 && most <= 1); // measured: 0.86
    trained_ranks("prompt", "init", "vocab", false, &least, &most);
    CHECK(most < 0.3); // measured: 0.16
    trained_ranks("prompt", "init", "vocab", true, &least, &most);
    CHECK(least > 0.5 && most <= 1); // measured: 0.71
}

void suite_apart(void)
{
    ADD(the_effective_rank_worked_by_hand);
    if (SANITIZED) // minutes there, of runs like those that others train under it
        return;
    ADD(a_prefix_stays_apart_at_its_default_start_and_not_at_a_small_one);
    ADD(a_prompt_stays_apart_and_one_of_words_about_their_mean);
}
