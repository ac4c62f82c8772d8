// SPDX-License-Identifier: Apache-2.0
// A short text put together without allocation; what does not fit is cut between two characters.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace sonde::enrich_context::decode {

template <std::size_t Size>
class text_buffer {
public:
    text_buffer& begin() noexcept {
        size_ = 0;
        return *this;
    }
    text_buffer& add(std::string_view text) noexcept {
        std::size_t size = text.size() < Size - size_ ? text.size() : Size - size_;
        // Never inside a character of UTF-8.
        while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
            --size;
        }
        std::copy_n(text.data(), size, text_.data() + size_);  // of nothing, too
        size_ += size;
        return *this;
    }
    text_buffer& add(std::uint64_t number) noexcept {
        std::array<char, 20> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    // ASCII letters in lower case.
    text_buffer& add_lower(std::string_view text) noexcept {
        const std::size_t from = size_;
        add(text);
        for (std::size_t i = from; i < size_; ++i) {
            text_[i] = text_[i] >= 'A' && text_[i] <= 'Z' ? static_cast<char>(text_[i] - 'A' + 'a') : text_[i];
        }
        return *this;
    }
    [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, Size> text_{};
    std::size_t size_ = 0;
};

}  // namespace sonde::enrich_context::decode
