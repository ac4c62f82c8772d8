// SPDX-License-Identifier: Apache-2.0
#include "observer.hpp"

#include <ctime>

#include <sonde_bpf/config.h>
#include <sonde_bpf/connection.h>
#include <sonde_bpf/udp.h>

#include "bpf/support/capability_report.hpp"
#include "bpf/support/programs.hpp"
#include "ebpf/connection/proc_net.hpp"
#include "ebpf/flow/dns_record.hpp"

namespace sonde::ebpf::test {
namespace {

constexpr std::string_view client = "test";

connection::tracker_settings patient() {
    connection::tracker_settings made;
    made.clients.has_aggregation = false;
    return made;
}

bpf::load_options options(std::vector<std::string> without, const std::vector<bpf::map_size>& sizes) {
    bpf::load_options made;
    made.object = bpf::embedded_programs();
    made.hooks = flow::hooks({});
    made.without = std::move(without);
    made.cgroup_root = bpf::look_around({}).cgroup_root;
    // So few records that each walk of a test has to take up again where it stood.
    made.map_sizes = {{"sonde_ring", 32u << 20}, {"walk_records", 16}};
    made.map_sizes.insert(made.map_sizes.end(), sizes.begin(), sizes.end());
    sonde_bpf_config ring{};
    ring.wake_bytes = 1u << 20;
    made.constants.push_back(bpf::make_constant("sonde_config", ring));
    sonde_udp_config udp{};
    udp.counts_flows = 1;
    udp.captures_dns = 1;
    udp.dns_ports[0] = 53;
    made.constants.push_back(bpf::make_constant("sonde_udp_config", udp));
    return made;
}

}  // namespace

std::uint64_t now() {
    timespec at{};
    ::clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(at.tv_nsec);
}

observer::observer(std::vector<std::string> without, std::vector<bpf::map_size> sizes) : tracker_(patient()) {
    bpf::raise_memory_lock();
    auto loaded = bpf::session::load(options(std::move(without), sizes));
    if (!loaded) {
        reason_ = loaded.error().message();
        return;
    }
    session_.emplace(std::move(*loaded));
    const auto* states = session_->outcome(flow::tcp_states_hook);
    if (!session_->is_loaded() || states->program.empty()) {
        reason_ = states->refused.empty() ? "nothing was loaded" : states->refused.back().reason;
        return;
    }
    auto ring = bpf::ring_reader::open(session_->map_fd("sonde_ring"));
    if (!ring) {
        reason_ = ring.error().message();
        return;
    }
    ring_.emplace(std::move(*ring));
    losses_.emplace(session_->map_fd("sonde_losses"));
    tcp_.emplace(*session_, tracker_);
    tracker_.add_client(client, now());
    udp_.emplace(session_->map_fd("udp_flows"), tracker_, "/proc");
    states_ = states;
}

void observer::drain() {
    ring_->drain(
        [this](std::span<const std::byte> record) {
            const auto* head = reinterpret_cast<const sonde_event*>(record.data());
            if (head->type == SONDE_EVENT_CONNECTION) {
                tracker_.take(record.subspan(sizeof(sonde_event)));
            } else if (head->type == SONDE_EVENT_DNS) {
                if (const auto packet = flow::dns_packet(record)) {
                    dns_.take(*packet, head->time);
                }
            }
        },
        1u << 20);
}

void observer::learn_owners() {
    connection::seed_bindings(tracker_.bindings(), "/proc", {});
    const auto learnt = tcp_->learn_owners();
    ASSERT_TRUE(learnt) << learnt.error().message();
}

void observer::look() {
    tracker_.begin_round();
    const auto tcp = tcp_->read(now());
    ASSERT_TRUE(tcp) << tcp.error().message();
    if (!session_->outcome(flow::udp_sent_hook)->program.empty()) {
        const auto udp = udp_->read();
        ASSERT_TRUE(udp) << udp.error().message();
    }
    drain();
    tracker_.end_round(now());
}

std::vector<seen> observer::with_port(std::uint16_t port) {
    look();
    const auto told = tracker_.poll(client, now());
    for (const delta& each : told) {
        told_.insert_or_assign(each.of->id,
                               seen{*each.of, *each.total, each.way, each.is_intra_host, each.peer != nullptr,
                                    each.peer != nullptr ? each.peer->who : connection::identity{}});
    }
    dependencies_ = connection::edges(told);
    for (connection::edge& each : dependencies_) {
        each.client = each.server = nullptr;
    }
    std::vector<seen> found;
    for (const auto& [id, each] : told_) {
        if (each.of.who.key.local.port == port || each.of.who.key.remote.port == port) {
            found.push_back(each);
        }
    }
    return found;
}

std::vector<seen> observer::with_port(std::uint16_t port, std::size_t expected) {
    std::vector<seen> found = with_port(port);
    for (int walks = 1; walks < 5 && found.size() < expected; ++walks) {
        found = with_port(port);
    }
    return found;
}

std::uint64_t observer::lost() {
    const auto read = losses_->refresh();
    EXPECT_TRUE(read) << read.error().message();
    return losses_->total(SONDE_EVENT_CONNECTION, SONDE_LOSS_RING_FULL) +
           losses_->total(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
}

}  // namespace sonde::ebpf::test
