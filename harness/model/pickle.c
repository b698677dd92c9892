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
    Error *error;
} Machine;

struct PickleGlobal {
    const char *name; // module and name, a blank between
    bool (*call)(Machine *machine, const PickleValue *arguments); // NULL: a class
};

static bool step(Machine *machine, uint8_t opcode);

const PickleValue *pickle_read(Arena *arena, Bytes *bytes, const char *file, const char *part,
                               Error *error)
{
    size_t size = bytes->size < LONGEST_PICKLE ? bytes->size : LONGEST_PICKLE;
    Machine machine = {
        .file = file, .part = part, .left = { bytes->data, size }, .size = size, .error = error
    };
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
        if (!step(&machine, opcode))
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

__attribute__((format(printf, 2, 3))) static void say(const Machine *m, const char *what, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    fail(m->error, ERROR_INPUT, (Where){ .file = m->file, .item = m->part },
         "a dict of tensors, as torch.save writes it", "%s, near byte %zu of the pickle", text,
         m->size - m->left.size);
}
#define refuse(...) (say(__VA_ARGS__), false) // compilers do not look into what takes any arguments

static bool take(Machine *m, size_t bytes, const uint8_t **data)
{
    if (bytes > m->left.size)
        return refuse(m, "something is longer than what is left");
    *data = m->left.data;
    m->left.data += bytes;
    m->left.size -= bytes;
    return true;
}

// A number of 1 to 8 bytes, little-endian.
static bool take_number(Machine *m, size_t bytes, uint64_t *number)
{
    const uint8_t *data;
    if (!take(m, bytes, &data))
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

static bool pop(Machine *m, const PickleValue **value)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK)
        return refuse(m, "a value is missing");
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
static bool above_mark(const Machine *m, size_t *from)
{
    for (*from = m->depth; *from > 0; --*from)
        if (m->stack[*from - 1]->kind == PICKLE_MARK)
            return true;
    return refuse(m, "a mark is missing");
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

static bool tuple_of(Machine *m, size_t count)
{
    const PickleValue *value;
    size_t depth = m->depth;
    for (size_t i = 0; i < count; i++)
        if (!pop(m, &value))
            return false;
    m->depth = depth;
    return make_tuple(m, depth - count, 0);
}

// Items above `from` (a mark lies `below` entries under it) go into the list or dict beneath.
static bool fill(Machine *m, PickleKind kind, size_t from, size_t below)
{
    size_t each = kind == PICKLE_DICT ? 2 : 1;
    if (from < below + 1 || from > m->depth || m->stack[from - below - 1]->kind != kind ||
        (m->depth - from) % each != 0)
        return refuse(m, "items belong to nothing");
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

static bool ordered_dict(Machine *m, const PickleValue *arguments)
{
    if (arguments->items.count != 0)
        return refuse(m, "an OrderedDict is made of something");
    return push(m, (PickleValue){ .kind = PICKLE_DICT });
}

static bool sizes(Machine *m, const PickleValue *from, int64_t to[PICKLE_RANK])
{
    size_t i = 0;
    for (const PickleItem *item = from->items.first; item; item = item->next) {
        if (item->value->kind != PICKLE_WHOLE || item->value->whole < 0)
            return refuse(m, "a size or stride is no number from 0 on");
        to[i++] = item->value->whole;
    }
    return true;
}

// (storage, offset, sizes, strides) and, for v2, whether it wants a gradient and hooks, which say
// nothing of its numbers.
static bool rebuild_tensor(Machine *m, const PickleValue *arguments)
{
    if (arguments->items.count < 4)
        return refuse(m, "a tensor lacks something");
    const PickleValue *storage = nth(arguments, 0), *offset = nth(arguments, 1);
    const PickleValue *shape = nth(arguments, 2), *stride = nth(arguments, 3);
    PickleTensor *tensor = &m->tensor[m->tensors];
    if (storage->kind != PICKLE_STORAGE || offset->kind != PICKLE_WHOLE || offset->whole < 0 ||
        shape->kind != PICKLE_TUPLE || stride->kind != PICKLE_TUPLE ||
        shape->items.count != stride->items.count || shape->items.count > PICKLE_RANK)
        return refuse(m, "a tensor is not made of a storage, offset, sizes and strides");
    *tensor = (PickleTensor){ .storage = storage,
                              .offset = offset->whole,
                              .rank = (int)shape->items.count };
    m->tensors++;
    return sizes(m, shape, tensor->shape) && sizes(m, stride, tensor->stride) &&
           push(m, (PickleValue){ .kind = PICKLE_TENSOR, .tensor = tensor });
}

static bool rebuild_parameter(Machine *m, const PickleValue *arguments)
{
    if (arguments->items.count < 1 || nth(arguments, 0)->kind != PICKLE_TENSOR)
        return refuse(m, "a parameter is no tensor");
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
static bool persistent(Machine *m, const PickleValue *id)
{
    size_t count = id->kind == PICKLE_TUPLE ? id->items.count : 0;
    if (count != 5 && count != 6)
        return refuse(m, "a storage is described otherwise");
    const PickleValue *class = nth(id, 1), *key = nth(id, 2), *numbers = nth(id, 4);
    if (!pickle_is(nth(id, 0), "storage") || class->kind != PICKLE_GLOBAL || class->global->call ||
        key->kind != PICKLE_TEXT || numbers->kind != PICKLE_WHOLE || numbers->whole < 0 ||
        (count == 6 && nth(id, 5)->kind != PICKLE_NONE))
        return refuse(m, "a storage is described otherwise");
    return push(m, (PickleValue){ .kind = PICKLE_STORAGE,
                                  .storage = { .key = key->text,
                                               .type = class->global->name + strlen("torch "),
                                               .count = numbers->whole } });
}

// ---- opcodes

// Each takes the number that its row of the table has.
typedef bool Do(Machine *machine, int argument);

static bool op_begin(Machine *m, int protocol)
{
    uint64_t found;
    return take_number(m, 1, &found) &&
           (found == (uint64_t)protocol ||
            refuse(m, "protocol %" PRIu64 " is not %d", found, protocol));
}

static bool op_stop(Machine *m, int values)
{
    m->stopped = m->depth == (size_t)values && m->stack[0]->kind != PICKLE_MARK;
    return m->stopped || refuse(m, "ends with %zu values instead of one", m->depth);
}

static bool op_empty(Machine *m, int kind) // a mark, none, or a tuple, list or dict of nothing
{
    return push(m, (PickleValue){ .kind = (PickleKind)kind });
}

static bool op_truth(Machine *m, int value)
{
    return push(m, (PickleValue){ .kind = PICKLE_TRUTH, .whole = value });
}

static bool push_whole(Machine *m, size_t bytes, bool negative)
{
    uint64_t number;
    if (!take_number(m, bytes, &number))
        return false;
    if (negative && bytes > 0 && bytes < 8 && number >> (8 * bytes - 1))
        number |= UINT64_MAX << (8 * bytes); // two's complement
    return push(m, (PickleValue){ .kind = PICKLE_WHOLE, .whole = (int64_t)number });
}

static bool op_natural(Machine *m, int bytes)
{
    return push_whole(m, (size_t)bytes, false);
}

static bool op_integer(Machine *m, int bytes)
{
    return push_whole(m, (size_t)bytes, true);
}

static bool op_long_integer(Machine *m, int length_bytes)
{
    uint64_t bytes;
    if (!take_number(m, (size_t)length_bytes, &bytes))
        return false;
    return bytes > 8 ? refuse(m, "a number has %" PRIu64 " bytes", bytes)
                     : push_whole(m, (size_t)bytes, true);
}

static bool op_text(Machine *m, int length_bytes)
{
    uint64_t length;
    const uint8_t *data;
    return take_number(m, (size_t)length_bytes, &length) && take(m, (size_t)length, &data) &&
           push(m, (PickleValue){ .kind = PICKLE_TEXT, .text = { data, (size_t)length } });
}

enum { SINCE_MARK = -1 }; // as many as there are above the last mark

static bool op_tuple(Machine *m, int count)
{
    size_t from;
    return count == SINCE_MARK ? above_mark(m, &from) && make_tuple(m, from, 1)
                               : tuple_of(m, (size_t)count);
}

// One item, or those above the last mark, into the list or dict beneath.
static bool op_one_item(Machine *m, int kind)
{
    size_t each = kind == PICKLE_DICT ? 2 : 1;
    return m->depth < each ? refuse(m, "a value is missing")
                           : fill(m, (PickleKind)kind, m->depth - each, 0);
}

static bool op_items(Machine *m, int kind)
{
    size_t from;
    return above_mark(m, &from) && fill(m, (PickleKind)kind, from, 1);
}

static bool op_global(Machine *m, int unused)
{
    (void)unused;
    char name[128];
    const uint8_t *text = m->left.data, *module, *end;
    if (!(module = memchr(text, '\n', m->left.size)) ||
        !(end = memchr(module + 1, '\n', m->left.size - (size_t)(module + 1 - text))))
        return refuse(m, "a function's name does not end");
    m->left.size -= (size_t)(end + 1 - text);
    m->left.data = end + 1;
    snprintf(name, sizeof name, "%.*s %.*s", (int)(module - text), (const char *)text,
             (int)(end - module - 1), (const char *)module + 1);
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (!strcmp(name, globals[i].name))
            return push(m, (PickleValue){ .kind = PICKLE_GLOBAL, .global = &globals[i] });
    return refuse(m, "'%s' is not what tensors are made of, and is not run", name);
}

static bool op_call(Machine *m, int unused)
{
    (void)unused;
    const PickleValue *arguments, *function;
    if (!pop(m, &arguments) || !pop(m, &function))
        return false;
    if (function->kind != PICKLE_GLOBAL || !function->global->call ||
        arguments->kind != PICKLE_TUPLE)
        return refuse(m, "something is called that is no function");
    return function->global->call(m, arguments);
}

// Attributes of an OrderedDict: torch keeps versions of modules there.
static bool op_attributes(Machine *m, int unused)
{
    (void)unused;
    const PickleValue *attributes;
    if (!pop(m, &attributes))
        return false;
    return (m->depth > 0 && m->stack[m->depth - 1]->kind == PICKLE_DICT) ||
           refuse(m, "attributes belong to nothing");
}

static bool op_storage(Machine *m, int unused)
{
    (void)unused;
    const PickleValue *id;
    return pop(m, &id) && persistent(m, id);
}

static bool op_put(Machine *m, int bytes)
{
    uint64_t place;
    if (!take_number(m, (size_t)bytes, &place))
        return false;
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK || place >= m->size)
        return refuse(m, "nothing is remembered, or in place %" PRIu64, place);
    while (m->memos <= place)
        m->memo[m->memos++] = NULL;
    m->memo[place] = m->stack[m->depth - 1];
    return true;
}

static bool op_get(Machine *m, int bytes)
{
    uint64_t place;
    if (!take_number(m, (size_t)bytes, &place))
        return false;
    if (place >= m->memos || !m->memo[place])
        return refuse(m, "place %" PRIu64 " remembers nothing", place);
    m->stack[m->depth++] = m->memo[place];
    return true;
}

// By their names in pickletools.py.
// clang-format off
static const struct {
    uint8_t opcode;
    Do *does;
    int argument;
} opcodes[] = {
    { 0x80, op_begin, 2 },              // PROTO
    { '.', op_stop, 1 },                // STOP
    { '(', op_empty, PICKLE_MARK },     // MARK
    { 'N', op_empty, PICKLE_NONE },     // NONE
    { 0x88, op_truth, 1 },              // NEWTRUE
    { 0x89, op_truth, 0 },              // NEWFALSE
    { 'K', op_natural, 1 },             // BININT1
    { 'M', op_natural, 2 },             // BININT2
    { 'J', op_integer, 4 },             // BININT
    { 0x8a, op_long_integer, 1 },       // LONG1
    { 'X', op_text, 4 },                // BINUNICODE
    { ')', op_empty, PICKLE_TUPLE },    // EMPTY_TUPLE
    { ']', op_empty, PICKLE_LIST },     // EMPTY_LIST
    { '}', op_empty, PICKLE_DICT },     // EMPTY_DICT
    { 't', op_tuple, SINCE_MARK },      // TUPLE
    { 0x85, op_tuple, 1 },              // TUPLE1
    { 0x86, op_tuple, 2 },              // TUPLE2
    { 0x87, op_tuple, 3 },              // TUPLE3
    { 'a', op_one_item, PICKLE_LIST },  // APPEND
    { 'e', op_items, PICKLE_LIST },     // APPENDS
    { 's', op_one_item, PICKLE_DICT },  // SETITEM
    { 'u', op_items, PICKLE_DICT },     // SETITEMS
    { 'c', op_global, 0 },              // GLOBAL
    { 'R', op_call, 0 },                // REDUCE
    { 'b', op_attributes, 0 },          // BUILD
    { 'Q', op_storage, 0 },             // BINPERSID
    { 'q', op_put, 1 },                 // BINPUT
    { 'r', op_put, 4 },                 // LONG_BINPUT
    { 'h', op_get, 1 },                 // BINGET
    { 'j', op_get, 4 },                 // LONG_BINGET
};
// clang-format on

static bool step(Machine *machine, uint8_t opcode)
{
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++)
        if (opcodes[i].opcode == opcode)
            return opcodes[i].does(machine, opcodes[i].argument);
    return refuse(machine, "opcode 0x%02x is unknown here", opcode);
}
