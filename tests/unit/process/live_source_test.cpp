// SPDX-License-Identifier: Apache-2.0
// The whole collector beside a publisher of processes on the bus: one source at a time.
#include <span>
#include <string>

#include <sonde/testing/batch_builder.hpp>

#include "live_collector.hpp"

namespace sonde::process {
namespace {

using ::testing::HasSubstr;

class LiveSourceTest : public CollectorTest {
protected:
    void add(const kind& event) {
        const std::string bytes = event.SerializeAsString();
        batches_.add([&](envelope_writer& envelope) {
            envelope.time(std::chrono::nanoseconds(wall_now()), clock_quality::kernel);
            envelope.data(schema::content_type, schema::revision,
                          std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
        });
    }
    // A machine with one process, which no scan of /proc could find.
    [[nodiscard]] bool feed_snapshot(std::uint32_t pid, std::chrono::nanoseconds interval) {
        kind sample;
        sample.set_kind(kind::KIND_SAMPLE);
        sample.set_snapshot_number(++snapshot_);
        sample.mutable_process()->set_pid(pid);
        sample.mutable_process()->set_name("told");
        sample.mutable_process()->set_threads(1);
        sample.mutable_process()->set_create_time_unix_nano(static_cast<std::uint64_t>(wall_now() - 1'000'000'000));
        add(sample);
        kind end;
        end.set_kind(kind::KIND_SNAPSHOT_END);
        end.set_snapshot_number(snapshot_);
        end.mutable_snapshot_end()->set_processes(1);
        end.mutable_snapshot_end()->set_interval_nano(static_cast<std::uint64_t>(interval.count()));
        add(end);
        return driver.feed(batches_.build());
    }
    [[nodiscard]] bool feed_end() {
        kind end;
        end.set_kind(kind::KIND_SOURCE_END);
        add(end);
        return driver.feed(batches_.build());
    }
    [[nodiscard]] bool wait_for_text(const char* text) {
        return host.reports.wait_for([=](const auto& report) { return report.text.find(text) != std::string::npos; },
                                     patience);
    }
    // A while that no test depends on to succeed: what must not happen would.
    void let_time_pass() const {
        ASSERT_EQ(host.lane.wait_for("none/", [](const auto&) { return false; }, 400ms), std::nullopt);
    }

    static constexpr std::uint32_t invented = 4'000'000'000;

private:
    testing::batch_builder batches_{ebpf_topic};
    std::uint64_t snapshot_ = 0;
};

TEST_F(LiveSourceTest, nothing_is_scanned_and_no_event_told_while_the_ebpf_collector_tells_processes) {
    launch({{"scan_interval", "50ms"}, {"poll_interval", "100ms"}});
    ASSERT_TRUE(feed_snapshot(invented, 60s));
    ASSERT_TRUE(wait_for_text("processes come from the ebpf collector"));
    const auto scans = host.metrics.value("process.scans");
    const auto opened = host.metrics.value("process.files.opened");
    EXPECT_GT(opened, 0);
    const child sleeper(become_sleep);
    driver.control.announce_subscriber();
    let_time_pass();
    EXPECT_EQ(host.metrics.value("process.scans"), scans);
    EXPECT_EQ(host.metrics.value("process.files.opened"), opened) << "no file of /proc is opened";
    EXPECT_EQ(host.metrics.value("process.ebpf"), 1);
    EXPECT_EQ(host.metrics.value("process.polling"), 0);
    for (const auto& record : host.lane.envelopes(event_topic)) {
        EXPECT_NE(record.pid, sleeper.pid());
    }
    const auto list = driver.ask("processes");
    ASSERT_TRUE(list);
    EXPECT_THAT(*list, HasSubstr("{\"count\":1,\"processes\":[{\"pid\":4000000000,"));
}

TEST_F(LiveSourceTest, silence_brings_the_own_source_back_which_finds_what_happened_meanwhile) {
    launch({{"scan_interval", "0s"}, {"poll_interval", "100ms"}});
    ASSERT_TRUE(feed_snapshot(invented, 100ms));
    ASSERT_TRUE(wait_for_text("processes come from the ebpf collector"));
    host.lane.release();
    const child sleeper(become_sleep);
    // Three intervals later.
    ASSERT_TRUE(wait_for_text("the ebpf collector tells processes no more"));
    EXPECT_TRUE(wait_event(sleeper.pid(), kind::KIND_FORK)) << "by the difference";
    EXPECT_TRUE(wait_event(invented, kind::KIND_EXIT)) << "it is not there";
    EXPECT_EQ(host.metrics.value("process.ebpf"), 0);
    EXPECT_TRUE(wait_mark()) << "whoever heard the other one is told what there is";
    const child next(become_sleep);
    EXPECT_TRUE(wait_event(next.pid(), kind::KIND_FORK));
    ASSERT_TRUE(feed_snapshot(invented, 60s)) << "and again";
    EXPECT_EQ(host.metrics.value("process.ebpf"), 1);
}

TEST_F(LiveSourceTest, the_end_of_the_publisher_is_no_fault_and_is_named) {
    launch({{"scan_interval", "0s"}});
    ASSERT_TRUE(feed_snapshot(invented, 60s));
    ASSERT_TRUE(feed_end());
    ASSERT_TRUE(wait_for_text("since the ebpf collector has ended"));
    EXPECT_TRUE(host.reports.all().back().reason.find("ebpf") == std::string::npos);
}

TEST_F(LiveSourceTest, its_own_end_is_not_told_while_another_goes_on_to_tell) {
    launch({{"scan_interval", "0s"}});
    ASSERT_TRUE(feed_snapshot(invented, 60s));
    ASSERT_TRUE(wait_for_text("processes come from the ebpf collector"));
    ASSERT_TRUE(driver.stop());
    for (const auto& told : payloads_of(host.lane.envelopes(sample_topic))) {
        EXPECT_NE(told.kind(), kind::KIND_SOURCE_END);
    }
}

TEST_F(LiveSourceTest, asked_for_ebpf_alone_it_waits_and_opens_nothing) {
    ASSERT_TRUE(driver.launch({{"events", "ebpf"}}));
    ASSERT_TRUE(host.reports.wait_for([](const auto& report) { return report.reason == "ebpf_missing"; }, patience));
    const auto opened = host.metrics.value("process.files.opened");
    ASSERT_TRUE(feed_snapshot(invented, 60s));
    ASSERT_TRUE(host.lane.wait_for(sample_topic, about(invented, kind::KIND_SAMPLE), patience));
    EXPECT_EQ(host.metrics.value("process.scans"), 0);
    EXPECT_EQ(host.metrics.value("process.files.opened"), opened);
    ASSERT_TRUE(feed_end());
    ASSERT_TRUE(host.reports.wait_for(
        [](const auto& report) { return report.text.find("nothing tells processes") != std::string::npos; }, patience));
    EXPECT_EQ(host.metrics.value("process.files.opened"), opened);
}

TEST_F(LiveSourceTest, another_choice_does_not_heed_it) {
    launch({{"events", "poll"}, {"scan_interval", "0s"}, {"poll_interval", "100ms"}});
    ASSERT_TRUE(feed_snapshot(invented, 60s));
    EXPECT_EQ(host.metrics.value("process.ebpf"), 0);
    const child sleeper(become_sleep);
    EXPECT_TRUE(wait_event(sleeper.pid(), kind::KIND_FORK));
}

}  // namespace
}  // namespace sonde::process
