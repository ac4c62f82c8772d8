// SPDX-License-Identifier: Apache-2.0
// DNS over TCP (RFC 1035 section 4.2.2): messages with two bytes of length before them, cut into segments anyhow. One
// object per direction of a connection. A message that lies whole in a segment is not copied; of any other at most
// `limit` bytes are kept, the rest is only counted off. Repeated segments are ignored. Bytes that are missing, because
// a segment was not seen or not captured whole, cut the message they belong to; a direction that lost a length is lost.
#pragma once

#include <cstdint>
#include <vector>

#include "ebpf/dns/wire_name.hpp"

namespace sonde::ebpf::dns {

class stream final {
public:
    explicit stream(std::size_t limit = 4096) noexcept : limit_(limit) {}

    // `full_size` is that of the segment, if less was captured. Calls `visit(bytes captured, std::size_t full_size)`
    // for each message that ends here. The first segment is taken as the begin of the direction, so the connection must
    // have been seen from its start.
    template <class Visit>
    void feed(std::uint32_t sequence, bytes segment, std::size_t full_size, Visit&& visit) {
        const std::size_t not_captured = full_size - segment.size();
        visit_if_complete(skip(bytes_before(sequence, segment)), visit);
        while (!is_lost_ && !segment.empty()) {
            visit_if_complete(advance(segment), visit);
        }
        next_ += static_cast<std::uint32_t>(not_captured);
        visit_if_complete(skip(not_captured), visit);
    }

    [[nodiscard]] bool is_lost() const noexcept { return is_lost_; }
    // Bytes kept between segments.
    [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

private:
    static constexpr std::size_t length_size = 2;
    struct piece {
        bytes captured;
        std::size_t full_size = 0;
        bool is_complete = false;
    };

    template <class Visit>
    void visit_if_complete(const piece& next, Visit& visit) {
        if (next.is_complete) {
            visit(next.captured, next.full_size);
            finish();
        }
    }
    // Takes off what is known already; how many bytes before it are missing.
    [[nodiscard]] std::size_t bytes_before(std::uint32_t sequence, bytes& segment) noexcept;
    [[nodiscard]] piece skip(std::size_t missing) noexcept;
    [[nodiscard]] piece advance(bytes& segment);
    void keep(bytes part);
    void finish() noexcept;

    std::vector<std::uint8_t> kept_;
    std::size_t limit_;
    std::size_t length_ = 0;       // of the message
    std::size_t length_read_ = 0;  // bytes of the length itself
    std::size_t read_ = 0;         // bytes of the message, captured or not
    std::uint32_t next_ = 0;       // sequence number
    bool is_begun_ = false;
    bool is_cut_ = false;  // bytes are missing: what follows them is of no use
    bool is_lost_ = false;
};

}  // namespace sonde::ebpf::dns
