// tokenizer_impl.h: what tokenizer.c and tokenizer_settings.c share.
#ifndef MODEL_TOKENIZER_IMPL_H
#define MODEL_TOKENIZER_IMPL_H
#include "base/arena.h"
#include <stdint.h>

enum { PAD, UNK, CLS, SEP, MASK, SPECIALS };
extern const char *const special_text[]; // [PAD] [UNK] [CLS] [SEP] [MASK]

typedef struct {
    bool lower_case, strip_accents, space_ideographs;
} Settings;

// Of FOLDER/tokenizer_config.json; without the file: all of them. Refuses special tokens of it, of
// special_tokens_map.json and added_tokens.json other than those five.
// `special`: their ids in the vocabulary, which those files may say, too; -1: not there.
bool settings_read(Arena *arena, const char *folder, const int32_t special[SPECIALS],
                   Settings *settings, Error *error);
#endif
