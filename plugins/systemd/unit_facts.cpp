// SPDX-License-Identifier: Apache-2.0
#include "systemd/unit_facts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <tuple>

namespace sonde::systemd {
namespace {

template <class T>
void take(const std::optional<T>& from, T& to) {
    if (from) {
        to = *from;
    }
}

// systemd's word for "no accounting, or none yet".
constexpr std::uint64_t unset = std::numeric_limits<std::uint64_t>::max();

void take_amount(const std::optional<std::uint64_t>& from, std::optional<std::uint64_t>& to) {
    if (from) {
        to = *from == unset ? std::nullopt : from;
    }
}

auto what_counts(const unit_facts& of) noexcept {
    return std::tie(of.load_state, of.active_state, of.sub_state, of.result, of.main_pid, of.exit_kind, of.exit_status,
                    of.restarts, of.invocation_id);
}

}  // namespace

void apply(const unit_change& change, unit_facts& to) {
    take(change.description, to.description);
    take(change.load_state, to.load_state);
    take(change.active_state, to.active_state);
    take(change.sub_state, to.sub_state);
    take(change.result, to.result);
    take(change.main_pid, to.main_pid);
    take(change.exit_kind, to.exit_kind);
    take(change.exit_status, to.exit_status);
    take(change.restarts, to.restarts);
    take_amount(change.memory_bytes, to.memory_bytes);
    take_amount(change.cpu_time_ns, to.cpu_time_ns);
    take_amount(change.tasks, to.tasks);
    take(change.control_group, to.control_group);
    take(change.invocation_id, to.invocation_id);
    take(change.state_change_us, to.state_change_us);
    take(change.main_start_us, to.main_start_us);
    take(change.main_exit_us, to.main_exit_us);
    take(change.status_text, to.status_text);
}

bool differs(const unit_facts& one, const unit_facts& other) noexcept { return what_counts(one) != what_counts(other); }

std::string_view type_of(std::string_view unit) noexcept {
    const std::size_t dot = unit.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : unit.substr(dot + 1);
}

bool has_resources(std::string_view type) noexcept {
    constexpr std::array types{"service", "scope", "slice", "socket", "mount", "swap"};
    return std::find(types.begin(), types.end(), type) != types.end();
}

std::string interface_of(std::string_view type) {
    constexpr std::array<std::string_view, 9> types{"service", "scope",     "slice", "socket", "mount",
                                                    "swap",    "automount", "timer", "path"};
    if (std::find(types.begin(), types.end(), type) == types.end()) {
        return {};
    }
    std::string name = "org.freedesktop.systemd1.";
    name.append(type);
    char& first = name[name.size() - type.size()];
    first = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
    return name;
}

}  // namespace sonde::systemd
