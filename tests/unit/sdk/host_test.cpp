// SPDX-License-Identifier: Apache-2.0
// Meters of a host that offers them, one that offers fewer than this SDK knows, and one that offers none.
#include <sonde/host.hpp>

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace sonde {
namespace {

constexpr std::array<std::uint64_t, 2> bounds{10, 20};
std::array<std::uint64_t, bounds.size() + 2> cells{};

sonde_rc give_cell(const sonde_host*, const sonde_metric*, std::uint64_t** cell) noexcept {
    *cell = cells.data();
    return SONDE_OK;
}
sonde_rc give_histogram(const sonde_host*, const sonde_metric*, const std::uint64_t*, std::uint64_t,
                        std::uint64_t** found) noexcept {
    *found = cells.data();
    return SONDE_OK;
}
constexpr sonde_host_metrics metrics{sizeof(sonde_host_metrics), 0, &give_cell};
constexpr sonde_host_histogram histograms{sizeof(sonde_host_histogram), 0, &give_histogram};

template <bool has_metrics, bool has_histograms>
const void* offer(const sonde_host*, const char* id) noexcept {
    const std::string_view wanted = id;
    if (has_metrics && wanted == SONDE_HOST_METRICS) {
        return &metrics;
    }
    return has_histograms && wanted == SONDE_HOST_HISTOGRAM ? &histograms : nullptr;
}
template <bool has_metrics, bool has_histograms>
constexpr sonde_host host_with{
    sizeof(sonde_host), SONDE_ABI_MAJOR, SONDE_ABI_MINOR, "test", "0", nullptr, &offer<has_metrics, has_histograms>};

class Meters : public ::testing::Test {
protected:
    Meters() { cells.fill(0); }
};

TEST_F(Meters, a_histogram_counts_up_to_each_bound_and_above_all) {
    const auto sizes = host(&host_with<true, true>).make_histogram("sizes", "By", "Sizes", bounds);
    for (const std::uint64_t size : {0U, 10U, 11U, 20U, 21U}) {
        sizes.record(size);
    }
    EXPECT_EQ(cells, (std::array<std::uint64_t, 4>{2, 2, 1, 62}));
}

TEST_F(Meters, of_a_host_without_histograms_count_into_nothing) {
    const host on(&host_with<true, false>);
    on.make_histogram("sizes", "By", "Sizes", bounds).record(5);
    EXPECT_EQ(cells[0], 0U);
    on.make_counter("reads", "{read}", "Reads").add(3);
    EXPECT_EQ(cells[0], 3U);
}

TEST_F(Meters, of_a_host_without_metrics_count_into_nothing) {
    const host on(&host_with<false, false>);
    on.make_histogram("sizes", "By", "Sizes", bounds).record(5);
    on.make_counter("reads", "{read}", "Reads").add(3);
    on.make_gauge("depth", "{item}", "Depth").set(-1);
    EXPECT_EQ(cells, (std::array<std::uint64_t, 4>{}));
}

}  // namespace
}  // namespace sonde
