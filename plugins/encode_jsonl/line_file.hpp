// SPDX-License-Identifier: Apache-2.0
// Lines on their way into a file: buffered, written in large pieces, rotated between lines, synced by policy. A line is
// in the file exactly once and whole, or still pending, or discarded with a count; what a full disk cuts off is taken
// back or completed later. Every failure leaves the lines pending and is tried again after `retry_delay` at the
// earliest. One thread at a time. All times are CLOCK_MONOTONIC.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <sonde/host.hpp>

#include "encode_jsonl/output_file.hpp"

namespace sonde::encode_jsonl {

enum class sync_policy : std::uint8_t { never, interval, batch };

struct line_file_options {
    std::string path = "-";
    mode_t mode = 0640;
    std::uint64_t buffer_bytes = 256 * 1024;
    std::uint64_t rotate_bytes = 64 * 1024 * 1024;  // 0: never
    unsigned rotate_files = 5;
    sync_policy sync = sync_policy::never;
    std::chrono::nanoseconds sync_interval = std::chrono::seconds(1);
};

struct line_file_counters {
    counter lines;  // written
    counter bytes;
    counter failures;  // attempts that left lines pending
    counter rotations;
    counter reopens;
    counter syncs;
    counter sync_failures;
};

// Between two attempts after a failure, and between two looks at whether the file was moved away.
constexpr std::chrono::nanoseconds retry_delay = std::chrono::milliseconds(250);
constexpr std::chrono::nanoseconds look_interval = std::chrono::seconds(1);

class line_file final {
public:
    using time = std::chrono::nanoseconds;

    line_file(line_file_options options, line_file_counters counters, file_calls& calls);

    // Opens, so that a wrong path is known before there are lines.
    [[nodiscard]] outcome open(time now);

    // Append whole lines with their line ends here.
    [[nodiscard]] std::string& pending() noexcept { return pending_; }
    // Enough is pending for a write; while writing fails, more lines must not be added.
    [[nodiscard]] bool is_full() const noexcept { return pending_.size() >= options_.buffer_bytes; }

    // Writes what is pending. On failure the rest stays pending; before `retry_delay` is over the same failure comes
    // back without a try. A slow stream may leave lines pending without a failure.
    [[nodiscard]] outcome flush(time now);
    // Syncs if it is due by policy.
    void sync_if_due(time now);

    // When `flush` or `sync_if_due` has something to do next; 0: not before more lines come.
    [[nodiscard]] time next_wake(time now) const noexcept;

    // Trouble that holds no line up: rotating or syncing failed. It ends by itself when that works again.
    [[nodiscard]] const std::optional<failure>& trouble() const noexcept;

    // The end: one last try without regard to the delay, a sync unless the policy is never, then close. Returns how
    // many lines could not be written; they are gone, for `last_reason`.
    [[nodiscard]] std::uint64_t close(time now);
    [[nodiscard]] std::string_view last_reason() const noexcept;

private:
    [[nodiscard]] outcome be_ready(time now);
    [[nodiscard]] outcome write_pending(time now, bool& slow);
    [[nodiscard]] std::size_t next_piece(time now);
    void rotate(time now);
    void took(std::size_t bytes);
    void sync(time now);
    void note_open(time now);

    line_file_options options_;
    line_file_counters counters_;
    output_file output_;
    std::string pending_;
    std::size_t torn_ = 0;  // bytes of the first pending line that are in the file already
    std::optional<failure> last_failure_;
    std::optional<failure> rotate_trouble_;
    std::optional<failure> sync_trouble_;
    time retry_at_{0};
    time rotate_at_{0};
    time look_at_{0};
    time sync_at_{0};
    bool unsynced_ = false;
};

}  // namespace sonde::encode_jsonl
