// SPDX-License-Identifier: Apache-2.0
#include "observe/deltas.hpp"

#include <algorithm>
#include <utility>

namespace sonde::observe {

deltas::cursor& deltas::cursor_of(std::string_view owner, std::string_view client) {
    auto found = owners_.find(owner);
    if (found == owners_.end()) {
        found = owners_.emplace(owner, std::list<cursor>{}).first;
    }
    std::list<cursor>& all = found->second;
    const auto known = std::ranges::find(all, client, &cursor::client);
    if (known != all.end()) {
        all.splice(all.begin(), all, known);
        return all.front();
    }
    if (all.size() >= clients_) {
        all.pop_back();
        ++evicted_;
    }
    return all.emplace_front(cursor{std::string(client), 0, {}, {}});
}

changes deltas::take(std::string_view owner, std::string_view client, std::chrono::steady_clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    readings all = registry_.read(owner);
    cursor& of = cursor_of(owner, client);
    changes found;
    found.first = of.at == std::chrono::steady_clock::time_point{} || of.generation != all.generation;
    if (found.first) {
        of.seen.clear();
    } else {
        found.elapsed = now - of.at;
    }
    of.generation = all.generation;
    of.at = now;
    of.seen.resize(all.cells.size(), 0);
    for (std::size_t i = 0; i < all.cells.size(); ++i) {
        reading& cell = all.cells[i];
        if (cell.of != kind::counter) {
            continue;
        }
        const std::uint64_t before = std::exchange(of.seen[i], cell.value);
        // A counter that went back was reset by its writer and counts from zero again.
        const std::uint64_t by = cell.value >= before ? cell.value - before : cell.value;
        if (by > 0) {
            found.counters.push_back({std::move(cell.name), std::move(cell.unit), std::move(cell.with), by});
        }
    }
    return found;
}

void deltas::forget(std::string_view owner) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = owners_.find(owner); found != owners_.end()) {
        owners_.erase(found);
    }
}

void deltas::sample(sample_sink& into) const {
    into.counter("sonde.check.evicted.clients", "{client}", "Clients of /check forgotten because there were too many.",
                 {}, static_cast<double>(evicted_.load()));
}

}  // namespace sonde::observe
