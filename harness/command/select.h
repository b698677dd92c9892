// select.h: which rows a table or a figure is of.
#ifndef COMMAND_SELECT_H
#define COMMAND_SELECT_H
#include "command/command.h"
#include "report/floor.h"
#include "base/folder.h"

// clang-format off
#define SELECT_FLAGS \
    { "task", 't', TAKES_TEXT("NAMES"), "only of these tasks, as in `reviews,sst2`" }, \
    { "model", 'm', TAKES_TEXT("NAMES"), "only of these models" }, \
    { "method", 0, TAKES_TEXT("NAMES"), "only of these methods" }, \
    { "study", 0, TAKES_TEXT("NAMES"), "only of these studies of the spec" }, \
    { "where", 0, TAKES_TEXT("COLUMN=VALUES"), "only rows with this in a column, or (COLUMN!=VALUES) without; may be repeated" }
// clang-format on

// Keeps the rows that the options ask for. ERROR_INPUT, with the nearest that there is, for a
// column or a value that no row has.
bool rows_select(Arena *arena, const Arguments *arguments, Rows *rows, Error *error);

// Of the folders that are a command's operands the rows that it asks for. What is no row is named,
// and leaves a status of 1.
bool rows_asked(const Invocation *invocation, Rows *rows, int *status, Error *error);

// The floors of these folders, and those of the bundled tasks.
bool floors_asked(const Invocation *invocation, Floors *floors, Error *error);
#endif
