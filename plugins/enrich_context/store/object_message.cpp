// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/object_facts.hpp"

#include <charconv>

#include <sonde/wire.hpp>

namespace sonde::enrich_context::store {
namespace {

using pairs = std::vector<std::pair<std::string_view, std::string_view>>;

bool read_entry(std::span<const std::uint8_t> from, pairs& into) {
    wire::reader fields(from);
    std::pair<std::string_view, std::string_view> entry;
    while (const auto field = fields.next()) {
        (field->number == 1 ? entry.first : entry.second) = field->text();
    }
    into.push_back(entry);
    return !fields.failed();
}

// An owner or a reference: their fields have the same numbers.
bool read_reference(std::span<const std::uint8_t> from, reference_view& into, bool& is_controller) {
    wire::reader fields(from);
    while (const auto field = fields.next()) {
        switch (field->number) {
        case numbers::object::owner_kind: into.kind = field->text(); break;
        case numbers::object::owner_name: into.name = field->text(); break;
        case numbers::object::owner_uid: into.uid = field->text(); break;
        case numbers::object::owner_controller: is_controller = field->value != 0; break;
        default: break;
        }
    }
    return !fields.failed();
}

bool read_relation(std::span<const std::uint8_t> from, object_message& into) {
    wire::reader fields(from);
    std::uint64_t type = 0;
    reference_view other;
    while (const auto field = fields.next()) {
        switch (field->number) {
        case numbers::object::relation_type: type = field->value; break;
        case numbers::object::relation_kind: other.kind = field->text(); break;
        case numbers::object::relation_name: other.name = field->text(); break;
        case numbers::object::relation_uid: other.uid = field->text(); break;
        default: break;
        }
    }
    if (type == numbers::object::relation_endpoint_for) {
        into.service = other.name;
    } else if (type == numbers::object::relation_selects && other.kind == "Pod" && !other.uid.empty()) {
        into.pod_uids.push_back(other.uid);
    }
    return !fields.failed();
}

// Resource versions are opaque by contract, and numbers that grow by practice: those that are none are not compared.
std::uint64_t version_of(std::string_view text) noexcept {
    std::uint64_t version = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), version);
    return problem == std::errc() && end == text.data() + text.size() ? version : 0;
}

}  // namespace

bool object_message::read(std::span<const std::uint8_t> from) {
    wire::reader fields(from);
    bool is_whole = true;
    while (const auto field = fields.next()) {
        namespace number = numbers::object;
        switch (field->number) {
        case number::action: action = static_cast<number::object_action>(field->value); break;
        case number::origin: origin = static_cast<number::object_origin>(field->value); break;
        case number::kind: kind = field->text(); break;
        case number::name_space: name_space = field->text(); break;
        case number::name: name = field->text(); break;
        case number::uid: uid = field->text(); break;
        case number::resource_version: version = version_of(field->text()); break;
        case number::creation_time: created = field->value; break;
        case number::deletion_time: deleted = field->value; break;
        case number::object_count: object_count = field->value; break;
        case number::labels: is_whole = read_entry(field->bytes, labels) && is_whole; break;
        case number::annotations: is_whole = read_entry(field->bytes, annotations) && is_whole; break;
        case number::relations: is_whole = read_relation(field->bytes, *this) && is_whole; break;
        case number::object_json: json = field->bytes; break;
        case number::owners: {
            reference_view owner;
            bool is_controller = false;
            is_whole = read_reference(field->bytes, owner, is_controller) && is_whole;
            controller = is_controller ? owner : controller;
            break;
        }
        case number::top_owner: {
            bool is_controller = false;
            is_whole = read_reference(field->bytes, top_owner, is_controller) && is_whole;
            break;
        }
        default: break;
        }
    }
    return is_whole && !fields.failed();
}

}  // namespace sonde::enrich_context::store
