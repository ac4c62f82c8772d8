// SPDX-License-Identifier: Apache-2.0
// Names kept once, each under a number, for as long as somebody holds it. The owner of the numbers counts them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ebpf/dns/flat_table.hpp"

namespace sonde::ebpf::dns {

class name_pool final {
public:
    using number = std::uint32_t;

    // `limit`: different names at a time.
    explicit name_pool(std::size_t limit) : index_(limit) {}

    // The number of a name, held once more; the same as long as it is held by anyone. Nothing: no room for a new one.
    [[nodiscard]] std::optional<number> hold(std::string_view name);
    void hold(number held) noexcept { ++entries_[held].holders; }
    void release(number held) noexcept;

    [[nodiscard]] std::string_view text(number held) const noexcept { return entries_[held].text; }
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

private:
    struct entry {
        std::string text;
        std::uint32_t holders = 0;
    };
    [[nodiscard]] std::uint64_t hash(std::string_view name) const noexcept;

    flat_table<number> index_;
    std::vector<entry> entries_;
    std::vector<number> free_;
};

}  // namespace sonde::ebpf::dns
