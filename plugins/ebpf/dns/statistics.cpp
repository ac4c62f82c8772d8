// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/statistics.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace sonde::ebpf::dns {

// Each outstanding query and each row holds one name.
statistics::statistics(statistics_limits limits)
    : limits_(limits), names_(limits.outstanding + limits.rows), pending_(limits.outstanding), index_(limits.rows) {}

std::uint64_t statistics::hash(const endpoints& of, std::uint16_t id) const noexcept {
    return hash_key(of, pending_.seed() + id);
}

statistics::pending_query* statistics::find(const endpoints& of, std::uint16_t id) noexcept {
    return pending_.find(hash(of, id), [&](const pending_query& each) { return each.id == id && each.of == of; });
}

void statistics::query(const endpoints& of, const message& asked, std::uint64_t now) {
    ++counts_.queries;
    if (pending_query* known = find(of, asked.id())) {
        if (now - known->sent < limits_.timeout) {
            ++counts_.repeated_queries;
            return;
        }
        count_timeout(*known);
        names_.release(known->name);
        pending_.erase(known);
    }
    const auto name = pending_.is_full() ? std::nullopt : names_.hold(asked.question());
    if (!name) {
        ++counts_.dropped_queries;
        return;
    }
    pending_.insert(hash(of, asked.id()),
                    {.of = of, .sent = now, .name = *name, .id = asked.id(), .type = asked.question_type()});
}

void statistics::response(const endpoints& of, const message& answer, std::uint64_t now) {
    pending_query* asked = find(of, answer.id());
    if (asked == nullptr || asked->type != answer.question_type() || names_.text(asked->name) != answer.question()) {
        ++counts_.unmatched;
        return;
    }
    ++counts_.responses;
    // Packets of two processors may be seen in the other order.
    const std::uint64_t latency = now > asked->sent ? now - asked->sent : 0;
    if (latency >= limits_.timeout) {
        count_timeout(*asked);
    } else if (outcome* what = outcome_of(*asked)) {
        constexpr std::uint64_t nanoseconds = 1000;
        (answer.response_code() == 0 ? what->success_microseconds : what->failure_microseconds) +=
            latency / nanoseconds;
        ++what->by_response_code[answer.response_code()];
    }
    names_.release(asked->name);
    pending_.erase(asked);
}

void statistics::sweep(std::uint64_t now) {
    pending_.erase_if([&](const pending_query& each) {
        if (now < each.sent || now - each.sent < limits_.timeout) {
            return false;
        }
        count_timeout(each);
        names_.release(each.name);
        return true;
    });
}

void statistics::count_timeout(const pending_query& query) {
    ++counts_.timeouts;
    if (outcome* what = outcome_of(query)) {
        ++what->timeouts;
    }
}

outcome* statistics::outcome_of(const pending_query& query) {
    const row_key key{.of = query.of, .name = query.name, .type = query.type};
    const std::uint64_t hashed = hash_key(key, index_.seed());
    if (const std::uint32_t* at = index_.find(hashed, [&](std::uint32_t each) { return rows_[each].key == key; })) {
        return &rows_[*at].what;
    }
    if (index_.insert(hashed, static_cast<std::uint32_t>(rows_.size())) == nullptr) {
        ++counts_.dropped_rows;
        return nullptr;
    }
    names_.hold(query.name);
    return &rows_.emplace_back(row{.key = key, .what = {}}).what;
}

const std::vector<std::uint32_t>& statistics::in_order() {
    order_.resize(rows_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::ranges::sort(order_, [&](std::uint32_t left, std::uint32_t right) {
        const int order = std::memcmp(&rows_[left].key.of, &rows_[right].key.of, sizeof(endpoints));
        return order < 0 || (order == 0 && left < right);
    });
    return order_;
}

void statistics::clear() {
    for (const row& each : rows_) {
        names_.release(each.key.name);
    }
    rows_.clear();
    index_.clear();
}

}  // namespace sonde::ebpf::dns
