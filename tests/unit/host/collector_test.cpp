// SPDX-License-Identifier: Apache-2.0
#include "host/collector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "metrics_read.hpp"

namespace sonde::host_metrics {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 10s;
constexpr std::uint64_t boot_time = 1'700'000'000'000'000'000;

class HostCollector : public ::testing::Test {
protected:
    HostCollector() { host.clock.follow_real_time(); }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    testing::option_texts with(const testing::option_texts& more = {}) const {
        testing::option_texts all{{"proc_root", files.path("proc")},
                                  {"sys_root", files.path("sys")},
                                  {"root_path", files.path("")},
                                  {"interval", "1s"}};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    void launch(const testing::option_texts& more = {}) { ASSERT_TRUE(driver.launch(with(more))); }
    // The metrics of a group, as soon as they come.
    v1::MetricSet wait_group(const std::string& name) {
        const auto record = host.lane.wait_for(
            metric_topic, [&](const auto& each) { return parsed<v1::MetricSet>(each).group() == name; }, patience);
        EXPECT_TRUE(record) << name;
        return record ? parsed<v1::MetricSet>(*record) : v1::MetricSet();
    }
    bool wait_report(std::string_view reason) {
        return host.reports.wait_for([&](const auto& each) { return each.reason == reason; }, patience);
    }

    fake_root files;
    testing::fake_host host;
    testing::collector_driver driver{host, component_table<collector>::table};
};

TEST_F(HostCollector, processor_time_and_counters_are_told_since_boot) {
    launch({{"groups", "cpu,load,processes,pressure"}});
    const std::vector cpu{wait_group("cpu")};
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    EXPECT_DOUBLE_EQ(value_of(cpu, "system.cpu.time", {{"cpu.mode", "user"}}), 100 / ticks);
    EXPECT_DOUBLE_EQ(value_of(cpu, "system.cpu.time", {{"cpu.mode", "steal"}}), 800 / ticks);
    EXPECT_EQ(value_of(cpu, "system.cpu.logical.count"), 1);
    EXPECT_EQ(value_of(cpu, "system.linux.context_switches"), 5);
    EXPECT_EQ(cpu[0].metrics(0).start_time_unix_nano(), boot_time);
    EXPECT_EQ(cpu[0].metrics(0).kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(cpu[0].metrics(0).unit(), "s");
    EXPECT_FALSE(find_point(cpu, "system.cpu.time", {{"cpu.logical_number", "0"}}));

    EXPECT_DOUBLE_EQ(value_of({wait_group("load")}, "system.cpu.load_average.15m"), 0.125);
    const std::vector processes{wait_group("processes")};
    EXPECT_EQ(value_of(processes, "system.process.count"), 2);  // 1 and 7
    EXPECT_EQ(value_of(processes, "system.process.created"), 77);
    EXPECT_EQ(value_of(processes, "system.linux.thread.count"), 99);
    EXPECT_EQ(value_of(processes, "system.linux.thread.busy", {{"state", "blocked"}}), 1);
    const labels some{{"resource", "cpu"}, {"level", "some"}};
    EXPECT_DOUBLE_EQ(value_of({wait_group("pressure")}, "system.linux.pressure.time", some), 2.5);
}

TEST_F(HostCollector, each_processor_is_told_if_that_is_wanted) {
    launch({{"per_cpu", "true"}});
    EXPECT_TRUE(
        find_point({wait_group("cpu")}, "system.cpu.time", {{"cpu.logical_number", "0"}, {"cpu.mode", "idle"}}));
}

TEST_F(HostCollector, the_states_of_memory_add_up_to_all_of_it) {
    launch();
    const std::vector memory{wait_group("memory")};
    double sum = 0;
    for (const char* state : {"used", "free", "buffers", "cached"}) {
        sum += value_of(memory, "system.memory.usage", {{"system.memory.state", state}});
    }
    EXPECT_EQ(sum, 1000 * 1024);
    EXPECT_EQ(value_of(memory, "system.memory.usage", {{"system.memory.state", "cached"}}), 320 * 1024);
    EXPECT_EQ(value_of(memory, "system.linux.memory.available"), 600 * 1024);
    EXPECT_EQ(value_of(memory, "system.paging.usage", {{"system.paging.state", "used"}}), 4 * 1024);
    EXPECT_EQ(value_of(memory, "system.paging.faults", {{"system.paging.fault.type", "minor"}}), 42);
    EXPECT_EQ(value_of(memory, "system.linux.memory.oom_kills"), 3);
}

TEST_F(HostCollector, disks_without_partitions_and_interfaces_without_noise) {
    launch();
    const std::vector disk{wait_group("disk")};
    const labels read{{"system.device", "sda"}, {"disk.io.direction", "read"}};
    EXPECT_EQ(value_of(disk, "system.disk.io", read), 5120);
    EXPECT_DOUBLE_EQ(value_of(disk, "system.disk.operation_time", read), 4);
    EXPECT_FALSE(find_point(disk, "system.disk.io", {{"system.device", "sda1"}}));
    EXPECT_FALSE(find_point(disk, "system.disk.io", {{"system.device", "loop0"}}));

    const std::vector network{wait_group("network")};
    const labels sent{{"network.interface.name", "eth0"}, {"network.io.direction", "transmit"}};
    EXPECT_EQ(value_of(network, "system.network.io", sent), 9);
    EXPECT_EQ(value_of(network, "system.network.packet.count", sent), 10);
    EXPECT_EQ(value_of(network, "system.network.errors", sent), 11);
    EXPECT_EQ(value_of(network, "system.network.packet.dropped", sent), 12);
    EXPECT_FALSE(find_point(network, "system.network.io", {{"network.interface.name", "veth3"}}));
}

TEST_F(HostCollector, partitions_and_pairs_are_told_if_they_are_wanted) {
    launch({{"partitions", "true"}, {"exclude_interfaces", "eth*"}});
    EXPECT_TRUE(find_point({wait_group("disk")}, "system.disk.io", {{"system.device", "sda1"}}));
    const std::vector network{wait_group("network")};
    EXPECT_TRUE(find_point(network, "system.network.io", {{"network.interface.name", "veth3"}}));
    EXPECT_FALSE(find_point(network, "system.network.io", {{"network.interface.name", "eth0"}}));
}

TEST_F(HostCollector, a_new_interface_counts_since_the_scan_before) {
    launch({{"groups", "network"}, {"exclude_interfaces", "none"}});
    wait_group("network");
    const auto before = static_cast<std::uint64_t>(host.host().wall().count());
    files.write("proc/1/net/dev", fake_root::interface_line("eth0", 2000) + fake_root::interface_line("new0", 5));
    const labels name{{"network.interface.name", "new0"}};
    ASSERT_TRUE(host.lane.wait_for(
        metric_topic,
        [&](const auto& each) { return find_point({parsed<v1::MetricSet>(each)}, "system.network.io", name); },
        patience));
    const auto sets = sets_of(host);
    const std::uint64_t start = find_point(sets, "system.network.io", name)->start_time_unix_nano();
    EXPECT_GT(start, boot_time);
    EXPECT_LE(start, before);
    EXPECT_EQ(find_point(sets, "system.network.io", {{"network.interface.name", "eth0"}})->start_time_unix_nano(), 0u);
}

TEST_F(HostCollector, a_missing_file_takes_its_group_alone_and_is_named) {
    files.remove("proc/diskstats");
    files.remove("proc/pressure");  // a kernel without it is fine
    launch();
    ASSERT_TRUE(wait_report("disk_incomplete"));
    const auto report = host.reports.all().back();
    EXPECT_EQ(report.health, health::recoverable);
    EXPECT_THAT(report.text, ::testing::HasSubstr("diskstats"));
    EXPECT_THAT(report.text, ::testing::Not(::testing::HasSubstr("pressure")));
    EXPECT_GE(host.metrics.value("host.failures", {{"group", "disk"}}), 1);
    EXPECT_EQ(host.metrics.value("host.failures", {{"group", "memory"}}), 0);
    wait_group("memory");

    files.write("proc/diskstats", fake_root::disk_line("sda", 3));
    wait_group("disk");
    ASSERT_TRUE(host.reports.wait_for([](const auto& each) { return each.health == health::ok; }, patience));
}

TEST_F(HostCollector, garbage_in_every_file_is_counted_and_nothing_is_made_up) {
    for (const char* name : {"stat", "meminfo", "vmstat", "diskstats", "1/net/dev", "1/mountinfo", "loadavg"}) {
        files.write(std::string("proc/") + name, "cpu x\nMemTotal: \xff\npgfault\n\x01\x02 garbage\n");
    }
    files.remove("proc/pressure");
    launch();
    ASSERT_TRUE(wait_report("cpu_incomplete"));
    for (const auto& set : sets_of(host)) {
        EXPECT_EQ(set.group(), "processes");  // only the directories of processes are left
    }
    EXPECT_GE(host.metrics.total("host.malformed"), 6);
}

TEST_F(HostCollector, tells_about_the_host_at_the_start_and_to_those_who_come_late) {
    launch();
    const auto any = [](const testing::envelope_record&) { return true; };
    const auto first = host.lane.wait_for(info_topic, any, patience);
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->snapshot);
    const auto told = parsed<v1::HostEvent>(*first);
    EXPECT_EQ(told.host().id(), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(told.host().name(), "node-a");
    EXPECT_EQ(told.host().os_name(), "Debian GNU/Linux");
    EXPECT_EQ(told.host().os_version(), "12");
    EXPECT_EQ(told.host().boot_id(), "b00t");
    EXPECT_EQ(told.host().memory_total(), 1'024'000u);
    EXPECT_EQ(told.boot_time_unix_nano(), boot_time);
    driver.control.announce_subscriber();
    EXPECT_TRUE(host.lane.wait_for(info_topic, [](const auto& each) { return each.snapshot; }, patience));
}

TEST_F(HostCollector, tags_are_told_once_with_the_host) {
    launch({{"tags", "rack=12,owner=payments=eu"}});
    const auto any = [](const testing::envelope_record&) { return true; };
    const auto first = host.lane.wait_for(info_topic, any, patience);
    ASSERT_TRUE(first);
    const auto tags = parsed<v1::HostEvent>(*first).tags();
    EXPECT_EQ((std::map<std::string, std::string>(tags.begin(), tags.end())),
              (std::map<std::string, std::string>{{"rack", "12"}, {"owner", "payments=eu"}}));
    wait_group("load");
    for (const auto& set : sets_of(host)) {
        EXPECT_EQ(set.SerializeAsString().find("payments"), std::string::npos);
    }
}

TEST_F(HostCollector, what_is_no_tag_is_refused) {
    ASSERT_TRUE(driver.create());
    for (const char* tags : {"rack", "=12", "rack=1,rack=2"}) {
        const auto refused = driver.configure(with({{"tags", tags}}));
        ASSERT_FALSE(refused) << tags;
        EXPECT_EQ(refused.error().where, "tags");
    }
}

TEST_F(HostCollector, a_group_that_is_none_is_refused) {
    ASSERT_TRUE(driver.create());
    const auto refused = driver.configure(with({{"groups", "cpu,disks"}}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "groups");
    EXPECT_FALSE(driver.configure(with({{"interval", "1ms"}})));
}

TEST_F(HostCollector, options_may_change_while_it_runs) {
    launch({{"groups", "load"}});
    wait_group("load");
    ASSERT_TRUE(driver.configure(with({{"groups", "cpu"}})));
    wait_group("cpu");
    ASSERT_TRUE(driver.stop());
}

}  // namespace
}  // namespace sonde::host_metrics
