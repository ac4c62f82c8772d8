// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/payload_family.hpp"

#include <utility>

#include <bpf/bpf.h>
#include <sonde_bpf/payload.h>

#include "ebpf/payload/json.hpp"

namespace sonde::ebpf::payload {
namespace {

constexpr std::chrono::nanoseconds sweep_interval = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds forget_interval = std::chrono::seconds(60);
constexpr std::uint32_t all_connections = ~std::uint32_t{0};

std::uint64_t nanoseconds(std::chrono::nanoseconds from) { return static_cast<std::uint64_t>(from.count()); }

}  // namespace

payload_family::payload_family(const host& on, const payload_settings& settings,
                               std::shared_ptr<connection_kinds> kinds, flow::desk& questions)
    : settings_(settings), kinds_(std::move(kinds)), desk_(questions),
      heard_(settings.conversations, kinds_.get(), [this](std::uint64_t cookie) { refuse(cookie); }),
      published_(on, settings.sampled_percent), meters_(on) {}

payload_family::~payload_family() { desk_.close(); }

std::vector<bpf::hook> payload_family::hooks() const {
    return {{sent_hook, {{"payload_sent", "cgroup_skb/egress"}}, bpf::attach_to::cgroup},
            {received_hook, {{"payload_received", "cgroup_skb/ingress"}}, bpf::attach_to::cgroup}};
}

std::vector<bpf::constant> payload_family::constants() const {
    sonde_payload_config config{};
    config.capture = settings_.capture;
    config.per_second = settings_.per_second;
    config.sampled =
        settings_.sampled_percent >= 100 ? all_connections : all_connections / 100 * settings_.sampled_percent;
    config.follows_http = settings_.conversations.wanted.test(static_cast<std::size_t>(protocol::kind::http1)) ? 1 : 0;
    return {bpf::make_constant("sonde_payload_config", config)};
}

std::vector<bpf::map_size> payload_family::map_sizes() const {
    return {{"payload_unwanted", static_cast<std::uint32_t>(settings_.conversations.most)}};
}

std::vector<record_kind> payload_family::record_kinds() const { return {{SONDE_EVENT_PAYLOAD, "payload"}}; }

result<void> payload_family::open(const bpf::session& on) {
    if (auto opened = published_.open(); !opened) {
        return opened;
    }
    unwanted_fd_ = on.map_fd("payload_unwanted");
    desk_.open();
    return {};
}

bool payload_family::on_record(const sonde_event&, std::span<const std::byte> record) {
    const auto heard = read_segment(record);
    if (heard) {
        heard_.take(*heard);
    }
    return heard.has_value();
}

// If it cannot be told, its segments come in vain, and the kernel side gives up by itself.
void payload_family::refuse(std::uint64_t cookie) const {
    const std::uint8_t mark = 1;
    if (unwanted_fd_ >= 0) {
        static_cast<void>(::bpf_map_update_elem(unwanted_fd_, &cookie, &mark, BPF_ANY));
    }
}

void payload_family::tick(std::chrono::nanoseconds now) {
    if (desk_.has_work()) {
        desk_.serve([&](const flow::inquiry& each) { return result<std::string>(http_json(heard_, each.limit)); });
    }
    if (now < next_sweep_) {
        return;
    }
    next_sweep_ = now + sweep_interval;
    heard_.sweep(nanoseconds(now));
    meters_.count(heard_, kinds_.get());
    if (now >= next_publish_) {
        next_publish_ = now + settings_.interval;
        published_.publish(heard_.statistics());
    }
    if (kinds_ && now >= next_forget_) {
        next_forget_ = now + forget_interval;
        kinds_->sweep();
    }
}

}  // namespace sonde::ebpf::payload
