// SPDX-License-Identifier: Apache-2.0
// What printing needs to know of a protobuf message, taken once from its descriptor: per field the number, the kind and
// the ready-made JSON key. With it payloads are read straight from their wire form.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonde/wire.hpp>

namespace google::protobuf {
class Descriptor;
class EnumDescriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace sonde::schema {

enum class field_kind : std::uint8_t {
    boolean,
    int32,   // also sfixed32
    int64,   // also sfixed64
    uint32,  // also fixed32
    uint64,  // also fixed64
    sint32,
    sint64,
    real32,
    real64,
    enumeration,
    text,
    bytes,
    address,  // bytes by type, an IP address by name: "address" or "..._address"
    message,
};

struct message_plan;

struct field_plan {
    std::uint32_t number = 0;
    std::uint32_t wire_type = 0;  // of one value, outside a packed list
    field_kind kind = field_kind::bytes;
    bool is_list = false;
    bool is_map = false;
    bool has_presence = false;  // told apart from its default value
    std::string name;
    std::string key;                        // "name":
    std::string camel_key;                  // likewise, as protobuf's own JSON has it: "parentPid":
    const message_plan* message = nullptr;  // for kind message
    std::vector<std::pair<std::int32_t, std::string>> enumerators;
};

struct message_plan {
    std::vector<field_plan> fields;  // by number

    [[nodiscard]] const field_plan* find(std::string_view name) const noexcept;
};

// The plans of all messages asked for so far. It grows only by messages that are linked into the process.
class plan_store final {
public:
    // Null if no such message is known, whatever its content type says.
    [[nodiscard]] const message_plan* find(std::string_view full_name);

private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    const message_plan* build(const google::protobuf::Descriptor& from);
    field_plan build_field(const google::protobuf::FieldDescriptor& from);

    std::unordered_map<std::string, std::unique_ptr<message_plan>, text_hash, std::equal_to<>> plans_;
    std::string last_name_;
    const message_plan* last_ = nullptr;
};

// Names of an enum's values as they are printed: in lower case, without the prefix that repeats the enum's name.
[[nodiscard]] std::vector<std::pair<std::int32_t, std::string>>
enumerators_of(const google::protobuf::EnumDescriptor& from);

// The name of an enum value, or its number if it has none.
void append_enumerator(const field_plan& field, std::int32_t value, std::string& out);

// Appends one scalar value as plain text: what is printed, without quotes and escapes.
void append_plain(const field_plan& field, const wire::field& value, std::string& out);

// The value of an integer field of a signed kind.
[[nodiscard]] std::int64_t signed_value(const field_plan& field, const wire::field& value) noexcept;

// True for 0, false and empty, which proto3 does not tell apart from absent.
[[nodiscard]] bool is_default(const field_plan& field, const wire::field& value) noexcept;

}  // namespace sonde::schema
