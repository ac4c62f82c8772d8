// SPDX-License-Identifier: Apache-2.0
// The cells of one owner: memory that does not move, what each cell counts, and the order in which they were made.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/ext/histogram.h>

#include "observe/sample_sink.hpp"

namespace sonde::observe {

struct instrument {
    kind of;
    std::string unit;
    std::string help;
    std::vector<std::uint64_t> bounds;  // of a histogram
    std::map<labels, std::uint64_t*> series;

    // Cells of one series, as sonde_host_histogram lays them out.
    [[nodiscard]] std::size_t width() const noexcept { return of == kind::histogram ? bounds.size() + 2 : 1; }
};

// The present values of a histogram's cells.
[[nodiscard]] distribution read_distribution(const std::uint64_t* cells, std::size_t bounds);

// Two writers on two series never share one.
struct alignas(64) cell_line {
    std::array<std::uint64_t, 8> values{};
};
constexpr std::size_t cell_lines_for(std::size_t cells) noexcept { return (cells + 7) / 8; }

struct cell_store {
    using row = std::map<std::string, instrument, std::less<>>::value_type;
    struct entry {
        const std::string* name;
        const instrument* in;
        const labels* with;
        std::uint64_t* cell;
    };

    std::uint64_t generation = 0;
    std::map<std::string, instrument, std::less<>> instruments;
    std::vector<entry> order;

    // The cells of a label set that is new to `of`.
    std::uint64_t* add(row& of, const labels& with);
    // Takes what was refused; as wide as the widest series.
    [[nodiscard]] std::uint64_t* scratch() noexcept { return scratch_.front().values.data(); }

private:
    std::deque<std::vector<cell_line>> memory_;
    std::array<cell_line, cell_lines_for(SONDE_HISTOGRAM_MAX_BOUNDS + 2)> scratch_;
};

}  // namespace sonde::observe
