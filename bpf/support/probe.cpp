// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/probe.hpp"

#include <cerrno>
#include <string>
#include <utility>

#include <unistd.h>

#include "bpf/support/capability_report.hpp"

namespace sonde::bpf {
namespace {

constexpr std::size_t longest_status = 1024;
constexpr int most_attempts = 100;

std::string_view reason_code(const capability_report& machine) {
    if (!machine.missing_capabilities.empty()) {
        return "capabilities_missing";
    }
    return machine.btf.empty() ? "btf_missing" : "hooks_missing";
}

// Each hook that nothing serves, with the last word on it, and the privileges that may be all it takes.
void report(const host& on, const capability_report& machine, const std::vector<hook_outcome>& outcomes) {
    std::string text;
    for (const hook_outcome& one : outcomes) {
        if (one.program.empty()) {
            text.append(text.empty() ? "not told of: " : "; ").append(one.hook);
            text.append(" (").append(one.refused.empty() ? "no program" : one.refused.back().reason).append(")");
        }
    }
    if (text.empty()) {
        on.report(health::ok);
        return;
    }
    std::string grant;
    for (const std::string& capability : machine.missing_capabilities) {
        grant.append(grant.empty() ? "grant " : ", ").append(capability);
    }
    text = grant.append(grant.empty() ? "" : "; ").append(text);
    on.report(health::permanent, reason_code(machine), std::string_view(text).substr(0, longest_status));
}

}  // namespace

result<probe> probe::open(const host& on, load_options options) {
    raise_memory_lock();
    const capability_report machine = look_around(options.btf_path);
    if (options.cgroup_root.empty()) {
        options.cgroup_root = machine.cgroup_root;
    }
    auto loaded = session::load(options);
    if (!loaded) {
        return std::unexpected(loaded.error());
    }
    probe opened(std::move(*loaded));
    if (const int fd = opened.session_.map_fd("sonde_ring"); fd >= 0) {
        auto ring = ring_reader::open(fd);
        if (!ring) {
            return std::unexpected(ring.error());
        }
        opened.ring_.emplace(std::move(*ring));
    }
    if (const int fd = opened.session_.map_fd("sonde_losses"); fd >= 0) {
        opened.losses_.emplace(fd);
    }
    report(on, machine, opened.session_.outcomes());
    return opened;
}

result<std::uint64_t> probe::take_lost() {
    if (!losses_) {
        return 0;
    }
    if (const auto refreshed = losses_->refresh(); !refreshed) {
        return std::unexpected(refreshed.error());
    }
    std::uint64_t lost = 0;
    for (std::uint32_t type = 0; type < SONDE_EVENT_TYPE_COUNT; ++type) {
        lost += losses_->delta(type, SONDE_LOSS_RING_FULL) + losses_->delta(type, SONDE_LOSS_MAP_FULL);
    }
    return lost;
}

// A signal or a full buffer in the kernel (EAGAIN) only means to ask again.
result<std::size_t> probe::read_some(const descriptor& from, std::span<std::byte> into) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const ssize_t got = ::read(from.number(), into.data(), into.size());
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR && errno != EAGAIN) {
            break;
        }
    }
    return fail(errc::failed, std::string("reading from the kernel: ") + ::strerrordesc_np(errno));
}

}  // namespace sonde::bpf
