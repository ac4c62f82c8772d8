// SPDX-License-Identifier: Apache-2.0
// A supervisor with real parts around it, and the loop that an agent would run: step, then poll until the next step.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/bus.hpp"
#include "loader/registry.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "run/supervisor.hpp"
#include "stage.hpp"

namespace sonde::run::test {

using namespace std::chrono_literals;

// Settings under which nothing that is well is ever late, and failures are retried at once.
inline constexpr std::string_view patient = R"([host]
start_timeout = "30s"
stop_timeout = "30s"
restart_min = "10ms"
restart_max = "20ms"
restart_limit = 3
)";

// Sums over one consumer's positions, live and past.
struct account {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;
    std::uint64_t shutdown = 0;
    std::uint64_t in_flight = 0;
    bool operator==(const account&) const = default;
};
void PrintTo(const account& of, std::ostream* to);

// Threads of instances, and any that a test has made itself.
[[nodiscard]] int instance_threads();
[[nodiscard]] int open_descriptors();

class World : public ::testing::Test {
public:
    World();
    ~World() override;

protected:
    [[nodiscard]] config::document read(std::string_view toml, std::string_view head = patient);
    void apply(std::string_view toml, std::string_view head = patient) { it().apply(read(toml, head), {}); }
    // Steps until `reached`, at most ten seconds.
    [[nodiscard]] bool until(const std::function<bool()>& reached);
    // Applies and steps until every enabled instance runs.
    void start(std::string_view toml, std::string_view head = patient);
    // Reloads and steps until it is answered; the answer.
    [[nodiscard]] std::string reload(std::string_view toml, std::string_view head = patient);
    [[nodiscard]] std::string restart(std::string_view name);
    void stop();

    [[nodiscard]] supervisor& it() { return *supervisor_; }
    [[nodiscard]] actor& of(std::string_view name) { return *stage_->find(name); }
    [[nodiscard]] instance_status status(std::string_view name);
    [[nodiscard]] state state_of(std::string_view name) { return status(name).state; }
    [[nodiscard]] bool settled(std::string_view name, state wanted) { return state_of(name) == wanted; }
    // All that ever was committed by an instance's lanes.
    [[nodiscard]] std::uint64_t committed(std::string_view instance);
    // Likewise: items that were sealed into batches; and subscriptions that get what is open now.
    [[nodiscard]] std::uint64_t sealed_of(std::string_view instance);
    [[nodiscard]] std::uint64_t subscribers_of(std::string_view instance);
    [[nodiscard]] account accounted(std::string_view consumer);
    [[nodiscard]] std::string log();

    const std::shared_ptr<stage> stage_ = std::make_shared<stage>();
    std::FILE* const output_ = std::tmpfile();
    observe::registry metrics_;
    std::unique_ptr<observe::logger> logger_;
    loader::registry plugins_;
    const loader::module_ptr honest_;
    std::unique_ptr<bus::bus> fabric_;
    std::unique_ptr<supervisor> supervisor_;
    std::uint64_t steps_ = 0;
};

}  // namespace sonde::run::test
