// tokenizer_impl.h: what tokenizer.c and tokenizer_settings.c share.
#ifndef MODEL_TOKENIZER_IMPL_H
#define MODEL_TOKENIZER_IMPL_H
#include "base/arena.h"

enum { PAD, UNK, CLS, SEP, MASK, SPECIALS };
extern const char *const special_text[]; // [PAD] [UNK] [CLS] [SEP] [MASK]

typedef struct {
    bool lower_case, strip_accents, space_ideographs;
} Settings;

// Of FOLDER/tokenizer_config.json; without the file: all of them. Refuses special tokens of it, of
// special_tokens_map.json and added_tokens.json other than those five.
bool settings_read(Arena *arena, const char *folder, Settings *settings, Error *error);
#endif
