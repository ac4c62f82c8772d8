// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/flow_family.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sonde_bpf/udp.h>

#include "ebpf/connection/json.hpp"
#include "ebpf/connection/proc_net.hpp"
#include "ebpf/connection/record.hpp"
#include "ebpf/connection/schema.hpp"
#include "ebpf/flow/dns_record.hpp"

namespace sonde::ebpf::flow {
namespace {

namespace schema = connection::schema;

constexpr std::uint64_t expiry_interval = 5'000'000'000;
constexpr std::uint64_t settings_interval = 60'000'000'000;
constexpr const char* fill_episodes = "ebpf.connections.fill.episodes";
constexpr const char* fill_text = "Times that the table of connections filled up to a level";
constexpr std::size_t room_for_names = 8 * 260;

std::uint64_t nanoseconds(std::chrono::nanoseconds from) { return static_cast<std::uint64_t>(from.count()); }

connection::tracker_settings tracker_settings_of(const flow_settings& from) {
    connection::tracker_settings made;
    made.table.max_tracked = from.max_tracked;
    made.clients.max_closed = from.max_tracked;
    made.clients.max_failed = from.max_tracked;
    made.excluded = from.excluded;
    made.excluded.dns_ports = from.dns_ports;
    return made;
}

dns::monitor_options dns_options_of(const flow_settings& from) {
    dns::monitor_options made;
    made.ports = from.dns_ports;
    made.recorded_types = {dns::record_type::a, dns::record_type::aaaa};
    return made;
}

}  // namespace

flow_family::flow_family(const host& on, flow_settings settings, desk& questions)
    : host_(on), settings_(std::move(settings)), desk_(questions), dns_(dns_options_of(settings_)),
      translator_(on, settings_.proc_root, settings_.nat),
      tracker_(tracker_settings_of(settings_), [this](const connection::tuple& of) { return translator_.find(of); }),
      known_(dns_.known_names(), translator_, settings_.cgroups), meters_(on), dns_out_(on),
      nearly_full_(on.make_counter(fill_episodes, "{episode}", fill_text, {{"level", "nearly_full"}})),
      full_(on.make_counter(fill_episodes, "{episode}", fill_text, {{"level", "full"}})) {
    known_.set_protocols(settings_.protocols.get());
}

flow_family::~flow_family() { desk_.close(); }

std::vector<bpf::constant> flow_family::constants() const {
    sonde_udp_config config{};
    config.counts_flows = settings_.what.udp ? 1 : 0;
    config.captures_dns = settings_.what.dns ? 1 : 0;
    std::copy_n(settings_.dns_ports.begin(), std::min(settings_.dns_ports.size(), std::size(config.dns_ports)),
                config.dns_ports);
    return {bpf::make_constant("sonde_udp_config", config)};
}

std::vector<bpf::map_size> flow_family::map_sizes() const {
    return {{"udp_flows", settings_.max_tracked},
            {"hashed_owners", settings_.max_tracked * 2},
            {"socket_buckets", settings_.max_tracked / 4},
            {"socket_places", settings_.max_tracked / 4 * 8},
            {"walk_records", tcp_walk::records_for(settings_.max_tracked)}};
}

std::vector<record_kind> flow_family::record_kinds() const {
    return {{SONDE_EVENT_CONNECTION, "connection"}, {SONDE_EVENT_DNS, "dns"}};
}

result<void> flow_family::open(const bpf::session& on) {
    auto opened = open_stream(host_, connection_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    if (auto dns = dns_out_.open(); !dns) {
        return dns;
    }
    const auto serves = [&](const char* hook) {
        const auto* outcome = on.outcome(hook);
        return outcome != nullptr && !outcome->program.empty();
    };
    if (serves(tcp_states_hook) && serves(tcp_walk_hook)) {
        tcp_.emplace(on, tracker_);
        has_owners_ = !serves(tcp_owners_hook);
    }
    if (settings_.what.udp && serves(udp_sent_hook) && serves(udp_received_hook)) {
        udp_.emplace(on.map_fd("udp_flows"), tracker_, settings_.proc_root);
    }
    translator_.open();
    const std::uint64_t now = nanoseconds(host_.monotonic());
    tracker_.add_client(stream_client, now);
    next_walk_ = now;
    desk_.open();
    return {};
}

bool flow_family::on_record(const sonde_event& event, std::span<const std::byte> record) {
    if (event.type == SONDE_EVENT_CONNECTION) {
        tracker_.take(record.subspan(sizeof(sonde_event)));
        if (settings_.protocols) {
            if (const auto ended = connection::read_record(record.subspan(sizeof(sonde_event)))) {
                settings_.protocols->end(ended->who.key);
            }
        }
        return true;
    }
    const auto packet = dns_packet(record);
    if (packet) {
        dns_.take(*packet, event.time);
    }
    return packet.has_value();
}

void flow_family::on_lost(std::uint32_t type, std::uint64_t count) {
    if (type == SONDE_EVENT_CONNECTION) {
        stream_.drop(count, 0, drop_reason::kernel_ring_full);
    } else {
        dns_out_.count_lost(count);
    }
}

// A walk is finished one tick later, when the ring has given what ended meanwhile.
void flow_family::tick(std::chrono::nanoseconds at) {
    const std::uint64_t now = nanoseconds(at);
    translator_.drain(now);
    known_.set_time(now);
    if (is_walked_) {
        finish_walk(now);
    } else if (now >= next_walk_ || desk_.has_work()) {
        is_interval_ = now >= next_walk_;
        walk(now);
    }
    if (now >= next_settings_) {
        next_settings_ = now + settings_interval;
        tracker_.agree(connection::read_kernel_settings(settings_.proc_root));
    }
    if (now >= next_expiry_) {
        next_expiry_ = now + expiry_interval;
        tracker_.expire(now, [this](const connection::identity& ended) {
            if (udp_) {
                udp_->forget(ended);
            }
        });
        tracker_.release();
        dns_.sweep(now);
        meters_.count(tracker_, dns_);
        watch_fill();
    }
    if (stream_.has_subscriber()) {
        refresh_clock();
        publish(tracker_.poll_closed(stream_client, now, connection::clients::unpaired::keep_back));
    }
}

void flow_family::tell_end() {
    if (stream_.has_subscriber()) {
        refresh_clock();
        publish(tracker_.poll_closed(stream_client, nanoseconds(host_.monotonic())));
    }
}

void flow_family::watch_fill() {
    const connection::table& all = tracker_.connections();
    const std::size_t limit = all.settings().max_tracked;
    switch (fill_.look(all.size(), limit, all.stats().overflow_tcp + all.stats().overflow_udp)) {
    case connection::fill_level::nearly_full:
        nearly_full_.add();
        host_.warn(fmt::format("{} of {} connections are tracked; those beyond are told of only when they end, raise "
                               "max_tracked_connections",
                               all.size(), limit));
        break;
    case connection::fill_level::full:
        full_.add();
        host_.warn(fmt::format("more connections than {} are open; those beyond are told of only when they end, raise "
                               "max_tracked_connections",
                               limit));
        break;
    case connection::fill_level::low: break;
    }
}

void flow_family::walk(std::uint64_t now) {
    if (!has_owners_) {
        learn_owners();
    }
    tracker_.begin_round();
    bool is_whole = true;
    std::size_t records = 0;
    const auto check = [&](const result<std::size_t>& read, const char* what) {
        if (read) {
            records += *read;
            return;
        }
        is_whole = false;
        meters_.walk_failed();
        host_.warn(fmt::format("{}: {}", what, read.error().text));
    };
    if (tcp_) {
        check(tcp_->read(now), "TCP connections were not all read");
    }
    if (udp_) {
        check(udp_->read(), "UDP flows were not all read");
    }
    if (!is_whole) {
        tracker_.abort_round();
    }
    is_walked_ = true;
    meters_.walked(nanoseconds(host_.monotonic()) - now, records);
}

// Sockets that are older than the agent, once; later, accepted ones whose process is not known yet.
void flow_family::learn_owners() {
    if (!tcp_) {
        return;
    }
    connection::seed_bindings(tracker_.bindings(), settings_.proc_root, {});
    if (const auto learnt = tcp_->learn_owners(); !learnt) {
        meters_.walk_failed();
        host_.warn(fmt::format("the processes of open connections stay unknown: {}", learnt.error().text));
    }
    has_owners_ = true;
}

void flow_family::finish_walk(std::uint64_t now) {
    is_walked_ = false;
    tracker_.end_round(now);
    refresh_clock();
    desk_.serve([&](const inquiry& each) { return answer(each, now); });
    if (!is_interval_) {
        return;
    }
    next_walk_ = now + nanoseconds(settings_.interval);
    bool has_strangers = false;
    tracker_.connections().for_each([&](const connection::row& of) {
        translator_.watch(of.who.key.network_namespace, of.pid);
        has_strangers = has_strangers || (of.way == connection::direction::incoming && !of.is_accepted &&
                                          of.who.key.protocol == connection::transport::tcp);
    });
    translator_.end_round();
    has_owners_ = has_owners_ && !has_strangers;
    if (stream_.has_subscriber()) {
        publish(tracker_.poll(stream_client, now));
        tracker_.release();
        if (wants_state_) {
            publish_state();
        }
    }
    dns_out_.publish(dns_);
}

void flow_family::publish(connection::clients::answer told) {
    for (const connection::delta& each : told) {
        publish(each, false);
    }
}

void flow_family::publish(const connection::delta& of, bool is_state) {
    connection::event_writer writer(clock_, known_);
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(std::chrono::nanoseconds(clock_.from_monotonic(of.of->updated)), clock_quality::kernel);
        if (is_state) {
            envelope.snapshot();
        }
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) { writer.write(out, of); });
    };
    static_cast<void>(stream_.publish(fill, connection::event_writer::fixed_size + room_for_names));
}

// Everything that lives, with its totals and without a change: those who know it already have nothing to add.
void flow_family::publish_state() {
    wants_state_ = false;
    tracker_.connections().for_each([this](const connection::row& of) {
        connection::delta all;
        all.of = &of;
        all.total = &of.total;
        all.nat = of.nat.get();
        all.local_port = of.who.key.local.port;
        all.remote_port = of.who.key.remote.port;
        all.way = of.way;
        all.rtt = of.rtt;
        all.rtt_variation = of.rtt_variation;
        publish(all, true);
    });
}

// The wall clock may step, and the boot clock counts what is slept.
void flow_family::refresh_clock() {
    timespec boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    const std::int64_t monotonic = host_.monotonic().count();
    clock_.monotonic = host_.wall(host_.monotonic()).count() - monotonic;
    clock_.boot = clock_.monotonic + monotonic - (std::int64_t{boot.tv_sec} * 1'000'000'000 + boot.tv_nsec);
}

result<std::string> flow_family::answer(const inquiry& to, std::uint64_t now) {
    switch (to.what) {
    case inquiry::kind::add_client:
        if (!tracker_.add_client(to.client, now)) {
            return fail(errc::exhausted, "too many clients are registered; idle ones leave after two minutes");
        }
        return "{\"registered\":true}";
    case inquiry::kind::connections:
        return connection::connections_json(tracker_.poll(to.client, now), clock_, known_, to.limit);
    case inquiry::kind::state: return connection::check_json(tracker_, tracker_.poll(to.client, now), to.limit);
    }
    return fail(errc::internal, "unknown inquiry");
}

}  // namespace sonde::ebpf::flow
