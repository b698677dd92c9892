// test_config.c: config.json is read whole, or refused with the key that is wrong.
#include "model/config.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static const char complete[] =
    "{\"model_type\": \"bert\", \"vocab_size\": 8192, \"hidden_size\": 128,\n"
    " \"num_hidden_layers\": 2, \"num_attention_heads\": 4, \"intermediate_size\": 512,\n"
    " \"max_position_embeddings\": 500, \"type_vocab_size\": 3, \"hidden_act\": \"gelu_new\",\n"
    " \"hidden_dropout_prob\": 0.25, \"attention_probs_dropout_prob\": 0.5,\n"
    " \"classifier_dropout\": 0, \"layer_norm_eps\": 1e-5, \"initializer_range\": 0.04,\n"
    " \"pad_token_id\": 7}";

static bool parse(const char *text, Config *config, Error *error)
{
    return config_parse((Bytes){ (const uint8_t *)text, strlen(text) }, "config.json", config,
                        error);
}

// The complete file with `from` replaced by `to`.
static bool parse_with(const char *from, const char *to, Config *config, Error *error)
{
    char text[2 * sizeof complete];
    const char *at = strstr(complete, from);
    if (!CHECK(at))
        return false;
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - complete), complete, to, at + strlen(from));
    return parse(text, config, error);
}

static void every_key_arrives_in_its_field(void)
{
    Config c;
    Error error;
    if (!CHECK(parse(complete, &c, &error)))
        return;
    CHECK(c.vocabulary == 8192 && c.hidden == 128 && c.layers == 2 && c.heads == 4);
    CHECK(c.intermediate == 512 && c.positions == 500 && c.types == 3 && c.padding == 0);
    CHECK(c.activation == GELU_NEW);
    CHECK(c.hidden_dropout == 0.25 && c.attention_dropout == 0.5 && c.classifier_dropout == 0);
    CHECK(c.epsilon == 1e-5 && c.initializer_range == 0.04);
}

static void absent_and_null_keys_have_the_documented_values(void)
{
    Config c;
    Error error;
    CHECK(parse_with("\"classifier_dropout\": 0, \"layer_norm_eps\": 1e-5, "
                     "\"initializer_range\": 0.04,\n \"pad_token_id\": 7",
                     "\"use_cache\": true", &c, &error));
    CHECK(c.classifier_dropout == 0.25); // hidden_dropout_prob
    CHECK(c.epsilon == 1e-12 && c.initializer_range == 0.02);
    CHECK(parse_with("\"classifier_dropout\": 0", "\"classifier_dropout\": null", &c, &error));
    CHECK(c.classifier_dropout == 0.25);
    CHECK(!c.type_assumed);
    CHECK(parse_with("\"model_type\": \"bert\", ", "", &c, &error));
    CHECK(c.type == MODEL_BERT && c.type_assumed);
}

#define BERT_SIZES                                                                                 \
    "\"hidden_size\": 12, \"num_hidden_layers\": 3, \"num_attention_heads\": 4, "                  \
    "\"intermediate_size\": 40, \"max_position_embeddings\": 90, \"type_vocab_size\": 2, "         \
    "\"hidden_act\": \"gelu\", \"hidden_dropout_prob\": 0.1, "                                     \
    "\"attention_probs_dropout_prob\": 0.1"

// fairseq's positions begin behind the padding's: roberta-base has 514 rows for 512 tokens.
static void roberta_s_texts_are_shorter_than_its_table(void)
{
    Config c;
    Error error;
    CHECK(parse(complete, &c, &error) && config_longest(&c) == 500);
    CHECK(parse_with("bert", "roberta", &c, &error) && config_longest(&c) == 500 - 8);
    CHECK(c.padding == 7);
    CHECK(!parse("{\"model_type\": \"roberta\", \"vocab_size\": 8192, \"hidden_size\": 128,"
                 " \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
                 " \"intermediate_size\": 512, \"max_position_embeddings\": 8,"
                 " \"type_vocab_size\": 1, \"pad_token_id\": 7}",
                 &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "max_position_embeddings: 8 leaves no room for a text; should be more than");
    CHECK(config_read("models/configs/roberta-base/config.json", &c, &error) &&
          config_longest(&c) == 512);
}

// Of the other types it is read by nobody.
static void the_padding_s_id_has_bounds_where_positions_depend_on_it(void)
{
    static const struct {
        const char *id;
        int64_t padding; // -1: refused
    } of[] = {
        { "null", 1 }, { "0", 0 }, { "49", 49 }, { "50", -1 }, { "-1", -1 }, { "\"1\"", -1 }
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        for (ModelType type = MODEL_BERT; type <= MODEL_GPT2; type++) {
            static const char *const sizes[] = {
                [MODEL_BERT] = BERT_SIZES,
                [MODEL_DISTILBERT] = "\"dim\": 12, \"n_layers\": 3, \"n_heads\": 4, "
                                     "\"hidden_dim\": 40, \"max_position_embeddings\": 90, "
                                     "\"activation\": \"relu\", \"dropout\": 0.1, "
                                     "\"attention_dropout\": 0.2",
                [MODEL_ROBERTA] = BERT_SIZES,
                [MODEL_GPT2] = ("\"n_embd\": 12, \"n_layer\": 3, \"n_head\": 4, "
                                "\"n_positions\": 90"),
            };
            char text[512];
            Config c;
            Error error;
            snprintf(text, sizeof text,
                     "{\"model_type\": \"%s\", \"vocab_size\": 50, %s, \"pad_token_id\": %s}",
                     model_type_names[type], sizes[type], of[i].id);
            bool refused = type == MODEL_ROBERTA && of[i].padding < 0;
            if (!CHECK(parse(text, &c, &error) == !refused))
                printf("%s\n", text);
            else if (refused)
                CHECK_ERROR(&error, ERROR_INPUT, "pad_token_id: ");
            else
                CHECK(c.padding == (type == MODEL_ROBERTA ? of[i].padding : 0));
        }
}

// Whose fault it is when a text is too short: what was asked for, or the model's positions.
static void too_few_tokens_are_said_to_be_asked_or_the_model_s(void)
{
    Config c;
    Error error;
    int64_t length;
    if (!CHECK(parse(complete, &c, &error)))
        return;
    CHECK(config_length(&c, 5, true, &length, &error) && length == 5);
    CHECK(config_length(&c, 900, true, &length, &error) && length == 500);
    CHECK(!config_length(&c, 4, true, &length, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "max-length: 4 leaves no room for a text; should be at least 5");
    c.positions = 4;
    CHECK(config_length(&c, 128, false, &length, &error) && length == 4);
    CHECK(!config_length(&c, 128, true, &length, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "max_position_embeddings: 4 leaves no room for a text; should be at least 5");
    CHECK(!config_length(&c, 2, false, &length, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "max-length: 2 leaves no room");
    c.positions = 2;
    c.type = MODEL_GPT2;
    CHECK(!config_length(&c, 128, false, &length, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "n_positions: 2 leaves no room for a text; should be at least 3");
    c.type = MODEL_ROBERTA;
    c.positions = 10, c.padding = 7;
    CHECK(!config_length(&c, 128, false, &length, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "max_position_embeddings: 10 leaves no room for a text; should be at least 11");
}

typedef struct {
    const char *from, *to, *part; // part of the message
} Refusal;

static void check_refusals(const Refusal *refusal, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Config c;
        Error error = { 0 };
        if (CHECK(!parse_with(refusal[i].from, refusal[i].to, &c, &error)))
            CHECK_ERROR(&error, ERROR_INPUT, refusal[i].part);
        else
            printf("with %s\n", refusal[i].to);
    }
}

static void what_would_change_the_function_is_refused_by_its_key(void)
{
    static const Refusal refusal[] = {
        { "\"gelu_new\"", "\"silu\"",
          "config.json: hidden_act: 'silu' is not supported; should be gelu, gelu_new or relu" },
        { "\"gelu_new\"", "\"tanh\"", "hidden_act: 'tanh'" },
        { "\"bert\"", "\"t5\"",
          "model_type: 't5' is not supported; should be bert, distilbert, roberta, gpt2, llama "
          "or" },
        { "{", "{\"position_embedding_type\": \"relative_key\",", "position_embedding_type: 'rel" },
        { "{", "{\"is_decoder\": true,", "is_decoder: true is not supported; should be false" },
        { "{", "{\"add_cross_attention\": true,", "add_cross_attention: true" },
        { "{", "{\"pruned_heads\": {\"0\": [1]},", "pruned_heads: an object" },
        { "{", "{\"tie_word_embeddings\": 0,",
          "tie_word_embeddings: 0 is not supported; should be true or false" },
        { "\"hidden_act\"", "\"hidden_act\": \"gelu\", \"hidden_act\"", "hidden_act" }, // twice
    };
    check_refusals(refusal, sizeof refusal / sizeof *refusal);
}

// The smallest file of each type, and keys of its own.
static void each_type_has_its_keys(void)
{
    Config c;
    Error error;
    CHECK(parse("{\"model_type\": \"distilbert\", \"vocab_size\": 50, \"dim\": 12, \"n_layers\": 3,"
                "\"n_heads\": 4, \"hidden_dim\": 40, \"max_position_embeddings\": 9,"
                "\"activation\": \"relu\", \"dropout\": 0.1, \"attention_dropout\": 0.2,"
                "\"seq_classif_dropout\": 0.3}",
                &c, &error));
    CHECK(c.type == MODEL_DISTILBERT && c.vocabulary == 50 && c.hidden == 12 && c.layers == 3);
    CHECK(c.heads == 4 && c.kv_heads == 4 && c.intermediate == 40 && c.positions == 9);
    CHECK(c.types == 0 && c.activation == RELU && c.epsilon == 1e-12);
    CHECK(c.hidden_dropout == 0.1 && c.attention_dropout == 0.2 && c.classifier_dropout == 0.3);
    CHECK(parse("{\"model_type\": \"gpt2\", \"vocab_size\": 50, \"n_embd\": 12, \"n_layer\": 3,"
                "\"n_head\": 4, \"n_positions\": 9, \"n_inner\": null, \"resid_pdrop\": 0.2,"
                "\"embd_pdrop\": 0.2}",
                &c, &error));
    CHECK(c.type == MODEL_GPT2 && c.intermediate == 48 && c.activation == GELU_NEW);
    CHECK(c.hidden_dropout == 0.2 && c.attention_dropout == 0.1 && c.classifier_dropout == 0);
    CHECK(c.epsilon == 1e-5 && c.kv_heads == 4);
    CHECK(parse("{\"model_type\": \"llama\", \"vocab_size\": 50, \"hidden_size\": 16,"
                "\"num_hidden_layers\": 3, \"num_attention_heads\": 4, \"num_key_value_heads\": 2,"
                "\"intermediate_size\": 40, \"rope_theta\": 5e5, \"rms_norm_eps\": 1e-5,"
                "\"head_dim\": 4, \"rope_scaling\": {\"type\": \"linear\"}}",
                &c, &error));
    CHECK(c.type == MODEL_LLAMA && c.kv_heads == 2 && c.positions == 2048 && c.activation == SWISH);
    CHECK(c.rotary_base == 5e5 && c.epsilon == 1e-5 && c.hidden_dropout == 0);
}

#define FALCON                                                                                     \
    "{\"model_type\": \"falcon\", \"vocab_size\": 50, \"hidden_size\": 16, "                       \
    "\"num_hidden_layers\": 3, \"num_attention_heads\": 4, \"num_kv_heads\": 2"

// The first Falcon ignores num_kv_heads: one head for all, or one each.
static void the_two_falcons_are_told_apart(void)
{
    Config c;
    Error error;
    CHECK(parse(FALCON "}", &c, &error) && c.kv_heads == 1 && !c.two_norms);
    CHECK(c.intermediate == 64 && c.activation == GELU && c.rotary_base == 10000);
    CHECK(parse(FALCON ", \"multi_query\": false}", &c, &error) && c.kv_heads == 4);
    CHECK(parse(FALCON ", \"new_decoder_architecture\": true}", &c, &error));
    CHECK(c.kv_heads == 2 && c.two_norms);
    CHECK(parse(FALCON ", \"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 1}", &c,
                &error) &&
          !c.two_norms);
    static const char *const wrong[][2] = {
        { FALCON ", \"alibi\": true}", "alibi: true is not supported; should be false" },
        { FALCON ", \"bias\": true}", "bias: true is not supported; should be false" },
        { FALCON ", \"parallel_attn\": false}",
          "parallel_attn: false is not supported; should be" },
        { FALCON ", \"multi_query\": 1}", "multi_query: 1 is not supported; should be true or" },
        { FALCON ", \"num_ln_in_parallel_attn\": 3}", "num_ln_in_parallel_attn: 3" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!parse(wrong[i][0], &c, &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i][1]);
    }
}

static void what_other_types_would_compute_otherwise_is_refused(void)
{
#define GPT2                                                                                       \
    "{\"model_type\": \"gpt2\", \"vocab_size\": 50, \"n_embd\": 12, \"n_layer\": 3, "              \
    "\"n_head\": 4, \"n_positions\": 9"
#define LLAMA                                                                                      \
    "{\"model_type\": \"llama\", \"vocab_size\": 50, \"hidden_size\": 12, "                        \
    "\"num_hidden_layers\": 3, \"intermediate_size\": 40"
    static const char *const wrong[][2] = {
        { GPT2 ", \"embd_pdrop\": 0.5}", "embd_pdrop: 0.5" },
        { GPT2 ", \"embd_pdrop\": 0, \"resid_pdrop\": null}", "embd_pdrop: 0 is not" },
        { GPT2 ", \"scale_attn_weights\": false}", "scale_attn_weights: false" },
        { GPT2 ", \"scale_attn_by_inverse_layer_idx\": true}", "scale_attn_by_inverse_layer_idx" },
        { GPT2 ", \"activation_function\": \"swish\"}", "activation_function: 'swish' is not" },
        { LLAMA ", \"num_attention_heads\": 4}",
          "hidden_size: 12 are 4 heads of 3; should be an even" },
        { LLAMA ", \"num_attention_heads\": 6, \"num_key_value_heads\": 4}",
          "num_key_value_heads: 4 does not divide 6 heads; should be a divisor of num_attention" },
        { LLAMA ", \"num_attention_heads\": 6, \"head_dim\": 4}", "head_dim: 4" },
        { LLAMA ", \"num_attention_heads\": 6, \"head_dim\": -9223372036854775806}", // x 6: 12
          "head_dim: -9223372036854775806" },
        { LLAMA ", \"num_attention_heads\": 6, \"attention_bias\": true}", "attention_bias: true" },
        { LLAMA ", \"num_attention_heads\": 6, \"hidden_act\": \"gelu\"}", "should be silu" },
        { LLAMA ", \"num_attention_heads\": 5}", "hidden_size: 12 is not divisible by 5 heads" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Config c;
        Error error;
        if (CHECK(!parse(wrong[i][0], &c, &error)))
            CHECK_ERROR(&error, ERROR_INPUT, wrong[i][1]);
        else
            printf("with %s\n", wrong[i][0]);
    }
}

static void harmless_forms_of_these_keys_are_accepted(void)
{
    Config c;
    Error error;
    CHECK(parse_with("{",
                     "{\"position_embedding_type\": \"absolute\", \"is_decoder\": false,"
                     "\"add_cross_attention\": false, \"pruned_heads\": {}, \"silu\": [{}],",
                     &c, &error));
    CHECK(parse(GPT2 ", \"embd_pdrop\": 0.1, \"resid_pdrop\": null}", &c, &error));
    CHECK(c.hidden_dropout == 0.1);
    CHECK(parse(GPT2 ", \"embd_pdrop\": null, \"resid_pdrop\": 0.3}", &c, &error));
    CHECK(c.hidden_dropout == 0.3);
    CHECK(parse_with("{", "{\"is_decoder\": false,", &c, &error) && !c.untied);
    CHECK(parse_with("{", "{\"tie_word_embeddings\": true,", &c, &error) && !c.untied);
    CHECK(parse_with("{", "{\"tie_word_embeddings\": null,", &c, &error) && !c.untied);
    CHECK(parse_with("{", "{\"tie_word_embeddings\": false,", &c, &error) && c.untied);
}

static void sizes_out_of_bounds_or_of_another_type_are_refused(void)
{
    static const Refusal refusal[] = {
        { ": 8192", ": 0",
          "vocab_size: 0 is not supported; should be a whole number, 1 to 16777216" },
        { ": 8192", ": 16777217", "vocab_size: 16777217" },
        { ": 128", ": -128", "hidden_size: -128" },
        { ": 128", ": \"128\"", "hidden_size: \"128\"" },
        { ": 128", ": 128.0", "hidden_size: 128.0" },
        { ": 128", ": 65540", "hidden_size: 65540" },
        { ": 128", ": 99999999999999999999", "config.json" },
        { ": 128", ": 130", "hidden_size: 130 is not divisible by 4 heads" },
        { "\"num_hidden_layers\": 2, ", "",
          "num_hidden_layers: is missing; should be a whole number, 1 to 1024" },
        { "\"num_attention_heads\": 4", "\"num_attention_heads\": 0", "num_attention_heads: 0" },
        { ": 512", ": [512]", "intermediate_size: a list" },
        { ": 500", ": true", "max_position_embeddings: true" },
        { "\"type_vocab_size\": 3", "\"type_vocab_size\": 0", "type_vocab_size: 0" },
    };
    check_refusals(refusal, sizeof refusal / sizeof *refusal);
}

static void rates_and_epsilon_have_bounds(void)
{
    static const Refusal refusal[] = {
        { ": 0.25", ": 1",
          "hidden_dropout_prob: 1 is not supported; should be a number from 0 to" },
        { ": 0.25", ": -0.1", "hidden_dropout_prob" },
        { ": 0.25", ": null", "hidden_dropout_prob: null" },
        { ": 0.5", ": \"0.5\"", "attention_probs_dropout_prob: \"0.5\"" },
        { "\"classifier_dropout\": 0", "\"classifier_dropout\": 1.5", "classifier_dropout: 1.5" },
        { ": 1e-5", ": 0", "layer_norm_eps: 0" },
        { ": 1e-5", ": 2", "layer_norm_eps: 2" },
        { ": 0.04", ": -0.04", "initializer_range" },
    };
    check_refusals(refusal, sizeof refusal / sizeof *refusal);
}

static void what_is_no_object_is_refused_with_its_place(void)
{
    Config c;
    Error error;
    CHECK(!parse("[1, 2]", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "config.json: is no JSON object; should be an object");
    CHECK(!parse("{\n\"vocab_size\": 3,\n", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "config.json:3");
    CHECK(!parse("", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "config.json");
    CHECK(!config_read("no/such/config.json", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "no/such/config.json");
}

static void the_bundled_models_are_read(void)
{
    Config c;
    Error error;
    CHECK(config_read("models/bundled/tiny/config.json", &c, &error) && c.layers == 2 &&
          c.hidden == 128 && c.heads == 2);
    CHECK(config_read("models/bundled/mini/config.json", &c, &error) && c.layers == 4 &&
          c.hidden == 256 && c.activation == GELU);
}

void suite_config(void)
{
    ADD(every_key_arrives_in_its_field);
    ADD(absent_and_null_keys_have_the_documented_values);
    ADD(roberta_s_texts_are_shorter_than_its_table);
    ADD(the_padding_s_id_has_bounds_where_positions_depend_on_it);
    ADD(too_few_tokens_are_said_to_be_asked_or_the_model_s);
    ADD(what_would_change_the_function_is_refused_by_its_key);
    ADD(each_type_has_its_keys);
    ADD(the_two_falcons_are_told_apart);
    ADD(what_other_types_would_compute_otherwise_is_refused);
    ADD(harmless_forms_of_these_keys_are_accepted);
    ADD(sizes_out_of_bounds_or_of_another_type_are_refused);
    ADD(rates_and_epsilon_have_bounds);
    ADD(what_is_no_object_is_refused_with_its_place);
    ADD(the_bundled_models_are_read);
}
