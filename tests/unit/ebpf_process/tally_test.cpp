// SPDX-License-Identifier: Apache-2.0
#include "ebpf/tally.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

namespace sonde::ebpf {
namespace {

TEST(Tally, counts_by_kind_and_reason_for_page_and_metrics) {
    testing::fake_host host;
    tally counted(host.host());
    counted.name({SONDE_EVENT_EXEC, "exec"});
    counted.count_event(SONDE_EVENT_EXEC);
    counted.count_event(SONDE_EVENT_EXEC);
    counted.count_lost(SONDE_EVENT_EXEC, SONDE_LOSS_RING_FULL, 5);
    counted.count_malformed();
    EXPECT_EQ(counted.json(), R"({"events":{"exec":{"told":2,"lost":{"ring_full":5,"map_full":0,"read_fault":0,)"
                              R"("truncated":0,"rate_limited":0}}},"malformed":1})");
}

}  // namespace
}  // namespace sonde::ebpf
