/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The texts of a process behind its record: executable and working directory by walking their paths, and where its
 * command line lies. */
#pragma once

#include "config.h"
#include "path.h"

struct sonde_process_scratch {
    struct sonde_process_exec record;
    char text[SONDE_PROCESS_TEXT];
};

/* What the texts before the command line take; more than there is room for, which cannot be, is none. */
static __always_inline __u32 sonde_texts_size(struct sonde_process_exec* record) {
    const __u32 size = *(volatile __u16*)&record->filename_size + *(volatile __u16*)&record->executable_size +
                       *(volatile __u16*)&record->directory_size;

    return size > SONDE_FILENAME_LIMIT + 2 * SONDE_PATH_LIMIT ? 0 : size;
}

/* Executable and directory, behind the file name. */
static __always_inline void sonde_read_places(struct sonde_process_scratch* scratch, const struct task_struct* task,
                                              const struct mm_struct* mm) {
    struct sonde_process_exec* record = &scratch->record;
    const struct fs_struct* fs = BPF_CORE_READ(task, fs);
    const struct file* executable = BPF_CORE_READ(mm, exe_file);
    __u32 size = sonde_texts_size(record);

    if (size > SONDE_FILENAME_LIMIT) {
        return;
    }
    sonde_read_path(scratch->text + size, &record->executable_size, &executable->f_path, &fs->root,
                    &record->process.flags, SONDE_PROCESS_EXECUTABLE_CUT);
    size = sonde_texts_size(record);
    if (size > SONDE_FILENAME_LIMIT + SONDE_PATH_LIMIT) {
        return;
    }
    sonde_read_path(scratch->text + size, &record->directory_size, &fs->pwd, &fs->root, &record->process.flags,
                    SONDE_PROCESS_DIRECTORY_CUT);
}

/* How much of the command line is taken; sets the flag if that is not all. */
static __always_inline __u64 sonde_args_wanted(struct sonde_process* process, const struct mm_struct* mm) {
    const __u64 all = BPF_CORE_READ(mm, arg_end) - BPF_CORE_READ(mm, arg_start);
    const __u64 limit = sonde_config.args_limit;

    if (all > limit) {
        process->flags |= SONDE_PROCESS_ARGS_CUT;
        return limit;
    }
    return all;
}

static __always_inline __u64 sonde_exec_size(const struct sonde_process_exec* record) {
    return sizeof(*record) + record->filename_size + record->executable_size + record->directory_size +
           record->args_size;
}
