// torch.h: pytorch_model.bin, a dict of tensors as torch.save writes it, in both its formats.
//
// Since torch 1.6 a zip archive of stored entries: NAME/data.pkl, a pickle of the dict, and the
// bytes of each storage in NAME/data/KEY. Before: a magic number, a protocol's number and a
// machine's properties, each a pickle; the pickle of the dict; a pickle of the storages' keys in
// order; then each storage as 8 bytes of its count and its numbers.
//
// A tensor is a view of a storage: offset, sizes and strides, all counted in numbers.
#ifndef MODEL_TORCH_H
#define MODEL_TORCH_H
#include "model/checkpoint.h"

// The checkpoint's tensors, by name, are contiguous: those that are not in their storage, and all
// of a zip archive, are copied into the arena. F32, F16 and BF16 keep their type, integers and
// truths are TENSOR_OTHER, F64 is refused. Names are as they stand in the file. The bytes must
// outlive the checkpoint; there is nothing to close.
bool torch_parse(Arena *arena, Bytes bytes, const char *file, Checkpoint *checkpoint, Error *error);
#endif
