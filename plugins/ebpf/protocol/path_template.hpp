// SPDX-License-Identifier: Apache-2.0
// url.template out of a request target: parts of the path that name one thing among many become "{id}", so that the
// number of templates follows the program and not its data. Never longer than `longest_template`, always printable
// ASCII, and free of queries, fragments, parameters and addresses of people.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sonde::ebpf::protocol {

constexpr std::size_t longest_template = 160;
constexpr std::size_t most_segments = 8;  // what comes after them is "{rest}"

class path_template final {
public:
    explicit path_template(std::string_view target) noexcept;
    [[nodiscard]] std::string_view view() const noexcept { return {room_.data(), size_}; }

private:
    [[nodiscard]] bool add_segment(std::string_view segment) noexcept;
    [[nodiscard]] bool add(std::string_view text) noexcept;

    std::array<char, longest_template> room_;
    std::size_t size_ = 0;
};

// Whether a segment is taken for an identifier: numbers, also with separators (dates, addresses, versions of data),
// UUIDs, hexadecimal of eight digits and more, what looks random, what is very long or has an "@".
[[nodiscard]] bool is_identifier(std::string_view segment) noexcept;

}  // namespace sonde::ebpf::protocol
