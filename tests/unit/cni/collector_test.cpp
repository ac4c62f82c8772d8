// SPDX-License-Identifier: Apache-2.0
// The whole collector on directories of its own.
#include "cni/collector.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "sonde/v1/cni.pb.h"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 10s;

class CniCollector : public ::testing::Test {
protected:
    CniCollector() : root_(std::filesystem::temp_directory_path() / ("sonde-cni-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(root_);
        for (const char* const each : {"log", "net.d", "results", "networks", "netns", "state"}) {
            std::filesystem::create_directories(root_ / each);
        }
        host_.clock.follow_real_time();
    }
    ~CniCollector() override {
        EXPECT_TRUE(host_.lane.misuse().empty());
        std::filesystem::remove_all(root_);
    }

    [[nodiscard]] testing::option_texts options(const testing::option_texts& more = {}) const {
        testing::option_texts all{{"log_paths", root_ / "log/cni.log"}, {"config_dir", root_ / "net.d"},
                                  {"results_dir", root_ / "results"},   {"networks_dir", root_ / "networks"},
                                  {"netns_dirs", root_ / "netns"},      {"state_dir", root_ / "state"},
                                  {"log_begin", "beginning"},           {"network", "false"}};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    void write(const std::string& name, const std::string& text, std::ios::openmode how = std::ios::trunc) const {
        std::ofstream(root_ / name, how | std::ios::binary) << text;
    }
    void replace(const std::string& name, const std::string& text) const {
        write("new", text);
        std::filesystem::rename(root_ / "new", root_ / name);
    }
    static v1::CniEvent parsed(const testing::envelope_record& from) {
        v1::CniEvent event;
        EXPECT_TRUE(event.ParseFromArray(from.data.data(), static_cast<int>(from.data.size())));
        return event;
    }
    std::vector<v1::CniEvent> told(const char* topic) const {
        std::vector<v1::CniEvent> all;
        for (const auto& each : host_.lane.envelopes(topic)) {
            all.push_back(parsed(each));
        }
        return all;
    }
    template <class Wanted>
    v1::CniEvent wait_for(const char* topic, Wanted&& wanted) {
        const auto found = host_.lane.wait_for(topic, [&](const auto& each) { return wanted(parsed(each)); }, patience);
        EXPECT_TRUE(found) << topic;
        return found ? parsed(*found) : v1::CniEvent();
    }
    v1::CniEvent wait_for_line(const std::string& text) {
        return wait_for(log_topic, [&](const v1::CniEvent& each) { return each.raw() == text; });
    }

    std::filesystem::path root_;
    testing::fake_host host_;
};

constexpr const char* config = R"({"cniVersion":"1.0.0","name":"podnet","plugins":[{"type":"bridge","mtu":1400,
  "ipam":{"type":"host-local","subnet":"10.1.2.0/29"}}]})";

TEST_F(CniCollector, a_line_that_is_appended_becomes_an_event) {
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    write("log/cni.log", "level=info msg=\"cmdAdd\" plugin=bridge containerID=c1\n", std::ios::app);
    const v1::CniEvent event = wait_for(log_topic, [](const auto& each) { return each.container_id() == "c1"; });
    EXPECT_EQ(event.operation(), v1::CniEvent::OPERATION_ADD);
    EXPECT_EQ(event.family(), "bridge");
    EXPECT_EQ(event.path(), root_ / "log/cni.log");
    ASSERT_TRUE(driver.stop());
}

TEST_F(CniCollector, a_restart_goes_on_where_it_stopped_also_over_a_rotation) {
    write("log/cni.log", "one\ntwo\n");
    {
        testing::collector_driver driver(host_, component_table<collector>::table);
        ASSERT_TRUE(driver.launch(options()));
        wait_for_line("two");
        ASSERT_TRUE(driver.stop());
    }
    write("log/cni.log", "three\n", std::ios::app);
    std::filesystem::rename(root_ / "log/cni.log", root_ / "log/cni.log.1");
    write("log/cni.log", "four\n");
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    wait_for_line("four");
    ASSERT_TRUE(driver.stop());
    std::vector<std::string> lines;
    for (const auto& each : told(log_topic)) {
        lines.push_back(each.raw());
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST_F(CniCollector, lines_wait_while_nobody_listens) {
    host_.lane.set_subscribed(false);
    write("log/cni.log", "one\n");
    {
        testing::collector_driver driver(host_, component_table<collector>::table);
        ASSERT_TRUE(driver.launch(options()));
        ASSERT_TRUE(driver.stop());
    }
    EXPECT_TRUE(told(log_topic).empty());
    host_.lane.set_subscribed(true);
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    wait_for_line("one");
    ASSERT_TRUE(driver.stop());
}

TEST_F(CniCollector, lines_for_which_the_lane_has_no_room_come_later_and_in_order) {
    write("log/cni.log", "one\ntwo\nthree\n");
    host_.lane.answer_next_reserve(SONDE_AGAIN, 5);
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    wait_for_line("three");
    ASSERT_TRUE(driver.stop());
    std::vector<std::string> lines;
    for (const auto& each : told(log_topic)) {
        lines.push_back(each.raw());
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(host_.metrics.value("cni.log.waits"), 5);
    EXPECT_EQ(host_.lane.dropped(log_topic, drop_reason::lane_full), 0U);
}

TEST_F(CniCollector, events_for_which_the_lane_has_no_room_are_counted) {
    write("net.d/10.conf", config);
    write("net.d/20.conf", config);
    host_.lane.answer_next_reserve(SONDE_AGAIN, 1);
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    wait_for(config_topic, [](const auto&) { return true; });
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(told(config_topic).size(), 1U);
    EXPECT_EQ(host_.metrics.value("cni.events.lost", {{"part", "config"}}), 1);
    EXPECT_EQ(host_.lane.dropped(config_topic, drop_reason::lane_full), 1U);
}

TEST_F(CniCollector, a_long_line_is_cut_and_marked) {
    write("log/cni.log", std::string(5000, 'x') + "\n");
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options({{"line_limit", "256B"}})));
    const v1::CniEvent event = wait_for_line(std::string(256, 'x'));
    EXPECT_TRUE(event.raw_truncated());
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(host_.metrics.value("cni.log.truncated"), 1);
}

TEST_F(CniCollector, a_second_instance_on_the_same_positions_says_so) {
    testing::collector_driver first(host_, component_table<collector>::table);
    ASSERT_TRUE(first.launch(options()));
    EXPECT_TRUE(host_.reports.wait_for([](const auto& each) { return each.health == health::ok; }, patience));
    testing::collector_driver second(host_, component_table<collector>::table);
    ASSERT_TRUE(second.launch(options()));
    EXPECT_TRUE(host_.reports.wait_for([](const auto& each) { return each.reason == "state_in_use"; }, patience));
    ASSERT_TRUE(second.stop());
    ASSERT_TRUE(first.stop());
}

TEST_F(CniCollector, a_configuration_that_is_replaced_is_told_once_with_its_differences) {
    write("net.d/10-pods.conflist", config);
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    const v1::CniEvent listed = wait_for(config_topic, [](const auto&) { return true; });
    EXPECT_EQ(listed.config_change().action(), v1::CniConfigChange::ACTION_LISTED);
    EXPECT_EQ(listed.network(), "podnet");
    EXPECT_EQ(listed.config_change().plugins(0), "bridge");
    std::string changed = config;
    changed.replace(changed.find("1400"), 4, "1500");
    replace("net.d/10-pods.conflist", changed);
    const v1::CniEvent event = wait_for(config_topic, [](const auto& each) {
        return each.config_change().action() != v1::CniConfigChange::ACTION_LISTED;
    });
    EXPECT_EQ(event.config_change().action(), v1::CniConfigChange::ACTION_CHANGED);
    ASSERT_EQ(event.config_change().differences_size(), 1);
    EXPECT_EQ(event.config_change().differences(0).key(), "plugins.0.mtu");
    EXPECT_EQ(event.config_change().differences(0).before(), "1400");
    EXPECT_EQ(event.config_change().differences(0).after(), "1500");
    std::filesystem::remove(root_ / "net.d/10-pods.conflist");
    wait_for(config_topic,
             [](const auto& each) { return each.config_change().action() == v1::CniConfigChange::ACTION_REMOVED; });
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(told(config_topic).size(), 3U);
}

TEST_F(CniCollector, leases_and_the_share_of_their_pool_are_told) {
    write("net.d/10-pods.conflist", config);
    std::filesystem::create_directories(root_ / "networks/podnet");
    write("networks/podnet/10.1.2.2", "c1\r\neth0");
    write("networks/podnet/last_reserved_ip.0", "10.1.2.2");
    write("results/podnet-c1-eth0", R"({"kind":"cniCacheV1","containerId":"c1","ifName":"eth0","networkName":"podnet",
        "cniArgs":[["K8S_POD_NAME","web-0"]],"result":{"ips":[{"address":"10.1.2.2/29"}]}})");
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    const v1::CniEvent first =
        wait_for(result_topic, [](const auto& each) { return each.kind() == v1::CniEvent::KIND_ADDRESS_ALLOCATED; });
    EXPECT_EQ(first.addresses(0), "10.1.2.2");
    EXPECT_EQ(first.container_id(), "c1");
    EXPECT_EQ(first.interface(), "eth0");
    EXPECT_EQ(first.pod_name(), "web-0");
    wait_for(result_topic, [](const auto& each) { return each.pool().used() == 1 && each.pool().size() == 5; });
    write("networks/podnet/10.1.2.3", "c2");
    wait_for(result_topic, [](const auto& each) { return each.pool().used() == 2; });
    EXPECT_EQ(*driver.ask("pools"), "[{\"network\":\"podnet\",\"subnet\":\"10.1.2.0/29\",\"used\":2,\"size\":5}]\n");
    std::filesystem::remove(root_ / "networks/podnet/10.1.2.2");
    const v1::CniEvent released =
        wait_for(result_topic, [](const auto& each) { return each.kind() == v1::CniEvent::KIND_ADDRESS_RELEASED; });
    EXPECT_EQ(released.container_id(), "c1");
    std::filesystem::remove(root_ / "results/podnet-c1-eth0");
    const v1::CniEvent removed =
        wait_for(result_topic, [](const auto& each) { return each.kind() == v1::CniEvent::KIND_RESULT_REMOVED; });
    EXPECT_EQ(removed.pod_name(), "web-0");
    ASSERT_TRUE(driver.stop());
}

TEST_F(CniCollector, a_network_that_appears_is_followed) {
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    std::filesystem::create_directories(root_ / "networks/late");
    write("networks/late/10.9.0.2", "c9");
    const v1::CniEvent event =
        wait_for(result_topic, [](const auto& each) { return each.kind() == v1::CniEvent::KIND_ADDRESS_ALLOCATED; });
    EXPECT_EQ(event.network(), "late");
    ASSERT_TRUE(driver.stop());
}

TEST_F(CniCollector, a_late_subscriber_gets_everything_again) {
    write("net.d/10-pods.conflist", config);
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options()));
    wait_for(config_topic, [](const auto&) { return true; });
    driver.control.announce_subscriber();
    for (int i = 0; i < 500 && told(config_topic).size() < 2; ++i) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(told(config_topic).size(), 2U);
    ASSERT_TRUE(driver.stop());
}

TEST_F(CniCollector, each_part_counts_for_itself_and_can_be_switched_off) {
    write("net.d/10-pods.conflist", config);
    write("log/cni.log", "one\n");
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch(options({{"config", "false"}, {"operations", "false"}})));
    wait_for_line("one");
    ASSERT_TRUE(driver.stop());
    EXPECT_TRUE(told(config_topic).empty());
    EXPECT_EQ(host_.metrics.value("cni.events", {{"part", "logs"}}), 1);
    EXPECT_EQ(host_.metrics.value("cni.events", {{"part", "config"}}), 0);
    EXPECT_EQ(host_.metrics.value("cni.log.lines"), 1);
}

TEST_F(CniCollector, with_one_part_alone_only_its_counter_rises) {
    const std::map<std::string, const char*> parts{
        {"logs", log_topic}, {"config", config_topic}, {"results", result_topic}, {"network", network_topic}};
    write("net.d/10-pods.conflist", config);
    write("log/cni.log", "one\n");
    std::filesystem::create_directories(root_ / "networks/podnet");
    write("networks/podnet/10.1.2.2", "c1\neth0");
    for (const auto& [part, topic] : parts) {
        testing::fake_host host;
        host.clock.follow_real_time();
        testing::collector_driver driver(host, component_table<collector>::table);
        testing::option_texts chosen = options({{"operations", "false"}, {"state_name", part}});
        std::erase_if(chosen, [](const auto& each) { return each.first == "network"; });
        for (const auto& each : parts) {
            chosen.emplace_back(each.first, each.first == part ? "true" : "false");
        }
        ASSERT_TRUE(driver.launch(chosen)) << part;
        EXPECT_TRUE(host.lane.wait_for(topic, [](const auto&) { return true; }, patience)) << part;
        ASSERT_TRUE(driver.stop());
        for (const auto& each : parts) {
            const auto told = host.lane.envelopes(each.second).size();
            EXPECT_EQ(told != 0, each.first == part) << part << " told of " << each.first;
            EXPECT_EQ(host.metrics.value("cni.events", {{"part", each.first}}), static_cast<std::int64_t>(told))
                << part << " counted " << each.first;
        }
        EXPECT_TRUE(host.lane.envelopes(operation_topic).empty()) << part;
    }
}

TEST_F(CniCollector, links_and_routes_of_its_own_namespace_are_a_snapshot) {
    testing::collector_driver driver(host_, component_table<collector>::table);
    ASSERT_TRUE(driver.launch({{"logs", "false"},
                               {"config", "false"},
                               {"results", "false"},
                               {"operations", "false"},
                               {"netns_dirs", root_ / "netns"},
                               {"state_dir", root_ / "state"}}));
    const v1::CniEvent link = wait_for(network_topic, [](const auto& each) { return each.interface() == "lo"; });
    EXPECT_EQ(link.kind(), v1::CniEvent::KIND_INTERFACE_ADDED);
    EXPECT_GT(link.interface_index(), 0U);
    ASSERT_TRUE(driver.stop());
}

}  // namespace
}  // namespace sonde::cni
