/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A path as its components, the innermost first; see process.h. bpf_d_path is not offered to tracepoints. */
#pragma once

#include "process.h"
#include "program.h"

#define SONDE_PATH_STEPS 40 /* components and mounts crossed; /proc paths of containers have about 15 */
#define SONDE_NAME_LIMIT 256

/* Writes to `into`, which has SONDE_PATH_LIMIT bytes, and how much that is to `written`, which is 0 before. Sets `cut` in
 * `flags` if the walk ended before `root`, that of the process; null is the root of the mount namespace. The size is kept in memory on purpose: the verifier forgets it
 * there, so that each turn of the loop is the same to it. */
static __always_inline void sonde_read_path(char* into, volatile __u16* written, const struct path* from,
                                            const struct path* root, __u32* flags, __u32 cut) {
    const struct dentry* dentry = BPF_CORE_READ(from, dentry);
    const struct vfsmount* mount_of = BPF_CORE_READ(from, mnt);
    const struct dentry* root_dentry = BPF_CORE_READ(root, dentry);
    const struct vfsmount* root_mount = BPF_CORE_READ(root, mnt);

    for (int i = 0; i < SONDE_PATH_STEPS; i++) {
        const struct dentry* parent = BPF_CORE_READ(dentry, d_parent);

        if (dentry == root_dentry && mount_of == root_mount) {
            return;
        }
        if (dentry == BPF_CORE_READ(mount_of, mnt_root) || dentry == parent) {
            const struct mount* mount = (const void*)mount_of - bpf_core_field_offset(struct mount, mnt);
            const struct mount* outer = BPF_CORE_READ(mount, mnt_parent);

            if (mount == outer || !outer) {
                return;
            }
            dentry = BPF_CORE_READ(mount, mnt_mountpoint);
            mount_of = &outer->mnt;
            continue;
        }
        const __u32 size = *written;
        if (size > SONDE_PATH_LIMIT - SONDE_NAME_LIMIT) {
            break;
        }
        long taken = bpf_probe_read_kernel_str(into + size, SONDE_NAME_LIMIT, BPF_CORE_READ(dentry, d_name.name));
        if (taken <= 0 || taken > SONDE_NAME_LIMIT) {
            break;
        }
        *written = size + taken;
        dentry = parent;
    }
    *flags |= cut;
}
