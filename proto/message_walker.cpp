// SPDX-License-Identifier: Apache-2.0
#include "message_walker.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sonde::schema {
namespace {

// Deeper than any schema, far below what the stack holds.
constexpr unsigned most_depth = 64;

const field_plan& key_field(const field_plan& map) { return map.message->fields.front(); }
const field_plan& value_field(const field_plan& map) { return map.message->fields.back(); }

}  // namespace

bool message_walker::walk(const message_plan& plan, octets bytes, message_sink& sink) {
    found_.clear();
    depth_ = 0;
    return walk_fields(plan, bytes, sink);
}

bool message_walker::walk_fields(const message_plan& plan, octets bytes, message_sink& sink) {
    if (depth_ == most_depth) {
        return false;
    }
    ++depth_;
    const std::size_t first = found_.size();
    bool whole = collect(plan, bytes);
    const std::size_t last = found_.size();
    for (std::size_t at = first; at < last && whole;) {
        std::size_t next = at + 1;
        while (next < last && found_[next].field == found_[at].field) {
            ++next;
        }
        whole = tell(at, next, sink);
        at = next;
    }
    found_.resize(first);
    --depth_;
    return whole;
}

// Appends the known fields to `found_`, in the order of their numbers.
bool message_walker::collect(const message_plan& plan, octets bytes) {
    const std::size_t first = found_.size();
    bool sorted = true;
    auto at = plan.fields.begin();
    wire::reader in(bytes);
    while (const auto field = in.next()) {
        // Writers mostly go by number: look from the last place on, and start over only after a step back.
        if (at != plan.fields.end() && field->number < at->number) {
            at = plan.fields.begin();
        }
        while (at != plan.fields.end() && at->number < field->number) {
            ++at;
        }
        if (at == plan.fields.end() || at->number != field->number) {
            at = at == plan.fields.end() ? plan.fields.begin() : at;
            continue;
        }
        const bool is_packed = at->is_list && at->wire_type != SONDE_WIRE_BYTES && field->type == SONDE_WIRE_BYTES;
        if ((field->type != at->wire_type && !is_packed) || (is_packed && field->bytes.empty())) {
            continue;
        }
        sorted = sorted && (found_.size() == first || found_.back().field->number <= at->number);
        found_.push_back({&*at, *field, found_.size()});
    }
    if (!sorted) {
        const auto key = [](const found& entry) { return std::pair(entry.field->number, entry.place); };
        std::ranges::sort(found_.begin() + static_cast<std::ptrdiff_t>(first), found_.end(), {}, key);
    }
    return !in.failed();
}

// Tells the sink of the field that `found_[first]` up to `last` are about.
bool message_walker::tell(std::size_t first, std::size_t last, message_sink& sink) {
    const field_plan& field = *found_[first].field;
    if (field.is_map) {
        return tell_map(first, last, sink);
    }
    if (field.is_list) {
        return tell_list(first, last, sink);
    }
    if (field.kind == field_kind::message) {
        return tell_message(first, last, sink);
    }
    const wire::field value = found_[last - 1].value;
    if (field.has_presence || !is_default(field, value)) {
        sink.member(field);
        sink.scalar(field, value);
    }
    return true;
}

bool message_walker::tell_message(std::size_t first, std::size_t last, message_sink& sink) {
    const field_plan& field = *found_[first].field;
    octets bytes = found_[first].value.bytes;
    std::vector<std::uint8_t> merged;
    if (last - first > 1) {  // the encodings one after the other are the encoding of the merged message
        for (std::size_t i = first; i < last; ++i) {
            merged.insert(merged.end(), found_[i].value.bytes.begin(), found_[i].value.bytes.end());
        }
        bytes = merged;
    }
    sink.member(field);
    sink.open_object();
    const bool whole = walk_fields(*field.message, bytes, sink);
    sink.close_object();
    return whole;
}

bool message_walker::tell_list(std::size_t first, std::size_t last, message_sink& sink) {
    const field_plan& field = *found_[first].field;
    sink.member(field);
    sink.open_list();
    bool whole = true;
    for (std::size_t i = first; i < last && whole; ++i) {
        const wire::field value = found_[i].value;
        if (field.kind == field_kind::message) {
            sink.element();
            sink.open_object();
            whole = walk_fields(*field.message, value.bytes, sink);
            sink.close_object();
        } else if (value.type == field.wire_type) {
            sink.element();
            sink.scalar(field, value);
        } else {
            whole = for_each_packed(field, value.bytes, [&](const wire::field& one) {
                sink.element();
                sink.scalar(field, one);
            });
        }
    }
    sink.close_list();
    return whole;
}

bool message_walker::tell_map(std::size_t first, std::size_t last, message_sink& sink) {
    const field_plan& field = *found_[first].field;
    std::vector<map_entry> entries;
    for (std::size_t i = first; i < last; ++i) {
        wire::field key{0, key_field(field).wire_type, 0, {}};
        wire::field value{0, value_field(field).wire_type, 0, {}};
        wire::reader in(found_[i].value.bytes);
        while (const auto part = in.next()) {
            if (part->number == 1 && part->type == key.type) {
                key = *part;
            } else if (part->number == 2 && part->type == value.type) {
                value = *part;
            }
        }
        if (in.failed()) {
            return false;
        }
        std::string name;
        append_plain(key_field(field), key, name);
        entries.push_back({std::move(name), value, i});
    }
    std::ranges::sort(entries, {}, [](const map_entry& entry) { return std::tie(entry.key, entry.place); });
    sink.member(field);
    sink.open_object();
    bool whole = true;
    for (std::size_t i = 0; i < entries.size() && whole; ++i) {
        if (i + 1 < entries.size() && entries[i + 1].key == entries[i].key) {
            continue;  // the last entry of a key counts
        }
        sink.entry(entries[i].key);
        if (value_field(field).kind == field_kind::message) {
            sink.open_object();
            whole = walk_fields(*value_field(field).message, entries[i].value.bytes, sink);
            sink.close_object();
        } else {
            sink.scalar(value_field(field), entries[i].value);
        }
    }
    sink.close_object();
    return whole;
}

}  // namespace sonde::schema
