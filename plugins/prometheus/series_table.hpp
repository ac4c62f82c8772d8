// SPDX-License-Identifier: Apache-2.0
// The series that a target had when it was looked at last, so that one that is gone is noticed once. A series is its
// name and its labels in any order. Used by the data thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/exposition/sample.hpp"
#include "prometheus/schema.hpp"

namespace sonde::prometheus {

using common::exposition::label;

class series_table {
public:
    // A new look: nothing of it has been seen yet.
    void begin() noexcept { ++look_; }
    // The series is there. Nothing is allocated if it was known.
    void see(std::string_view name, std::span<const label> labels, schema::metric_kind kind);
    // Forgets what was not seen since begin(), and calls `gone(name, labels, kind)` for each.
    template <class Gone>
    std::size_t sweep(Gone&& gone) {
        return std::erase_if(rows_, [&](const auto& each) {
            const bool is_gone = each.second.look != look_;
            if (is_gone) {
                const std::string_view name = unpack(each.first);  // it sets labels_
                gone(name, std::span<const label>(labels_), each.second.kind);
            }
            return is_gone;
        });
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

private:
    struct row {
        std::uint32_t look;
        schema::metric_kind kind;
    };
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void pack(std::string_view text);
    // The name; the labels are put into labels_.
    std::string_view unpack(std::string_view key);

    std::unordered_map<std::string, row, text_hash, std::equal_to<>> rows_;
    std::uint32_t look_ = 0;
    std::vector<label> labels_;
    std::string key_;
};

}  // namespace sonde::prometheus
