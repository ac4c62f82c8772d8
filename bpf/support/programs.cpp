// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/programs.hpp"

// The skeleton names the types of all constants: a family that has some is included here.
#include <sonde_bpf/config.h>
#include <sonde_bpf/file_open.h>
#include <sonde_bpf/payload.h>
#include <sonde_bpf/sync.h>
#include <sonde_bpf/udp.h>

#include <sonde_bpf.skel.h>

namespace sonde::bpf {

std::span<const std::byte> embedded_programs() noexcept {
    std::size_t size = 0;
    const void* const bytes = sonde_bpf::elf_bytes(&size);
    return {static_cast<const std::byte*>(bytes), size};
}

}  // namespace sonde::bpf
