// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/pipeline.hpp"

#include <algorithm>
#include <functional>

#include "enrich_context/decode/registry.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using namespace std::chrono_literals;
using bytes = std::span<const std::uint8_t>;

// Events about the same thing stay in order.
std::uint64_t order_of(const subject& about) noexcept {
    constexpr std::uint64_t spread = 0x9e3779b97f4a7c15;
    const std::hash<std::string_view> hash;
    if (about.pid != 0) {
        return hash(about.node_name) + about.pid * spread;  // without the start time, which not every source knows
    }
    if (!about.container_id.empty()) {
        return hash(about.container_id);
    }
    return about.cgroup_id != 0 ? about.cgroup_id * spread : hash(about.pod_uid);
}

bool is_zero(bytes id) {
    return std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; });
}

// W3C trace context, section 3.2.2: identifiers of zeros are invalid, and one is nothing without the other.
bool has_valid_trace(const schema::envelope_view& raw, count& invalid) {
    if (raw.trace_id.empty() && raw.span_id.empty()) {
        return false;
    }
    const bool valid =
        raw.trace_id.size() == 16 && raw.span_id.size() == 8 && !is_zero(raw.trace_id) && !is_zero(raw.span_id);
    if (!valid) {
        invalid.add((raw.trace_id.empty() ? 0u : 1u) + (raw.span_id.empty() ? 0u : 1u));
    }
    return valid;
}

}  // namespace

pipeline::pipeline(host on, knowledge& store, tally& counts)
    : host_(on), store_(&store), counts_(&counts), spans_(on, counts) {}

result<void> pipeline::open(const pipeline_settings& settings, std::chrono::nanoseconds wall) {
    for (std::size_t i = 0; i < decode::domains.size(); ++i) {
        auto opened = open_stream(host_, decode::domains[i].topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        streams_[i] = *opened;
    }
    if (auto opened = spans_.open(); !opened) {
        return opened;
    }
    waiting_.emplace(settings.held_events, settings.held_bytes);
    remembered_.emplace(settings.remembered_events, settings.remembered_bytes);
    adjust(settings);
    tags_.agent_started = static_cast<std::uint64_t>(wall.count());
    return {};
}

void pipeline::adjust(const pipeline_settings& settings) {
    settings_ = settings;
    tags_.duration = settings.expected_tags;
    spans_.sample(settings.span_ratio);
}

bool pipeline::wants_preview() const noexcept { return settings_.filters_docker_proxy && proxies_.has_any(); }

void pipeline::preview(const schema::envelope_view& envelope) {
    if (decode::decode(envelope, what_) == decode::verdict::event && what_.is_connection) {
        proxies_.learn(what_);
    }
}

void pipeline::take(const schema::envelope_view& envelope, bytes record, std::chrono::nanoseconds now) {
    counts_->taken.add();
    const decode::verdict said = decode::decode(envelope, what_);
    if (said == decode::verdict::malformed || said == decode::verdict::unknown) {
        counts_->fault(envelope.resource.source, said == decode::verdict::malformed ? "malformed" : "unknown",
                       what_.fault);
    }
    if (settings_.filters_docker_proxy && !what_.process.empty()) {
        proxies_.observe(what_, now);
    }
    if (said == decode::verdict::state) {
        counts_->drop(drop::state);
        return;
    }
    if (!is_wanted(what_)) {
        return;
    }
    found_.look_up(*store_, what_);
    sections_.read(envelope, what_, *store_);
    const std::uint64_t order = order_of(what_.about);
    if (found_.may_improve() && settings_.hold_back > 0ns && keep(envelope, record, order, now)) {
        return;
    }
    if (waiting_->first_of(order) != event_shelf::none) {
        release_before(order, now);
        found_.look_up(*store_, what_);  // the store's last answers are gone
    }
    const bool is_published = publish(envelope, what_, found_, sections_.bytes(), now, false, false);
    if (is_published && found_.may_come_late() && settings_.amend_within > 0ns) {
        pack(envelope, record, scratch_);
        scratch_.fingerprint = found_.fingerprint();
        remember(scratch_, now);
    }
}

void pipeline::take_broken(const schema::resource_view& from, std::uint64_t item, bytes record) {
    counts_->taken.add();
    counts_->fault(from.source, "malformed", "envelope");
    schema::envelope_view stand_in;
    stand_in.resource = from;
    stand_in.item = item;
    stand_in.time = static_cast<std::uint64_t>(host_.wall().count());
    stand_in.clock = static_cast<std::uint32_t>(clock_quality::collector);
    stand_in.content_type = layout::envelope_type;
    stand_in.revision = layout::revision;
    stand_in.data = record;
    static_cast<void>(decode::decode(stand_in, what_));
    what_.type = decode::malformed_type;
    if (is_wanted(what_)) {
        found_.look_up(*store_, what_);
        static_cast<void>(publish(stand_in, what_, found_, {}, host_.monotonic(), false, false));
    }
}

bool pipeline::is_wanted(const decode::decoded& what) {
    if (what.is_connection && settings_.filters_docker_proxy && proxies_.is_leg(what)) {
        counts_->drop(drop::docker_proxy);
        return false;
    }
    if (!streams_[static_cast<std::size_t>(what.to)].has_subscriber()) {
        counts_->drop(drop::unheard);
        return false;
    }
    return true;
}

bool pipeline::publish(const schema::envelope_view& raw, const decode::decoded& what, const finding& found,
                       bytes sections, std::chrono::nanoseconds taken, bool timed_out, bool is_amendment) {
    unified event{.raw = &raw,
                  .what = &what,
                  .found = &found,
                  .facts = read_facts(found.context()),
                  .entity_key = what.entity_key.empty() ? found.entity_key() : what.entity_key,
                  .sections = sections,
                  .raw_limit = settings_.raw_limit,
                  .timed_out = timed_out,
                  .is_amendment = is_amendment};
    if (event.entity_key.empty()) {
        event.entity_key = decode::key_of_untold(what.about, untold_key_);
    }
    event.has_trace = has_valid_trace(raw, counts_->invalid_ids);
    event.explicit_tags = tags_.is_open(event.facts.container_started, raw.time);
    if (raw.data.size() > settings_.raw_limit) {
        counts_->cut.add();
    }
    const auto domain = static_cast<std::size_t>(what.to);
    const sonde_rc rc = streams_[domain].publish([&](envelope_writer& to) { write(to, event); }, room_for(event));
    if (rc == SONDE_OK) {
        has_unsent_ = true;
        (is_amendment ? counts_->amendments : counts_->published).add();
        counts_->by_domain[domain].add();
        if (spans_.is_on() && !is_amendment) {
            spans_.tell(event, taken);
        }
    } else if (!is_amendment) {
        counts_->drop(rc == SONDE_STOPPED ? drop::shutdown : drop::lane);
    }
    return rc == SONDE_OK;
}

void pipeline::finish() {
    const auto now = host_.monotonic();
    while (waiting_ && waiting_->first() != event_shelf::none) {
        let_go(waiting_->first(), release::stop, now);
    }
}

void pipeline::flush(bool others) {
    if (has_unsent_ || others) {
        streams_.front().flush();
        has_unsent_ = false;
    }
}

void pipeline::report_sizes() {
    counts_->set_held(waiting_->size(), waiting_->bytes());
    counts_->set_remembered(remembered_->size());
}

}  // namespace sonde::enrich_context::pipeline
