/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options as data: the host validates TOML against this table, applies defaults, prints help, reference pages and
 * JSON Schema from it, and hands the plugin a flat list of typed values (sonde_config).
 */
#pragma once

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Option types, with the member of sonde_value that carries the value. */
enum {
    SONDE_OPTION_BOOL = 1,     /* integer: 0 or 1 */
    SONDE_OPTION_INT = 2,      /* integer */
    SONDE_OPTION_FLOAT = 3,    /* number */
    SONDE_OPTION_STRING = 4,   /* text */
    SONDE_OPTION_DURATION = 5, /* integer: nanoseconds; written "250ms", "10s", "5m", "1h" */
    SONDE_OPTION_BYTES = 6,    /* integer: bytes; written 4096, "64KiB", "16MiB" */
    SONDE_OPTION_ENUM = 7,     /* text: one of `choices`; integer: its index */
    SONDE_OPTION_PATH = 8,     /* text */
    SONDE_OPTION_SECRET = 9,   /* text, resolved by the host from "file:", "env:" or "fd:"; never printed */
    SONDE_OPTION_LIST = 10,    /* items: list of strings */
    SONDE_OPTION_MAP = 11,     /* items: key, value, key, value, ... */
    SONDE_OPTION_ENDPOINT = 12 /* text: "host:port", "[v6]:port", "unix:/path" or an http(s) URL */
};

/* Option flags. */
enum {
    SONDE_OPTION_REQUIRED = 1u << 0,
    SONDE_OPTION_RELOADABLE = 1u << 1, /* may change while running, see sonde_ops.configure */
    SONDE_OPTION_DEPRECATED = 1u << 2,
    SONDE_OPTION_EXPERIMENTAL = 1u << 3,
    /* A boolean of a collector that subscribes: without it the instance has no subscription. Not reloadable. (1.1) */
    SONDE_OPTION_INPUT = 1u << 4
};

/* All strings are static and NUL-terminated; null means absent. */
typedef struct sonde_option {
    const char* key; /* dotted lower_snake_case path below the instance's config table */
    uint32_t type;
    uint32_t flags;
    const char* default_value; /* in the same spelling as in TOML, without quotes; lists: comma separated */
    const char* minimum;       /* inclusive; int, float, duration, bytes; for strings the least length */
    const char* maximum;
    const char* const* choices; /* enum: null-terminated array */
    const char* unit;           /* UCUM, for int and float */
    const char* help;           /* one line, no full stop */
    const char* details;        /* paragraphs for the reference page */
    const char* since;          /* plugin version that introduced it */
    const char* replaced_by;    /* key of the successor of a deprecated option */
    const char* requires_key;   /* key that must be set too when this one is set */
    const char* conflicts_key;  /* key that must not be set when this one is set */
} sonde_option;

typedef struct sonde_value {
    const char* key;
    uint32_t type;
    uint32_t is_default; /* 1 if the user did not write it */
    int64_t integer;
    double number;
    sonde_str text;
    const sonde_str* items;
    uint64_t item_count;
} sonde_value;

/* One value for every option of the table, in table order; an option without value and default is left out. */
typedef struct sonde_config {
    uint32_t struct_size;
    uint32_t value_size; /* stride of `values` */
    uint32_t value_count;
    uint32_t reserved;
    const sonde_value* values;
} sonde_config;

#ifdef __cplusplus
} /* extern "C" */
#endif
