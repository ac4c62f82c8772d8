// SPDX-License-Identifier: Apache-2.0
#include "etcd/key_range.hpp"

#include <algorithm>

namespace sonde::etcd {
namespace {

bool is_endless(const key_range& of) noexcept { return of.end == no_end; }

}  // namespace

key_range prefix_range(std::string_view prefix) {
    if (prefix.empty()) {
        return {std::string(no_end), std::string(no_end)};
    }
    std::string end(prefix);
    while (!end.empty() && end.back() == '\xff') {
        end.pop_back();
    }
    if (end.empty()) {  // nothing comes after keys of only 0xff
        return {std::string(prefix), std::string(no_end)};
    }
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return {std::string(prefix), std::move(end)};
}

std::vector<key_range> merged(std::vector<key_range> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const key_range& one, const key_range& other) { return one.begin < other.begin; });
    std::vector<key_range> all;
    for (key_range& each : ranges) {
        if (all.empty() || (!is_endless(all.back()) && all.back().end < each.begin)) {
            all.push_back(std::move(each));
        } else if (!is_endless(all.back()) && (is_endless(each) || each.end > all.back().end)) {
            all.back().end = std::move(each.end);
        }
    }
    return all;
}

}  // namespace sonde::etcd
