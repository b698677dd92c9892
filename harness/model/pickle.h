// pickle.h: the values that torch.save's pickles are made of, read without running anything.
//
// A pickle is a program for a machine with a stack and a memo (Python's pickletools.py describes
// its opcodes), and Python's own reader calls whatever function it names. This one knows the
// opcodes of protocol 2 that a dict of tensors needs and four functions, each of which it stands in
// for itself: collections.OrderedDict, torch._utils._rebuild_tensor, _rebuild_tensor_v2 and
// _rebuild_parameter. All else is refused by name.
#ifndef MODEL_PICKLE_H
#define MODEL_PICKLE_H
#include "base/arena.h"
#include "base/file.h"

typedef enum {
    PICKLE_NONE,
    PICKLE_TRUTH,
    PICKLE_WHOLE,
    PICKLE_TEXT,
    PICKLE_GLOBAL, // a function or class, by its name
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,
    PICKLE_STORAGE,
    PICKLE_TENSOR,
    PICKLE_MARK,
} PickleKind;

typedef struct PickleValue PickleValue;
typedef struct PickleItem {
    const PickleValue *key, *value; // key: of a dict's items alone
    struct PickleItem *next;
} PickleItem;

enum { PICKLE_RANK = 8 };
typedef struct {
    const PickleValue *storage;
    int64_t offset, shape[PICKLE_RANK], stride[PICKLE_RANK]; // in numbers, >= 0
    int rank;
} PickleTensor;

struct PickleValue {
    PickleKind kind;
    union {
        int64_t whole; // also of a truth
        Bytes text;    // within the pickle; any bytes, no zero behind
        const struct PickleGlobal *global;
        struct {
            PickleItem *first, *last;
            size_t count;
        } items; // of a tuple, list or dict
        struct {
            Bytes key;
            const char *type; // "FloatStorage"
            int64_t count;    // numbers, >= 0
        } storage;
        const PickleTensor *tensor; // not yet held against the size of its storage
    };
};

// Reads one pickle from the front of *bytes, which then begin behind it. What it gives lies in the
// arena, its texts in the bytes. It has 1 MiB at most (of a model's tensors each takes some 150
// bytes), and takes some 110 bytes of the arena for each of its own. `file` and `part` are for
// messages.
const PickleValue *pickle_read(Arena *arena, Bytes *bytes, const char *file, const char *part,
                               Error *error);
bool pickle_is(const PickleValue *value, const char *text); // a text, this one
#endif
