/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Names of new cgroups: a container may be gone, with its cgroup, before anybody can ask what it was called. And that
 * they are gone, so that nobody keeps their names for ever. */
#include "sonde_bpf/program.h"

#include "sonde_bpf/cgroup.h"
#include "sonde_bpf/ring.h"

SONDE_LICENSE;

/* The hierarchy of cgroup v2 is the default one, with number 0: cgroup_init() of kernel/cgroup/cgroup.c. */
static __always_inline int tell_cgroup(const struct cgroup* made, const char* path) {
    struct sonde_cgroup* record;

    if (BPF_CORE_READ(made, root, hierarchy_id) != 0) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_CGROUP, sizeof(*record));
    if (!record) {
        return 0;
    }
    record->id = BPF_CORE_READ(made, kn, id);
    record->reserved = 0;
    const long taken = bpf_probe_read_kernel_str(record->path, sizeof(record->path), path);
    record->path_size = taken > 0 ? taken - 1 : 0;
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup* made, const char* path) { return tell_cgroup(made, path); }

SEC("raw_tp/cgroup_mkdir")
int BPF_PROG(cgroup_made_raw, struct cgroup* made, const char* path) { return tell_cgroup(made, path); }

static __always_inline int tell_cgroup_gone(const struct cgroup* gone) {
    struct sonde_cgroup_gone* record;

    if (BPF_CORE_READ(gone, root, hierarchy_id) != 0) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_CGROUP_GONE, sizeof(*record));
    if (record) {
        record->id = BPF_CORE_READ(gone, kn, id);
        sonde_ring_submit(record, sizeof(*record));
    }
    return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_gone, struct cgroup* gone, const char* path) { return tell_cgroup_gone(gone); }

SEC("raw_tp/cgroup_rmdir")
int BPF_PROG(cgroup_gone_raw, struct cgroup* gone, const char* path) { return tell_cgroup_gone(gone); }
