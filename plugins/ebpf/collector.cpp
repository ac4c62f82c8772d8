// SPDX-License-Identifier: Apache-2.0
#include "ebpf/collector.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "ebpf/engine.hpp"
#include "ebpf/families.hpp"
#include "ebpf/features.hpp"

namespace sonde::ebpf {
namespace {

constexpr std::size_t longest_client_id = 128;
constexpr std::chrono::seconds patience{5};  // of a request; the data thread comes every few milliseconds
constexpr std::size_t most_records = 8192;   // handed out before signals and state get their turn
// Between two looks while events come: what a look costs is then little beside the events.
constexpr std::chrono::nanoseconds busy_pause = std::chrono::milliseconds(4);

}  // namespace

result<void> collector::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    options_ = std::move(*read);
    return {};
}

result<void> collector::run(run_context& until) {
    bpf::raise_memory_lock();
    const auto machine = bpf::look_around(options_.btf_path);
    engine programs(host_, tally_, maps_, make_families(host_, machine, options_, questions_, http_questions_, waits_));
    if (auto opened = programs.open(machine, options_); !opened) {
        return opened;
    }
    report(machine, programs);
    std::chrono::nanoseconds pause{};
    for (;;) {
        std::array<pollfd, 1> ring{pollfd{programs.fd(), POLLIN, 0}};
        if (!until.wait(ring, pause)) {
            break;
        }
        if (ring[0].revents != 0) {
            programs.acknowledge();
        }
        if (until.take_subscriber()) {
            programs.tell_state();
        }
        const std::size_t records = programs.drain(most_records);
        programs.tick(host_.monotonic());
        if (records > 0) {
            programs.flush();
        }
        pause = records == most_records ? std::chrono::nanoseconds(0)
                : records > 0           ? std::min(busy_pause, options_.poll_interval)
                                        : options_.poll_interval;
    }
    // What was told before the stop is not lost; a busy kernel does not prolong it for ever.
    programs.drain(most_records);
    programs.count_losses();
    programs.tell_end();
    return {};
}

void collector::report(const bpf::capability_report& machine, const engine& opened) {
    meter_hooks(host_, opened.outcomes());
    const verdict found = judge(machine, opened.outcomes());
    std::string json = features_json(machine, opened.outcomes());
    {
        const std::lock_guard lock(mutex_);
        features_ = std::move(json);
    }
    // Whoever reads the status finds the page that explains it.
    host_.report(found.state, found.reason, found.text);
}

result<void> collector::handle(std::string_view endpoint, const request& from, response& to) {
    if (endpoint == "check") {
        std::string page = tally_.json();
        page.pop_back();
        page.append(",\"maps\":").append(maps_.json()).append(",\"sync\":").append(waits_.json());
        return to.write(page.append("}"));
    }
    if (endpoint != "features") {
        return handle_connections(endpoint, from, to);
    }
    const std::lock_guard lock(mutex_);
    return to.write(features_);
}

result<void> collector::handle_connections(std::string_view endpoint, const request& from, response& to) {
    using enum flow::inquiry::kind;
    const std::string client(from.parameter("client_id", "anonymous"));
    if (client == flow::stream_client || client.size() > longest_client_id) {
        return fail(errc::invalid, "client_id is taken or too long", client.substr(0, longest_client_id));
    }
    const std::string_view limit_text = from.parameter("limit", "10000");
    std::size_t limit = 0;
    const auto [end, failed] = std::from_chars(limit_text.data(), limit_text.data() + limit_text.size(), limit);
    if (failed != std::errc{} || end != limit_text.data() + limit_text.size()) {
        return fail(errc::invalid, "limit is not a number", std::string(limit_text));
    }
    if (endpoint == "http") {
        if (options_.protocols.none()) {
            return fail(errc::unsupported, "no protocols are searched for; name some in the option protocols");
        }
        const auto answer = http_questions_.ask({state, client, limit}, patience);
        return answer ? to.write(*answer) : result<void>(std::unexpected(answer.error()));
    }
    const auto what = endpoint == "register" ? add_client : endpoint == "edges" ? state : connections;
    const auto answer = questions_.ask({what, client, limit}, patience);
    return answer ? to.write(*answer) : result<void>(std::unexpected(answer.error()));
}

}  // namespace sonde::ebpf
