// SPDX-License-Identifier: Apache-2.0
// Writes what a poll tells of a connection as sonde.v1.ConnectionEvent. Allocates nothing but for names that are not
// UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sonde/wire.hpp>

#include "ebpf/connection/delta.hpp"
#include "ebpf/connection/lookups.hpp"
#include "ebpf/connection/schema.hpp"

namespace sonde::ebpf::connection {

// What to add to the kernel's clocks to get Unix nanoseconds; refreshed by the caller, since the wall clock may step.
struct clock_offsets {
    std::int64_t monotonic = 0;
    std::int64_t boot = 0;

    // 0 stays 0: unknown.
    [[nodiscard]] std::uint64_t from_monotonic(std::uint64_t time) const noexcept { return shift(time, monotonic); }
    [[nodiscard]] std::uint64_t from_boot(std::uint64_t time) const noexcept { return shift(time, boot); }

private:
    [[nodiscard]] static std::uint64_t shift(std::uint64_t time, std::int64_t by) noexcept {
        return time == 0 ? 0 : time + static_cast<std::uint64_t>(by);
    }
};

[[nodiscard]] schema::kind kind_of(const delta& of) noexcept;

class event_writer final {
public:
    // Room that any event fits in, without names from lookups.
    static constexpr std::size_t fixed_size = 640;

    event_writer(const clock_offsets& clock, lookups& known) : clock_(clock), known_(known) {}

    // The fields of the event's message.
    void write(wire::writer& out, const delta& of);

private:
    void write_connection(wire::writer& out, const delta& of);
    void write_process(wire::writer& out, const row& of);
    void write_surroundings(wire::writer& out, const delta& of);
    void write_peer(wire::writer& out, const row& of);
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    clock_offsets clock_;
    lookups& known_;
    std::string scratch_;
};

}  // namespace sonde::ebpf::connection
