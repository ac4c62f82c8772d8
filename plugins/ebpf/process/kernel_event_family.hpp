// SPDX-License-Identifier: Apache-2.0
// Families of one hook and one kind of record each: OOM kills, signals, sends. What differs is data and one function
// that writes the payload.
#pragma once

#include <memory>
#include <string>
#include <utility>

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
        bpf::hook hook;
        publisher publish;
    };

    kernel_event_family(const host& on, description what, std::shared_ptr<cgroup_names> cgroups)
        : host_(on), what_(std::move(what)), writer_(on, std::move(cgroups)) {}

    [[nodiscard]] std::vector<bpf::hook> hooks() const override { return {what_.hook}; }
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

[[nodiscard]] kernel_event_family::description oom_kills();
[[nodiscard]] kernel_event_family::description signals();
[[nodiscard]] kernel_event_family::description tcp_sends();

}  // namespace sonde::ebpf::process
