/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one symbol a plugin exports, `sonde_plugin_entry`, and the ELF note that says the same without loading.
 * Layout of both is frozen for the major: fields are never reordered, new ones are appended.
 */
#pragma once

#include "component.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_ENTRY_SYMBOL "sonde_plugin_entry"
#define SONDE_ENTRY_MAGIC {'S', 'O', 'N', 'D', 'E', 'P', 'L', 'G'}

#define SONDE_NOTE_SECTION ".note.sonde.plugin"
#define SONDE_NOTE_NAME "sonde"
#define SONDE_NOTE_TYPE 1u
#define SONDE_NOTE_DESC_SIZE 128u

#define SONDE_SDK_BUILD "sonde-sdk 0.1.0"

typedef struct sonde_entry {
    uint8_t magic[8];
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t flags;
    uint32_t reserved;
    const char* id; /* reverse-domain, e.g. "io.example.hello" */
    const char* version;
    const char* vendor;
    const char* license; /* SPDX expression */
    const char* sdk_build;

    /* Called once, before the first instance in this process; may be null. [control | - | short | host valid until deinit | 1.0] */
    sonde_rc (*init)(const sonde_host* host, sonde_error* error) SONDE_NOEXCEPT;
    /* Called once before the process ends; may be null. [control | - | short | - | 1.0] */
    void (*deinit)(void) SONDE_NOEXCEPT;
    /* sonde_factory of a factory id, or null. [control | after init | no | static | 1.0] */
    const void* (*get_factory)(const char* factory_id)SONDE_NOEXCEPT;
} sonde_entry;

/* What a plugin defines, exactly once. */
extern __attribute__((visibility("default"))) const sonde_entry sonde_plugin_entry;

/* ELF note record: header, name "sonde" padded to 8, descriptor. `sonde plugin inspect` reads it from the file. */
typedef struct sonde_note {
    uint32_t name_size;
    uint32_t desc_size;
    uint32_t type;
    char name[8];
    struct {
        uint16_t abi_major;
        uint16_t abi_minor;
        uint32_t roles;
        char id[64];
        char version[24];
        char sdk_build[32];
    } desc;
} sonde_note;

/* Clang's address sanitizer would put a red zone behind it, and it would be no note any more. */
#ifdef __clang__
#define SONDE_NOTE_ATTRIBUTE __attribute__((section(SONDE_NOTE_SECTION), used, aligned(4), no_sanitize("address")))
#else
#define SONDE_NOTE_ATTRIBUTE __attribute__((section(SONDE_NOTE_SECTION), used, aligned(4)))
#endif

/* Emits the note; once per plugin, beside the entry. `roles` is an OR of SONDE_ROLE_*. */
#define SONDE_PLUGIN_NOTE(plugin_id, plugin_version, plugin_roles)                                                     \
    SONDE_NOTE_ATTRIBUTE static const sonde_note sonde_plugin_note = {                                                 \
        6,                                                                                                             \
        SONDE_NOTE_DESC_SIZE,                                                                                          \
        SONDE_NOTE_TYPE,                                                                                               \
        SONDE_NOTE_NAME,                                                                                               \
        {SONDE_ABI_MAJOR, SONDE_ABI_MINOR, plugin_roles, plugin_id, plugin_version, SONDE_SDK_BUILD}}

#ifdef __cplusplus
} /* extern "C" */
#endif
