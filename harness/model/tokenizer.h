// tokenizer.h: WordPiece as BertTokenizer does it; rules and order in tokenizer.c.
#ifndef MODEL_TOKENIZER_H
#define MODEL_TOKENIZER_H
#include "base/arena.h"
#include "base/file.h"

typedef struct Tokenizer Tokenizer;

// Reads FOLDER/vocab.txt (one piece a line; [PAD] [UNK] [CLS] [SEP] must be there, [MASK] may be)
// and FOLDER/tokenizer_config.json where there is one (do_lower_case, strip_accents,
// tokenize_chinese_chars; without the file: lower case). Lives in the arena.
Tokenizer *tokenizer_read(Arena *arena, const char *folder, Error *error);
Tokenizer *tokenizer_parse(Arena *arena, Bytes vocabulary, const char *file, bool lower_case,
                           Error *error);
size_t tokenizer_vocabulary(const Tokenizer *tokenizer);
const char *tokenizer_piece(const Tokenizer *tokenizer, int32_t id);
int32_t tokenizer_id(const Tokenizer *tokenizer, const char *piece); // -1 when there is none

typedef struct {
    int32_t *token; // ids; from [CLS] to the last [SEP]
    int32_t *type;  // 0 for the first text with its [CLS] and [SEP], 1 for the second
    size_t count;
    bool truncated;
} Encoding;

// text_b NULL: a single text. max_length >= 3 (5 for a pair); texts are UTF-8 (checked by the
// loader). The arena takes what the encoding needs and nothing else.
void tokenizer_encode(const Tokenizer *tokenizer, Arena *arena, const char *text,
                      const char *text_b, size_t max_length, Encoding *encoding);
#endif
