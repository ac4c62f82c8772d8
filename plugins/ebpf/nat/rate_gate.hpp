// SPDX-License-Identifier: Apache-2.0
// Lets so many messages a second pass, counted over intervals. After an interval with too many, an even sample of the
// next one passes instead of only its beginning. Pure: time comes from the caller.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sonde::ebpf::nat {

class rate_gate final {
public:
    static constexpr std::chrono::nanoseconds interval = std::chrono::seconds(3);

    explicit rate_gate(std::uint32_t per_second) noexcept : budget_(std::uint64_t{per_second} * 3) {}

    [[nodiscard]] bool admit(std::uint64_t now) noexcept {
        roll(now);
        ++offered_;
        credit_ += share_;
        if (credit_ >= whole && admitted_ < budget_) {
            credit_ -= whole;
            ++admitted_;
            return true;
        }
        credit_ = std::min(credit_, whole);
        ++refused_;
        return false;
    }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
    // Per cent of the messages that pass at present.
    [[nodiscard]] unsigned sampling() const noexcept { return static_cast<unsigned>(share_ * 100 / whole); }

private:
    static constexpr std::uint64_t whole = 1'000'000;

    void roll(std::uint64_t now) noexcept {
        const auto length = static_cast<std::uint64_t>(interval.count());
        if (is_begun_ && now - began_ < length) {
            return;
        }
        const bool is_next = is_begun_ && now - began_ < 2 * length;
        share_ = is_next && offered_ > budget_ ? budget_ * whole / offered_ : whole;
        offered_ = admitted_ = credit_ = 0;
        began_ = now;
        is_begun_ = true;
    }

    std::uint64_t budget_;
    std::uint64_t began_ = 0;
    std::uint64_t offered_ = 0;
    std::uint64_t admitted_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t share_ = whole;
    std::uint64_t credit_ = 0;
    bool is_begun_ = false;
};

}  // namespace sonde::ebpf::nat
