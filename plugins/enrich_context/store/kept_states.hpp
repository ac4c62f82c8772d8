// SPDX-License-Identifier: Apache-2.0
// The states of one object as they were told last, so that the next telling shows which of them changed. As small as
// can be, for every pod has them: two, the usual number, lie in the object itself; more have memory of their own.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>

#include "enrich_context/store/text_pool.hpp"

namespace sonde::enrich_context::store {

struct kept_state {
    text_id name = 0;
    text_id value = 0;
    std::uint32_t since = 0;  // Unix seconds, which is what objects tell; 0: not known
};

class kept_states final {
public:
    kept_states() noexcept = default;
    ~kept_states() { release(); }
    kept_states(const kept_states&) = delete;
    kept_states& operator=(const kept_states&) = delete;

    [[nodiscard]] std::size_t size() const noexcept {
        return is_far() ? words_[1] : (words_[0] == 0 ? 0u : 1u) + (words_[state_words] == 0 ? 0u : 1u);
    }
    [[nodiscard]] kept_state operator[](std::size_t place) const noexcept {
        const std::size_t at = place * state_words;
        return is_far() ? far()[place] : kept_state{words_[at], words_[at + 1], words_[at + 2]};
    }

    // No name is empty.
    void assign(std::span<const kept_state> states) {
        release();
        if (states.size() > words_.size() / state_words) {
            auto made = std::make_unique<kept_state[]>(states.size());
            std::ranges::copy(states, made.get());
            const auto address = std::bit_cast<address_words>(made.release());
            words_ = {0, static_cast<std::uint32_t>(states.size()), address[0], address[1]};
            return;
        }
        words_ = {};
        auto to = words_.begin();
        for (const kept_state& each : states) {
            to = std::ranges::copy(std::array{each.name, each.value, each.since}, to).out;
        }
    }

    template <class Take>
    void each_text(Take&& take) const {
        for (std::size_t i = 0; i < size(); ++i) {
            take((*this)[i].name);
            take((*this)[i].value);
        }
    }

private:
    static constexpr std::size_t state_words = 3;
    using address_words = std::array<std::uint32_t, sizeof(kept_state*) / sizeof(std::uint32_t)>;

    // The first name is 0 if there are none, and then the number is that of states with memory of their own.
    [[nodiscard]] bool is_far() const noexcept { return words_[0] == 0 && words_[1] != 0; }
    [[nodiscard]] kept_state* far() const noexcept {
        return std::bit_cast<kept_state*>(address_words{words_[2], words_[3]});
    }
    void release() noexcept {
        if (is_far()) {
            std::default_delete<kept_state[]>()(far());
        }
    }

    // Two states; or 0, a number of states and their address.
    alignas(kept_state*) std::array<std::uint32_t, 2 * state_words> words_{};
};
static_assert(sizeof(kept_states) == 24, "what a record of a pod has left of its last cache line");

}  // namespace sonde::enrich_context::store
