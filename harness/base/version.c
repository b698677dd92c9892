#include "base/version.h"

#ifdef __clang__ // whose __VERSION__ has its name in it
const char version_compiler[] = __VERSION__;
#else
const char version_compiler[] = "GCC " __VERSION__;
#endif
