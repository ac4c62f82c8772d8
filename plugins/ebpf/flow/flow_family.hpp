// SPDX-License-Identifier: Apache-2.0
// TCP and UDP connections and DNS as a family of the collector: feeds the tracker and the DNS monitor, walks what lives
// each interval, and publishes what has changed. Used by the data thread; questions of others come through the desk.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "ebpf/connection/event_writer.hpp"
#include "ebpf/connection/fill_watch.hpp"
#include "ebpf/connection/tracker.hpp"
#include "ebpf/dns/monitor.hpp"
#include "ebpf/family.hpp"
#include "ebpf/flow/desk.hpp"
#include "ebpf/flow/dns_publisher.hpp"
#include "ebpf/flow/flow_meters.hpp"
#include "ebpf/flow/hooks.hpp"
#include "ebpf/flow/known_names.hpp"
#include "ebpf/flow/tcp_walk.hpp"
#include "ebpf/flow/translator.hpp"
#include "ebpf/flow/udp_flows.hpp"

namespace sonde::ebpf::flow {

inline constexpr const char* connection_topic = "raw/ebpf/connection/";
// Our own events are a client of the tracker like any other.
inline constexpr std::string_view stream_client = "stream";

struct flow_settings {
    wanted what;
    std::vector<std::uint16_t> dns_ports;
    std::chrono::nanoseconds interval{};  // between two walks
    std::uint32_t max_tracked = 65536;
    bool nat = true;
    std::shared_ptr<process::cgroup_names> cgroups;
    std::string proc_root;
    connection::exclusions excluded;
    std::shared_ptr<payload::connection_kinds> protocols;  // null: they are not looked for
};

class flow_family final : public family {
public:
    flow_family(const host& on, flow_settings settings, desk& questions);
    ~flow_family() override;

    [[nodiscard]] std::vector<bpf::hook> hooks() const override { return flow::hooks(settings_.what); }
    [[nodiscard]] std::vector<bpf::constant> constants() const override;
    [[nodiscard]] std::vector<bpf::map_size> map_sizes() const override;
    [[nodiscard]] std::vector<record_kind> record_kinds() const override;
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override;
    void on_lost(std::uint32_t type, std::uint64_t count) override;
    void tick(std::chrono::nanoseconds at) override;
    void tell_state() override { wants_state_ = true; }
    void tell_end() override;

private:
    void walk(std::uint64_t now);
    void finish_walk(std::uint64_t now);
    void learn_owners();
    void watch_fill();
    void publish(connection::clients::answer told);
    void publish(const connection::delta& of, bool is_state);
    void publish_state();
    void refresh_clock();
    [[nodiscard]] result<std::string> answer(const inquiry& to, std::uint64_t now);

    host host_;
    flow_settings settings_;
    desk& desk_;
    dns::monitor dns_;
    translator translator_;
    connection::tracker tracker_;
    known_names known_;
    connection::clock_offsets clock_;
    flow_meters meters_;
    dns_publisher dns_out_;
    connection::fill_watch fill_;
    counter nearly_full_;
    counter full_;
    stream stream_;
    std::optional<tcp_walk> tcp_;
    std::optional<udp_flows> udp_;
    bool has_owners_ = false;   // of what was there before us
    bool wants_state_ = false;  // somebody subscribed who knows nothing yet
    bool is_walked_ = false;    // a round is to be finished, once the ring was read again
    bool is_interval_ = false;  // that round is one to publish
    std::uint64_t next_walk_ = 0;
    std::uint64_t next_expiry_ = 0;
    std::uint64_t next_settings_ = 0;
};

}  // namespace sonde::ebpf::flow
