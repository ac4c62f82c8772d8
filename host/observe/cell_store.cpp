// SPDX-License-Identifier: Apache-2.0
#include "observe/cell_store.hpp"

#include <atomic>

namespace sonde::observe {

std::uint64_t* cell_store::add(row& of, const labels& with) {
    std::uint64_t* const made = memory_.emplace_back(cell_lines_for(of.second.width())).front().values.data();
    const auto at = of.second.series.emplace(with, made).first;
    order.push_back({&of.first, &of.second, &at->first, made});
    return made;
}

distribution read_distribution(const std::uint64_t* cells, std::size_t bounds) {
    const auto read = [&](std::size_t at) {
        return std::atomic_ref(const_cast<std::uint64_t&>(cells[at])).load(std::memory_order_relaxed);
    };
    distribution now;
    now.counts.reserve(bounds + 1);
    for (std::size_t i = 0; i <= bounds; ++i) {
        now.counts.push_back(read(i));
    }
    now.sum = static_cast<double>(read(bounds + 1));
    return now;
}

}  // namespace sonde::observe
