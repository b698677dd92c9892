// clock.h: how long something took, and when it was.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "base/arena.h"

double seconds_now(void);          // from any point in the past, never set back: for differences
const char *utc_now(Arena *arena); // "2026-01-31T23:59:59Z"
#endif
