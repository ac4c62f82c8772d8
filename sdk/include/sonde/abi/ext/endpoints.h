/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugin extension "sonde.plugin.endpoints/1": HTTP endpoints below /modules/{name}/. The host routes, limits
 * concurrency and size, and removes them before `stop`; requests in flight end first.
 */
#pragma once

#include "../base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_PLUGIN_ENDPOINTS "sonde.plugin.endpoints/1"

typedef struct sonde_endpoint {
    const char* name;         /* path segment, lower_snake_case, e.g. "tree" */
    const char* method;       /* "GET" or "POST" */
    const char* content_type; /* of a successful answer, e.g. "application/json" */
    const char* summary;      /* one line */
} sonde_endpoint;

typedef struct sonde_request {
    uint32_t struct_size;
    uint32_t parameter_count; /* strings in `parameters`: name, value, ...; decoded query string */
    const sonde_str* parameters;
    sonde_str body;
} sonde_request;

typedef struct sonde_response {
    uint32_t struct_size;
    uint32_t reserved;
    void* context;
    /* Append to the answer. SONDE_EXHAUSTED beyond the host's size limit. [any, inside handle | - | no | copied | 1.0]
     */
    sonde_rc (*write)(void* context, const void* data, uint64_t size) SONDE_NOEXCEPT;
} sonde_response;

typedef struct sonde_plugin_endpoints {
    uint32_t struct_size;
    uint32_t count;
    const sonde_endpoint* endpoints;
    uint32_t endpoint_size; /* stride of `endpoints` */
    uint32_t reserved;
    /* Answer a request for endpoint `index`. SONDE_INVALID becomes 400, UNSUPPORTED 501, AGAIN 503, others 500.
     * [an API worker thread, concurrent with data and with itself | running | short | borrowed | 1.0] */
    sonde_rc (*handle)(void* self, uint32_t index, const sonde_request* request, const sonde_response* response,
                       sonde_error* error) SONDE_NOEXCEPT;
} sonde_plugin_endpoints;

#ifdef __cplusplus
} /* extern "C" */
#endif
