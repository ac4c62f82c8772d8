/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Files as they are opened, by the path that they really have: from the root of the mount namespace, whatever way of
 * symbolic links, `..` and working directories led there. Those that could not be opened by the path that was asked for.
 * Off unless asked for. */
#include "sonde_bpf/file_open.h"
#include "sonde_bpf/path.h"
#include "sonde_bpf/ring.h"
#include "sonde_bpf/syscall.h"

SONDE_LICENSE;

const volatile struct sonde_file_config sonde_file_config = {};

/* include/linux/fs.h, include/uapi/asm-generic/errno-base.h and fcntl.h */
#define OPENED_TO_BE_RUN 0x20 /* __FMODE_EXEC: an exec, which is told as such */
#define EAGAIN 11
#define O_WRONLY 01
#define O_CREAT 0100
#define O_TRUNC 01000
#define O_CLOEXEC 02000000
#define O_TMPFILE_ALONE 020000000
#if defined(__TARGET_ARCH_arm64)
#define O_LARGEFILE 0400000
#else
#define O_LARGEFILE 0100000
#endif
#define MODE_BITS 07777
#define AT_FDCWD (-100)

/* As struct open_how of include/uapi/linux/openat2.h begins. */
struct open_request {
    __u64 flags;
    __u64 mode;
};

/* With room for comparisons that begin within a path and end behind it. */
struct file_scratch {
    struct sonde_file_open record;
    char behind[SONDE_FILE_PREFIX_LIMIT];
    __u32 base_flags;
    __u16 base_size;
    char base[SONDE_PATH_LIMIT + SONDE_FILE_PREFIX_LIMIT]; /* where a relative path begins, as components */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct file_scratch);
} file_scratch SEC(".maps");

struct file_budget {
    __u64 second;
    __u64 used;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct file_budget);
} file_budget SEC(".maps");

static __always_inline _Bool is_affordable(void) {
    const __u32 zero = 0;
    const __u64 second = bpf_ktime_get_ns() / 1000000000;
    struct file_budget* budget = bpf_map_lookup_elem(&file_budget, &zero);

    if (!budget) {
        return 0;
    }
    if (budget->second != second) {
        budget->second = second;
        budget->used = 0;
    }
    if (budget->used >= sonde_file_config.per_second) {
        sonde_count_loss(SONDE_EVENT_FILE_OPEN, SONDE_LOSS_RATE_LIMITED);
        return 0;
    }
    __sync_fetch_and_add(&budget->used, 1);
    return 1;
}

static __always_inline _Bool is_equal(const char* text, const volatile char* wanted, __u32 size) {
    for (__u32 i = 0; i < SONDE_FILE_PREFIX_LIMIT; i++) {
        if (i >= size) {
            return 1;
        }
        if (text[i] != wanted[i]) {
            return 0;
        }
    }
    return 0;
}

static __always_inline _Bool has_prefixes(void) { return sonde_file_config.prefixes[0].size != 0; }

/* Components, the innermost first, of a path below one of the prefixes. */
static __always_inline _Bool ends_below(const char* text, const volatile __u16* text_size) {
    for (int i = 0; i < SONDE_FILE_PREFIXES; i++) {
        const volatile struct sonde_file_prefix* prefix = &sonde_file_config.prefixes[i];
        const __u32 size = prefix->size;
        const __u32 written = *text_size;

        if (size == 0) {
            return 0;
        }
        if (size > written) {
            continue;
        }
        const __u32 at = (written - size) & (SONDE_PATH_LIMIT - 1);
        if (is_equal(text + at, prefix->inward, size) &&
            (at == 0 || text[(at - 1) & (SONDE_PATH_LIMIT - 1)] == '\0')) {
            return 1;
        }
    }
    return 0;
}

/* An absolute path, as it was given, below one of the prefixes. */
static __always_inline _Bool begins_below(const char* text) {
    for (int i = 0; i < SONDE_FILE_PREFIXES; i++) {
        const volatile struct sonde_file_prefix* prefix = &sonde_file_config.prefixes[i];
        const __u32 size = prefix->size;

        if (size == 0 || size >= SONDE_FILE_PREFIX_LIMIT) {
            return 0;
        }
        if (is_equal(text, prefix->plain, size) && (text[size] == '\0' || text[size] == '/')) {
            return 1;
        }
    }
    return 0;
}

/* A relative path counts as what it begins from, which is where it leads unless it leaves by `..`. */
static __always_inline _Bool is_base_wanted(struct file_scratch* scratch, const struct task_struct* task,
                                            int directory) {
    const struct path* base;

    if (directory == AT_FDCWD) {
        const struct fs_struct* fs = BPF_CORE_READ(task, fs);

        base = &fs->pwd;
    } else {
        const struct file* file = sonde_file_of(task, directory);

        base = &file->f_path;
    }
    scratch->base_size = 0;
    scratch->base_flags = 0;
    sonde_read_path(scratch->base, &scratch->base_size, base, 0, &scratch->base_flags, SONDE_FILE_PATH_CUT);
    return scratch->base_flags || ends_below(scratch->base, &scratch->base_size);
}

static __always_inline struct file_scratch* begin_record(__u32 open_flags, __u32 mode, int error) {
    const __u32 zero = 0;
    struct file_scratch* scratch = bpf_map_lookup_elem(&file_scratch, &zero);
    struct sonde_file_open* record;

    if (!scratch) {
        return 0;
    }
    record = &scratch->record;
    record->open_flags = open_flags & ~(O_CLOEXEC | O_LARGEFILE);
    record->mode = open_flags & (O_CREAT | O_TMPFILE_ALONE) ? mode & MODE_BITS : 0;
    record->error = error;
    record->path_size = 0;
    record->flags = 0;
    return scratch;
}

static __always_inline int end_record(struct sonde_file_open* record) {
    const __u32 path_size = *(volatile __u16*)&record->path_size;
    const __u64 size = sizeof(*record) - SONDE_PATH_LIMIT + path_size;

    if (path_size > SONDE_PATH_LIMIT || !is_affordable()) {
        return 0;
    }
    if (record->flags & SONDE_FILE_PATH_CUT) {
        sonde_count_loss(SONDE_EVENT_FILE_OPEN, SONDE_LOSS_TRUNCATED);
    }
    sonde_read_caller(&record->caller, (const struct task_struct*)bpf_get_current_task());
    sonde_event_begin(&record->event, SONDE_EVENT_FILE_OPEN, size);
    sonde_ring_output(&record->event, size);
    return 0;
}

static __always_inline int tell_opened(const struct file* file, __u32 open_flags, __u32 mode) {
    struct file_scratch* scratch = begin_record(open_flags, mode, 0);
    struct sonde_file_open* record;

    if (!scratch) {
        return 0;
    }
    record = &scratch->record;
    sonde_read_path(record->path, &record->path_size, &file->f_path, 0, &record->flags, SONDE_FILE_PATH_CUT);
    if (has_prefixes() && !(record->flags & SONDE_FILE_PATH_CUT) && !ends_below(record->path, &record->path_size)) {
        return 0;
    }
    return end_record(record);
}

/* A call of io_uring that may not wait ends with EAGAIN and is made again by a thread that may. */
static __always_inline _Bool is_failure(long result) {
    return result < 0 && result >= -SONDE_MOST_ERRNO && result != -EAGAIN;
}

/* `taken` bytes of the path, with its NUL, have been read into the record. */
static __always_inline int tell_failed(struct file_scratch* scratch, int directory, long taken) {
    struct sonde_file_open* record = &scratch->record;

    if (taken <= 0 || taken > SONDE_PATH_LIMIT) {
        sonde_count_loss(SONDE_EVENT_FILE_OPEN, SONDE_LOSS_READ_FAULT);
        return 0;
    }
    record->path_size = taken;
    if (taken == SONDE_PATH_LIMIT) {
        record->flags |= SONDE_FILE_PATH_CUT;
    }
    if (has_prefixes() &&
        !(record->path[0] == '/'
              ? begins_below(record->path)
              : is_base_wanted(scratch, (const struct task_struct*)bpf_get_current_task(), directory))) {
        return 0;
    }
    return end_record(record);
}

/* All ways to open a file by its path come through here, those of io_uring too. */
SEC("fexit/do_filp_open")
int BPF_PROG(file_opened, int directory, struct filename* name, const struct open_flags* how, struct file* file) {
    const __u32 flags = how->open_flag;
    const long result = (long)file;
    struct file_scratch* scratch;

    if (flags & OPENED_TO_BE_RUN) {
        return 0;
    }
    if (result > 0 || result < -SONDE_MOST_ERRNO) {
        return tell_opened(file, flags, how->mode);
    }
    scratch = is_failure(result) ? begin_record(flags, how->mode, -result) : 0;
    if (!scratch) {
        return 0;
    }
    return tell_failed(scratch, directory, bpf_probe_read_kernel_str(scratch->record.path, SONDE_PATH_LIMIT,
                                                                     BPF_CORE_READ(name, name)));
}

static __always_inline _Bool is_open(long number) {
#ifdef SONDE_CALL_OPEN
    if (number == SONDE_CALL_OPEN || number == SONDE_CALL_CREAT) {
        return 1;
    }
#endif
    return number == SONDE_CALL_OPENAT || number == SONDE_CALL_OPENAT2;
}

/* What was asked for, by the arguments of each of the calls; the address of the path. */
static __always_inline const char* read_request(struct open_request* into, struct pt_regs* regs, long number) {
#ifdef SONDE_CALL_OPEN
    if (number == SONDE_CALL_OPEN || number == SONDE_CALL_CREAT) {
        const _Bool is_creat = number == SONDE_CALL_CREAT;

        into->flags = is_creat ? O_CREAT | O_WRONLY | O_TRUNC : PT_REGS_PARM2_CORE_SYSCALL(regs);
        into->mode = is_creat ? PT_REGS_PARM2_CORE_SYSCALL(regs) : PT_REGS_PARM3_CORE_SYSCALL(regs);
        return (const char*)PT_REGS_PARM1_CORE_SYSCALL(regs);
    }
#endif
    if (number == SONDE_CALL_OPENAT) {
        into->flags = PT_REGS_PARM3_CORE_SYSCALL(regs);
        into->mode = PT_REGS_PARM4_CORE_SYSCALL(regs);
    } else if (bpf_probe_read_user(into, sizeof(*into), (const void*)PT_REGS_PARM3_CORE_SYSCALL(regs))) {
        sonde_count_loss(SONDE_EVENT_FILE_OPEN, SONDE_LOSS_READ_FAULT);
    }
    return (const char*)PT_REGS_PARM2_CORE_SYSCALL(regs);
}

static __always_inline int directory_of(struct pt_regs* regs, long number) {
    return number == SONDE_CALL_OPENAT || number == SONDE_CALL_OPENAT2 ? (int)PT_REGS_PARM1_CORE_SYSCALL(regs)
                                                                       : AT_FDCWD;
}

static __always_inline int tell_call(struct pt_regs* regs, long number, long result) {
    const struct task_struct* task = (const struct task_struct*)bpf_get_current_task();
    struct open_request request = {};
    struct file_scratch* scratch;
    const char* path;

    if (sonde_is_compat(task)) {
        return 0;
    }
    path = read_request(&request, regs, number);
    if (result >= 0) {
        const struct file* file = sonde_file_of(task, result);

        return file ? tell_opened(file, request.flags, request.mode) : 0; /* closed by another thread meanwhile */
    }
    scratch = is_failure(result) ? begin_record(request.flags, request.mode, -result) : 0;
    if (!scratch) {
        return 0;
    }
    return tell_failed(scratch, directory_of(regs, number),
                       bpf_probe_read_user_str(scratch->record.path, SONDE_PATH_LIMIT, path));
}

/* Without function tracing: at the end of every system call of the machine, most of which end after some comparisons. */
SEC("tp_btf/sys_exit")
int BPF_PROG(file_call_end, struct pt_regs* regs, long result) {
    const long number = sonde_call_number(regs);

    return is_open(number) ? tell_call(regs, number, result) : 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(file_call_end_raw, struct pt_regs* regs, long result) {
    const long number = sonde_call_number_raw(regs);

    return is_open(number) ? tell_call(regs, number, result) : 0;
}
