// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/mapped_array.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include <sys/mman.h>

#include <bpf/bpf.h>

namespace sonde::bpf {

result<mapped_array> mapped_array::open(int map_fd) {
    bpf_map_info info{};
    std::uint32_t info_size = sizeof info;
    if (::bpf_obj_get_info_by_fd(map_fd, &info, &info_size) != 0) {
        return fail(errc::failed, std::string("asking for the size of an array: ") + ::strerrordesc_np(errno));
    }
    const std::size_t size = std::size_t{info.max_entries} * ((info.value_size + 7) / 8 * 8);
    void* const found = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
    if (found == MAP_FAILED) {
        return fail(errc::failed, std::string("mapping the array ") + info.name + ": " + ::strerrordesc_np(errno));
    }
    return mapped_array({static_cast<std::byte*>(found), size});
}

mapped_array::~mapped_array() {
    if (!bytes_.empty()) {
        ::munmap(bytes_.data(), bytes_.size());
    }
}

}  // namespace sonde::bpf
