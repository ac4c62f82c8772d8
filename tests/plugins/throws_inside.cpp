// SPDX-License-Identifier: Apache-2.0
// Throws inside the C++ layer, which must turn it into a failure of this instance.
#include <stdexcept>

#include <sonde/plugin.hpp>

namespace {

class throws_inside final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::collector, .type = "throws_inside", .summary = "Throws while running"};

    explicit throws_inside(sonde::host) {}
    sonde::result<void> configure(const sonde::settings&) { return {}; }
    sonde::result<void> run(sonde::run_context&) { throw std::runtime_error("thrown on purpose"); }
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.throws_inside", "1.0.0", "sonde", "Apache-2.0", throws_inside)
