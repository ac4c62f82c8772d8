// SPDX-License-Identifier: Apache-2.0
// How objects are read out of JSON: what is absent or of a wrong type counts as not said. Internal to the store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "common/json_fields.hpp"
#include "enrich_context/store/object_facts.hpp"

namespace sonde::enrich_context::store {

using common::json::each_item;
using common::json::element;
using common::json::integer;
using common::json::text;
using common::json::with_object;

struct object_reader::parser {
    // Objects are a few kilobytes; a parser's memory is ten times its largest.
    static constexpr std::size_t kept_size = 256 * 1024;

    simdjson::dom::parser of;
    std::unique_ptr<simdjson::dom::parser> of_large;

    // The root, if it is an object.
    [[nodiscard]] std::optional<element> read(std::span<const std::uint8_t> json) {
        of_large.reset();
        simdjson::dom::parser* with = &of;
        if (json.size() > kept_size) {
            of_large = std::make_unique<simdjson::dom::parser>();
            with = of_large.get();
        }
        element root;
        const auto problem = with->parse(json.data(), json.size()).get(root);
        return problem == simdjson::SUCCESS && root.is_object() ? std::optional(root) : std::nullopt;
    }
};

}  // namespace sonde::enrich_context::store
