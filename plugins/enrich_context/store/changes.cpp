// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/changes.hpp"

#include <algorithm>

#include "enrich_context/store/encode.hpp"
#include "enrich_context/store/numbers.hpp"

namespace sonde::enrich_context::store {
namespace {

constexpr std::size_t most_last_words = 65'536;

// A section of a context has the same bytes as the entity of an event, but for the tag: one byte, as all those field
// numbers are below 16.
void write_entity(wire::writer& out, entity_kind kind, std::span<const std::uint8_t> section) {
    constexpr std::size_t tag_and_length = 1 + SONDE_WIRE_LENGTH_SIZE;
    out.bytes(numbers::event::entity_field(static_cast<std::uint32_t>(kind)), section.subspan(tag_and_length));
}

void write_head(wire::writer& out, entity_action action, entity_kind kind, std::string_view key,
                std::uint64_t revision) {
    out.uint(numbers::event::action, static_cast<std::uint64_t>(action));
    out.uint(numbers::event::kind, static_cast<std::uint64_t>(kind));
    out.text_if(numbers::event::key, key);
    out.uint_if(numbers::event::revision, revision);
}

void write_host_event(const knowledge& in, const host_record& host, wire::writer& out) {
    write_head(out, entity_action::set, entity_kind::host, in.key_buffer, in.revision);
    write_entity(out, entity_kind::host, host.section);
}

}  // namespace

void note_host(knowledge& in, text_id node) {
    const host_record& host = in.host(node);
    in.key_buffer = "host:" + host.id;
    const auto event = compose(in.bytes, [&](wire::writer& out) { write_host_event(in, host, out); });
    in.changes.push_back({.kind = entity_kind::host,
                          .of = {},
                          .key = in.key_buffer,
                          .last_word = {event.begin(), event.end()},
                          .action = entity_action::set});
}

void note_last_word(knowledge& in, entity_kind kind, const slot_head& head, const encoded& told) {
    if (!head.is_told && !(head.is_waiting && head.is_deleted)) {
        return;
    }
    if (in.changes.size() >= most_last_words) {
        ++in.lost_changes;
        return;
    }
    const std::uint64_t revision = ++in.revision;
    const auto event = compose(in.bytes, [&](wire::writer& out) {
        write_head(out, entity_action::deleted, kind, told.key(), revision);
        write_entity(out, kind, told.section());
    });
    in.changes.push_back({.kind = kind,
                          .of = {},
                          .key = std::string(told.key()),
                          .last_word = {event.begin(), event.end()},
                          .action = entity_action::deleted});
}

template <class Record>
void teller::encode(knowledge& in, entity_kind kind, Record& record) {
    const entity_action action = record.head.is_deleted ? entity_action::deleted : entity_action::set;
    told_.kind = kind;
    told_.action = action;
    told_.key = record.told.key();
    told_.data = compose(bytes_, [&](wire::writer& out) {
        write_head(out, action, kind, record.told.key(), record.head.revision);
        if constexpr (std::is_same_v<Record, service_record>) {
            out.message(numbers::event::entity_field(static_cast<std::uint32_t>(kind)),
                        [&] { write_service_with_pods(in, record, out); });
        } else {
            write_entity(out, kind, record.told.section());
        }
    });
}

void teller::encode_mark(knowledge& in, entity_kind kind) {
    told_ = {.kind = kind, .action = entity_action::synced, .key = {}, .data = {}};
    told_.data =
        compose(bytes_, [&](wire::writer& out) { write_head(out, entity_action::synced, kind, {}, in.revision); });
}

const told_entity* teller::next_change(knowledge& in) {
    while (!in.changes.empty()) {
        last_ = std::move(in.changes.front());
        in.changes.pop_front();
        if (!last_.last_word.empty()) {
            told_ = {.kind = last_.kind, .action = last_.action, .key = last_.key, .data = last_.last_word};
            return &told_;
        }
        bool is_there = false;
        in.with_table(last_.kind, [&](auto& table) {
            auto* const record = table.get(last_.of);
            if (record != nullptr) {
                record->head.is_waiting = false;
                record->head.is_told = !record->head.is_deleted;
                encode(in, last_.kind, *record);
                is_there = true;
            }
        });
        if (is_there) {
            return &told_;
        }
    }
    return nullptr;
}

const told_entity* teller::next_of(knowledge& in, std::uint32_t& kind, std::uint32_t& slot) {
    while (kind < entity_kind_count) {
        const auto of = static_cast<entity_kind>(kind);
        bool is_there = false;
        for (; of == entity_kind::host && slot < in.hosts.size(); ++slot) {
            const host_record& host = in.hosts[slot];
            if (!host.section.empty()) {
                ++slot;
                in.key_buffer = "host:" + host.id;
                told_ = {.kind = of, .action = entity_action::set, .key = in.key_buffer, .data = {}};
                told_.data = compose(bytes_, [&](wire::writer& out) { write_host_event(in, host, out); });
                return &told_;
            }
        }
        in.with_table(of, [&](auto& table) {
            for (; slot < table.slots() && !is_there; ++slot) {
                auto& record = table[slot];
                const bool is_wanted = record.head.is_taken && !record.head.is_deleted;
                if (is_wanted) {
                    encode(in, of, record);
                    record.head.is_told = true;
                    is_there = true;
                }
            }
        });
        if (is_there) {
            return &told_;
        }
        ++kind;
        slot = 0;
        encode_mark(in, of);
        return &told_;
    }
    return nullptr;
}

}  // namespace sonde::enrich_context::store
