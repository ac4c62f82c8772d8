// SPDX-License-Identifier: Apache-2.0
// Enrichers that take unified events, as one that correlates them does, and fail: one with each batch, one for good
// with the first.
#include <stdexcept>
#include <thread>

#include <sonde/plugin.hpp>

namespace {

class throws_in_consume final {
public:
    static constexpr sonde::component_info info{.role = sonde::role::enricher,
                                                .type = "throws_in_consume",
                                                .summary = "Throws for each batch",
                                                .publishes = {"event/thrown/"},
                                                .subscribes = {"event/"}};

    explicit throws_in_consume(sonde::host) {}
    sonde::result<void> configure(const sonde::settings&) { return {}; }
    sonde::result<void> consume(const sonde::batch_view&) { throw std::runtime_error("thrown on purpose"); }
};

class hangs_in_consume final {
public:
    static constexpr sonde::component_info info{.role = sonde::role::enricher,
                                                .type = "hangs_in_consume",
                                                .summary = "Never comes back from its first batch",
                                                .publishes = {"event/hung/"},
                                                .subscribes = {"event/"}};

    explicit hangs_in_consume(sonde::host) {}
    sonde::result<void> configure(const sonde::settings&) { return {}; }
    sonde::result<void> consume(const sonde::batch_view&) {
        for (;;) {
            std::this_thread::sleep_for(std::chrono::hours(1));
        }
    }
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.fails_in_consume", "1.0.0", "sonde", "Apache-2.0", throws_in_consume, hangs_in_consume)
