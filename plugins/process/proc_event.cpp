// SPDX-License-Identifier: Apache-2.0
#include "process/proc_event.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>

namespace sonde::process {
namespace {

constexpr std::size_t event_offset = NLMSG_HDRLEN + sizeof(cn_msg);
constexpr std::size_t data_offset = offsetof(proc_event, event_data);

// How much of a message its kind needs; older kernels send less than the present struct.
std::size_t needed_size(std::uint32_t what) noexcept {
    switch (what) {
    case proc_event::PROC_EVENT_NONE: return data_offset + 4;
    case proc_event::PROC_EVENT_FORK:
    case proc_event::PROC_EVENT_UID:
    case proc_event::PROC_EVENT_GID:
    case proc_event::PROC_EVENT_EXIT: return data_offset + 16;
    case proc_event::PROC_EVENT_EXEC: return data_offset + 8;
    case proc_event::PROC_EVENT_COMM: return data_offset + 24;
    default: return data_offset;
    }
}

std::uint32_t unsigned_of(std::int32_t pid) noexcept { return static_cast<std::uint32_t>(pid); }

void take_task(kernel_event& event, event_kind kind, std::int32_t thread, std::int32_t pid) noexcept {
    event.kind = kind;
    event.thread = unsigned_of(thread);
    event.pid = unsigned_of(pid);
}

void take_ids(kernel_event& event, event_kind kind, const proc_event& from) noexcept {
    const auto& id = from.event_data.id;
    take_task(event, kind, id.process_pid, id.process_tgid);
    event.real_id = id.r.ruid;
    event.effective_id = id.e.euid;
}

void take(kernel_event& event, const proc_event& from, std::uint32_t what) noexcept {
    const auto& data = from.event_data;
    switch (what) {
    case proc_event::PROC_EVENT_NONE:
        event.kind = event_kind::ack;
        event.error = data.ack.err;
        break;
    case proc_event::PROC_EVENT_FORK:
        take_task(event, event_kind::fork, data.fork.child_pid, data.fork.child_tgid);
        event.parent_pid = unsigned_of(data.fork.parent_tgid);
        break;
    case proc_event::PROC_EVENT_EXEC:
        take_task(event, event_kind::exec, data.exec.process_pid, data.exec.process_tgid);
        break;
    case proc_event::PROC_EVENT_UID: take_ids(event, event_kind::uid, from); break;
    case proc_event::PROC_EVENT_GID: take_ids(event, event_kind::gid, from); break;
    case proc_event::PROC_EVENT_COMM:
        take_task(event, event_kind::comm, data.comm.process_pid, data.comm.process_tgid);
        std::copy_n(data.comm.comm, event.name.size(), event.name.begin());
        break;
    case proc_event::PROC_EVENT_EXIT:
        take_task(event, event_kind::exit, data.exit.process_pid, data.exit.process_tgid);
        event.wait_status = data.exit.exit_code;
        event.parent_pid = unsigned_of(data.exit.parent_tgid);
        break;
    default: event.kind = event_kind::other; break;
    }
}

}  // namespace

std::string_view kernel_event::name_text() const noexcept {
    return {name.begin(), std::find(name.begin(), name.end(), '\0')};
}

std::optional<kernel_event> decode_next(std::span<const std::uint8_t>& datagram, bool& malformed) noexcept {
    const auto whole = std::exchange(datagram, {});
    if (whole.empty()) {
        return std::nullopt;
    }
    malformed = true;  // until the opposite is shown
    nlmsghdr header;
    cn_msg message;
    if (whole.size() < event_offset) {
        return std::nullopt;
    }
    std::memcpy(&header, whole.data(), sizeof header);
    std::memcpy(&message, whole.data() + NLMSG_HDRLEN, sizeof message);
    if (header.nlmsg_len > whole.size() || header.nlmsg_len < event_offset ||
        message.len > header.nlmsg_len - event_offset || message.id.idx != CN_IDX_PROC ||
        message.id.val != CN_VAL_PROC) {
        return std::nullopt;
    }
    std::uint32_t what = 0;
    if (message.len < data_offset) {
        return std::nullopt;
    }
    std::memcpy(&what, whole.data() + event_offset, sizeof what);
    if (message.len < needed_size(what)) {
        return std::nullopt;
    }
    proc_event from{};
    // Through void: the struct has an enum member, whose values of newer kernels are read as a number only.
    std::memcpy(static_cast<void*>(&from), whole.data() + event_offset,
                std::min<std::size_t>(message.len, sizeof from));

    kernel_event event;
    event.cpu = from.cpu;
    event.sequence = message.seq;
    event.monotonic = std::chrono::nanoseconds(from.timestamp_ns);
    take(event, from, what);
    datagram = whole.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), whole.size()));
    malformed = false;
    return event;
}

std::uint32_t sequence_tracker::note(std::uint32_t cpu, std::uint32_t sequence) {
    if (cpu >= most_cpus) {
        return 0;
    }
    if (cpu >= next_.size()) {
        next_.resize(cpu + 1);
    }
    const std::uint32_t expected = next_[cpu].value_or(sequence);
    const std::uint32_t gap = sequence - expected;
    next_[cpu] = sequence + 1;
    // A number from the past means that the kernel began to count anew.
    return gap > INT32_MAX ? 0 : gap;
}

}  // namespace sonde::process
