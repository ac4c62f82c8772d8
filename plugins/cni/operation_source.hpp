// SPDX-License-Identifier: Apache-2.0
// Runs of plugins, from what other collectors tell of processes: which operation, for which container, how long, and
// how it ended. The environment is read while the plugin runs; of one that was faster only the run itself is told. Used
// by the data thread.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sonde/batch.hpp>
#include <sonde/host.hpp>

#include "cni/latency.hpp"
#include "cni/meters.hpp"
#include "cni/options.hpp"
#include "cni/pods.hpp"
#include "cni/process_message.hpp"
#include "cni/publisher.hpp"
#include "common/part_state.hpp"

namespace sonde::cni {

class operation_source {
public:
    operation_source(const host& on, const option_values& of, const meters& counted, publisher& out, pod_table& pods)
        : host_(on), of_(&of), meters_(&counted), out_(&out), pods_(&pods) {
        state_.health = of.follows_operations ? common::part_health::waiting : common::part_health::off;
        state_.reason = of.follows_operations ? "no_process_events" : "";
        state_.text = of.follows_operations ? "no process and no ebpf collector tells of processes yet" : "";
    }

    void consume(const batch_view& batch);
    void take(const process_message& of);
    // Forgets runs whose end was never told.
    void turn();

    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    [[nodiscard]] const latency_table& latencies() const noexcept { return latencies_; }

private:
    struct run {
        std::uint64_t create_time = 0;
        std::chrono::nanoseconds began{};
        std::chrono::nanoseconds noticed{};  // by our own clock
        std::string binary;
        std::string environment;
        bool has_environment = false;
    };

    [[nodiscard]] bool is_plugin(std::string_view binary) const;
    void begin(const process_message& of, std::string_view binary);
    void end(const process_message& of);
    void count_running() const;
    void tell(std::uint32_t pid, const run& of, const process_message& end);

    host host_;
    const option_values* of_;
    const meters* meters_;
    publisher* out_;
    pod_table* pods_;
    std::map<std::uint32_t, run> runs_;
    latency_table latencies_;
    std::chrono::nanoseconds sweeps_at_{};
    event event_;
    common::part_state state_;
};

// The value of a variable in the text of /proc/PID/environ.
[[nodiscard]] std::string_view variable(std::string_view environment, std::string_view name) noexcept;

}  // namespace sonde::cni
