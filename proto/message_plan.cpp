// SPDX-License-Identifier: Apache-2.0
#include "message_plan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>

#include <arpa/inet.h>

#include <google/protobuf/descriptor.h>

#include "envelope_text.hpp"

namespace sonde::schema {
namespace {

using google::protobuf::FieldDescriptor;

bool is_address(std::string_view name) {
    return name == "address" || name.ends_with("_address") || name.ends_with("_addresses");
}

// As inet_ntop(3) has it; what is neither IPv4 nor IPv6 by its length stays base64.
void append_address(std::span<const std::uint8_t> bytes, std::string& out) {
    if (bytes.size() == sizeof(in_addr)) {  // by hand: inet_ntop() of four bytes goes through sprintf()
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            out.append(i == 0 ? "" : ".");
            append_integer(std::uint32_t{bytes[i]}, out);
        }
        return;
    }
    if (bytes.size() != sizeof(in6_addr)) {
        append_base64(bytes, out);
        return;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    out += ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
}

field_kind kind_of(const FieldDescriptor& field) {
    switch (field.type()) {
    case FieldDescriptor::TYPE_BOOL: return field_kind::boolean;
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_SFIXED32: return field_kind::int32;
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_SFIXED64: return field_kind::int64;
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_FIXED32: return field_kind::uint32;
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_FIXED64: return field_kind::uint64;
    case FieldDescriptor::TYPE_SINT32: return field_kind::sint32;
    case FieldDescriptor::TYPE_SINT64: return field_kind::sint64;
    case FieldDescriptor::TYPE_FLOAT: return field_kind::real32;
    case FieldDescriptor::TYPE_DOUBLE: return field_kind::real64;
    case FieldDescriptor::TYPE_ENUM: return field_kind::enumeration;
    case FieldDescriptor::TYPE_STRING: return field_kind::text;
    case FieldDescriptor::TYPE_MESSAGE: return field_kind::message;
    case FieldDescriptor::TYPE_BYTES: return is_address(field.name()) ? field_kind::address : field_kind::bytes;
    case FieldDescriptor::TYPE_GROUP: break;
    }
    return field_kind::bytes;
}

std::uint32_t wire_type_of(const FieldDescriptor& field) {
    switch (field.type()) {
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
    case FieldDescriptor::TYPE_DOUBLE: return SONDE_WIRE_FIXED64;
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
    case FieldDescriptor::TYPE_FLOAT: return SONDE_WIRE_FIXED32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP: return SONDE_WIRE_BYTES;
    default: return SONDE_WIRE_VARINT;
    }
}

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// "ClockQuality" -> "CLOCK_QUALITY_"
std::string prefix_of(const std::string& enum_name) {
    std::string prefix;
    for (std::size_t i = 0; i < enum_name.size(); ++i) {
        if (i != 0 && is_upper(enum_name[i]) && !is_upper(enum_name[i - 1])) {
            prefix += '_';
        }
        prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(enum_name[i])));
    }
    return prefix + '_';
}

constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace

const field_plan* message_plan::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(fields, name, &field_plan::name);
    return found == fields.end() ? nullptr : &*found;
}

const message_plan* plan_store::find(std::string_view full_name) {
    if (full_name == last_name_) {
        return last_;
    }
    last_name_ = full_name;
    if (const auto known = plans_.find(full_name); known != plans_.end()) {
        return last_ = known->second.get();
    }
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(last_name_);
    return last_ = descriptor == nullptr ? nullptr : build(*descriptor);
}

const message_plan* plan_store::build(const google::protobuf::Descriptor& from) {
    auto& place = plans_[from.full_name()];
    if (place != nullptr) {
        return place.get();
    }
    place = std::make_unique<message_plan>();
    message_plan* const plan = place.get();  // known before its fields are: messages may contain themselves
    for (int i = 0; i < from.field_count(); ++i) {
        plan->fields.push_back(build_field(*from.field(i)));
    }
    std::ranges::sort(plan->fields, {}, &field_plan::number);
    return plan;
}

field_plan plan_store::build_field(const FieldDescriptor& from) {
    field_plan plan;
    plan.number = static_cast<std::uint32_t>(from.number());
    plan.wire_type = wire_type_of(from);
    plan.kind = kind_of(from);
    plan.is_map = from.is_map();
    plan.is_list = from.is_repeated() && !from.is_map();
    plan.has_presence = from.has_presence();
    plan.name = from.name();
    plan.key = '"' + from.name() + "\":";
    plan.camel_key = '"' + from.json_name() + "\":";
    if (plan.kind == field_kind::message) {
        plan.message = build(*from.message_type());
    }
    if (plan.kind == field_kind::enumeration) {
        plan.enumerators = enumerators_of(*from.enum_type());
    }
    return plan;
}

std::vector<std::pair<std::int32_t, std::string>> enumerators_of(const google::protobuf::EnumDescriptor& from) {
    const std::string prefix = prefix_of(from.name());
    std::vector<std::pair<std::int32_t, std::string>> all;
    for (int i = 0; i < from.value_count(); ++i) {
        std::string name = from.value(i)->name();
        if (name.starts_with(prefix)) {
            name.erase(0, prefix.size());
        }
        for (char& c : name) {
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        all.emplace_back(from.value(i)->number(), std::move(name));
    }
    return all;
}

void append_enumerator(const field_plan& field, std::int32_t value, std::string& out) {
    for (const auto& [number, name] : field.enumerators) {
        if (number == value) {
            out += name;
            return;
        }
    }
    append_integer(value, out);
}

void append_plain(const field_plan& field, const wire::field& value, std::string& out) {
    switch (field.kind) {
    case field_kind::boolean: out += value.value != 0 ? "true" : "false"; break;
    case field_kind::int32:
    case field_kind::int64:
    case field_kind::sint32:
    case field_kind::sint64: append_integer(signed_value(field, value), out); break;
    case field_kind::uint32: append_integer(static_cast<std::uint32_t>(value.value), out); break;
    case field_kind::uint64: append_integer(value.value, out); break;
    case field_kind::real32: append_number(std::bit_cast<float>(static_cast<std::uint32_t>(value.value)), out); break;
    case field_kind::real64: append_number(std::bit_cast<double>(value.value), out); break;
    case field_kind::enumeration: append_enumerator(field, static_cast<std::int32_t>(value.value), out); break;
    case field_kind::text: out += value.text(); break;
    case field_kind::address: append_address(value.bytes, out); break;
    case field_kind::bytes:
    case field_kind::message: append_base64(value.bytes, out); break;
    }
}

std::int64_t signed_value(const field_plan& field, const wire::field& value) noexcept {
    switch (field.kind) {
    case field_kind::int32: return static_cast<std::int32_t>(value.value);
    case field_kind::sint32: return unzigzag(static_cast<std::uint32_t>(value.value));
    case field_kind::sint64: return unzigzag(value.value);
    default: return static_cast<std::int64_t>(value.value);
    }
}

bool is_default(const field_plan& field, const wire::field& value) noexcept {
    if (field.wire_type == SONDE_WIRE_BYTES) {
        return value.bytes.empty();
    }
    const bool is_narrow = field.kind == field_kind::int32 || field.kind == field_kind::uint32 ||
                           field.kind == field_kind::sint32 || field.kind == field_kind::enumeration;
    return is_narrow ? static_cast<std::uint32_t>(value.value) == 0 : value.value == 0;
}

}  // namespace sonde::schema
