// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/route_table.hpp"

#include "ebpf/protocol/path_template.hpp"

namespace sonde::ebpf::protocol {

route_table::number route_table::find(std::uint64_t service, std::string_view target) {
    auto at = services_.find(service);
    if (at == services_.end()) {
        if (services_.size() >= limits_.services) {
            ++counts_.dropped_services;
            return other;
        }
        at = services_.try_emplace(service).first;
    }
    routes& of = at->second;
    const path_template path(target);
    if (const auto known = of.numbers.find(path.view()); known != of.numbers.end()) {
        return known->second;
    }
    if (of.texts.size() >= limits_.routes_per_service) {
        ++counts_.others;
        return other;
    }
    const auto fresh = static_cast<number>(of.texts.size() + 1);
    of.texts.push_back(of.numbers.try_emplace(std::string(path.view()), fresh).first->first);
    return fresh;
}

std::string_view route_table::text(std::uint64_t service, number route) const {
    const auto at = services_.find(service);
    const bool is_known = route != other && at != services_.end() && route <= at->second.texts.size();
    return is_known ? at->second.texts[route - 1u] : "{other}";
}

}  // namespace sonde::ebpf::protocol
