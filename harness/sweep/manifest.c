// manifest.c: asks the libraries, the kernel and the agenda.
#include "sweep/manifest.h"
#include "base/clock.h"
#include "base/version.h"
#include <cblas.h>
#include <gnu/libc-version.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utf8proc.h>
#include <yaml.h>

static json_t *now(Arena *arena);
static json_t *libraries(void);
static json_t *machine(void);
static json_t *environment(void);
static json_t *hashes(const Agenda *agenda, bool models);
static bool write_whole(const Manifest *manifest, Error *error);

bool manifest_begin(Arena *arena, const Agenda *agenda, const Spec *spec, const char *command,
                    Manifest *manifest, Error *error)
{
    Error unreadable;
    manifest->arena = arena;
    manifest->path = path_join(arena, agenda->folder, "manifest.json");
    manifest->root = file_exists(manifest->path) ? json_open(manifest->path, &unreadable) : NULL;
    json_t *commands = json_object_get(manifest->root, "commands");
    if (!json_is_array(commands)) {
        json_decref(manifest->root);
        commands = json_array();
        manifest->root = json_pack("{s:o}", "commands", commands);
    }
    manifest->entry = json_pack(
        "{s:s, s:o, s:n, s:s, s:{s:s, s:b, s:s, s:s}, s:o, s:o, s:o, s:o, s:o}", "command", command,
        "start", now(arena), "end", "spec", spec->sha, "program", "commit", version_commit, "dirty",
        (int)version_dirty, "compiler", version_compiler, "flags", version_flags, "libraries",
        libraries(), "machine", machine(), "environment", environment(), "models",
        hashes(agenda, true), "tasks", hashes(agenda, false));
    if (!manifest->entry || json_array_append_new(commands, manifest->entry) != 0) {
        json_decref(manifest->root);
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = manifest->path }, NULL,
                    "out of memory");
    }
    if (write_whole(manifest, error))
        return true;
    json_decref(manifest->root);
    return false;
}

bool manifest_end(Manifest *manifest, Error *error)
{
    json_object_set_new(manifest->entry, "end", now(manifest->arena));
    bool ok = write_whole(manifest, error);
    json_decref(manifest->root);
    return ok;
}

static bool put_line(FILE *out, const void *text)
{
    return fprintf(out, "%s\n", (const char *)text) > 0;
}

static bool write_whole(const Manifest *manifest, Error *error)
{
    char *text = json_dumps(manifest->root, JSON_INDENT(2));
    if (!text)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = manifest->path }, NULL,
                    "out of memory");
    bool ok = file_write(manifest->path, put_line, text, error);
    free(text);
    return ok;
}

static json_t *now(Arena *arena)
{
    return json_string(utc_now(arena));
}

static json_t *libraries(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "openblas", openblas_get_config(), "libyaml",
                     yaml_get_version_string(), "jansson", jansson_version_str(), "utf8proc",
                     utf8proc_version(), "openssl", OpenSSL_version(OPENSSL_VERSION), "glibc",
                     gnu_get_libc_version());
}

static json_t *field(const char *path, const char *name)
{
    char value[256];
    file_field(path, name, value, sizeof value);
    return json_string(value);
}

static json_t *machine(void)
{
    struct utsname name;
    uname(&name);
    return json_pack("{s:o, s:I, s:o, s:s, s:s}", "cpu", field("/proc/cpuinfo", "model name"),
                     "cores", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "memory",
                     field("/proc/meminfo", "MemTotal"), "kernel", name.release, "architecture",
                     name.machine);
}

// What can change a number or a time.
static json_t *environment(void)
{
    static const char *const prefixes[] = { "OMP_", "GOMP_", "OPENBLAS_", "TUNEMARK_", "MALLOC_",
                                            "LC_",  "LANG",  "LD_",       "GLIBC_" };
    json_t *found = json_object();
    for (char **variable = environ; *variable; variable++)
        for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
            const char *equals = strchr(*variable, '=');
            char name[128];
            if (!equals || strncmp(*variable, prefixes[i], strlen(prefixes[i])) ||
                (size_t)(equals - *variable) >= sizeof name)
                continue;
            memcpy(name, *variable, (size_t)(equals - *variable));
            name[equals - *variable] = '\0';
            // Where somebody's folders lie says nothing about a result; their hashes are below.
            json_object_set_new(found, name, json_string(strchr(equals, '/') ? "set" : equals + 1));
        }
    return found;
}

static json_t *hashes(const Agenda *agenda, bool models)
{
    json_t *found = json_object();
    for (size_t i = 0; i < agenda->jobs; i++) {
        const Row *row = &agenda->job[i]->decided;
        const char *name = models ? row->model : row->task;
        const char *hash = models ? row->model_sha : row->data_sha;
        if (name && !json_object_get(found, name))
            json_object_set_new(found, name, hash ? json_string(hash) : json_null());
    }
    return found;
}
