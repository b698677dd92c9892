// head: Finetuning I. The encoder is frozen; the classifier trains, and with `--head pooler` the
// checkpoint's pooler, too (both last dense layers, as in Raschka's study of 2023). With `--head
// linear` or `mean` it is a linear probe.

#include "methods/method.h"

static bool param(const ParameterAt *at, const void *chosen)
{
    (void)chosen;
    return at->site == SITE_POOLER;
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    (void)chosen;
    return pooler ? config->hidden * config->hidden + config->hidden : 0;
}

const Method method_head = {
    .name = "head",
    .summary = "Finetuning I: a frozen encoder, a trained head",
    .paper = "Raschka 2023, Finetuning Large Language Models",
    .claims = UNCHANGED_AT_START | CALM_WHEN_FROZEN,
    .rate = { 2e-2, 5e-3, 5e-3, 5e-3 },
    .param = param,
    .count = count,
};
