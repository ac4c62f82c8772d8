// SPDX-License-Identifier: Apache-2.0
// Walks an encoded message in the order of its field numbers and tells a sink what is there. It reads what any writer
// may produce, as protobuf's own parser does: fields in any order, repeated singular fields (the last counts, messages
// merge), packed and unpacked lists, map entries with the same key, unknown fields.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "message_plan.hpp"

namespace sonde::schema {

class message_sink {
public:
    virtual void member(const field_plan& field) = 0;  // what follows is a member of the open object
    virtual void entry(std::string_view key) = 0;      // or an entry of the open map
    virtual void element() = 0;                        // or an element of the open list
    virtual void scalar(const field_plan& field, const wire::field& value) = 0;
    virtual void open_object() = 0;
    virtual void close_object() = 0;
    virtual void open_list() = 0;
    virtual void close_list() = 0;

protected:
    ~message_sink() = default;
};

class message_walker final {
public:
    // False if the bytes are not such a message; the sink has then seen a part of it.
    [[nodiscard]] bool walk(const message_plan& plan, std::span<const std::uint8_t> bytes, message_sink& sink);

private:
    using octets = std::span<const std::uint8_t>;
    struct found {
        const field_plan* field;
        wire::field value;
        std::size_t place;  // in the order of the encoding
    };
    struct map_entry {
        std::string key;
        wire::field value;
        std::size_t place;
    };

    bool walk_fields(const message_plan& plan, octets bytes, message_sink& sink);
    bool collect(const message_plan& plan, octets bytes);
    bool tell(std::size_t first, std::size_t last, message_sink& sink);
    bool tell_message(std::size_t first, std::size_t last, message_sink& sink);
    bool tell_list(std::size_t first, std::size_t last, message_sink& sink);
    bool tell_map(std::size_t first, std::size_t last, message_sink& sink);

    std::vector<found> found_;  // of all open messages, the innermost last
    unsigned depth_ = 0;
};

// Calls `visit(wire::field)` for each value of a packed list. False if the list is malformed.
template <class Visit>
[[nodiscard]] bool for_each_packed(const field_plan& field, std::span<const std::uint8_t> bytes, Visit&& visit) {
    const auto varint = [&bytes](std::uint64_t& value) {
        value = 0;
        for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
            const std::uint8_t byte = bytes.front();
            bytes = bytes.subspan(1);
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) {
                return true;
            }
        }
        return false;
    };
    const auto fixed = [&bytes](std::size_t size, std::uint64_t& value) {
        value = 0;
        if (bytes.size() < size) {
            return false;
        }
        for (std::size_t i = 0; i < size; ++i) {
            value |= std::uint64_t{bytes[i]} << (8 * i);
        }
        bytes = bytes.subspan(size);
        return true;
    };
    while (!bytes.empty()) {
        wire::field one{field.number, field.wire_type, 0, {}};
        const bool whole = field.wire_type == SONDE_WIRE_VARINT    ? varint(one.value)
                           : field.wire_type == SONDE_WIRE_FIXED64 ? fixed(8, one.value)
                                                                   : fixed(4, one.value);
        if (!whole) {
            return false;
        }
        visit(one);
    }
    return true;
}

}  // namespace sonde::schema
