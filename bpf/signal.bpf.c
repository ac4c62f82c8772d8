/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Every signal that is sent, with its sender. Off unless asked for: a busy shell sends thousands. */
#include "sonde_bpf/program.h"

#include "sonde_bpf/ring.h"
#include "sonde_bpf/task.h"

SONDE_LICENSE;

/* Two small numbers stand for "no information": from user space, and from the kernel itself
 * (SEND_SIG_NOINFO and SEND_SIG_PRIV of include/linux/signal_types.h). */
#define SENT_BY_KERNEL 1
#define SI_USER 0
#define SI_KERNEL 0x80

static __always_inline int tell_signal(int number, const struct kernel_siginfo* info, const struct task_struct* task,
                                       int result) {
    const unsigned long information = (unsigned long)info;
    struct sonde_signal* record;

    if (sonde_is_unwanted(task)) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_SIGNAL, sizeof(*record));
    if (!record) {
        return 0;
    }
    sonde_read_process(&record->process, task);
    record->number = number;
    record->result = result;
    record->code = information > SENT_BY_KERNEL ? BPF_CORE_READ(info, si_code)
                   : information == SENT_BY_KERNEL ? SI_KERNEL
                                                   : SI_USER;
    record->sender_pid = 0;
    __builtin_memset(record->sender_name, 0, sizeof(record->sender_name));
    /* Above 0 the kernel sends it, perhaps while some process happens to run. */
    if (record->code <= 0) {
        record->sender_pid = bpf_get_current_pid_tgid() >> 32;
        bpf_get_current_comm(record->sender_name, sizeof(record->sender_name));
    }
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int number, struct kernel_siginfo* info, struct task_struct* task, int group,
             int result) {
    return tell_signal(number, info, task, result);
}

SEC("raw_tp/signal_generate")
int BPF_PROG(signal_generate_raw, int number, struct kernel_siginfo* info, struct task_struct* task, int group,
             int result) {
    return tell_signal(number, info, task, result);
}
