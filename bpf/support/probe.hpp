// SPDX-License-Identifier: Apache-2.0
// Kernel programs of one object with their ring and their losses, as a small collector needs them: loads by the ladder,
// reports to the host what came of it, and waits for records. Used by the data thread; all that is attached goes with
// the object.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <sonde/bpf/losses.hpp>
#include <sonde/bpf/ring_reader.hpp>
#include <sonde/bpf/session.hpp>
#include <sonde/host.hpp>
#include <sonde/run.hpp>

namespace sonde::bpf {

// The object that a generated skeleton holds.
template <class Skeleton>
[[nodiscard]] std::span<const std::byte> embedded() noexcept {
    std::size_t size = 0;
    const void* const bytes = Skeleton::elf_bytes(&size);
    return {static_cast<const std::byte*>(bytes), size};
}

class probe final {
public:
    // A hook that no program serves degrades the status of `on`, with the reason, and fails nothing. Fails for a broken
    // object or a wrong option. An empty `cgroup_root` of the options is looked up. The map `sonde_ring`, if the object
    // has it, is read by `poll`; `sonde_losses` likewise by `take_lost`.
    [[nodiscard]] static result<probe> open(const host& on, load_options options);

    [[nodiscard]] const session& programs() const noexcept { return session_; }

    // Waits at most `pause` for the ring to fill up, and hands what is in it to `visit(std::span<const std::byte>)`,
    // each record valid during its call. False when the instance has to stop; the records of that call are the last.
    template <class Visit>
    [[nodiscard]] bool poll(run_context& until, std::chrono::nanoseconds pause, Visit&& visit) {
        std::array<pollfd, 1> filling{pollfd{ring_ ? ring_->fd() : -1, POLLIN, 0}};
        const bool goes_on = until.wait(filling, has_more_ ? std::chrono::nanoseconds(0) : pause);
        if (filling[0].revents != 0) {
            ring_->acknowledge();
        }
        has_more_ = ring_ && ring_->drain(visit, most_records) == most_records;
        return goes_on;
    }

    // How often the kernel side had no room since the last call: for a record in the ring, or for an entry in a map.
    [[nodiscard]] result<std::uint64_t> take_lost();

    // Runs the iterator that serves `hook`, which writes records of one kind, and hands each to
    // `visit(const Record&)`.
    template <class Record, class Visit>
    [[nodiscard]] result<void> walk(std::string_view hook, Visit&& visit) const {
        const auto pass = session_.open_iterator(hook);
        if (!pass) {
            return std::unexpected(pass.error());
        }
        std::vector<std::byte> buffer(walk_buffer);
        std::size_t kept = 0;  // begin of a record whose rest comes with the next read
        for (;;) {
            const auto got = read_some(*pass, std::span(buffer).subspan(kept));
            if (!got) {
                return std::unexpected(got.error());
            }
            if (*got == 0) {
                return {};
            }
            const std::size_t size = kept + *got;
            std::size_t at = 0;
            for (; at + sizeof(Record) <= size; at += sizeof(Record)) {
                Record record;
                std::memcpy(&record, buffer.data() + at, sizeof record);
                visit(record);
            }
            kept = size - at;
            std::memmove(buffer.data(), buffer.data() + at, kept);
        }
    }

private:
    static constexpr std::size_t most_records = 8192;  // handed out before signals get their turn
    static constexpr std::size_t walk_buffer = 65536;  // the kernel side gives at most 8 pages at once

    explicit probe(session loaded) : session_(std::move(loaded)) {}
    [[nodiscard]] static result<std::size_t> read_some(const descriptor& from, std::span<std::byte> into);

    session session_;
    std::optional<ring_reader> ring_;
    std::optional<loss_counters> losses_;
    bool has_more_ = false;
};

}  // namespace sonde::bpf
