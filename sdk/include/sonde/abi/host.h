/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plugin sees of the host: one struct and a door to extensions by string id ("sonde.host.lane/1").
 * A null extension means that this host does not offer it. Each instance gets its own `sonde_host`; the one given to
 * `init` belongs to the module and offers log and clock only.
 */
#pragma once

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sonde_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    const char* name;    /* "sonde" */
    const char* version; /* "0.1.0" */
    void* context;       /* the host's own; a plugin never looks inside */

    /* Table of the extension `id`, or null. [any | all | no | host owns, valid until deinit or destroy | 1.0] */
    const void* (*get_extension)(const struct sonde_host* host, const char* id)SONDE_NOEXCEPT;
} sonde_host;

#ifdef __cplusplus
} /* extern "C" */
#endif
