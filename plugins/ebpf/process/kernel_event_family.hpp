// SPDX-License-Identifier: Apache-2.0
// Families of one kind of record each: OOM kills, signals, single calls. What differs is data and one function that
// writes the payload.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/envelope.hpp>
#include <sonde/lane.hpp>

#include "ebpf/family.hpp"
#include "ebpf/process/process_writer.hpp"

namespace sonde::ebpf::process {

inline constexpr const char* oom_topic = "raw/ebpf/oom/";
inline constexpr const char* signal_topic = "raw/ebpf/signal/";
inline constexpr const char* send_topic = "raw/ebpf/send/";

class kernel_event_family final : public family {
public:
    // Writes the event; false if the record makes no sense.
    using publisher = bool (*)(const host& on, const stream& to, process_writer& writer, const sonde_event& event,
                               std::span<const std::byte> record);
    struct description {
        const char* topic;
        record_kind kind;
        std::vector<bpf::hook> hooks;
        publisher publish;
        std::vector<bpf::constant> constants{};
        std::vector<bpf::map_size> map_sizes{};
    };

    kernel_event_family(const host& on, description what, std::shared_ptr<cgroup_names> cgroups)
        : host_(on), what_(std::move(what)), writer_(on, std::move(cgroups)) {}

    [[nodiscard]] std::vector<bpf::hook> hooks() const override { return what_.hooks; }
    [[nodiscard]] std::vector<bpf::constant> constants() const override { return what_.constants; }
    [[nodiscard]] std::vector<bpf::map_size> map_sizes() const override { return what_.map_sizes; }
    [[nodiscard]] std::vector<record_kind> record_kinds() const override { return {what_.kind}; }
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override {
        return what_.publish(host_, stream_, writer_, event, record);
    }
    void on_lost(std::uint32_t type, std::uint64_t count) override;

private:
    host host_;
    description what_;
    process_writer writer_;
    stream stream_;
};

// Publishes an event of `type`: `fill(envelope, data)` names whose it is and then writes the payload with `data(body)`.
template <class Fill>
void publish_event(const host& on, const stream& to, const sonde_event& event, std::string_view type,
                   std::uint32_t revision, Fill&& fill) {
    constexpr std::size_t size_hint = 640;
    // Whatever is refused has been counted by the lane.
    static_cast<void>(to.publish(
        [&](envelope_writer& envelope) {
            envelope.time(on.wall(std::chrono::nanoseconds(event.time)), clock_quality::kernel);
            fill(envelope, [&](auto&& body) { envelope.data(type, revision, body); });
        },
        size_hint));
}

[[nodiscard]] kernel_event_family::description oom_kills();
[[nodiscard]] kernel_event_family::description signals();
[[nodiscard]] kernel_event_family::description tcp_sends();

}  // namespace sonde::ebpf::process
