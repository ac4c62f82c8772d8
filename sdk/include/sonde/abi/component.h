/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Components: what a factory describes and how the host drives one instance of it.
 *
 * Order of calls for one instance:  create, configure, start, then run (collectors) or consume and idle (enrichers,
 * encoders) on the data thread, stop, destroy. `stop` is legal from every state, also twice and without start;
 * `destroy` comes last, exactly once, after the data thread has returned.
 *
 * A collector may read the bus too (since 1.1): with topics in `subscribes` it has a queue like a consumer's, which
 * never holds what it published itself. Its own loop stays its own: batches come to `consume` only inside
 * sonde_run.deliver.
 */
#pragma once

#include "batch.h"
#include "host.h"
#include "option.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_FACTORY_COLLECTOR "sonde.factory.collector/1"
#define SONDE_FACTORY_ENRICHER "sonde.factory.enricher/1"
#define SONDE_FACTORY_ENCODER "sonde.factory.encoder/1"

/* Roles, as bits so that an ELF note can name several. */
enum { SONDE_ROLE_COLLECTOR = 1u << 0, SONDE_ROLE_ENRICHER = 1u << 1, SONDE_ROLE_ENCODER = 1u << 2 };

/* Component flags. */
enum {
    SONDE_COMPONENT_LOSSLESS = 1u << 0,  /* input should be lossless unless the user says otherwise */
    SONDE_COMPONENT_STATEFUL = 1u << 1,  /* sends a snapshot on SONDE_SIGNAL_SUBSCRIBER */
    SONDE_COMPONENT_NEEDS_EBPF = 1u << 2 /* wants BPF capabilities */
};

/* Signals of a running collector. */
enum {
    SONDE_SIGNAL_STOP = 1u << 0,       /* return from run soon; the host waits until the stop deadline */
    SONDE_SIGNAL_SUBSCRIBER = 1u << 1, /* somebody new listens: send state that late comers need */
    SONDE_SIGNAL_INPUT = 1u << 2       /* batches may wait: call deliver, until then it comes again. Since 1.1 */
};

/* Given to `run`. Poll `wake_fd` for reading; when it is readable, call `take_signals`. */
typedef struct sonde_run {
    uint32_t struct_size;
    int32_t wake_fd; /* host owns; never read or close it */
    void* context;
    /* Pending signals, which are cleared (STOP stays set). [data | running | no | - | 1.0] */
    uint32_t (*take_signals)(void* context) SONDE_NOEXCEPT;
    /* Calls the collector's own `consume` for at most `most` waiting batches and returns how many there were; fewer
     * than `most` mean that none is left. A failure of `consume` counts as for every consumer. Null for a collector
     * that subscribes to nothing. [data, inside run | running | as long as consume takes | - | 1.1] */
    uint32_t (*deliver)(void* context, uint32_t most) SONDE_NOEXCEPT;
} sonde_run;

typedef struct sonde_ops {
    uint32_t struct_size;
    uint32_t reserved;

    /* Apply values. Before start: all of them. While running: only RELOADABLE ones differ; may overlap data.
     * [control | created, configured, running | short | values borrowed | 1.0] */
    sonde_rc (*configure)(void* self, const sonde_config* config, sonde_error* error) SONDE_NOEXCEPT;

    /* Acquire what running needs. Return fast; long work belongs on the data thread.
     * [control | configured, stopped | short | - | 1.0] */
    sonde_rc (*start)(void* self, sonde_error* error) SONDE_NOEXCEPT;

    /* Collectors: produce until SONDE_SIGNAL_STOP. SONDE_OK after stop is a clean end; anything else is a failure
     * that the host's restart policy handles. Null for other roles. [data | running | yes | run borrowed | 1.0] */
    sonde_rc (*run)(void* self, const sonde_run* run, sonde_error* error) SONDE_NOEXCEPT;

    /* Enrichers and encoders, and collectors that subscribe: take one batch. A failure is counted against the instance
     * with the batch's items as `failed` and does not stop delivery. Null for other collectors.
     * [data | running | short | batch borrowed | 1.0] */
    sonde_rc (*consume)(void* self, const sonde_batch* batch, sonde_error* error) SONDE_NOEXCEPT;

    /* The input queue just ran empty, or the time returned last came. Flush here. Returns the CLOCK_MONOTONIC time
     * in ns of the next wanted call, or 0 for "when the queue runs empty again". May be null.
     * [data | running | short | - | 1.0] */
    int64_t (*idle)(void* self, int64_t now) SONDE_NOEXCEPT;

    /* Release what start acquired, before `deadline` (CLOCK_MONOTONIC ns). The data thread has returned.
     * [control | all | short | - | 1.0] */
    sonde_rc (*stop)(void* self, int64_t deadline, sonde_error* error) SONDE_NOEXCEPT;

    /* Free the instance. [control | stopped | short | self is gone | 1.0] */
    void (*destroy)(void* self) SONDE_NOEXCEPT;

    /* Table of a plugin ability such as "sonde.plugin.endpoints/1", or null.
     * [control | configured | no | plugin owns, valid until destroy | 1.0] */
    const void* (*get_extension)(void* self, const char* id)SONDE_NOEXCEPT;
} sonde_ops;

/* Describes one component type. Static data: the host reads it in a throwaway process too. */
typedef struct sonde_component {
    uint32_t struct_size;
    uint32_t flags;
    const char* type;        /* lower_snake_case, unique per role */
    const char* summary;     /* one line, no full stop */
    const char* description; /* paragraphs for the reference page */
    const char* stability;   /* "draft", "stable" or "deprecated" */
    const sonde_option* options;
    uint32_t option_count;
    uint32_t option_size;          /* stride of `options` */
    const char* const* publishes;  /* null-terminated topics; null for encoders */
    const char* const* subscribes; /* null-terminated default topics; of a collector: all of them, or null */
    const sonde_ops* ops;

    /* Can this run here? No side effects; a failure text names what is missing. May be null.
     * [control | - | short | - | 1.0] */
    sonde_rc (*probe)(const sonde_host* host, sonde_error* error) SONDE_NOEXCEPT;

    /* Make an instance; `*self` is passed to every op. [control | - | short | host outlives the instance | 1.0] */
    sonde_rc (*create)(const sonde_host* host, void** self, sonde_error* error) SONDE_NOEXCEPT;
} sonde_component;

/* Table behind a factory id. */
typedef struct sonde_factory {
    uint32_t struct_size;
    uint32_t component_count;
    /* Component `index` < component_count. [control | all | no | static | 1.0] */
    const sonde_component* (*component)(uint32_t index)SONDE_NOEXCEPT;
} sonde_factory;

#ifdef __cplusplus
} /* extern "C" */
#endif
