// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/record.hpp"

#include <algorithm>

namespace sonde::ebpf::process {
namespace {

std::string_view take(std::string_view& rest, std::size_t size) noexcept {
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(taken.size());
    return taken;
}

}  // namespace

std::optional<exec_view> parse_exec(std::span<const std::byte> bytes) noexcept {
    const auto* const record = as<sonde_process_exec>(bytes);
    if (record == nullptr) {
        return std::nullopt;
    }
    std::string_view text(reinterpret_cast<const char*>(bytes.data()) + sizeof *record, bytes.size() - sizeof *record);
    const std::size_t wanted =
        std::size_t{record->filename_size} + record->executable_size + record->directory_size + record->args_size;
    if (text.size() < wanted) {
        return std::nullopt;
    }
    exec_view view;
    view.record = record;
    view.filename = take(text, record->filename_size);
    view.filename = view.filename.substr(0, view.filename.find('\0'));
    view.executable = take(text, record->executable_size);
    view.directory = take(text, record->directory_size);
    view.args = take(text, record->args_size);
    return view;
}

void append_path(std::string& out, std::string_view components) {
    if (components.empty()) {
        out.push_back('/');
        return;
    }
    while (!components.empty()) {
        std::string_view rest = components;
        if (rest.ends_with('\0')) {
            rest.remove_suffix(1);
        }
        const std::size_t before = rest.rfind('\0');
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        out.append("/").append(rest.substr(begin));
        components = components.substr(0, begin);
    }
}

cpu_times scale(const sonde_process_times& times) noexcept {
    if (times.runtime == 0 || times.system == 0) {
        return {times.runtime == 0 ? times.user : times.runtime, times.runtime == 0 ? times.system : 0};
    }
    if (times.user == 0) {
        return {0, times.runtime};
    }
    const double share =
        static_cast<double>(times.system) / (static_cast<double>(times.system) + static_cast<double>(times.user));
    const auto system =
        std::min<std::uint64_t>(static_cast<std::uint64_t>(static_cast<double>(times.runtime) * share), times.runtime);
    return {times.runtime - system, system};
}

char state_letter(std::uint32_t state) noexcept {
    // Bits of include/linux/sched.h: TASK_* and EXIT_*.
    constexpr std::uint32_t interruptible = 0x1;
    constexpr std::uint32_t uninterruptible = 0x2;
    constexpr std::uint32_t stopped = 0x4;
    constexpr std::uint32_t traced = 0x8;
    constexpr std::uint32_t dead = 0x10;
    constexpr std::uint32_t zombie = 0x20;
    constexpr std::uint32_t no_load = 0x400;
    if (state == 0) {
        return 'R';
    }
    if ((state & dead) != 0) {
        return 'X';
    }
    if ((state & zombie) != 0) {
        return 'Z';
    }
    if ((state & traced) != 0) {
        return 't';
    }
    if ((state & stopped) != 0) {
        return 'T';
    }
    if ((state & uninterruptible) != 0) {
        return (state & no_load) != 0 ? 'I' : 'D';
    }
    return (state & interruptible) != 0 ? 'S' : 'R';
}

}  // namespace sonde::ebpf::process
