// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/cpu_values.hpp"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace sonde::bpf {

std::size_t possible_cpus() noexcept {
    const int count = ::libbpf_num_possible_cpus();
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool read_cpu_values(int map_fd, std::uint32_t key, std::span<std::byte> into) noexcept {
    // Without room for each CPU the kernel would write behind it.
    if (into.empty()) {
        errno = ENODEV;
        return false;
    }
    return ::bpf_map_lookup_elem(map_fd, &key, into.data()) == 0;
}

}  // namespace sonde::bpf
