// SPDX-License-Identifier: Apache-2.0
// Messages of the kernel's proc connector: a pure decoder of what a socket received, and the count of what it did not.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sonde::process {

enum class event_kind : std::uint8_t { ack, fork, exec, exit, comm, uid, gid, other };

struct kernel_event {
    event_kind kind = event_kind::other;
    std::uint32_t cpu = 0;
    std::uint32_t sequence = 0;            // per CPU
    std::chrono::nanoseconds monotonic{};  // CLOCK_MONOTONIC, stamped by the kernel
    std::uint32_t thread = 0;              // the task that it is about; the child for fork
    std::uint32_t pid = 0;                 // its thread group
    std::uint32_t parent_pid = 0;          // fork: who forked; exit: the parent, if the kernel says it
    std::uint32_t wait_status = 0;         // exit: as from wait(2)
    std::uint32_t real_id = 0;             // uid, gid
    std::uint32_t effective_id = 0;        // uid, gid
    std::uint32_t error = 0;               // ack: errno of the request
    std::array<char, 16> name{};           // comm

    // A thread that is not the first of its process. The connector reports these too.
    [[nodiscard]] bool is_thread() const noexcept { return thread != pid; }
    [[nodiscard]] std::string_view name_text() const noexcept;
    // The wait status split as in wait(2).
    [[nodiscard]] std::uint32_t exit_code() const noexcept { return (wait_status >> 8) & 0xff; }
    [[nodiscard]] std::uint32_t exit_signal() const noexcept { return wait_status & 0x7f; }
};

// Takes the next message off the front of `datagram`; nothing when it is empty or the message is malformed or not from
// the proc connector, which also empties it and sets `malformed`.
[[nodiscard]] std::optional<kernel_event> decode_next(std::span<const std::uint8_t>& datagram,
                                                      bool& malformed) noexcept;

// The kernel numbers messages per CPU: a gap is what the socket had no room for.
class sequence_tracker {
public:
    // Messages that are missing before this one.
    std::uint32_t note(std::uint32_t cpu, std::uint32_t sequence);

private:
    static constexpr std::size_t most_cpus = 1u << 16;

    std::vector<std::optional<std::uint32_t>> next_;
};

}  // namespace sonde::process
