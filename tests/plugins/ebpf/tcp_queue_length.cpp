// SPDX-License-Identifier: Apache-2.0
// A collector that tells how full the receive and send queues of TCP sockets are, as the highest value per process: a
// receiver that does not keep up, or a sender whose peer does not. Shows an iterator that is run at an interval; what
// comes and goes between two runs is not seen.
#include <array>
#include <mutex>

#include <sonde/bpf/probe.hpp>
#include <sonde/plugin.hpp>

#include "answer.hpp"
#include "tcp_queue_length.h"

#include <tcp_queue_length_programs.skel.h>

namespace {

constexpr const char* topic = "raw/tcp_queue_length/";
constexpr const char* hook = "tcp.queues";

// In percent of the limit, which the kernel lets a queue exceed by a little.
struct fill {
    std::string name;
    std::uint64_t receive = 0;
    std::uint64_t send = 0;
};

struct account {
    static constexpr std::size_t most_processes = 4096;

    std::map<std::pair<std::uint32_t, std::uint64_t>, fill> processes;  // by pid and start
    std::uint64_t left_out = 0;                                         // values for which there was no room

    void add(const tcp_queue_record& record) {
        const std::pair key(record.pid, std::uint64_t{record.start_time});
        if (processes.size() == most_processes && !processes.contains(key)) {
            ++left_out;
            return;
        }
        fill& one = processes[key];
        one.name = sample::printable(record.name);
        one.receive = std::max(one.receive, percent(record.receive_used, record.receive_limit));
        one.send = std::max(one.send, percent(record.send_used, record.send_limit));
    }

    static std::uint64_t percent(std::uint64_t used, std::uint64_t limit) {
        return limit == 0 ? 0 : used * 100 / limit;
    }
};

std::string json(const account& told) {
    std::string out = "\"left_out\":" + std::to_string(told.left_out) + ",\"processes\":[";
    for (const auto& [key, one] : told.processes) {
        out.append(out.back() == '[' ? "" : ",").append("{\"pid\":").append(std::to_string(key.first));
        out.append(",\"process\":").append(sample::quoted(one.name));
        out.append(",\"receive_percent\":").append(std::to_string(one.receive));
        out.append(",\"send_percent\":").append(std::to_string(one.send)).append("}");
    }
    return out.append("]");
}

class tcp_queue_length final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::collector,
        .type = "tcp_queue_length",
        .summary = "How full the queues of TCP sockets are, by process",
        .publishes = {topic},
    };
    static constexpr std::array options{
        sonde::option("interval", sonde::option_type::duration)
            .defaults("1s")
            .range("100ms", "1h")
            .explained("Time between two looks at all sockets"),
        sonde::option("threshold", sonde::option_type::integer)
            .defaults("80")
            .range("1", "100")
            .explained("Percentage from which a process is published"),
    };
    static constexpr std::array endpoints{
        sonde::endpoint_info{"check", "GET", "application/json",
                             "Highest fill in percent since ?client_id= asked last, by process"},
    };

    explicit tcp_queue_length(sonde::host on)
        : host_(on), receive_(on.make_gauge("tcp_queue_length.receive", "%", "Fullest receive queue at the last look")),
          send_(on.make_gauge("tcp_queue_length.send", "%", "Fullest send queue at the last look")) {}

    sonde::result<void> configure(const sonde::settings& values) {
        interval_ = values.duration("interval");
        threshold_ = static_cast<std::uint64_t>(values.integer("threshold"));
        return {};
    }

    sonde::result<void> run(sonde::run_context& until) {
        const auto stream = sonde::open_stream(host_, topic);
        if (!stream) {
            return std::unexpected(stream.error());
        }
        auto probe = sonde::bpf::probe::open(
            host_, {.object = sonde::bpf::embedded<tcp_queue_length_programs>(),
                    .hooks = {{hook, {{"tcp_queues", "iter"}}, sonde::bpf::attach_to::iterator}}});
        if (!probe) {
            return std::unexpected(probe.error());
        }
        {
            const std::lock_guard lock(mutex_);
            hooks_ = sample::hooks_json(probe->programs().outcomes());
        }
        do {
            // Refused by the kernel: the status says so.
            if (!probe->programs().is_loaded()) {
                continue;
            }
            if (auto looked = look(*probe, *stream); !looked) {
                return looked;
            }
        } while (until.wait(interval_));
        return {};
    }

    sonde::result<void> handle(std::string_view, const sonde::request& from, sonde::response& to) {
        const std::lock_guard lock(mutex_);
        const auto told = accounts_.take(from);
        return told ? to.write("{\"hooks\":" + hooks_ + "," + json(*told) + "}")
                    : sonde::result<void>(std::unexpected(told.error()));
    }

private:
    sonde::result<void> look(const sonde::bpf::probe& probe, const sonde::stream& stream) {
        account now;
        {
            const std::lock_guard lock(mutex_);
            accounts_.begin_anew();
            auto walked = probe.walk<tcp_queue_record>(hook, [&](const tcp_queue_record& record) {
                now.add(record);
                accounts_.book([&](account& to) { to.add(record); });
            });
            if (!walked) {
                return walked;
            }
        }
        std::uint64_t receive = 0;
        std::uint64_t send = 0;
        for (const auto& [key, one] : now.processes) {
            receive = std::max(receive, one.receive);
            send = std::max(send, one.send);
            if (std::max(one.receive, one.send) >= threshold_) {
                publish(stream, key.first, one);
            }
        }
        receive_.set(static_cast<std::int64_t>(receive));
        send_.set(static_cast<std::int64_t>(send));
        return {};
    }

    void publish(const sonde::stream& to, std::uint32_t pid, const fill& one) const {
        // What is refused has been counted by the host.
        static_cast<void>(to.publish([&](sonde::envelope_writer& envelope) {
            envelope.time(host_.wall(), sonde::clock_quality::collector)
                .process(pid, {})
                .attribute("process.name", one.name)
                .attribute("tcp.receive_queue.percent", std::to_string(one.receive))
                .attribute("tcp.send_queue.percent", std::to_string(one.send));
        }));
    }

    sonde::host host_;
    sonde::gauge receive_;
    sonde::gauge send_;
    std::chrono::nanoseconds interval_{};
    std::uint64_t threshold_ = 0;
    std::mutex mutex_;
    std::string hooks_ = "[]";            // under the mutex
    sample::accounts<account> accounts_;  // likewise
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.tcp_queue_length", "1.0.0", "sonde", "Apache-2.0", tcp_queue_length)
