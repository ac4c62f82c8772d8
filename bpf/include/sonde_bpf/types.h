/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Integer types by the kernel's names, on both sides. */
#pragma once

#ifdef __bpf__
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
#ifndef static_assert
#define static_assert _Static_assert /* layouts are checked on both sides with one word */
#endif
#else
#include <linux/types.h>
#endif
