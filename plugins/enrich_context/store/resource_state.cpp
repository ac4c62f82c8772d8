// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/resource_state.hpp"

#include <sonde/wire.hpp>

#include "enrich_context/layout.hpp"

namespace sonde::enrich_context::store {
namespace {

using numbers::object::object_action;

constexpr std::size_t room = 640;  // the names of seven counts, and their numbers

// proto3 leaves zero out; a negative number is its two's complement.
void write_count(wire::writer& out, const count_of& count) {
    namespace fields = layout::resource_state;
    static_assert(static_cast<int>(fields::desired) == static_cast<int>(layout::divergence::desired) &&
                  static_cast<int>(fields::actual) == static_cast<int>(layout::divergence::actual) &&
                  static_cast<int>(fields::field_name) == static_cast<int>(layout::divergence::field_name));
    out.text(fields::field_name, count.field);
    out.uint_if(fields::desired, static_cast<std::uint64_t>(count.desired));
    out.uint_if(fields::actual, static_cast<std::uint64_t>(count.actual));
}

}  // namespace

void append_resource_state(object_reader& reader, std::span<const std::uint8_t> object, std::vector<std::uint8_t>& to) {
    object_action action{};
    std::string_view kind;
    std::span<const std::uint8_t> json;
    wire::reader in(object);
    while (const auto field = in.next()) {
        switch (field->number) {
        case numbers::object::action: action = static_cast<object_action>(field->value); break;
        case numbers::object::kind: kind = field->text(); break;
        case numbers::object::object_json: json = field->bytes; break;
        default: break;
        }
    }
    if (in.failed() || json.empty() || action == object_action::deleted) {
        return;
    }
    const auto facts = reader.read_resource(kind, json);
    if (!facts) {
        return;
    }
    const std::size_t before = to.size();
    to.resize(before + room);
    wire::writer out(std::span<std::uint8_t>(to).subspan(before));
    out.message(layout::event::resource_state, [&] {
        write_count(out, facts->main);
        for (std::size_t i = 0; i < facts->divergence_count; ++i) {
            out.message(layout::resource_state::divergences, [&] { write_count(out, facts->divergences[i]); });
        }
        out.uint_if(layout::resource_state::generation_lag, facts->generation_lag);
    });
    to.resize(before + out.size());
}

}  // namespace sonde::enrich_context::store
