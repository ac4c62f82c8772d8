// SPDX-License-Identifier: Apache-2.0
// What the collector does where the kernel tells it nothing, or not everything.
#include "process/event_feed.hpp"

#include <algorithm>
#include <thread>

#include <sched.h>
#include <sys/syscall.h>

#include "live_collector.hpp"

namespace sonde::process {
namespace {

// In a network namespace of its own, where no kernel part answers: a thread has one, not the whole test program.
TEST_F(CollectorTest, without_a_connector_it_polls_and_says_what_to_grant) {
    bool isolated = false;
    std::thread([&] {
        isolated = ::unshare(CLONE_NEWNET) == 0;
        if (isolated) {
            launch({{"poll_interval", "100ms"}});
        }
    }).join();
    if (!isolated) {
        GTEST_SKIP() << "making a network namespace needs CAP_SYS_ADMIN";
    }
    ASSERT_TRUE(host.reports.wait_for([](const auto& report) { return report.health == health::permanent; }, patience));
    const auto report = host.reports.all().front();
    EXPECT_EQ(report.reason, "proc_connector_missing");
    EXPECT_THAT(report.text, ::testing::HasSubstr("hostNetwork"));
    const child sleeper(become_sleep);
    const auto executed = wait_event(sleeper.pid(), kind::KIND_EXEC);
    ASSERT_TRUE(executed);
    EXPECT_EQ(executed->clock, 2u);
}

TEST_F(CollectorTest, a_required_connector_that_is_missing_is_a_failure) {
    bool isolated = false;
    result<void> outcome;
    std::thread([&] {
        isolated = ::unshare(CLONE_NEWNET) == 0;
        if (isolated && driver.launch({{"events", "connector"}})) {
            outcome = driver.join();
        }
    }).join();
    if (!isolated) {
        GTEST_SKIP() << "making a network namespace needs CAP_SYS_ADMIN";
    }
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::unsupported);
}

// The raw system calls change this thread only, where the library's change the program.
TEST_F(CollectorTest, without_privileges_it_counts_what_it_may_not_read_and_goes_on) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give privileges up";
    }
    const child of_root([] { ::pause(); });
    std::thread([&] {
        ASSERT_EQ(::syscall(SYS_setresuid, 65534, 65534, 65534), 0);
        launch({{"poll_interval", "100ms"}});
    }).join();
    const child sleeper(become_sleep);
    EXPECT_TRUE(wait_event(sleeper.pid(), kind::KIND_FORK));
    const auto sample = wait_sample(of_root.pid());
    ASSERT_TRUE(sample);
    EXPECT_EQ(payload_of(*sample).process().executable_path(), "");
    EXPECT_GE(host.metrics.value("process.permission.errors", {{"file", "exe"}}), 1);
    EXPECT_EQ(host.logs.size(), 0u);
}

TEST(Explain, names_what_to_grant) {
    EXPECT_EQ(explain(EPERM).reason, "proc_connector_denied");
    EXPECT_THAT(explain(EPERM).text, ::testing::HasSubstr("CAP_NET_ADMIN"));
    EXPECT_EQ(explain(ECONNREFUSED).reason, "proc_connector_missing");
    EXPECT_EQ(explain(EPROTONOSUPPORT).reason, "proc_connector_missing");
    EXPECT_EQ(explain(0).reason, "proc_connector_silent");
    EXPECT_TRUE(explain(EPERM).permanent);
    EXPECT_FALSE(explain(EIO).permanent);
}

TEST(EventFeed, tries_again_with_growing_pauses_and_gives_up) {
    event_feed feed(event_source::automatic, 4096);
    std::chrono::nanoseconds now = 1s;
    std::vector<std::chrono::nanoseconds> pauses;
    for (;;) {
        feed.lose(EIO, now);
        ASSERT_TRUE(feed.problem());
        EXPECT_TRUE(feed.is_polling());
        if (!feed.next_attempt()) {
            break;
        }
        pauses.push_back(*feed.next_attempt() - now);
        now = *feed.next_attempt();
    }
    EXPECT_EQ(pauses.size(), static_cast<std::size_t>(event_feed::most_attempts - 1));
    EXPECT_EQ(pauses.front(), event_feed::first_pause);
    EXPECT_EQ(pauses.back(), event_feed::longest_pause);
    EXPECT_TRUE(std::is_sorted(pauses.begin(), pauses.end()));
    EXPECT_TRUE(feed.problem()->permanent);
    EXPECT_FALSE(feed.open_if_due(now + 1h));
}

}  // namespace
}  // namespace sonde::process
