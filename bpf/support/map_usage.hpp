// SPDX-License-Identifier: Apache-2.0
// What a map of the loaded programs is and takes, and how many entries it has. Not thread-safe; descriptors stay the
// session's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::bpf {

struct map_usage {
    std::string map;
    std::string kind;            // of the kernel's map types, e.g. "hash"
    std::uint64_t capacity = 0;  // entries; bytes of a ring; 0: bounded by what it belongs to, e.g. by sockets
    std::uint64_t memory = 0;    // bytes, as the kernel accounts them; 0: unknown
    int fd = -1;
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;
    bool is_countable = false;  // its entries come and go, and can be counted
};

// Nothing if the kernel does not tell of it.
[[nodiscard]] std::optional<map_usage> usage_of_map(std::string name, int fd);
// The memory of a map by the text of /proc/self/fdinfo/FD; 0 if it is not there.
[[nodiscard]] std::uint64_t memory_of(std::string_view fdinfo) noexcept;

// Counts the entries of a hash map in pieces, so that a large one holds nobody up.
class entry_count final {
public:
    explicit entry_count(const map_usage& of);

    // Looks at about `most` entries more: the number of all when it has seen the last, else nothing. What comes or goes
    // meanwhile may be missed or counted twice.
    [[nodiscard]] result<std::optional<std::uint64_t>> go_on(std::uint32_t most);

private:
    int fd_;
    std::size_t key_size_;
    std::size_t value_size_;
    std::uint32_t room_;
    std::uint32_t position_ = 0;  // a bucket; the kernel's to interpret
    bool has_position_ = false;
    std::uint64_t counted_ = 0;
    std::vector<std::byte> keys_;
    std::vector<std::byte> values_;
};

}  // namespace sonde::bpf
