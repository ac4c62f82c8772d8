// SPDX-License-Identifier: Apache-2.0
// The body of a batch that comes from another agent: whose events it holds, and the events as they are. Written again,
// it names every member of its resource, so that nothing of the resource before it shines through.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

namespace sonde::relay {

struct origin {
    std::string_view source;
    std::string_view instance;
    std::string_view node_name;
    std::uint32_t node_name_origin = 0;
    std::string_view topic;
    std::uint64_t stream_uid = 0;
    std::uint64_t first_item = 0;
    std::string_view source_version;
    bool operator==(const origin&) const = default;
};

class body final {
public:
    // False if it does not say which events they are, or has no whole one. What is not to be read at its end is left
    // out. The bytes have to outlive it.
    [[nodiscard]] bool read(std::span<const std::uint8_t> from);

    // Adds the events of another one, if they are the next of the same stream.
    [[nodiscard]] bool join(std::span<const std::uint8_t> next);

    [[nodiscard]] const origin& from() const noexcept { return from_; }
    [[nodiscard]] std::size_t items() const noexcept { return envelopes_.size(); }

    // Some of its envelopes as a batch of their own.
    struct part {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t size = 0;  // most bytes that write() takes
    };
    // Those from `begin` on that together stay below a limit, one at least.
    [[nodiscard]] part part_from(std::size_t begin) const;
    void write(const part& which, wire::writer& out) const;

private:
    [[nodiscard]] bool append(std::span<const std::uint8_t> from, origin& of);

    static constexpr std::size_t part_size = 64U << 10U;  // about where a bus seals its own

    origin from_;
    std::vector<std::span<const std::uint8_t>> envelopes_;
};

void write_resource(const origin& from, wire::writer& out);
[[nodiscard]] std::size_t room_for(const origin& from) noexcept;

}  // namespace sonde::relay
