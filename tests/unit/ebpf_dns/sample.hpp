// SPDX-License-Identifier: Apache-2.0
// Messages to test with: captured ones from tests/data/dns (dig asking dnsmasq) and ones written byte by byte.
#pragma once

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "ebpf/dns/message.hpp"

namespace sonde::ebpf::dns {

using buffer = std::vector<std::uint8_t>;

inline buffer captured(const std::string& file) {
    std::ifstream from(std::string(SONDE_TEST_DATA) + "/dns/" + file, std::ios::binary);
    buffer all{std::istreambuf_iterator<char>(from), {}};
    EXPECT_FALSE(all.empty()) << file;
    return all;
}

// Writes a message in the order of its parts; the counts of the header follow what was added.
class builder final {
public:
    static constexpr std::size_t question_name = 12;
    static constexpr std::uint16_t response = 0x8000;

    explicit builder(std::uint16_t id, std::uint16_t flags = 0) {
        u16(id);
        u16(flags);
        bytes_.resize(12);
    }
    builder& question(std::string_view name, std::uint16_t type, std::uint16_t of_class = 1) {
        this->name(name);
        u16(type);
        u16(of_class);
        ++bytes_[5];
        return *this;
    }
    // Owner by pointer; returns the offset of the data.
    std::size_t answer(std::size_t owner, std::uint16_t type, std::uint32_t ttl, const buffer& data,
                       std::uint16_t of_class = 1) {
        u16(static_cast<std::uint16_t>(0xc000 | owner));
        u16(type);
        u16(of_class);
        u16(static_cast<std::uint16_t>(ttl >> 16));
        u16(static_cast<std::uint16_t>(ttl));
        u16(static_cast<std::uint16_t>(data.size()));
        const std::size_t at = bytes_.size();
        raw(data);
        ++bytes_[7];
        return at;
    }
    builder& raw(const buffer& data) {
        bytes_.insert(bytes_.end(), data.begin(), data.end());
        return *this;
    }
    builder& name(std::string_view text) { return raw(wire(text)); }

    static buffer wire(std::string_view text) {
        buffer out;
        while (!text.empty()) {
            const std::string_view label = text.substr(0, text.find('.'));
            out.push_back(static_cast<std::uint8_t>(label.size()));
            out.insert(out.end(), label.begin(), label.end());
            text.remove_prefix(std::min(label.size() + 1, text.size()));
        }
        out.push_back(0);
        return out;
    }

    [[nodiscard]] const buffer& get() const { return bytes_; }
    // Counts as the test says, whatever was added.
    builder& counts(std::uint8_t questions, std::uint8_t answers) {
        bytes_[5] = questions;
        bytes_[7] = answers;
        return *this;
    }

private:
    void u16(std::uint16_t value) {
        bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
        bytes_.push_back(static_cast<std::uint8_t>(value));
    }
    buffer bytes_;
};

inline message parsed(const buffer& from) {
    message into;
    EXPECT_EQ(into.parse(from), refusal::none);
    return into;
}

inline address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {.bytes = {a, b, c, d}, .of = family::ipv4};
}

}  // namespace sonde::ebpf::dns
