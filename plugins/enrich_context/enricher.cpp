// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/enricher.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/host_message.hpp"
#include "enrich_context/entities_json.hpp"
#include "enrich_context/service_name/service_name.hpp"

namespace sonde::enrich_context {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 1s;
constexpr std::string_view connection_topic = "/ebpf/connection/";  // below raw/, or raw/relay/

}  // namespace

enricher::enricher(host on)
    : host_(on), counts_(on), knowledge_(store_), pipeline_(on, knowledge_, counts_), feed_(on, counts_) {}

result<void> enricher::configure(const settings& values) {
    const std::lock_guard lock(values_mutex_);
    values_ = read_options(values);
    has_new_values_ = true;
    return {};
}

result<void> enricher::start() {
    const std::lock_guard lock(mutex_);
    option_values values;
    {
        const std::lock_guard values_lock(values_mutex_);
        values = values_;
        has_new_values_ = false;
    }
    values.store.host = common::read_host_identity(values.roots);
    values.store.service_name = values.service_context ? &service_name::conclude : nullptr;
    const bool tells_processes = values.store.tells_processes;
    store_.emplace(std::move(values.store));
    knowledge_.refresh();
    ticked_ = host_.monotonic();
    if (auto opened = feed_.open(tells_processes); !opened) {
        return opened;
    }
    return pipeline_.open(values.pipeline, host_.wall());
}

result<void> enricher::consume(const batch_view& batch) {
    if (batch.header().schema_id != SONDE_SCHEMA_ENVELOPE_BATCH) {
        return fail(errc::unsupported, fmt::format("batches of schema {} are not envelopes", batch.header().schema_id));
    }
    const auto now = host_.monotonic();
    const std::lock_guard lock(mutex_);
    take_all(batch, now);
    static_cast<void>(turn(now));
    return {};
}

void enricher::take_all(const batch_view& batch, std::chrono::nanoseconds now) {
    const auto wall = host_.wall();
    const auto open = [&] { reader_.open(batch.body(), batch.header().first_item, batch.topic()); };
    if (pipeline_.wants_preview() && batch.topic().ends_with(connection_topic)) {
        open();
        while (const schema::envelope_view* envelope = reader_.next()) {
            pipeline_.preview(*envelope);
        }
    }
    open();
    broken_.clear();
    std::uint64_t place = 0;
    while (const schema::envelope_view* envelope = reader_.next()) {
        for (const std::uint64_t at = envelope->item - envelope->resource.first_item; place < at; ++place) {
            broken_.push_back(place);
        }
        ++place;
        const taken fate = store_->take(*envelope, wall);
        counts_.store_malformed.add(fate.malformed ? 1 : 0);
        counts_.node_limit.add(fate.is_untaken ? 1 : 0);
        if (envelope->content_type == common::host_type) {
            counts_.taken.add();
            counts_.drop(drop::state);
            continue;
        }
        pipeline_.take(*envelope, reader_.record(), now);
    }
    for (const std::uint64_t readable = place + reader_.malformed() - broken_.size(); place < readable; ++place) {
        broken_.push_back(place);
    }
    counts_.invalid_ids.add(reader_.faulty_ids());
    if (!broken_.empty()) {
        take_broken(batch);
    }
    if (place < batch.items()) {
        counts_.taken.add(batch.items() - place);
        counts_.drop(drop::broken_batch, batch.items() - place);
        host_.warn(fmt::format("{} of {} envelopes on {} lie behind a break in their batch", batch.items() - place,
                               batch.items(), batch.topic()));
    }
    knowledge_.refresh();
    feed_.tell_changes(*store_);
}

// Slow, and rare: what cannot be read as an envelope is passed on as bytes.
void enricher::take_broken(const batch_view& batch) {
    reader_.open(batch.body(), batch.header().first_item, batch.topic());
    schema::resource_view from;
    if (const schema::envelope_view* any = reader_.next()) {
        from = any->resource;
    }
    auto wanted = broken_.begin();
    std::uint64_t place = 0;
    wire::reader in(batch.body());
    for (auto field = in.next(); field && wanted != broken_.end(); field = in.next()) {
        if (field->number != SONDE_BATCH_FIELD_ENVELOPE || field->type != SONDE_WIRE_BYTES) {
            continue;
        }
        if (place++ == *wanted) {
            pipeline_.take_broken(from, from.first_item + *wanted, field->bytes);
            ++wanted;
        }
    }
}

std::chrono::nanoseconds enricher::turn(std::chrono::nanoseconds now) {
    if (now - ticked_ >= tick_interval) {
        ticked_ = now;
        store_->tick(host_.wall());
        knowledge_.refresh();
        feed_.tell_changes(*store_);
    }
    auto wake = ticked_ + tick_interval;
    for (const auto wanted : {pipeline_.turn(now), feed_.turn(*store_, now)}) {
        wake = wanted == 0ns ? wake : std::min(wake, wanted);
    }
    return wake;
}

std::chrono::nanoseconds enricher::idle(std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    {
        const std::lock_guard values_lock(values_mutex_);
        if (std::exchange(has_new_values_, false)) {
            pipeline_.adjust(values_.pipeline);
        }
    }
    const auto wake = turn(now);
    const bool has_entities = feed_.take_unsent();
    pipeline_.flush(has_entities);
    return wake;
}

result<void> enricher::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    if (store_) {
        pipeline_.finish();
        store_.reset();
    }
    return {};
}

result<void> enricher::handle(std::string_view endpoint, const request& from, response& to) {
    if (endpoint == "check") {
        const std::lock_guard lock(mutex_);  // between two batches, so that the figures add up
        return to.write(counts_.to_json());
    }
    const auto kind = entity_kind_of(from.parameter("kind"));
    if (!kind) {
        return std::unexpected(kind.error());
    }
    entity_copies copies;
    {
        const std::lock_guard lock(mutex_);
        copies.take(*store_, *kind);
    }
    return to.write(copies.to_json(host_.wall(), from.parameter("filter")));
}

}  // namespace sonde::enrich_context
