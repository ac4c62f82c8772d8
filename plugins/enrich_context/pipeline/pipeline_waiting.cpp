// SPDX-License-Identifier: Apache-2.0
// Events that are kept: those that wait for what they lack, and those that may be amended.
#include <algorithm>

#include "enrich_context/decode/registry.hpp"
#include "enrich_context/pipeline/pipeline.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using namespace std::chrono_literals;
using bytes = std::span<const std::uint8_t>;

constexpr std::size_t resource_room = 160;  // tags, lengths and numbers of a Resource

}  // namespace

// False if there is no room; then it is published at once, and may be amended.
bool pipeline::keep(const schema::envelope_view& raw, bytes record, std::uint64_t order, std::chrono::nanoseconds now) {
    pack(raw, record, scratch_);
    scratch_.order = order;
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

}  // namespace sonde::enrich_context::pipeline
