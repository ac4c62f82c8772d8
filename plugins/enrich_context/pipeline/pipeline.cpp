// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/pipeline.hpp"

#include <algorithm>
#include <functional>

#include "enrich_context/decode/registry.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using namespace std::chrono_literals;
using bytes = std::span<const std::uint8_t>;

constexpr std::size_t resource_room = 160;  // tags, lengths and numbers of a Resource

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
    if (found_.may_improve() && settings_.hold_back > 0ns && keep(envelope, record, now)) {
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

// False if there is no room; then it is published at once, and may be amended.
bool pipeline::keep(const schema::envelope_view& raw, bytes record, std::chrono::nanoseconds now) {
    pack(raw, record, scratch_);
    scratch_.order = order_of(what_.about);
    scratch_.taken = now;
    scratch_.until = now + settings_.hold_back;
    if (!waiting_->add(scratch_)) {
        counts_->released[static_cast<std::size_t>(release::overflow)].add();
        return false;
    }
    report_sizes();
    return true;
}

// A batch of one that reads as the event did: same resource, same place in its stream.
void pipeline::pack(const schema::envelope_view& raw, bytes record, kept_event& to) {
    const schema::resource_view& from = raw.resource;
    to.item = raw.item;
    to.sections.assign(sections_.bytes().begin(), sections_.bytes().end());
    to.body.resize(resource_room + from.source.size() + from.instance.size() + from.node_name.size() +
                   from.topic.size() + from.source_version.size() + record.size());
    wire::writer out(to.body);
    out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
        out.text_if(SONDE_RESOURCE_FIELD_SOURCE, from.source);
        out.text_if(SONDE_RESOURCE_FIELD_INSTANCE, from.instance);
        out.text_if(SONDE_RESOURCE_FIELD_NODE_NAME, from.node_name);
        out.uint_if(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, from.node_name_origin);
        out.text_if(SONDE_RESOURCE_FIELD_SOURCE_VERSION, from.source_version);
        out.text_if(SONDE_RESOURCE_FIELD_TOPIC, from.topic);
        out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, from.stream_uid);
        out.fixed64(SONDE_RESOURCE_FIELD_FIRST_ITEM, raw.item);
    });
    out.bytes(SONDE_BATCH_FIELD_ENVELOPE, record);
    to.body.resize(out.size());
}

bool pipeline::reopen(const kept_event& from) {
    reader_.open(from.body, from.item, {});
    again_ = reader_.next();
    if (again_ == nullptr) {
        return false;
    }
    static_cast<void>(decode::decode(*again_, again_what_));
    again_found_.look_up(*store_, again_what_);
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

// Those that came before are no more complete for waiting, or they are; either way they go first.
void pipeline::release_before(std::uint64_t order, std::chrono::nanoseconds now) {
    for (auto at = waiting_->first_of(order); at != event_shelf::none; at = waiting_->first_of(order)) {
        let_go(at, release::overtaken, now);
    }
}

// `why` counts if the event is still not complete.
void pipeline::let_go(event_shelf::index at, release why, std::chrono::nanoseconds now) {
    waiting_->take(at, scratch_);
    report_sizes();
    if (!reopen(scratch_)) {
        counts_->drop(drop::broken_batch);
        return;
    }
    const bool is_complete = !again_found_.may_improve();
    counts_->released[static_cast<std::size_t>(is_complete ? release::completed : why)].add();
    const bool is_published =
        publish(*again_, again_what_, again_found_, scratch_.sections, scratch_.taken, !is_complete, false);
    if (is_published && again_found_.may_come_late() && settings_.amend_within > 0ns) {
        scratch_.fingerprint = again_found_.fingerprint();
        remember(scratch_, now);
    }
}

void pipeline::remember(kept_event& event, std::chrono::nanoseconds now) {
    event.until = now + settings_.amend_within;
    while (!remembered_->add(event)) {
        counts_->forgotten.add();
        if (remembered_->first() == event_shelf::none) {
            return;  // larger than all the room there is
        }
        kept_event oldest;
        remembered_->take(remembered_->first(), oldest);
    }
    report_sizes();
}

void pipeline::retry_waiting(std::chrono::nanoseconds now) {
    waiting_retried_ = now;
    waiting_revision_ = store_->revision();
    for (auto at = waiting_->first(); at != event_shelf::none;) {
        const auto next = waiting_->next(at);
        // Whoever is first of its kind may go; those behind it follow in their turn.
        if (waiting_->first_of(waiting_->at(at).order) == at && reopen(waiting_->at(at)) &&
            !again_found_.may_improve()) {
            let_go(at, release::completed, now);
        }
        at = next;
    }
}

void pipeline::retry_remembered(std::chrono::nanoseconds now) {
    remembered_retried_ = now;
    remembered_revision_ = store_->revision();
    for (auto at = remembered_->first(); at != event_shelf::none;) {
        const auto next = remembered_->next(at);
        const bool is_over = remembered_->at(at).until <= now;
        const bool is_readable = reopen(remembered_->at(at));
        if (is_over || !is_readable || !again_found_.may_come_late()) {
            if (is_readable && again_found_.fingerprint() != remembered_->at(at).fingerprint) {
                static_cast<void>(
                    publish(*again_, again_what_, again_found_, remembered_->at(at).sections, now, false, true));
            }
            remembered_->take(at, scratch_);
        }
        at = next;
    }
    report_sizes();
}

std::chrono::nanoseconds pipeline::turn(std::chrono::nanoseconds now) {
    const std::uint64_t revision = store_->revision();
    if (waiting_->size() != 0 && revision != waiting_revision_ && now - waiting_retried_ >= retry_pause) {
        retry_waiting(now);
    }
    while (waiting_->first() != event_shelf::none && waiting_->at(waiting_->first()).until <= now) {
        let_go(waiting_->first(), release::timed_out, now);
    }
    const bool is_over = remembered_->size() != 0 && remembered_->at(remembered_->first()).until <= now;
    if (is_over ||
        (remembered_->size() != 0 && revision != remembered_revision_ && now - remembered_retried_ >= amend_pause)) {
        retry_remembered(now);
    }
    proxies_.forget(now);

    std::chrono::nanoseconds wake{};
    const auto no_later_than = [&](std::chrono::nanoseconds at) { wake = wake == 0ns ? at : std::min(wake, at); };
    if (waiting_->size() != 0) {
        no_later_than(waiting_->at(waiting_->first()).until);
        if (revision != waiting_revision_) {
            no_later_than(waiting_retried_ + retry_pause);
        }
    }
    if (remembered_->size() != 0) {
        no_later_than(remembered_->at(remembered_->first()).until);
        if (revision != remembered_revision_) {
            no_later_than(remembered_retried_ + amend_pause);
        }
    }
    return wake;
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
