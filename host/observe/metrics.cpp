// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "observe/cell_store.hpp"
#include "observe/utf8.hpp"

namespace sonde::observe {
namespace {

result<void> check_description(const description& of) {
    const bool is_ascending = std::ranges::adjacent_find(of.bounds, std::greater_equal{}) == of.bounds.end();
    if (of.of == kind::histogram &&
        (of.bounds.empty() || of.bounds.size() > SONDE_HISTOGRAM_MAX_BOUNDS || !is_ascending)) {
        return fail(errc::invalid, fmt::format("metric {}: a histogram needs 1 to {} bounds in ascending order",
                                               of.name, SONDE_HISTOGRAM_MAX_BOUNDS));
    }
    return check_metric(of.name, of.unit, of.of);
}

const labels& overflow_labels() {
    static const labels overflow{{"overflow", "true"}};
    return overflow;
}

}  // namespace

registry::registry(registry_limits limits) : limits_(limits) {}
registry::~registry() = default;

const std::shared_ptr<cell_store>& registry::cells_of(std::string_view owner) {
    auto found = owners_.find(owner);
    if (found == owners_.end()) {
        found = owners_.emplace(owner, std::make_shared<cell_store>()).first;
        found->second->generation = ++generations_;
    }
    return found->second;
}

placement registry::cell(std::string_view owner, kind of, std::string_view name, std::string_view unit,
                         std::string_view help, const labels& with) {
    return make(owner, {of, name, unit, help, {}}, with);
}

placement registry::histogram(std::string_view owner, std::string_view name, std::string_view unit,
                              std::string_view help, std::span<const std::uint64_t> bounds, const labels& with) {
    return make(owner, {kind::histogram, name, unit, help, bounds}, with);
}

placement registry::make(std::string_view owner, const description& of, const labels& with) {
    const std::scoped_lock lock(mutex_);
    cell_store& in = *cells_of(owner);
    auto placed = place(in, owner, of, with);
    if (placed) {
        return {*placed, {}};
    }
    if (placed.error().code != errc::exhausted) {
        ++refused_invalid_;
        return {in.scratch(), std::move(placed.error())};
    }
    ++refused_limit_;
    const auto row = in.instruments.find(of.name);
    if (row == in.instruments.end()) {
        return {in.scratch(), std::move(placed.error())};
    }
    const auto overflow = row->second.series.find(overflow_labels());
    std::uint64_t* into = overflow != row->second.series.end() ? overflow->second : in.add(*row, overflow_labels());
    return {into, std::move(placed.error())};
}

result<std::uint64_t*> registry::place(cell_store& in, std::string_view owner, const description& of,
                                       const labels& with) {
    if (auto good = check_description(of); !good) {
        return std::unexpected(good.error());
    }
    const auto good = checked(with);
    if (!good) {
        return fail(good.error(), fmt::format("metric {}", of.name));
    }
    for (const auto& [key, value] : good->pairs) {
        if (key == owner_label) {
            return fail(errc::invalid,
                        fmt::format("metric {}: label {} is set by the host; choose another", of.name, key));
        }
    }
    auto row = in.instruments.find(of.name);
    if (row == in.instruments.end()) {
        if (in.instruments.size() >= limits_.instruments) {
            return fail(errc::exhausted, fmt::format("'{}' has {} metrics already; use labels instead of names", owner,
                                                     limits_.instruments));
        }
        if (auto used = use_name(of); !used) {
            return std::unexpected(used.error());
        }
        const bool plain = !of.help.empty() && is_utf8(of.help);
        row = in.instruments
                  .emplace(of.name, instrument{of.of,
                                               std::string(of.unit),
                                               std::string(plain ? of.help : of.name),
                                               {of.bounds.begin(), of.bounds.end()},
                                               {}})
                  .first;
    }
    if (row->second.of != of.of || row->second.unit != of.unit || !std::ranges::equal(row->second.bounds, of.bounds)) {
        return fail(errc::invalid, fmt::format("metric {} exists with another kind, unit or bounds", of.name));
    }
    if (const auto known = row->second.series.find(*good); known != row->second.series.end()) {
        return known->second;
    }
    if (row->second.series.size() >= limits_.series) {
        return fail(errc::exhausted,
                    fmt::format("metric {} has {} series already; use fewer label values", of.name, limits_.series));
    }
    return in.add(*row, *good);
}

result<void> registry::use_name(const description& of) {
    auto [at, added] = names_.try_emplace(
        to_prometheus(of.name, of.unit, of.of).name,
        name_use{std::string(of.name), of.of, std::string(of.unit), {of.bounds.begin(), of.bounds.end()}});
    name_use& use = at->second;
    if (use.dotted != of.name || use.of != of.of || use.unit != of.unit) {
        return fail(errc::invalid,
                    fmt::format("metric {} would be shown as {}, which is {} with unit '{}' of somebody else", of.name,
                                at->first, use.dotted, use.unit));
    }
    if (!std::ranges::equal(use.bounds, of.bounds)) {
        return fail(errc::invalid, fmt::format("metric {} has other bounds of somebody else", of.name));
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

}  // namespace sonde::observe
