/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Network namespaces: who makes one, who enters one, and its end. Off unless asked for. The calls are rare; what tells
 * of them costs other calls nothing where functions can be traced, and where only tracepoints of system calls are
 * there, the look that the kernel then takes at each call. Calls of 32-bit programs are left out. */
#include "sonde_bpf/namespace.h"
#include "sonde_bpf/ring.h"
#include "sonde_bpf/syscall.h"

SONDE_LICENSE;

/* The network namespace, by thread, of those that are within one of the calls. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1); /* user space sets it where the family is on */
    __type(key, __u32);
    __type(value, __u32);
} namespace_before SEC(".maps");

static __always_inline __u32 network_namespace_of(const struct task_struct* task) {
    return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __always_inline int tell(const struct task_struct* task, __u32 before, __u32 call) {
    struct sonde_namespace* record;

    if (network_namespace_of(task) == before) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_NAMESPACE, sizeof(*record));
    if (record) {
        sonde_read_caller(&record->caller, task);
        record->before = before;
        record->call = call;
        sonde_ring_submit(record, sizeof(*record));
    }
    return 0;
}

static __always_inline int begin_call(void) {
    const __u32 before = network_namespace_of((const struct task_struct*)bpf_get_current_task());
    const __u32 thread = (__u32)bpf_get_current_pid_tgid();

    if (bpf_map_update_elem(&namespace_before, &thread, &before, BPF_ANY)) {
        sonde_count_loss(SONDE_EVENT_NAMESPACE, SONDE_LOSS_MAP_FULL);
    }
    return 0;
}

static __always_inline int end_call(__u32 call, long result) {
    const __u32 thread = (__u32)bpf_get_current_pid_tgid();
    const __u32* kept = bpf_map_lookup_elem(&namespace_before, &thread);
    __u32 before;

    if (!kept) {
        return 0;
    }
    before = *kept;
    bpf_map_delete_elem(&namespace_before, &thread);
    return result ? 0 : tell((const struct task_struct*)bpf_get_current_task(), before, call);
}

#define NAMESPACE_CALL(name, call)                                                                                     \
    SEC("fentry/" SONDE_CALL_PREFIX #name)                                                                             \
    int BPF_PROG(namespace_##name##_begin, const struct pt_regs* regs) { return begin_call(); }                        \
    SEC("fexit/" SONDE_CALL_PREFIX #name)                                                                              \
    int BPF_PROG(namespace_##name##_end, const struct pt_regs* regs, long result) { return end_call(call, result); }   \
    SEC("tracepoint/syscalls/sys_enter_" #name)                                                                        \
    int namespace_##name##_begin_tp(void* context) { return begin_call(); }                                            \
    SEC("tracepoint/syscalls/sys_exit_" #name)                                                                         \
    int namespace_##name##_end_tp(struct trace_event_raw_sys_exit* context) { return end_call(call, context->ret); }

NAMESPACE_CALL(setns, SONDE_NAMESPACE_SETNS)
NAMESPACE_CALL(unshare, SONDE_NAMESPACE_UNSHARE)

/* The tracepoint runs in the parent; nearly all children share what the parent has. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(namespace_clone, struct task_struct* parent, struct task_struct* child) {
    return parent->nsproxy == child->nsproxy ? 0 : tell(child, network_namespace_of(parent), SONDE_NAMESPACE_CLONE);
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(namespace_clone_raw, struct task_struct* parent, struct task_struct* child) {
    return BPF_CORE_READ(parent, nsproxy) == BPF_CORE_READ(child, nsproxy)
               ? 0
               : tell(child, network_namespace_of(parent), SONDE_NAMESPACE_CLONE);
}

static __always_inline int tell_end(const struct net* ended) {
    struct sonde_namespace* record = sonde_ring_reserve(SONDE_EVENT_NAMESPACE, sizeof(*record));

    if (record) {
        __builtin_memset(&record->caller, 0, sizeof(record->caller));
        record->before = BPF_CORE_READ(ended, ns.inum);
        record->call = SONDE_NAMESPACE_NONE;
        sonde_ring_submit(record, sizeof(*record));
    }
    return 0;
}

/* Each namespace is cleaned up once: when no process, socket, mount and open file is left that holds it. The function
 * is called by its address (fs/proc/proc_net.c), hence never a part of another one. */
SEC("fentry/proc_net_ns_exit")
int BPF_PROG(namespace_ended, struct net* ended) { return tell_end(ended); }

SEC("kprobe/proc_net_ns_exit")
int BPF_KPROBE(namespace_ended_kprobe, struct net* ended) { return tell_end(ended); }
