// SPDX-License-Identifier: Apache-2.0
// What readers of the registry get: copies of all values.
#include "observe/cell_store.hpp"
#include "observe/metrics.hpp"

namespace sonde::observe {

readings registry::read(std::string_view owner) const {
    const std::scoped_lock lock(mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end()) {
        return {};
    }
    readings all{found->second->generation, {}};
    all.cells.reserve(found->second->order.size());
    for (const auto& [name, in, with, cell] : found->second->order) {
        reading& made = all.cells.emplace_back(reading{in->of, *name, in->unit, *with, 0, {}, {}});
        if (in->of == kind::histogram) {
            made.bounds = in->bounds;
            made.spread = read_distribution(cell, in->bounds.size());
        } else {
            made.value = std::atomic_ref(*cell).load(std::memory_order_relaxed);
        }
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
                if (in->of == kind::histogram) {
                    into.histogram(*name, in->unit, in->help, full, in->bounds,
                                   read_distribution(cell, in->bounds.size()));
                    continue;
                }
                const std::uint64_t now = std::atomic_ref(*cell).load(std::memory_order_relaxed);
                into.put(in->of, *name, in->unit, in->help, full, number_of(in->of, now));
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
