// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/names.hpp"

#include <algorithm>

namespace sonde::ebpf::dns {

names::names(names_limits limits) : limits_(limits), pool_(limits.names), table_(limits.addresses) {}

names::entry* names::look_up(const address& of) noexcept {
    return table_.find(hash(of), [&](const entry& each) { return each.of == of; });
}

void names::add(const message& answer, std::uint64_t now) {
    if (!answer.is_response() || answer.response_code() != 0) {
        return;
    }
    for (const resolved_address& each : answer.addresses()) {
        constexpr std::uint64_t second = 1'000'000'000;
        const std::uint64_t life = std::clamp(each.ttl * second, limits_.shortest_life, limits_.longest_life);
        add(each.to, answer.question(), now + life);
    }
}

void names::add(const address& to, std::string_view name, std::uint64_t deadline) {
    entry* into = look_up(to);
    if (into == nullptr) {
        into = table_.insert(hash(to), {.of = to});
    }
    if (into == nullptr) {
        ++counts_.dropped_addresses;
        return;
    }
    if (into->is_oversized) {
        into->deadline = std::max(into->deadline, deadline);
        return;
    }
    const auto number = pool_.hold(name);
    if (!number) {
        ++counts_.dropped_names;
        return;
    }
    const auto known = std::ranges::find(into->all, *number, &named::name);
    if (known != into->all.end()) {
        known->deadline = std::max(known->deadline, deadline);
        pool_.release(*number);
        return;
    }
    into->all.push_back({deadline, *number});
    ++counts_.added;
    if (into->all.size() > limits_.names_per_address) {
        drop(into->all);
        into->is_oversized = true;
        into->deadline = deadline;
        ++counts_.oversized;
    }
}

void names::drop(std::vector<named>& all) noexcept {
    for (const named& each : all) {
        pool_.release(each.name);
    }
    std::vector<named>().swap(all);
}

void names::sweep(std::uint64_t now) {
    table_.erase_if([&](entry& each) { return is_over(each, now); });
}

bool names::is_over(entry& each, std::uint64_t now) {
    if (each.is_oversized) {
        return each.deadline <= now;
    }
    if (each.is_in_use) {
        each.is_in_use = false;
        return false;
    }
    counts_.expired += std::erase_if(each.all, [&](const named& one) {
        if (one.deadline > now) {
            return false;
        }
        pool_.release(one.name);
        return true;
    });
    return each.all.empty();
}

}  // namespace sonde::ebpf::dns
