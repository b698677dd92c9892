// Any bytes at all as config.json: either every size is within its bounds, or it is refused with
// one line that names the file.
#include "model/config.h"
#include "tests/test.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Config c;
    if (!config_parse((Bytes){ bytes, length }, "fuzz", &c, &error)) {
        CHECK_ERROR(&error, ERROR_INPUT, "fuzz");
        return 0;
    }
    CHECK(1 <= c.vocabulary && c.vocabulary <= 1 << 24 && 1 <= c.hidden && c.hidden <= 1 << 16);
    CHECK(c.type < MODEL_TYPES && 1 <= c.layers && c.layers <= 1024);
    CHECK((c.type == MODEL_BERT || c.type == MODEL_ROBERTA) == (c.types > 0) && c.types <= 1024);
    CHECK(1 <= c.kv_heads && c.heads % c.kv_heads == 0 && c.rotary_base >= 1);
    CHECK(1 <= c.intermediate && c.intermediate <= 1 << 20);
    CHECK(1 <= c.positions && c.positions <= 1 << 20 && 1 <= c.heads && c.hidden % c.heads == 0);
    CHECK(0 <= c.padding && c.padding < c.vocabulary);
    CHECK(c.type == MODEL_LLAMA
              ? c.activation == SWISH
              : c.activation == GELU || c.activation == GELU_NEW || c.activation == RELU);
    CHECK(0 <= c.hidden_dropout && c.hidden_dropout < 1);
    CHECK(0 <= c.attention_dropout && c.attention_dropout < 1);
    CHECK(0 <= c.classifier_dropout && c.classifier_dropout < 1);
    CHECK(c.epsilon > 0 && c.initializer_range >= 0);
    return 0;
}
