// probe.c: tunemark probe.
#include "command/commands.h"
#include "engine/product.h"

static bool probe(const Invocation *invocation, int *status, Error *error)
{
    (void)invocation, (void)status;
    if (!product_start(1, error))
        return false;
    printf("%.1f\n", product_probe(0.2));
    return true;
}

const Command command_probe = {
    .name = "probe",
    .summary = "print this machine's GFLOP/s of products on one thread",
    .usage = "  tunemark probe\n",
    .run = probe,
};
