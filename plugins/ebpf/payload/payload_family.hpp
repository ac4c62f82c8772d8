// SPDX-License-Identifier: Apache-2.0
// What connections say, as a family of the collector: feeds captured segments to the conversations, tells the kernel
// side of which sockets no more is wanted, and publishes the exchanges of HTTP each interval. Used by the data thread;
// questions of others come through the desk.
#pragma once

#include <chrono>
#include <memory>

#include <sonde/host.hpp>

#include "ebpf/family.hpp"
#include "ebpf/flow/desk.hpp"
#include "ebpf/payload/conversations.hpp"
#include "ebpf/payload/http_publisher.hpp"
#include "ebpf/payload/payload_meters.hpp"

namespace sonde::ebpf::payload {

inline constexpr const char* sent_hook = "payload_sent";
inline constexpr const char* received_hook = "payload_received";

struct payload_settings {
    conversation_settings conversations;
    std::uint32_t capture = 512;  // bytes of a segment
    std::uint32_t per_second = 10'000;
    std::uint32_t sampled_percent = 100;
    std::chrono::nanoseconds interval{};
};

class payload_family final : public family {
public:
    // `kinds` may be null: nobody wants to know of connections.
    payload_family(const host& on, const payload_settings& settings, std::shared_ptr<connection_kinds> kinds,
                   flow::desk& questions);
    ~payload_family() override;

    [[nodiscard]] std::vector<bpf::hook> hooks() const override;
    [[nodiscard]] std::vector<bpf::constant> constants() const override;
    [[nodiscard]] std::vector<bpf::map_size> map_sizes() const override;
    [[nodiscard]] std::vector<record_kind> record_kinds() const override;
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override;
    void on_lost(std::uint32_t, std::uint64_t count) override { published_.count_lost(count); }
    void tick(std::chrono::nanoseconds now) override;

    [[nodiscard]] const conversations& heard() const noexcept { return heard_; }

private:
    void refuse(std::uint64_t cookie) const;

    payload_settings settings_;
    std::shared_ptr<connection_kinds> kinds_;
    flow::desk& desk_;
    conversations heard_;
    http_publisher published_;
    payload_meters meters_;
    int unwanted_fd_ = -1;
    std::chrono::nanoseconds next_publish_{};
    std::chrono::nanoseconds next_sweep_{};
    std::chrono::nanoseconds next_forget_{};
};

}  // namespace sonde::ebpf::payload
