// SPDX-License-Identifier: Apache-2.0
#include "pages/stats_book.hpp"

#include <utility>

#include "support/clock.hpp"

namespace sonde::pages {

std::vector<std::string> stats_book::refresh(const run::supervisor_status& from, const observe::registry& metrics) {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = support::monotonic_now();
    book_.delta = book_.updated_at == 0 ? 0 : now - book_.updated_at;
    book_.updated_at = now;
    auto before = std::exchange(book_.entries, {});
    for (const auto& each : from.instances) {
        book_entry& entry = book_.entries[each.name];
        if (auto known = before.extract(each.name)) {
            entry = std::move(known.mapped());
        }
        entry.status = each;
        entry.values = metrics.read(each.name);
        entry.delta = entry.updated_at == 0 ? 0 : now - entry.updated_at;
        entry.updated_at = now;
        ++entry.updates;
    }
    std::vector<std::string> gone;
    gone.reserve(before.size());
    for (const auto& [name, entry] : before) {
        gone.push_back(name);
    }
    return gone;
}

void stats_book::count_check(std::string_view instance) {
    const std::lock_guard lock(mutex_);
    // One that was added since the last refresh is not in the book yet; it is known to the caller.
    book_entry& entry = book_.entries[std::string(instance)];
    ++entry.checks;
    entry.last_check = support::wall_now();
}

book_snapshot stats_book::snapshot() const {
    const std::lock_guard lock(mutex_);
    return book_;
}

void stats_book::sample(observe::sample_sink& into) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : book_.entries) {
        const observe::labels with{{observe::owner_label, name}};
        into.counter("sonde.stats.update.count", "{update}", "Refreshes of an instance's block in /debug/stats.", with,
                     static_cast<double>(entry.updates));
        into.counter("sonde.instance.checks", "{check}", "Answered requests for /modules/{name}/check.", with,
                     static_cast<double>(entry.checks));
        into.gauge("sonde.instance.last_check.time", "s", "Unix time of the last check; 0 if there was none.", with,
                   static_cast<double>(entry.last_check) / 1e9);
    }
}

}  // namespace sonde::pages
