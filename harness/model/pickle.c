// pickle.c: the machine, its opcodes, and the functions that it stands in for.
#include "model/pickle.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

// An opcode makes one value or item at most and takes a byte at least, so the bytes of a pickle
// bound all that is ever held; a tensor takes two values from the memo and a call, at least. Where
// more follows than any model's pickle has, that much is looked at.
enum { LONGEST_PICKLE = 1 << 20, TENSOR_BYTES = 5 };

typedef struct {
    const char *file, *part;
    Bytes left;
    size_t size, values, items, tensors, depth; // of the pickle; made so far; on the stack
    size_t memos;                               // places of the memo that are set or NULL
    PickleValue *value;
    PickleItem *item;
    PickleTensor *tensor;
    const PickleValue **stack, **memo;
    bool stopped;
} Machine;

struct PickleGlobal {
    const char *name; // module and name, a blank between
    bool (*call)(Machine *machine, const PickleValue *arguments, Error *error); // NULL: a class
};

static bool step(Machine *machine, uint8_t opcode, Error *error);

const PickleValue *pickle_read(Arena *arena, Bytes *bytes, const char *file, const char *part,
                               Error *error)
{
    size_t size = bytes->size < LONGEST_PICKLE ? bytes->size : LONGEST_PICKLE;
    Machine machine = { .file = file, .part = part, .left = { bytes->data, size }, .size = size };
    size_t each = sizeof(PickleValue) + sizeof(PickleItem) + sizeof(PickleTensor) / TENSOR_BYTES +
                  2 * sizeof(void *);
    if (arena_left(arena) / 2 / each <= size) {
        fail(error, ERROR_ENVIRONMENT, (Where){ .file = file, .item = part }, NULL,
             "out of memory");
        return NULL;
    }
    machine.value = arena_take(arena, size + 1, sizeof *machine.value);
    machine.item = arena_take(arena, size + 1, sizeof *machine.item);
    machine.stack = arena_take(arena, size + 1, sizeof *machine.stack);
    machine.memo = arena_take(arena, size + 1, sizeof *machine.memo);
    machine.tensor = arena_take(arena, size / TENSOR_BYTES + 1, sizeof *machine.tensor);
    while (!machine.stopped) {
        if (machine.left.size == 0) {
            fail(error, ERROR_INPUT, (Where){ .file = file, .item = part }, "whole",
                 "the pickle does not end");
            return NULL;
        }
        uint8_t opcode = *machine.left.data++;
        machine.left.size--;
        if (!step(&machine, opcode, error))
            return NULL;
    }
    bytes->size -= (size_t)(machine.left.data - bytes->data);
    bytes->data = machine.left.data;
    return machine.stack[0];
}

bool pickle_is(const PickleValue *value, const char *text)
{
    size_t length = strlen(text);
    return value->kind == PICKLE_TEXT && value->text.size == length &&
           !memcmp(value->text.data, text, length);
}

// ---- the machine's parts

__attribute__((format(printf, 3, 4))) static void say(const Machine *m, Error *error,
                                                      const char *what, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    fail(error, ERROR_INPUT, (Where){ .file = m->file, .item = m->part },
         "a dict of tensors, as torch.save writes it", "%s, near byte %zu of the pickle", text,
         m->size - m->left.size);
}
#define refuse(...) (say(__VA_ARGS__), false) // compilers do not look into what takes any arguments

static bool take(Machine *m, size_t bytes, const uint8_t **data, Error *error)
{
    if (bytes > m->left.size)
        return refuse(m, error, "something is longer than what is left");
    *data = m->left.data;
    m->left.data += bytes;
    m->left.size -= bytes;
    return true;
}

// A number of 1 to 8 bytes, little-endian.
static bool take_number(Machine *m, size_t bytes, uint64_t *number, Error *error)
{
    const uint8_t *data;
    if (!take(m, bytes, &data, error))
        return false;
    *number = 0;
    for (size_t i = 0; i < bytes; i++)
        *number |= (uint64_t)data[i] << (8 * i);
    return true;
}

static bool push(Machine *m, PickleValue value)
{
    m->value[m->values] = value;
    m->stack[m->depth++] = &m->value[m->values++];
    return true;
}

static bool pop(Machine *m, const PickleValue **value, Error *error)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK)
        return refuse(m, error, "a value is missing");
    *value = m->stack[--m->depth];
    return true;
}

// Values are the machine's own, so what is const to others may be written here.
static PickleValue *own(Machine *m, const PickleValue *value)
{
    return &m->value[value - m->value];
}

static void append(Machine *m, PickleValue *to, const PickleValue *key, const PickleValue *value)
{
    PickleItem *item = &m->item[m->items++];
    *item = (PickleItem){ key, value, NULL };
    if (to->items.last)
        to->items.last->next = item;
    else
        to->items.first = item;
    to->items.last = item;
    to->items.count++;
}

// Where on the stack the values above the last mark begin; the mark lies one below.
static bool above_mark(const Machine *m, size_t *from, Error *error)
{
    for (*from = m->depth; *from > 0; --*from)
        if (m->stack[*from - 1]->kind == PICKLE_MARK)
            return true;
    return refuse(m, error, "a mark is missing");
}

// The topmost values become a tuple; `below`: how many entries more go with them, a mark.
static bool make_tuple(Machine *m, size_t from, size_t below)
{
    PickleValue *tuple = &m->value[m->values++];
    *tuple = (PickleValue){ .kind = PICKLE_TUPLE };
    for (size_t i = from; i < m->depth; i++)
        append(m, tuple, NULL, m->stack[i]);
    m->depth = from - below;
    m->stack[m->depth++] = tuple;
    return true;
}

static bool tuple_of(Machine *m, size_t count, Error *error)
{
    const PickleValue *value;
    size_t depth = m->depth;
    for (size_t i = 0; i < count; i++)
        if (!pop(m, &value, error))
            return false;
    m->depth = depth;
    return make_tuple(m, depth - count, 0);
}

// Items above `from` (a mark lies `below` entries under it) go into the list or dict beneath.
static bool fill(Machine *m, PickleKind kind, size_t from, size_t below, Error *error)
{
    size_t each = kind == PICKLE_DICT ? 2 : 1;
    if (from < below + 1 || from > m->depth || m->stack[from - below - 1]->kind != kind ||
        (m->depth - from) % each != 0)
        return refuse(m, error, "items belong to nothing");
    PickleValue *to = own(m, m->stack[from - below - 1]);
    for (size_t i = from; i < m->depth; i += each)
        append(m, to, each == 2 ? m->stack[i] : NULL, m->stack[i + each - 1]);
    m->depth = from - below;
    return true;
}

// ---- functions

static const PickleValue *nth(const PickleValue *tuple, size_t n)
{
    const PickleItem *item = tuple->items.first;
    while (n-- > 0)
        item = item->next;
    return item->value;
}

static bool ordered_dict(Machine *m, const PickleValue *arguments, Error *error)
{
    if (arguments->items.count != 0)
        return refuse(m, error, "an OrderedDict is made of something");
    return push(m, (PickleValue){ .kind = PICKLE_DICT });
}

static bool sizes(Machine *m, const PickleValue *from, int64_t to[PICKLE_RANK], Error *error)
{
    size_t i = 0;
    for (const PickleItem *item = from->items.first; item; item = item->next) {
        if (item->value->kind != PICKLE_WHOLE || item->value->whole < 0)
            return refuse(m, error, "a size or stride is no number from 0 on");
        to[i++] = item->value->whole;
    }
    return true;
}

// (storage, offset, sizes, strides) and, for v2, whether it wants a gradient and hooks, which say
// nothing of its numbers.
static bool rebuild_tensor(Machine *m, const PickleValue *arguments, Error *error)
{
    if (arguments->items.count < 4)
        return refuse(m, error, "a tensor lacks something");
    const PickleValue *storage = nth(arguments, 0), *offset = nth(arguments, 1);
    const PickleValue *shape = nth(arguments, 2), *stride = nth(arguments, 3);
    PickleTensor *tensor = &m->tensor[m->tensors];
    if (storage->kind != PICKLE_STORAGE || offset->kind != PICKLE_WHOLE || offset->whole < 0 ||
        shape->kind != PICKLE_TUPLE || stride->kind != PICKLE_TUPLE ||
        shape->items.count != stride->items.count || shape->items.count > PICKLE_RANK)
        return refuse(m, error, "a tensor is not made of a storage, offset, sizes and strides");
    *tensor = (PickleTensor){ .storage = storage,
                              .offset = offset->whole,
                              .rank = (int)shape->items.count };
    m->tensors++;
    return sizes(m, shape, tensor->shape, error) && sizes(m, stride, tensor->stride, error) &&
           push(m, (PickleValue){ .kind = PICKLE_TENSOR, .tensor = tensor });
}

static bool rebuild_parameter(Machine *m, const PickleValue *arguments, Error *error)
{
    if (arguments->items.count < 1 || nth(arguments, 0)->kind != PICKLE_TENSOR)
        return refuse(m, error, "a parameter is no tensor");
    return push(m, *nth(arguments, 0));
}

static const struct PickleGlobal globals[] = {
    { "collections OrderedDict", ordered_dict },
    { "torch._utils _rebuild_tensor_v2", rebuild_tensor },
    { "torch._utils _rebuild_tensor", rebuild_tensor },
    { "torch._utils _rebuild_parameter", rebuild_parameter },
    { "torch FloatStorage", NULL },
    { "torch HalfStorage", NULL },
    { "torch BFloat16Storage", NULL },
    { "torch DoubleStorage", NULL },
    { "torch LongStorage", NULL },
    { "torch IntStorage", NULL },
    { "torch ShortStorage", NULL },
    { "torch CharStorage", NULL },
    { "torch ByteStorage", NULL },
    { "torch BoolStorage", NULL },
};

// ("storage", class, key, device, numbers); before torch 1.6 also a view, None since 0.4.
static bool persistent(Machine *m, const PickleValue *id, Error *error)
{
    size_t count = id->kind == PICKLE_TUPLE ? id->items.count : 0;
    if (count != 5 && count != 6)
        return refuse(m, error, "a storage is described otherwise");
    const PickleValue *class = nth(id, 1), *key = nth(id, 2), *numbers = nth(id, 4);
    if (!pickle_is(nth(id, 0), "storage") || class->kind != PICKLE_GLOBAL || class->global->call ||
        key->kind != PICKLE_TEXT || numbers->kind != PICKLE_WHOLE || numbers->whole < 0 ||
        (count == 6 && nth(id, 5)->kind != PICKLE_NONE))
        return refuse(m, error, "a storage is described otherwise");
    return push(m, (PickleValue){ .kind = PICKLE_STORAGE,
                                  .storage = { .key = key->text,
                                               .type = class->global->name + strlen("torch "),
                                               .count = numbers->whole } });
}

// ---- opcodes, by their names in pickletools.py

static bool op_proto(Machine *m, Error *error)
{
    uint64_t protocol;
    return take_number(m, 1, &protocol, error) &&
           (protocol == 2 || refuse(m, error, "protocol %" PRIu64 " is not 2", protocol));
}

static bool op_mark(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_MARK });
}

static bool op_none(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_NONE });
}

static bool op_true(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_TRUTH, .whole = 1 });
}

static bool op_false(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_TRUTH });
}

static bool push_whole(Machine *m, size_t bytes, bool negative, Error *error)
{
    uint64_t number;
    if (!take_number(m, bytes, &number, error))
        return false;
    if (negative && bytes > 0 && bytes < 8 && number >> (8 * bytes - 1))
        number |= UINT64_MAX << (8 * bytes); // two's complement
    return push(m, (PickleValue){ .kind = PICKLE_WHOLE, .whole = (int64_t)number });
}

static bool op_binint(Machine *m, Error *error)
{
    return push_whole(m, 4, true, error);
}

static bool op_binint1(Machine *m, Error *error)
{
    return push_whole(m, 1, false, error);
}

static bool op_binint2(Machine *m, Error *error)
{
    return push_whole(m, 2, false, error);
}

static bool op_long1(Machine *m, Error *error)
{
    uint64_t bytes;
    if (!take_number(m, 1, &bytes, error))
        return false;
    return bytes > 8 ? refuse(m, error, "a number has %" PRIu64 " bytes", bytes)
                     : push_whole(m, (size_t)bytes, true, error);
}

static bool op_binunicode(Machine *m, Error *error)
{
    uint64_t length;
    const uint8_t *text;
    return take_number(m, 4, &length, error) && take(m, (size_t)length, &text, error) &&
           push(m, (PickleValue){ .kind = PICKLE_TEXT, .text = { text, (size_t)length } });
}

static bool op_empty_tuple(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_TUPLE });
}

static bool op_empty_list(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_LIST });
}

static bool op_empty_dict(Machine *m, Error *error)
{
    (void)error;
    return push(m, (PickleValue){ .kind = PICKLE_DICT });
}

static bool op_tuple(Machine *m, Error *error)
{
    size_t from;
    return above_mark(m, &from, error) && make_tuple(m, from, 1);
}

static bool op_tuple1(Machine *m, Error *error)
{
    return tuple_of(m, 1, error);
}

static bool op_tuple2(Machine *m, Error *error)
{
    return tuple_of(m, 2, error);
}

static bool op_tuple3(Machine *m, Error *error)
{
    return tuple_of(m, 3, error);
}

static bool op_append(Machine *m, Error *error)
{
    return fill(m, PICKLE_LIST, m->depth - (m->depth > 0), 0, error);
}

static bool op_appends(Machine *m, Error *error)
{
    size_t from;
    return above_mark(m, &from, error) && fill(m, PICKLE_LIST, from, 1, error);
}

static bool op_setitem(Machine *m, Error *error)
{
    return m->depth < 2 ? refuse(m, error, "a value is missing")
                        : fill(m, PICKLE_DICT, m->depth - 2, 0, error);
}

static bool op_setitems(Machine *m, Error *error)
{
    size_t from;
    return above_mark(m, &from, error) && fill(m, PICKLE_DICT, from, 1, error);
}

static bool op_global(Machine *m, Error *error)
{
    char name[128];
    const uint8_t *text = m->left.data, *module, *end;
    if (!(module = memchr(text, '\n', m->left.size)) ||
        !(end = memchr(module + 1, '\n', m->left.size - (size_t)(module + 1 - text))))
        return refuse(m, error, "a function's name does not end");
    m->left.size -= (size_t)(end + 1 - text);
    m->left.data = end + 1;
    snprintf(name, sizeof name, "%.*s %.*s", (int)(module - text), (const char *)text,
             (int)(end - module - 1), (const char *)module + 1);
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (!strcmp(name, globals[i].name))
            return push(m, (PickleValue){ .kind = PICKLE_GLOBAL, .global = &globals[i] });
    return refuse(m, error, "'%s' is not what tensors are made of, and is not run", name);
}

static bool op_reduce(Machine *m, Error *error)
{
    const PickleValue *arguments, *function;
    if (!pop(m, &arguments, error) || !pop(m, &function, error))
        return false;
    if (function->kind != PICKLE_GLOBAL || !function->global->call ||
        arguments->kind != PICKLE_TUPLE)
        return refuse(m, error, "something is called that is no function");
    return function->global->call(m, arguments, error);
}

// Attributes of an OrderedDict: torch keeps versions of modules there.
static bool op_build(Machine *m, Error *error)
{
    const PickleValue *attributes;
    if (!pop(m, &attributes, error))
        return false;
    return (m->depth > 0 && m->stack[m->depth - 1]->kind == PICKLE_DICT) ||
           refuse(m, error, "attributes belong to nothing");
}

static bool op_binpersid(Machine *m, Error *error)
{
    const PickleValue *id;
    return pop(m, &id, error) && persistent(m, id, error);
}

static bool put(Machine *m, size_t bytes, Error *error)
{
    uint64_t place;
    if (!take_number(m, bytes, &place, error))
        return false;
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK || place >= m->size)
        return refuse(m, error, "nothing is remembered, or in place %" PRIu64, place);
    while (m->memos <= place)
        m->memo[m->memos++] = NULL;
    m->memo[place] = m->stack[m->depth - 1];
    return true;
}

static bool get(Machine *m, size_t bytes, Error *error)
{
    uint64_t place;
    if (!take_number(m, bytes, &place, error))
        return false;
    if (place >= m->memos || !m->memo[place])
        return refuse(m, error, "place %" PRIu64 " remembers nothing", place);
    m->stack[m->depth++] = m->memo[place];
    return true;
}

static bool op_binput(Machine *m, Error *error)
{
    return put(m, 1, error);
}

static bool op_long_binput(Machine *m, Error *error)
{
    return put(m, 4, error);
}

static bool op_binget(Machine *m, Error *error)
{
    return get(m, 1, error);
}

static bool op_long_binget(Machine *m, Error *error)
{
    return get(m, 4, error);
}

static bool op_stop(Machine *m, Error *error)
{
    m->stopped = m->depth == 1 && m->stack[0]->kind != PICKLE_MARK;
    return m->stopped || refuse(m, error, "ends with %zu values instead of one", m->depth);
}

static bool step(Machine *machine, uint8_t opcode, Error *error)
{
    static bool (*const opcodes[256])(Machine *, Error *) = {
        [0x80] = op_proto,     ['('] = op_mark,        ['N'] = op_none,
        [0x88] = op_true,      [0x89] = op_false,      ['J'] = op_binint,
        ['K'] = op_binint1,    ['M'] = op_binint2,     [0x8a] = op_long1,
        ['X'] = op_binunicode, [')'] = op_empty_tuple, [']'] = op_empty_list,
        ['}'] = op_empty_dict, ['t'] = op_tuple,       [0x85] = op_tuple1,
        [0x86] = op_tuple2,    [0x87] = op_tuple3,     ['a'] = op_append,
        ['e'] = op_appends,    ['s'] = op_setitem,     ['u'] = op_setitems,
        ['c'] = op_global,     ['R'] = op_reduce,      ['b'] = op_build,
        ['Q'] = op_binpersid,  ['q'] = op_binput,      ['r'] = op_long_binput,
        ['h'] = op_binget,     ['j'] = op_long_binget, ['.'] = op_stop,
    };
    return opcodes[opcode] ? opcodes[opcode](machine, error)
                           : refuse(machine, error, "opcode 0x%02x is unknown here", opcode);
}
