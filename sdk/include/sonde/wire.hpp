// SPDX-License-Identifier: Apache-2.0
// Protobuf wire format without protobuf: an append-only writer into borrowed memory and a bounds-checked reader.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include <sonde/c/wire.h>

namespace sonde::wire {

// Writes into memory that it does not own. After an overflow nothing more is written and `overflowed` stays true.
class writer {
public:
    explicit writer(std::span<std::uint8_t> into) noexcept : wire_(sonde_wire_over(into.data(), into.size())) {}

    void uint(std::uint32_t field, std::uint64_t value) noexcept { sonde_wire_uint(&wire_, field, value); }
    void sint(std::uint32_t field, std::int64_t value) noexcept { sonde_wire_sint(&wire_, field, value); }
    void fixed64(std::uint32_t field, std::uint64_t value) noexcept { sonde_wire_fixed64(&wire_, field, value); }
    void number(std::uint32_t field, double value) noexcept { sonde_wire_double(&wire_, field, value); }
    void text(std::uint32_t field, std::string_view value) noexcept {
        sonde_wire_bytes(&wire_, field, value.data(), value.size());
    }
    void bytes(std::uint32_t field, std::span<const std::uint8_t> value) noexcept {
        sonde_wire_bytes(&wire_, field, value.data(), value.size());
    }
    // Finished fields of the message that is being written, as they are.
    void raw(std::span<const std::uint8_t> fields) noexcept {
        if (!fields.empty() && sonde_wire_room(&wire_, fields.size()) != 0) {
            std::memcpy(wire_.at, fields.data(), fields.size());
            wire_.at += fields.size();
        }
    }
    // proto3 leaves zero and empty out; these do too.
    void uint_if(std::uint32_t field, std::uint64_t value) noexcept {
        if (value != 0) {
            uint(field, value);
        }
    }
    void text_if(std::uint32_t field, std::string_view value) noexcept {
        if (!value.empty()) {
            text(field, value);
        }
    }

    // A nested message: `fill` writes its fields into this same writer.
    template <class Fill>
    void message(std::uint32_t field, Fill&& fill) {
        std::uint8_t* const length = sonde_wire_open(&wire_, field);
        fill();
        sonde_wire_close(&wire_, length);
    }
    // One entry of a map<string, string>.
    void entry(std::uint32_t field, std::string_view key, std::string_view value) noexcept {
        message(field, [&] {
            text(1, key);
            text(2, value);
        });
    }

    [[nodiscard]] bool overflowed() const noexcept { return wire_.overflow != 0; }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(sonde_wire_size(&wire_)); }

private:
    sonde_wire wire_;
};

// One field of a message. `bytes` is set for length-delimited fields, `value` for the others.
struct field {
    std::uint32_t number = 0;
    std::uint32_t type = 0;
    std::uint64_t value = 0;
    std::span<const std::uint8_t> bytes;

    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    [[nodiscard]] double number_value() const noexcept { return std::bit_cast<double>(value); }
};

// Walks the fields of a message. Malformed input ends the walk with `failed` true; it never reads outside the span.
class reader {
public:
    explicit reader(std::span<const std::uint8_t> from) noexcept : rest_(from) {}

    [[nodiscard]] std::optional<field> next() noexcept {
        if (rest_.empty() || failed_) {
            return std::nullopt;
        }
        const std::uint64_t tag = varint();
        field found{static_cast<std::uint32_t>(tag >> 3), static_cast<std::uint32_t>(tag & 7), 0, {}};
        if (failed_ || found.number == 0 || (tag >> 32) != 0) {
            return stop();
        }
        switch (found.type) {
        case SONDE_WIRE_VARINT: found.value = varint(); break;
        case SONDE_WIRE_FIXED64: found.value = fixed(8); break;
        case SONDE_WIRE_FIXED32: found.value = fixed(4); break;
        case SONDE_WIRE_BYTES: found.bytes = take(varint()); break;
        default: return stop();
        }
        return failed_ ? std::nullopt : std::optional(found);
    }

    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    std::nullopt_t stop() noexcept {
        failed_ = true;
        return std::nullopt;
    }
    std::span<const std::uint8_t> take(std::uint64_t size) noexcept {
        if (failed_ || size > rest_.size()) {
            failed_ = true;
            return {};
        }
        const auto taken = rest_.first(static_cast<std::size_t>(size));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    std::uint64_t fixed(std::size_t size) noexcept {
        std::uint64_t value = 0;
        const auto taken = take(size);
        if (std::endian::native == std::endian::little && !taken.empty()) {
            std::memcpy(&value, taken.data(), taken.size());
        } else {
            for (std::size_t i = 0; i < taken.size(); ++i) {
                value |= static_cast<std::uint64_t>(taken[i]) << (8 * i);
            }
        }
        return value;
    }
    std::uint64_t varint() noexcept {
        // Tags and most values are one byte.
        if (!rest_.empty() && rest_.front() < 0x80) {
            const std::uint8_t byte = rest_.front();
            rest_ = rest_.subspan(1);
            return byte;
        }
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 70; shift += 7) {
            if (rest_.empty()) {
                break;
            }
            const std::uint8_t byte = rest_.front();
            rest_ = rest_.subspan(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
            if (byte < 0x80) {
                return value;
            }
        }
        failed_ = true;
        return 0;
    }

    std::span<const std::uint8_t> rest_;
    bool failed_ = false;
};

}  // namespace sonde::wire
