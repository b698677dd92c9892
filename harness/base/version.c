#include "base/version.h"
#include <stdio.h>

#ifdef __clang__ // whose __VERSION__ has its name in it
const char version_compiler[] = __VERSION__;
#else
const char version_compiler[] = "GCC " __VERSION__;
#endif

const char *version_text(char text[VERSION_TEXT])
{
    snprintf(text, VERSION_TEXT, "tunemark %s%s, %s",
             version_commit[0] ? version_commit : "of no commit",
             version_dirty ? " with changes" : "", version_compiler);
    return text;
}
