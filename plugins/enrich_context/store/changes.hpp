// SPDX-License-Identifier: Apache-2.0
// Changes of entities as sonde.v1.EntityEvent: noted when they happen, encoded when they are asked for.
#pragma once

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

// Notes that a record changed. Several changes before it is told are told once.
template <class Record>
void note_change(knowledge& in, entity_kind kind, slot_table<Record>& table, std::uint32_t slot) {
    slot_head& head = table[slot].head;
    head.revision = ++in.revision;
    if (!head.is_waiting && (kind != entity_kind::process || in.settings.tells_processes)) {
        head.is_waiting = true;
        in.changes.push_back(
            {.kind = kind, .of = table.handle_of(slot), .key = {}, .last_word = {}, .action = entity_action::none});
    }
}

// A record that is about to be forgotten: whoever was told of it hears that it is gone.
void note_last_word(knowledge& in, entity_kind kind, const slot_head& head, const encoded& told);

// The facts of another host have become known.
void note_host(knowledge& in, text_id node);

class teller final {
public:
    // The oldest change, or null. What it points to is valid until the next call of anything.
    [[nodiscard]] const told_entity* next_change(knowledge& in);
    [[nodiscard]] const told_entity* next_of(knowledge& in, std::uint32_t& kind, std::uint32_t& slot);

private:
    template <class Record>
    void encode(knowledge& in, entity_kind kind, Record& record);
    void encode_mark(knowledge& in, entity_kind kind);

    told_entity told_;
    std::vector<std::uint8_t> bytes_;
    change last_;
};

}  // namespace sonde::enrich_context::store
