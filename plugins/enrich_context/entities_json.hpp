// SPDX-License-Identifier: Apache-2.0
// What the endpoint `entities` answers: entity events as JSON objects, in the form of docs/formats/jsonl.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "enrich_context/store/store.hpp"

namespace sonde::enrich_context {

// By name; none for an empty text: all kinds.
[[nodiscard]] result<entity_kind> entity_kind_of(std::string_view name);

// A copy of encoded entities, so that the store is kept waiting for as short as possible.
class entity_copies final {
public:
    void take(entity_store& from, entity_kind kind);
    // {"entities":[...]}: those whose text holds `filter`.
    [[nodiscard]] std::string to_json(std::chrono::nanoseconds now, std::string_view filter) const;

private:
    struct place {
        entity_kind kind;
        std::size_t begin;
        std::size_t size;
    };
    std::vector<std::uint8_t> bytes_;
    std::vector<place> places_;
};

}  // namespace sonde::enrich_context
