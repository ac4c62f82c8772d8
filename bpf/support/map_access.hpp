// SPDX-License-Identifier: Apache-2.0
// Entries of a hash map of the kernel side, read in pieces and taken out one by one. Not thread-safe; descriptors stay
// the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::bpf {

class map_access final {
public:
    map_access(int map_fd, std::size_t key_size, std::size_t value_size);

    using visitor = std::function<void(std::span<const std::byte> key, std::span<const std::byte> value)>;
    // Every entry that is there from begin to end, about once: one that comes or goes meanwhile may be missed or come
    // twice. A system call per 512 entries. How many were visited.
    [[nodiscard]] result<std::size_t> for_each(const visitor& visit);
    // True if it was there.
    bool erase(std::span<const std::byte> key) const;

private:
    void visit_all(std::uint32_t count, const visitor& visit) const;

    int fd_;
    std::size_t key_size_;
    std::size_t value_size_;
    std::vector<std::byte> keys_;
    std::vector<std::byte> values_;
};

}  // namespace sonde::bpf
