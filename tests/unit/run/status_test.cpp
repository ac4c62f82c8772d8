// SPDX-License-Identifier: Apache-2.0
#include "run/status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sonde::run;
using ::testing::HasSubstr;

supervisor_status with(state of, sonde::health health, bool required) {
    supervisor_status all;
    all.applied = true;
    instance_status one;
    one.name = "files";
    one.required = required;
    one.state = of;
    one.health.status = health;
    one.health.reason = health == sonde::health::ok ? "" : "no_access";
    all.instances.push_back(one);
    return all;
}

TEST(Status, ready_needs_every_required_instance_to_run) {
    for (std::size_t s = 0; s < state_count; ++s) {
        const auto of = static_cast<state>(s);
        EXPECT_EQ(is_ready(with(of, sonde::health::ok, true), nullptr), of == state::running) << name(of);
        EXPECT_TRUE(is_ready(with(of, sonde::health::ok, false), nullptr)) << name(of);
    }
}

TEST(Status, a_permanent_or_fatal_report_of_a_required_instance_is_not_ready_and_named) {
    EXPECT_TRUE(is_ready(with(state::running, sonde::health::recoverable, true), nullptr));
    for (const auto health : {sonde::health::permanent, sonde::health::fatal}) {
        std::string why;
        EXPECT_FALSE(is_ready(with(state::running, health, true), &why));
        EXPECT_THAT(why, HasSubstr("'files' is running (no_access)"));
    }
}

TEST(Status, not_ready_before_the_configuration_is_applied_and_while_stopping) {
    std::string why;
    EXPECT_FALSE(is_ready({}, &why));
    EXPECT_THAT(why, HasSubstr("being applied"));
    auto all = with(state::running, sonde::health::ok, true);
    EXPECT_TRUE(is_ready(all, &why));
    EXPECT_EQ(why, "");
    all.stopping = true;
    EXPECT_FALSE(is_ready(all, &why));
    EXPECT_THAT(why, HasSubstr("stopping"));
}

TEST(Status, a_disabled_instance_does_not_count) {
    auto all = with(state::disabled, sonde::health::ok, true);
    all.instances.front().enabled = false;
    EXPECT_TRUE(is_ready(all, nullptr));
}

TEST(Status, well_means_running_and_ok) {
    EXPECT_TRUE(is_well(with(state::running, sonde::health::ok, true).instances.front()));
    EXPECT_FALSE(is_well(with(state::running, sonde::health::recoverable, true).instances.front()));
    EXPECT_FALSE(is_well(with(state::failed, sonde::health::ok, true).instances.front()));
}

}  // namespace
