// version.h: what this program was made of. The build writes all but the compiler's name, into
// build/.../commit.c, at each call of make.
#ifndef BASE_VERSION_H
#define BASE_VERSION_H
#include <stdbool.h>

extern const char version_commit[];   // 12 hex digits; "" when it was not built from a git checkout
extern const bool version_dirty;      // Makefile, harness/ or methods/ differed from that commit
extern const char version_flags[];    // as given to the compiler: "-g -O3 ..."
extern const char version_compiler[]; // "GCC 12.2.0"

enum { VERSION_TEXT = 160 };
const char *version_text(char text[VERSION_TEXT]); // "tunemark COMMIT with changes, GCC 12.2.0"
#endif
