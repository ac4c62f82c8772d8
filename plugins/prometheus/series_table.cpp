// SPDX-License-Identifier: Apache-2.0
#include "prometheus/series_table.hpp"

#include <algorithm>
#include <cstring>

namespace sonde::prometheus {

// Texts may hold any byte, so each has its length before it.
void series_table::pack(std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    char bytes[sizeof size];
    std::memcpy(bytes, &size, sizeof size);
    key_.append(bytes, sizeof size).append(text);
}

std::string_view series_table::unpack(std::string_view key) {
    const auto next = [&key] {
        std::uint32_t size = 0;
        std::memcpy(&size, key.data(), sizeof size);
        const std::string_view text = key.substr(sizeof size, size);
        key.remove_prefix(sizeof size + size);
        return text;
    };
    const std::string_view name = next();
    labels_.clear();
    while (!key.empty()) {
        const std::string_view label_name = next();
        labels_.push_back({label_name, next()});
    }
    return name;
}

void series_table::see(std::string_view name, std::span<const label> labels, schema::metric_kind kind) {
    labels_.assign(labels.begin(), labels.end());
    if (!std::ranges::is_sorted(labels_, {}, &label::name)) {
        std::ranges::sort(labels_, {}, &label::name);
    }
    key_.clear();
    pack(name);
    for (const label& each : labels_) {
        pack(each.name);
        pack(each.value);
    }
    if (const auto found = rows_.find(std::string_view(key_)); found != rows_.end()) {
        found->second.look = look_;
    } else {
        rows_.emplace(key_, row{look_, kind});
    }
}

}  // namespace sonde::prometheus
