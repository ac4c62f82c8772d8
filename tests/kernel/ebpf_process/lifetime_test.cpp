// SPDX-License-Identifier: Apache-2.0
// Nothing stays in the kernel: neither after a stop, nor after a death.
#include "kernel_objects.hpp"
#include "live_collector.hpp"

#include <array>
#include <cstdlib>

namespace sonde::ebpf {
namespace {

// All families; on an emulated machine that takes seconds.
const testing::option_texts everything{{"signals", "true"},        {"tcp_sends", "true"},   {"connects", "true"},
                                       {"namespaces", "true"},     {"file_opens", "true"},  {"protocols", "all"},
                                       {"sync_processes", "etcd"}, {"xdp_interfaces", "lo"}};

// Fewer on machines that are emulated (SONDE_TEST_STARTS): each takes them a second and more.
int starts() {
    const char* wanted = ::getenv("SONDE_TEST_STARTS");
    return wanted == nullptr ? 100 : std::atoi(wanted);
}

TEST_F(EbpfTest, a_hundred_starts_and_stops_leave_nothing_behind) {
    for (int i = 0; i < starts(); ++i) {
        testing::fake_host other;
        testing::collector_driver again(other, collector_table);
        const auto launched = again.launch(i % 10 == 0 ? everything : processes_only);
        ASSERT_TRUE(launched) << launched.error().message();
        ASSERT_TRUE(other.reports.wait_for([](const auto&) { return true; }, patience));
        const kernel_objects held = objects_of(::getpid());
        ASSERT_FALSE(held.programs.empty());
        ASSERT_FALSE(held.maps.empty());
        ASSERT_FALSE(held.links.empty());
        ASSERT_TRUE(again.stop());
        again.destroy();
        ASSERT_TRUE(objects_of(::getpid()).programs.empty());
        ASSERT_TRUE(all_gone_within(held, patience)) << "after cycle " << i;
    }
}

TEST_F(EbpfTest, a_collector_that_is_killed_leaves_nothing_behind) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    child killed([&] {
        testing::fake_host other;
        testing::collector_driver again(other, collector_table);
        if (again.launch() && other.reports.wait_for([](const auto&) { return true; }, patience)) {
            static_cast<void>(::write(ready[1], "1", 1) == 1);
        }
        ::pause();
    });
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const kernel_objects held = objects_of(static_cast<pid_t>(killed.pid()));
    EXPECT_GE(held.programs.size(), 4u);
    EXPECT_GE(held.links.size(), 4u);
    EXPECT_TRUE(any_is_there(held));
    ASSERT_EQ(::kill(static_cast<pid_t>(killed.pid()), SIGKILL), 0);
    killed.wait();
    EXPECT_TRUE(all_gone_within(held, patience));
    ::close(ready[0]);
    ::close(ready[1]);
}

}  // namespace
}  // namespace sonde::ebpf
