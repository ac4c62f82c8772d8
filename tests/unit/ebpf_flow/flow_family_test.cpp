// SPDX-License-Identifier: Apache-2.0
// The family without a kernel: records by hand, time by the test.
#include "ebpf/flow/flow_family.hpp"

#include <cstring>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>
#include <sonde_bpf/connection.h>

namespace sonde::ebpf::flow {
namespace {

using namespace std::chrono_literals;

struct told_connection {
    sonde_event event;
    sonde_connection raw;
};

class FlowFamily : public ::testing::Test {
protected:
    static flow_settings settings() {
        flow_settings made;
        made.interval = 1h;
        made.max_tracked = 20;
        made.nat = false;
        made.cgroups = std::make_shared<process::cgroup_names>("", "/proc");
        made.proc_root = "/proc";
        return made;
    }
    FlowFamily() : nothing_(*bpf::session::load({})) { EXPECT_TRUE(family_.open(nothing_)); }

    void connections(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t cookie = first; cookie <= last; ++cookie) {
            told_connection one{};
            one.event = {cookie, SONDE_EVENT_CONNECTION, sizeof one};
            one.raw.cookie = cookie;
            one.raw.time = 1;
            one.raw.family = AF_INET;
            one.raw.protocol = IPPROTO_TCP;
            one.raw.direction = SONDE_DIRECTION_OUTGOING;
            one.raw.state = 1;
            one.raw.local_address[0] = one.raw.remote_address[0] = 10;
            one.raw.local_port = static_cast<std::uint16_t>(40000 + cookie);
            one.raw.remote_port = 80;
            one.raw.network_namespace = 1;
            ASSERT_TRUE(family_.on_record(one.event, std::as_bytes(std::span(&one, 1))));
        }
    }
    std::vector<std::string> warnings_after(std::chrono::nanoseconds time) {
        const std::size_t before = host_.logs.size();
        family_.tick(time);
        std::vector<std::string> told;
        for (const auto& line : host_.logs.all()) {
            told.push_back(line.message);
        }
        told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(before));
        return told;
    }
    [[nodiscard]] std::int64_t episodes(std::string_view level) const {
        return host_.metrics.value("ebpf.connections.fill.episodes", {{"level", level}});
    }

    testing::fake_host host_;
    bpf::session nothing_;
    desk desk_;
    flow_family family_{host_.host(), settings(), desk_};
};

TEST_F(FlowFamily, a_table_that_fills_up_is_warned_of_once_per_level) {
    using ::testing::ElementsAre;
    using ::testing::HasSubstr;
    using ::testing::IsEmpty;
    connections(1, 17);
    EXPECT_THAT(warnings_after(10s), IsEmpty());
    connections(18, 18);
    EXPECT_THAT(warnings_after(20s), ElementsAre(HasSubstr("18 of 20 connections are tracked")));
    EXPECT_THAT(warnings_after(30s), IsEmpty());
    connections(19, 21);
    EXPECT_THAT(warnings_after(40s), ElementsAre(HasSubstr("more connections than 20 are open")));
    EXPECT_THAT(warnings_after(50s), IsEmpty());
    EXPECT_EQ(episodes("nearly_full"), 1);
    EXPECT_EQ(episodes("full"), 1);
}

}  // namespace
}  // namespace sonde::ebpf::flow
