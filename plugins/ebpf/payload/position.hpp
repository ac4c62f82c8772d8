// SPDX-License-Identifier: Apache-2.0
// How far one direction of a TCP stream was seen, by sequence numbers (RFC 9293 section 3.4, they wrap).
#pragma once

#include <algorithm>
#include <cstdint>

namespace sonde::ebpf::payload {

class position final {
public:
    struct step {
        std::uint32_t gap = 0;      // bytes between what was seen and this segment
        std::uint32_t overlap = 0;  // bytes of this segment that were seen already; all: it says nothing
    };

    step advance(std::uint32_t sequence, std::uint32_t size) noexcept {
        const std::uint32_t ahead = is_known_ ? sequence - next_ : 0;
        const bool is_back = ahead > half;
        const std::uint32_t overlap = is_back ? std::min(size, 0u - ahead) : 0;
        if (overlap < size || size == 0) {
            next_ = sequence + size;
            is_known_ = true;
        }
        return {is_back ? 0 : ahead, overlap};
    }

private:
    static constexpr std::uint32_t half = std::uint32_t{1} << 31;

    std::uint32_t next_ = 0;
    bool is_known_ = false;
};

}  // namespace sonde::ebpf::payload
