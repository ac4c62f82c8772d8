// SPDX-License-Identifier: Apache-2.0
// A collector that tells which processes the kernel killed for want of memory: an event for each, and counts by name
// and memory cgroup for whoever asks. Shows records that come through the ring.
#include <array>
#include <deque>
#include <fstream>
#include <mutex>

#include <unistd.h>

#include <sonde/bpf/probe.hpp>
#include <sonde/plugin.hpp>
#include <sonde_bpf/config.h>

#include "answer.hpp"
#include "oom_kill.h"

#include <oom_kill_programs.skel.h>

namespace {

constexpr const char* topic = "raw/oom_kill/";
constexpr std::uint32_t ring_size = 256 << 10;

struct victim {
    std::uint32_t pid;
    std::string name;
    std::string cgroup;
    std::uint64_t anonymous_bytes;
    std::chrono::nanoseconds time;  // Unix
};

struct account {
    static constexpr std::size_t most_names = 512;  // the rest is counted together
    static constexpr std::size_t most_last = 10;

    std::uint64_t kills = 0;
    std::map<std::pair<std::string, std::string>, std::uint64_t> by_name;  // and cgroup
    std::deque<victim> last;

    void add(const victim& one) {
        ++kills;
        const std::pair key(one.name, one.cgroup);
        const bool fits = by_name.size() < most_names || by_name.contains(key);
        ++by_name[fits ? key : std::pair<std::string, std::string>("(others)", "")];
        last.push_back(one);
        if (last.size() > most_last) {
            last.pop_front();
        }
    }
};

std::string json(const account& told) {
    std::string out = "\"kills\":" + std::to_string(told.kills) + ",\"victims\":[";
    for (const auto& [key, kills] : told.by_name) {
        out.append(out.back() == '[' ? "" : ",").append("{\"process\":").append(sample::quoted(key.first));
        out.append(",\"cgroup\":").append(sample::quoted(key.second));
        out.append(",\"kills\":").append(std::to_string(kills)).append("}");
    }
    out.append("],\"last\":[");
    for (const victim& one : told.last) {
        out.append(out.back() == '[' ? "" : ",").append("{\"pid\":").append(std::to_string(one.pid));
        out.append(",\"process\":").append(sample::quoted(one.name)).append(",\"cgroup\":");
        out.append(sample::quoted(one.cgroup)).append(",\"anonymous_bytes\":");
        out.append(std::to_string(one.anonymous_bytes)).append(",\"time_unix_nano\":\"");
        out.append(std::to_string(one.time.count())).append("\"}");
    }
    return out.append("]");
}

class oom_kill final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::collector,
        .type = "oom_kill",
        .summary = "Processes that the kernel killed for want of memory",
        .publishes = {topic},
    };
    static constexpr std::array options{
        sonde::option("interval", sonde::option_type::duration)
            .defaults("100ms")
            .range("10ms", "10s")
            .explained("Longest time between a kill and its event"),
    };
    static constexpr std::array endpoints{
        sonde::endpoint_info{"check", "GET", "application/json", "Kills since ?client_id= asked last, by process name"},
    };

    explicit oom_kill(sonde::host on)
        : host_(on), kills_(on.make_counter("oom_kill.kills", "{kill}", "Processes killed for want of memory")) {}

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
            host_, {.object = sonde::bpf::embedded<oom_kill_programs>(),
                    .hooks = {{"oom.kill", {{"victim_task", "tp_btf"}, {"victim_pid", "tp_btf (pid only)"}}}},
                    .map_sizes = {{"sonde_ring", ring_size}}});
        if (!probe) {
            return std::unexpected(probe.error());
        }
        hooks(sample::hooks_json(probe->programs().outcomes()));
        while (probe->poll(until, interval_, [&](std::span<const std::byte> record) { tell(*stream, record); })) {
            const auto lost = probe->take_lost();
            if (!lost) {
                return std::unexpected(lost.error());
            }
            if (*lost > 0) {
                stream->drop(*lost, 0, sonde::drop_reason::kernel_ring_full);
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
    void hooks(std::string text) {
        const std::lock_guard lock(mutex_);
        hooks_ = std::move(text);
    }

    void tell(const sonde::stream& stream, std::span<const std::byte> bytes) {
        if (bytes.size() != sizeof(oom_kill_record)) {
            stream.drop(1, bytes.size(), sonde::drop_reason::malformed);
            return;
        }
        const auto& record = *reinterpret_cast<const oom_kill_record*>(bytes.data());
        const sonde_process& process = record.process;
        victim one{process.pid, sample::printable(process.name), sample::printable(record.cgroup),
                   record.anonymous_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                   host_.wall(std::chrono::nanoseconds(record.event.time))};
        if (process.start_time == 0) {
            one.name = name_of(process.pid);
        }
        kills_.add();
        {
            const std::lock_guard lock(mutex_);
            accounts_.book([&](account& to) { to.add(one); });
        }
        // What is refused has been counted by the host.
        static_cast<void>(stream.publish([&](sonde::envelope_writer& envelope) {
            envelope.time(one.time, sonde::clock_quality::kernel)
                .process(one.pid, {})
                .cgroup(process.cgroup_id)
                .attribute("process.name", one.name)
                .attribute("cgroup.name", one.cgroup)
                .attribute("memory.anonymous_bytes", std::to_string(one.anonymous_bytes));
        }));
    }

    // Of a process that is about to go: whoever comes late learns nothing.
    static std::string name_of(std::uint32_t pid) {
        char name[16]{};
        std::ifstream("/proc/" + std::to_string(pid) + "/comm").getline(name, sizeof name);
        return name[0] == '\0' ? "(unknown)" : sample::printable(name);
    }

    sonde::host host_;
    sonde::counter kills_;
    std::chrono::nanoseconds interval_{};
    std::mutex mutex_;
    std::string hooks_ = "[]";            // under the mutex
    sample::accounts<account> accounts_;  // likewise
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.oom_kill", "1.0.0", "sonde", "Apache-2.0", oom_kill)
