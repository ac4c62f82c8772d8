/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the kernel side says of processes. Integers in host order. A path is told as its components, the innermost first,
 * each ended by a NUL: the kernel walks upwards, and turning it around is left to user space. A path without components
 * is the root. */
#pragma once

#include "event.h"

/* Room for the texts of one record; the command line takes what the others leave, up to the configured limit. */
#define SONDE_PATH_LIMIT 1024
#define SONDE_FILENAME_LIMIT 256
#define SONDE_ARGS_LIMIT 8192
#define SONDE_PROCESS_TEXT (SONDE_FILENAME_LIMIT + 2 * SONDE_PATH_LIMIT + SONDE_ARGS_LIMIT)

enum sonde_process_flags {
    SONDE_PROCESS_ARGS_CUT = 1 << 0,       /* the command line is longer */
    SONDE_PROCESS_EXECUTABLE_CUT = 1 << 1, /* outer components are missing */
    SONDE_PROCESS_DIRECTORY_CUT = 1 << 2,  /* likewise */
    SONDE_PROCESS_ARGS_UNREAD = 1 << 3,    /* the command line could not be read: it is not known */
    SONDE_PROCESS_KERNEL_THREAD = 1 << 4,
};

/* Who it is. */
struct sonde_process {
    __u64 start_time; /* CLOCK_BOOTTIME ns, of the thread group */
    __u64 cgroup_id;  /* on cgroup v2 */
    __u32 pid;        /* thread group, in the initial pid namespace */
    __u32 tid;        /* the thread that did it */
    __u32 parent_pid;
    __u32 namespace_pid; /* pid in its own namespace */
    __u32 level;         /* of its pid namespace; 0 is the initial one, more is a container */
    __u32 user_id;       /* effective, in the initial user namespace */
    __u32 group_id;
    __u32 pid_namespace; /* inodes */
    __u32 mount_namespace;
    __u32 network_namespace;
    __u32 flags; /* sonde_process_flags */
    __u32 reserved;
    char name[16]; /* comm; not always terminated */
};
static_assert(sizeof(struct sonde_process) == 80, "layout shared with user space");

/* CPU time of dead threads and of the one that is looked at; the kernel divides `runtime`, which is exact, in the
 * proportion of the other two, which are sampled. All in ns. */
struct sonde_process_times {
    __u64 user;
    __u64 system;
    __u64 runtime;
};
static_assert(sizeof(struct sonde_process_times) == 24, "layout shared with user space");

struct sonde_process_fork {
    struct sonde_event event;
    struct sonde_process process; /* the child */
};
static_assert(sizeof(struct sonde_process_fork) == 96, "layout shared with user space");

/* SONDE_EVENT_EXEC and SONDE_EVENT_PROCESS. The texts follow the struct, in the order of their
 * sizes. */
struct sonde_process_exec {
    struct sonde_event event;
    struct sonde_process process;
    struct sonde_process_times times;
    __u64 resident_pages; /* of an existing process */
    __u64 virtual_pages;
    __u32 threads;
    __u32 state; /* task state bits, 0: running */
    __u16 filename_size; /* as given to execve(), with its NUL; 0 for an existing process */
    __u16 executable_size;
    __u16 directory_size;
    __u16 args_size; /* each argument with its NUL */
};
static_assert(sizeof(struct sonde_process_exec) == 152, "layout shared with user space");

/* What changes of a process while it runs; namespaces are left out. */
struct sonde_process_usage {
    struct sonde_event event;
    struct sonde_process process;
    struct sonde_process_times times; /* of the dead threads and the first; add those of the other threads */
    __u64 resident_pages;
    __u64 virtual_pages;
    __u32 threads;
    __u32 state;
    __u32 session_id; /* in the initial pid namespace */
    __s32 open_files; /* -1: not known */
};
static_assert(sizeof(struct sonde_process_usage) == 152, "layout shared with user space");

struct sonde_thread_usage {
    struct sonde_event event;
    struct sonde_process_times times; /* its own */
    __u32 pid;                        /* of its process */
    __u32 reserved;
};
static_assert(sizeof(struct sonde_thread_usage) == 48, "layout shared with user space");

struct sonde_process_exit {
    struct sonde_event event;
    struct sonde_process process;
    struct sonde_process_times times;
    __u64 resident_pages_peak;
    __u32 status; /* as wait(2) tells it */
    __u32 reserved;
};
static_assert(sizeof(struct sonde_process_exit) == 136, "layout shared with user space");

struct sonde_oom_kill {
    struct sonde_event event;
    struct sonde_process process; /* the victim; before Linux 6.9 only its pid is known */
    __u64 virtual_pages;
    __u64 anonymous_pages;
    __u64 file_pages;
    __u64 shared_pages;
    __s32 score_adjustment;
    __u32 is_complete; /* 1: all of this is known */
};
static_assert(sizeof(struct sonde_oom_kill) == 136, "layout shared with user space");

struct sonde_signal {
    struct sonde_event event;
    struct sonde_process process; /* the receiver */
    __s32 number;
    __s32 code;        /* si_code; SI_USER is 0, what the kernel sends is above 0 */
    __u32 sender_pid;  /* 0: the kernel */
    __u32 result;      /* 0: delivered; else ignored, already pending or lost: include/trace/events/signal.h */
    char sender_name[16];
};
static_assert(sizeof(struct sonde_signal) == 128, "layout shared with user space");
