// SPDX-License-Identifier: Apache-2.0
#include "cni/operation_source.hpp"

#include <algorithm>

#include "cni/families.hpp"
#include "cni/files.hpp"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_runs = 4096;
constexpr std::size_t environment_limit = 128U << 10U;
// No runtime waits for a plugin that long.
constexpr std::chrono::nanoseconds longest_run = 10min;
constexpr std::chrono::nanoseconds sweep_interval = 60s;

}  // namespace

std::string_view variable(std::string_view environment, std::string_view name) noexcept {
    while (!environment.empty()) {
        const std::string_view pair = environment.substr(0, environment.find('\0'));
        environment.remove_prefix(std::min(environment.size(), pair.size() + 1));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
    }
    return {};
}

void operation_source::consume(const batch_view& batch) {
    if (!of_->follows_operations) {
        return;
    }
    static_cast<void>(batch.for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t) {
        if (const auto read = read_process(envelope)) {
            take(*read);
        }
    }));
}

void operation_source::take(const process_message& of) {
    state_ = {common::part_health::working, "", ""};
    if (of.what == process_message::kind::exec) {
        const std::string_view binary = is_plugin(of.executable) ? of.executable : of.exec_path;
        if (is_plugin(binary)) {
            begin(of, binary);
        }
    } else if (of.what == process_message::kind::exit) {
        end(of);
    }
}

bool operation_source::is_plugin(std::string_view binary) const {
    const std::size_t slash = binary.rfind('/');
    return slash != std::string_view::npos &&
           std::any_of(of_->binary_dirs.begin(), of_->binary_dirs.end(),
                       [&](const std::string& each) { return binary.substr(0, slash) == each; });
}

void operation_source::begin(const process_message& of, std::string_view binary) {
    const auto known = runs_.find(of.pid);
    if (known != runs_.end() && known->second.create_time == of.create_time && known->second.binary == binary) {
        return;  // two collectors tell of it
    }
    if (known == runs_.end() && runs_.size() >= most_runs) {
        meters_->left_out.add();
        return;
    }
    run& now = runs_[of.pid];
    now = {of.create_time, of.time, host_.monotonic(), std::string(binary), {}, false};
    auto text = read_file(of_->proc_root + "/" + std::to_string(of.pid) + "/environ", environment_limit);
    if (text && !variable(text->text, "CNI_COMMAND").empty()) {
        now.environment = std::move(text->text);
        now.has_environment = true;
    } else {
        meters_->environments_missed.add();
    }
    count_running();
}

void operation_source::count_running() const {
    meters_->operations_running.set(static_cast<std::int64_t>(runs_.size()));
}

void operation_source::end(const process_message& of) {
    const auto at = runs_.find(of.pid);
    if (at != runs_.end()) {
        tell(of.pid, at->second, of);
        runs_.erase(at);
        count_running();
    }
}

void operation_source::tell(std::uint32_t pid, const run& of, const process_message& end) {
    event_.clear();
    event_.kind = schema::kind::plugin_run;
    event_.source = schema::source::execution;
    event_.operation = operation_named(variable(of.environment, "CNI_COMMAND"));
    event_.path = of.binary;
    event_.plugin = std::string_view(of.binary).substr(of.binary.rfind('/') + 1);
    event_.family = family_of_name(event_.plugin);
    event_.container_id = variable(of.environment, "CNI_CONTAINERID");
    event_.netns = variable(of.environment, "CNI_NETNS");
    event_.interface = variable(of.environment, "CNI_IFNAME");
    event_.arguments = variable(of.environment, "CNI_ARGS");
    event_.pid = pid;
    event_.time = of.began;
    event_.duration = std::max<std::chrono::nanoseconds>(end.time - of.began, 0ns);
    event_.exit_code = end.exit_code;
    event_.exit_signal = end.exit_signal;
    const bool is_known = end.exit_code || end.exit_signal;
    const bool is_success = end.exit_code.value_or(0) == 0 && end.exit_signal.value_or(0) == 0;
    event_.success = is_known ? std::optional(is_success) : std::nullopt;
    const std::string error = is_success                         ? ""
                              : end.exit_signal.value_or(0) != 0 ? "signal " + std::to_string(*end.exit_signal)
                                                                 : "exit status " + std::to_string(*end.exit_code);
    event_.error = error;
    read_arguments(event_);
    const pod_facts of_process = pods_->of_process(event_.netns);
    event_.pod_uid = event_.pod_uid.empty() ? std::string_view(of_process.uid) : event_.pod_uid;
    if (event_.operation == schema::operation::add && !pods_->learn(event_)) {
        meters_->left_out.add();
    }
    pods_->complete(event_);
    const auto what = static_cast<std::size_t>(event_.operation);
    meters_->operations[what].add();
    meters_->failures[what].add(is_success ? 0 : 1);
    meters_->operation_time[what].add(static_cast<std::uint64_t>(event_.duration.count()));
    latencies_.add(event_.plugin, event_.operation, event_.duration, !is_success);
    out_->tell(event_);
    if (event_.operation == schema::operation::del && is_success) {
        pods_->forget(std::string(event_.container_id));
    }
}

void operation_source::turn() {
    const auto now = host_.monotonic();
    if (sweeps_at_ > now) {
        return;
    }
    sweeps_at_ = now + sweep_interval;
    const auto forgotten =
        std::erase_if(runs_, [now](const auto& each) { return now - each.second.noticed > longest_run; });
    meters_->operations_unfinished.add(forgotten);
    count_running();
}

}  // namespace sonde::cni
