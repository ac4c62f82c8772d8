// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/map_access.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <bpf/bpf.h>

namespace sonde::bpf {
namespace {

constexpr std::uint32_t first_batch = 512;
constexpr std::uint32_t largest_batch = 1u << 20;

}  // namespace

map_access::map_access(int map_fd, std::size_t key_size, std::size_t value_size)
    : fd_(map_fd), key_size_(key_size), value_size_(value_size) {}

result<std::size_t> map_access::for_each(const visitor& visit) {
    std::uint32_t size = first_batch;
    std::uint32_t position = 0;  // of the bucket; the kernel's to interpret
    bool has_position = false;
    std::size_t visited = 0;
    for (;;) {
        keys_.resize(size * key_size_);
        values_.resize(size * value_size_);
        std::uint32_t count = size;
        const int failed = ::bpf_map_lookup_batch(fd_, has_position ? &position : nullptr, &position, keys_.data(),
                                                  values_.data(), &count, nullptr);
        const int why = failed == 0 ? 0 : errno;
        // A bucket that holds more than a batch: nothing was given, the same position with more room.
        if (why == ENOSPC && size < largest_batch) {
            size *= 2;
            continue;
        }
        if (why != 0 && why != ENOENT) {
            return fail(errc::failed, std::string("reading a map of the kernel side: ") + ::strerrordesc_np(why));
        }
        visit_all(count, visit);
        visited += count;
        has_position = true;
        if (why == ENOENT) {
            return visited;
        }
    }
}

void map_access::visit_all(std::uint32_t count, const visitor& visit) const {
    for (std::size_t i = 0; i < count; ++i) {
        visit({keys_.data() + i * key_size_, key_size_}, {values_.data() + i * value_size_, value_size_});
    }
}

bool map_access::erase(std::span<const std::byte> key) const { return ::bpf_map_delete_elem(fd_, key.data()) == 0; }

}  // namespace sonde::bpf
