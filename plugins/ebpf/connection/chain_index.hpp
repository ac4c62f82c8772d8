// SPDX-License-Identifier: Apache-2.0
// From hashes to the numbers 0..n of things kept elsewhere, several per hash: made anew for each poll. The caller
// compares what it finds.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "ebpf/connection/large_memory.hpp"

namespace sonde::ebpf::connection {

class chain_index final {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static constexpr std::size_t most_looks = 256;

    // Forgets everything and makes room for about `count` entries.
    void reset(std::size_t count) {
        const std::size_t size = std::bit_ceil(std::max<std::size_t>(count, 16));
        heads_.assign(size, none);
        links_.clear();
        links_.reserve(count);
    }
    void add(std::uint64_t hash, std::uint32_t number) {
        std::uint32_t& head = heads_[hash & (heads_.size() - 1)];
        links_.push_back({static_cast<std::uint32_t>(hash), number, head});
        head = static_cast<std::uint32_t>(links_.size() - 1);
    }
    // The number of the newest entry of this hash that `fits`, or none. Looks at no more than `most_looks`, since equal
    // hashes may be many.
    template <class Fits>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, Fits&& fits) const {
        if (heads_.empty()) {
            return none;
        }
        std::uint32_t at = heads_[hash & (heads_.size() - 1)];
        for (std::size_t looks = 0; at != none && looks < most_looks; at = links_[at].next, ++looks) {
            if (links_[at].hash == static_cast<std::uint32_t>(hash) && fits(links_[at].number)) {
                return links_[at].number;
            }
        }
        return none;
    }
    // Gives memory back, if it is much.
    void release() {
        release_large(heads_);
        release_large(links_);
    }

private:
    struct link {
        std::uint32_t hash;  // the low half
        std::uint32_t number;
        std::uint32_t next;
    };
    large_vector<std::uint32_t> heads_;
    large_vector<link> links_;
};

}  // namespace sonde::ebpf::connection
