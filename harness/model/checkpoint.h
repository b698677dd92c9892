// checkpoint.h: safetensors files (F32, F16, BF16; others are kept but cannot be read as numbers).
//
//   8 bytes: length n of the header, little-endian;
//   n bytes: JSON {name: {dtype, shape, data_offsets: [begin, end]}, "__metadata__": {...}};
//   the tensors' bytes, without gap or overlap.
//
// Every length, offset, dtype and shape is checked before use.
#ifndef MODEL_CHECKPOINT_H
#define MODEL_CHECKPOINT_H
#include "base/arena.h"
#include "base/hash.h"

typedef enum { TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_OTHER } TensorType;
typedef struct {
    const char *name;
    TensorType type;
    int rank; // 0 .. 8
    int64_t shape[8];
    size_t count;        // numbers
    const uint8_t *data; // within the file; any alignment
    size_t bytes;
} Tensor;

typedef struct {
    const char *file;
    Bytes bytes; // mapped, or the caller's
    bool mapped;
    Tensor *tensor; // sorted by name
    size_t tensors;
} Checkpoint;

bool checkpoint_parse(Arena *arena, Bytes bytes, const char *file, Checkpoint *checkpoint,
                      Error *error);
// Maps the file; the arena holds the names. Release with checkpoint_close (unmaps what was mapped,
// and leaves the caller's bytes of checkpoint_parse alone).
bool checkpoint_open(Arena *arena, const char *path, Checkpoint *checkpoint, Error *error);
void checkpoint_close(Checkpoint *checkpoint);
// The memory of what was read goes back to the system where the file is mapped; reading it again
// brings it back.
void checkpoint_rest(const Checkpoint *checkpoint);

void tensors_sort(Tensor *tensor, size_t count); // by name
// By its exact name; NULL when there is none.
const Tensor *checkpoint_find(const Checkpoint *checkpoint, const char *name);

// The tensor of a BERT checkpoint under any of its names: with or without "bert.", LayerNorm
// weight/bias or gamma/beta. `name` is the full modern name. NULL when there is none.
const Tensor *checkpoint_bert(const Checkpoint *checkpoint, const char *name);
// The name with LayerNorm gamma/beta as weight/bias; the same pointer where it has neither.
const char *checkpoint_modern(Arena *arena, const char *name);

// Widens to float32 exactly (F16 subnormals are kept). TENSOR_OTHER is our own mistake.
void tensor_read(const Tensor *tensor, float *out);

// Writes tensors, whole (file_write). Names sorted; header padded with blanks to 8 bytes. `hash`
// (may be NULL): of what was written, whatever another process has made of the file since.
typedef struct {
    const char *name;
    TensorType type; // F32 where nothing is said; not TENSOR_OTHER
    int rank;
    int64_t shape[8];
    const void *data; // contiguous numbers of that type, any alignment
} TensorOut;
bool checkpoint_write(const char *path, const TensorOut *tensor, size_t tensors, Hash *hash,
                      Error *error);
// Bytes of that file; `data` is not looked at. 0: out of memory.
size_t checkpoint_bytes(const TensorOut *tensor, size_t tensors);
#endif
