// SPDX-License-Identifier: Apache-2.0
// Loads the programs of all families together, reads their ring, and hands each record to its family. One object per
// run, used by the data thread; all that is attached goes with it.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonde/abi/ext/lane.h>
#include <sonde/host.hpp>

#include "bpf/support/capability_report.hpp"
#include "bpf/support/losses.hpp"
#include "bpf/support/ring_reader.hpp"
#include "bpf/support/session.hpp"
#include "ebpf/family.hpp"
#include "ebpf/map_meters.hpp"
#include "ebpf/options.hpp"
#include "ebpf/tally.hpp"

namespace sonde::ebpf {

class engine final {
public:
    engine(const host& on, tally& counted, map_meters& maps, std::vector<std::unique_ptr<family>> families);
    ~engine();
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    // Fails for wrong options only. What the kernel refuses is in `outcomes`; with nothing loaded there are no records.
    [[nodiscard]] result<void> open(const bpf::capability_report& machine, const option_values& options);

    [[nodiscard]] const std::vector<bpf::hook_outcome>& outcomes() const { return session_->outcomes(); }
    // Readable when the ring is filling up; -1 if there is none.
    [[nodiscard]] int fd() const noexcept { return ring_ ? ring_->fd() : -1; }
    void acknowledge() noexcept { ring_->acknowledge(); }
    // Hands out at most `most` records; how many they were. If `most`, the ring may hold more.
    std::size_t drain(std::size_t most);
    // Sends what the families published, rather than when its batch is old enough.
    void flush() const noexcept;
    void tick(std::chrono::nanoseconds now);
    void tell_state();
    void tell_end();
    // Counts what is lost now, outside the interval of `tick`.
    void count_losses();

private:
    struct program_meter {
        counter runs;
        counter time;
        counter missed;
        bpf::program_usage seen;
    };

    void hand_out(std::span<const std::byte> record);
    void count_programs();

    host host_;
    const sonde_host_lane* lane_;
    tally* tally_;
    map_meters* maps_;
    std::vector<std::unique_ptr<family>> families_;
    std::array<family*, SONDE_EVENT_TYPE_COUNT> owners_{};
    bpf::descriptor measuring_;
    std::optional<bpf::session> session_;
    std::optional<bpf::ring_reader> ring_;
    std::optional<bpf::loss_counters> losses_;
    std::vector<program_meter> programs_;
    gauge fill_;
    std::uint64_t fullest_ = 0;
    std::chrono::nanoseconds next_count_{};
};

}  // namespace sonde::ebpf
