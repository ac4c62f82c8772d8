// SPDX-License-Identifier: Apache-2.0
// An encoder that takes everything and does nothing with it: what a collector costs when somebody listens.
#include <array>

#include <sonde/plugin.hpp>

namespace {

class sink final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::encoder,
        .type = "sink",
        .summary = "Takes every envelope and drops it",
        .description = "For measuring what comes before.",
        .subscribes = {"raw/"},
    };
    static constexpr std::array<sonde::option, 0> options{};

    explicit sink(sonde::host) {}

    static sonde::result<void> configure(const sonde::settings&) { return {}; }
    static sonde::result<void> start() { return {}; }
    static sonde::result<void> consume(const sonde::batch_view&) { return {}; }
};

}  // namespace

SONDE_PLUGIN("io.sonde.bench.sink", "1.0.0", "sonde", "Apache-2.0", sink)
