// phrases.h: which texts lie in which, as words between blanks.
//
// All texts are in one trie of words, so a walk from each word of a text meets exactly the texts
// that begin there: the time is that of the words times the length of what they share with other
// texts (SST-2: 67,349 texts in 0.1 s).
#ifndef DATA_PHRASES_H
#define DATA_PHRASES_H
#include "base/arena.h"
#include <stdint.h>

#define PHRASE_BLANKS " \t\n\v\f\r"
// The word at *at or behind blanks there, whose end *at becomes; NULL: no more. `length`: its
// bytes.
const char *next_word(const char **at, size_t *length);

typedef struct Phrases Phrases;

// `count` texts of fewer than 2^31 words together. Lives in the arena; the texts are not kept.
Phrases *phrases_new(Arena *arena, const char *const *text, size_t count);

// The number of a text's words in their order: equal for texts that differ in their blanks alone;
// from 0, in the order of their first text.
uint32_t phrases_number(const Phrases *phrases, size_t text);

// Sets inside[number] for all that lies in this text and is shorter; nothing is cleared.
void phrases_inside(const Phrases *phrases, size_t text, bool *inside);
#endif
