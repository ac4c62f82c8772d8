// SPDX-License-Identifier: Apache-2.0
// Puts an answer together from the encoded sections of records, in memory that was reserved for the largest.
#pragma once

#include <algorithm>
#include <array>

#include "enrich_context/store/knowledge.hpp"
#include "enrich_context/store/numbers.hpp"

namespace sonde::enrich_context::store {

inline constexpr std::size_t most_missing_size = 5 * 6;

class composer final {
public:
    using section = numbers::context::section;

    explicit composer(std::vector<std::uint8_t>& into) : begin_(into.data()), at_(into.data()) {}

    void add(std::span<const std::uint8_t> bytes) noexcept {
        at_ = std::copy_n(bytes.data(), bytes.size(), at_);  // of nothing, too
    }
    // The section of a record, which is used by this.
    template <class Record>
    void add_record(Record& record) noexcept {
        record.head.is_used = true;
        add(record.told.section());
        key_ = record.told.key();
    }
    // The same with the sections of its node and services.
    void add_surrounded(pod_record& pod) noexcept {
        pod.head.is_used = true;
        add(pod.told.section_and_surroundings());
        key_ = pod.told.key();
    }

    void miss(section what, reason why) noexcept {
        const auto tag = static_cast<std::uint8_t>(numbers::context::missing << 3 | SONDE_WIRE_BYTES);
        const std::array<std::uint8_t, 6> bytes{tag,
                                                4,
                                                numbers::context::missing_section << 3,
                                                static_cast<std::uint8_t>(what),
                                                numbers::context::missing_reason << 3,
                                                static_cast<std::uint8_t>(why)};
        add(bytes);
        // Sections are numbered from the most specific one.
        if (why != reason::not_applicable && what < missing_section_) {
            missing_ = why;
            missing_section_ = what;
        }
        is_unsynced_ = is_unsynced_ || why == reason::not_synced;
        is_unknown_ = is_unknown_ || why == reason::not_found;
    }

    void about(std::string_view key) noexcept { key_ = key; }

    // The pod is missing, and something names it.
    void await_pod(reason why) noexcept {
        miss(section::pod, why);
        is_awaited_ = is_awaited_ || why == reason::not_found;
    }

    // `is_young`: what is not found may still be told.
    [[nodiscard]] answer finish(bool is_young) const noexcept {
        return {.context = {begin_, at_},
                .entity_key = key_,
                .missing = missing_,
                .may_improve = is_unsynced_ || (is_unknown_ && is_young),
                .is_awaited = is_awaited_};
    }

private:
    std::uint8_t* begin_;
    std::uint8_t* at_;
    std::string_view key_;
    reason missing_ = reason::none;
    section missing_section_{UINT8_MAX};
    bool is_unsynced_ = false;
    bool is_unknown_ = false;
    bool is_awaited_ = false;
};

}  // namespace sonde::enrich_context::store
