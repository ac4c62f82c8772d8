// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <deque>

#include <fmt/format.h>

#include "observe/utf8.hpp"

namespace sonde::observe {
namespace {

// Two writers on two cells never share a cache line.
struct alignas(64) padded_cell {
    std::uint64_t value = 0;
};

struct instrument {
    kind of;
    std::string unit;
    std::string help;
    std::map<labels, std::uint64_t*> series;
};

const labels& overflow_labels() {
    static const labels overflow{{"overflow", "true"}};
    return overflow;
}

}  // namespace

struct registry::cells {
    struct entry {
        const std::string* name;
        const instrument* in;
        const labels* with;
        std::uint64_t* cell;
    };

    std::uint64_t generation = 0;
    std::deque<padded_cell> store;
    padded_cell scratch;  // takes what was refused
    std::map<std::string, instrument, std::less<>> instruments;
    std::vector<entry> order;

    // The cell of a label set that is new to `row`.
    std::uint64_t* add(std::map<std::string, instrument, std::less<>>::value_type& row, const labels& with) {
        std::uint64_t* made = &store.emplace_back().value;
        const auto at = row.second.series.emplace(with, made).first;
        order.push_back({&row.first, &row.second, &at->first, made});
        return made;
    }
};

registry::registry(registry_limits limits) : limits_(limits) {}
registry::~registry() = default;

const std::shared_ptr<registry::cells>& registry::cells_of(std::string_view owner) {
    auto found = owners_.find(owner);
    if (found == owners_.end()) {
        found = owners_.emplace(owner, std::make_shared<cells>()).first;
        found->second->generation = ++generations_;
    }
    return found->second;
}

placement registry::cell(std::string_view owner, kind of, std::string_view name, std::string_view unit,
                         std::string_view help, const labels& with) {
    const std::scoped_lock lock(mutex_);
    cells& in = *cells_of(owner);
    auto placed = place(in, owner, of, name, unit, help, with);
    if (placed) {
        return {*placed, {}};
    }
    if (placed.error().code != errc::exhausted) {
        ++refused_invalid_;
        return {&in.scratch.value, std::move(placed.error())};
    }
    ++refused_limit_;
    const auto row = in.instruments.find(name);
    if (row == in.instruments.end()) {
        return {&in.scratch.value, std::move(placed.error())};
    }
    const auto overflow = row->second.series.find(overflow_labels());
    std::uint64_t* into = overflow != row->second.series.end() ? overflow->second : in.add(*row, overflow_labels());
    return {into, std::move(placed.error())};
}

result<std::uint64_t*> registry::place(cells& in, std::string_view owner, kind of, std::string_view name,
                                       std::string_view unit, std::string_view help, const labels& with) {
    if (auto good = check_metric(name, unit, of); !good) {
        return std::unexpected(good.error());
    }
    const auto good = checked(with);
    if (!good) {
        return fail(good.error(), fmt::format("metric {}", name));
    }
    for (const auto& [key, value] : good->pairs) {
        if (key == owner_label) {
            return fail(errc::invalid,
                        fmt::format("metric {}: label {} is set by the host; choose another", name, key));
        }
    }
    auto row = in.instruments.find(name);
    if (row == in.instruments.end()) {
        if (in.instruments.size() >= limits_.instruments) {
            return fail(errc::exhausted, fmt::format("'{}' has {} metrics already; use labels instead of names", owner,
                                                     limits_.instruments));
        }
        if (auto used = use_name(of, name, unit); !used) {
            return std::unexpected(used.error());
        }
        const bool plain = !help.empty() && is_utf8(help);
        row =
            in.instruments.emplace(name, instrument{of, std::string(unit), std::string(plain ? help : name), {}}).first;
    }
    if (row->second.of != of || row->second.unit != unit) {
        return fail(errc::invalid, fmt::format("metric {} exists with another kind or unit", name));
    }
    if (const auto known = row->second.series.find(*good); known != row->second.series.end()) {
        return known->second;
    }
    if (row->second.series.size() >= limits_.series) {
        return fail(errc::exhausted,
                    fmt::format("metric {} has {} series already; use fewer label values", name, limits_.series));
    }
    return in.add(*row, *good);
}

result<void> registry::use_name(kind of, std::string_view name, std::string_view unit) {
    auto [at, added] =
        names_.try_emplace(to_prometheus(name, unit, of).name, name_use{std::string(name), of, std::string(unit), 0});
    name_use& use = at->second;
    if (use.dotted != name || use.of != of || use.unit != unit) {
        return fail(errc::invalid,
                    fmt::format("metric {} would be shown as {}, which is {} with unit '{}' of somebody else", name,
                                at->first, use.dotted, use.unit));
    }
    ++use.owners;
    return {};
}

std::shared_ptr<const void> registry::hold(std::string_view owner) {
    const std::scoped_lock lock(mutex_);
    return cells_of(owner);
}

void registry::release(std::string_view owner) {
    const std::scoped_lock lock(mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end()) {
        return;
    }
    for (const auto& [name, row] : found->second->instruments) {
        const auto use = names_.find(to_prometheus(name, row.unit, row.of).name);
        if (--use->second.owners == 0) {
            names_.erase(use);
        }
    }
    owners_.erase(found);
}

readings registry::read(std::string_view owner) const {
    const std::scoped_lock lock(mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end()) {
        return {};
    }
    readings all{found->second->generation, {}};
    all.cells.reserve(found->second->order.size());
    for (const auto& [name, in, with, cell] : found->second->order) {
        all.cells.push_back({in->of, *name, in->unit, *with, std::atomic_ref(*cell).load(std::memory_order_relaxed)});
    }
    return all;
}

std::uint64_t registry::add_source(std::function<void(sample_sink&)> sample) {
    const std::scoped_lock lock(sources_mutex_);
    sources_.emplace(++last_source_, std::move(sample));
    return last_source_;
}

void registry::remove_source(std::uint64_t source) {
    const std::scoped_lock lock(sources_mutex_);
    sources_.erase(source);
}

std::vector<family> registry::snapshot() const {
    std::map<std::string, family> families;
    std::uint64_t refused = 0;
    sample_sink into(families, refused);
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [owner, of] : owners_) {
            for (const auto& [name, in, with, cell] : of->order) {
                labels full = *with;
                if (!owner.empty()) {
                    full.add(owner_label, owner);
                }
                const reading now{in->of, {}, {}, {}, std::atomic_ref(*cell).load(std::memory_order_relaxed)};
                into.put(in->of, *name, in->unit, in->help, full, now.number());
            }
        }
        constexpr std::string_view help = "Series that could not be made, by reason.";
        into.counter("sonde.metrics.refused.series", "{series}", help, {{"reason", "limit"}},
                     static_cast<double>(refused_limit_));
        into.counter("sonde.metrics.refused.series", "{series}", help, {{"reason", "invalid"}},
                     static_cast<double>(refused_invalid_));
    }
    {
        const std::scoped_lock lock(sources_mutex_);
        for (const auto& [id, sample] : sources_) {
            sample(into);
        }
    }
    refused_samples_ += refused;
    into.counter("sonde.metrics.refused.samples", "{sample}", "Sampled values that were left out of a snapshot.", {},
                 static_cast<double>(refused_samples_.load()));
    std::vector<family> all;
    all.reserve(families.size());
    for (auto& [name, of] : families) {
        all.push_back(std::move(of));
    }
    return all;
}

}  // namespace sonde::observe
