// SPDX-License-Identifier: Apache-2.0
// A collector that tells which system calls seccomp refused, by process name: those that ended in SIGSYS and those that
// got an error in place of a result. Shows counters that the kernel side keeps in a map.
#include <array>
#include <mutex>
#include <tuple>

#include <sonde/bpf/map_access.hpp>
#include <sonde/bpf/probe.hpp>
#include <sonde/plugin.hpp>

#include "answer.hpp"
#include "seccomp_denials.h"

#include <seccomp_denials_programs.skel.h>

namespace {

constexpr const char* topic = "raw/seccomp_denials/";

using cause = std::tuple<std::string, std::int32_t, std::int32_t>;  // process name, system call, error

struct account {
    std::map<cause, std::uint64_t> counts;  // as many as the map of the kernel side has
};

std::string json(const account& told) {
    std::string out;
    std::uint64_t all = 0;
    for (const auto& [key, count] : told.counts) {
        const auto& [name, syscall, error] = key;
        all += count;
        out.append(out.empty() ? "" : ",").append("{\"process\":").append(sample::quoted(name));
        out.append(",\"syscall\":").append(std::to_string(syscall)).append(",\"answer\":");
        out.append(error == 0 ? "\"SIGSYS\"" : "\"errno " + std::to_string(error) + "\"");
        out.append(",\"count\":").append(std::to_string(count)).append("}");
    }
    return "\"denials\":" + std::to_string(all) + ",\"causes\":[" + out + "]";
}

class seccomp_denials final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::collector,
        .type = "seccomp_denials",
        .summary = "System calls that seccomp refused, by process name",
        .publishes = {topic},
    };
    static constexpr std::array options{
        sonde::option("interval", sonde::option_type::duration)
            .defaults("1s")
            .range("10ms", "1h")
            .explained("Time between two looks at the counters"),
    };
    static constexpr std::array endpoints{
        sonde::endpoint_info{"check", "GET", "application/json",
                             "Refused calls since ?client_id= asked last, by process name"},
    };

    explicit seccomp_denials(sonde::host on)
        : host_(on), signals_(meter("signal")), errors_(meter("error")),
          lost_(on.make_counter("seccomp_denials.lost", "{denial}", "Refused calls for which the table had no room")) {}

    sonde::result<void> configure(const sonde::settings& values) {
        interval_ = values.duration("interval");
        return {};
    }

    sonde::result<void> run(sonde::run_context& until) {
        const auto stream = sonde::open_stream(host_, topic);
        if (!stream) {
            return std::unexpected(stream.error());
        }
        auto probe = sonde::bpf::probe::open(
            host_,
            {.object = sonde::bpf::embedded<seccomp_denials_programs>(),
             .hooks = {{"seccomp.signal", {{"denied_by_signal", "tp_btf"}, {"denied_by_signal_raw", "raw_tp"}}},
                       {"seccomp.error", {{"denied_by_error", "fexit"}, {"denied_by_error_kretprobe", "kretprobe"}}}}});
        if (!probe) {
            return std::unexpected(probe.error());
        }
        {
            const std::lock_guard lock(mutex_);
            hooks_ = sample::hooks_json(probe->programs().outcomes());
        }
        seen_.clear();
        while (until.wait(interval_)) {
            // Refused by the kernel: the status says so.
            if (!probe->programs().is_loaded()) {
                continue;
            }
            if (auto looked = look(*probe, *stream); !looked) {
                return looked;
            }
        }
        return {};
    }

    sonde::result<void> handle(std::string_view, const sonde::request& from, sonde::response& to) {
        const std::lock_guard lock(mutex_);
        const auto told = accounts_.take(from);
        return told ? to.write("{\"hooks\":" + hooks_ + "," + json(*told) + "}")
                    : sonde::result<void>(std::unexpected(told.error()));
    }

private:
    sonde::counter meter(std::string_view answer) const {
        return host_.make_counter("seccomp_denials.denials", "{denial}",
                                  "Refused system calls, by what they were answered", {{"answer", answer}});
    }

    // Entries of the map stay, so that no count falls between reading and removing; what is new is the difference.
    sonde::result<void> look(sonde::bpf::probe& probe, const sonde::stream& stream) {
        sonde::bpf::map_access table(probe.programs().map_fd("seccomp_denials"), sizeof(denial_key),
                                     sizeof(denial_count));
        const auto read = table.for_each([&](std::span<const std::byte> key, std::span<const std::byte> value) {
            denial_key why{};
            denial_count now{};
            std::memcpy(&why, key.data(), sizeof why);
            std::memcpy(&now, value.data(), sizeof now);
            std::uint64_t& before = seen_[{std::string(why.name, sizeof why.name), why.syscall, why.error}];
            if (const std::uint64_t count = now.count - std::exchange(before, now.count); count > 0) {
                tell(stream, {sample::printable(why.name), why.syscall, why.error}, count, now);
            }
        });
        if (!read) {
            return std::unexpected(read.error());
        }
        const auto lost = probe.take_lost();
        if (!lost) {
            return std::unexpected(lost.error());
        }
        lost_.add(*lost);
        return {};
    }

    void tell(const sonde::stream& stream, const cause& why, std::uint64_t count, const denial_count& last) {
        const auto& [name, syscall, error] = why;
        (error == 0 ? signals_ : errors_).add(count);
        {
            const std::lock_guard lock(mutex_);
            accounts_.book([&](account& to) { to.counts[why] += count; });
        }
        // What is refused has been counted by the host.
        static_cast<void>(stream.publish([&](sonde::envelope_writer& envelope) {
            envelope.time(host_.wall(), sonde::clock_quality::collector)
                .process(last.pid, {})
                .cgroup(last.cgroup_id)
                .attribute("process.name", name)
                .attribute("syscall.number", std::to_string(syscall))
                .attribute("seccomp.answer", error == 0 ? "SIGSYS" : "errno " + std::to_string(error))
                .attribute("seccomp.count", std::to_string(count));
        }));
    }

    sonde::host host_;
    sonde::counter signals_;
    sonde::counter errors_;
    sonde::counter lost_;
    std::chrono::nanoseconds interval_{};
    std::map<cause, std::uint64_t> seen_;  // of the data thread
    std::mutex mutex_;
    std::string hooks_ = "[]";            // under the mutex
    sample::accounts<account> accounts_;  // likewise
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.seccomp_denials", "1.0.0", "sonde", "Apache-2.0", seccomp_denials)
