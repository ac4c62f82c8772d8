// SPDX-License-Identifier: Apache-2.0
// What is told of the maps of the kernel side.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <boost/json.hpp>

#include "calls.hpp"
#include "ebpf/engine.hpp"
#include "ebpf/process/cgroup_family.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

const boost::json::object* find_map(const boost::json::value& page, std::string_view name) {
    for (const auto& each : page.at("maps").as_array()) {
        if (each.at("map").as_string() == name) {
            return &each.as_object();
        }
    }
    return nullptr;
}

TEST_F(EbpfTest, maps_are_told_with_capacity_memory_and_entries) {
    const testing::option_texts texts{{"udp", "true"}, {"processes", "false"}, {"tcp", "false"}, {"dns", "false"}};
    ASSERT_TRUE(driver.launch(texts));
    ASSERT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto page = [&] { return boost::json::parse(*driver.ask("check")); };
    const auto is_counted = [&] {
        const auto now = page();
        const auto* const flows = find_map(now, "udp_flows");
        return flows != nullptr && flows->contains("entries");
    };
    while (!is_counted() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    const auto last = page();
    const auto* const flows = find_map(last, "udp_flows");
    ASSERT_NE(flows, nullptr);
    EXPECT_EQ(flows->at("kind").as_string(), "hash");
    EXPECT_EQ(flows->at("capacity").to_number<std::uint64_t>(), 65536u);
    EXPECT_GT(flows->at("memory").to_number<std::uint64_t>(), 0u);
    ASSERT_TRUE(flows->contains("entries"));
    EXPECT_LE(flows->at("entries").to_number<std::uint64_t>(), 65536u);
    const auto* const ring = find_map(last, "sonde_ring");
    ASSERT_NE(ring, nullptr);
    EXPECT_EQ(ring->at("capacity").to_number<std::uint64_t>(), 8u << 20);
    EXPECT_GE(ring->at("memory").to_number<std::uint64_t>(), 8u << 20);
    EXPECT_FALSE(ring->contains("entries"));
    EXPECT_EQ(host.metrics.value("ebpf.map.capacity", {{"map", "udp_flows"}}), 65536);
    EXPECT_GT(host.metrics.value("ebpf.map.memory", {{"map", "sonde_ring"}}), 0);
}

TEST_F(EbpfTest, maps_have_the_sizes_of_the_configuration) {
    ASSERT_TRUE(driver.launch({{"ring_size", "1MiB"}, {"max_tracked_connections", "2048"}, {"processes", "false"}}));
    ASSERT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
    const auto page = boost::json::parse(*driver.ask("check"));
    for (const auto& [name, capacity] : {std::pair("sonde_ring", 1u << 20), std::pair("udp_flows", 2048u)}) {
        const auto* const found = find_map(page, name);
        ASSERT_NE(found, nullptr) << name;
        EXPECT_EQ(found->at("capacity").to_number<std::uint64_t>(), capacity) << name << ", as the kernel tells it";
    }
}

// The collector's own engine, so that names need not be waited for as long as they are usually kept.
class CgroupEndTest : public EbpfTest {
protected:
    void open(std::chrono::nanoseconds keep) {
        const auto machine = bpf::look_around({});
        root = machine.cgroup_root;
        names = std::make_shared<process::cgroup_names>(root, "/proc", keep);
        std::vector<std::unique_ptr<family>> families;
        families.push_back(std::make_unique<process::cgroup_family>(host.host(), names));
        families.push_back(std::make_unique<process::kernel_event_family>(host.host(), calls::connects(), names));
        programs.emplace(host.host(), counted, maps, std::move(families));
        option_values options;
        options.ring_size = 1u << 20;
        ASSERT_TRUE(programs->open(machine, options));
    }
    // Until `is_so`, or not within the patience of a test.
    bool turn_until(const std::function<bool()>& is_so) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!is_so()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            programs->drain(8192);
            programs->tick(host.host().monotonic());
            std::this_thread::sleep_for(5ms);
        }
        return true;
    }

    std::string root;
    tally counted{host.host()};
    map_meters maps{host.host()};
    std::shared_ptr<process::cgroup_names> names;
    std::optional<engine> programs;
};

TEST_F(CgroupEndTest, the_name_of_a_cgroup_goes_after_the_cgroup) {
    open(100ms);
    const std::filesystem::path folder = root + "/sonde_maps_test_" + std::to_string(::getpid());
    std::error_code problem;
    if (root.empty() || !std::filesystem::create_directory(folder, problem)) {
        GTEST_SKIP() << "no cgroup can be made here";
    }
    const std::shared_ptr<void> removed(nullptr, [&](void*) { std::filesystem::remove(folder, problem); });
    struct stat about{};
    ASSERT_EQ(::stat(folder.c_str(), &about), 0);
    const std::uint64_t id = about.st_ino;  // kernfs_node.id, as the kernel tells it
    const listener server;
    child client([&] {
        std::ofstream(folder / "cgroup.procs") << ::getpid() << std::flush;
        return connect_to("127.0.0.1", server.port()).is_open() ? 0 : 1;
    });
    const std::uint32_t pid = client.pid();
    ASSERT_EQ(client.status(), 0);
    ASSERT_TRUE(turn_until([&] { return names->knows(id); }));
    const auto told = [&] {
        const auto all = host.lane.envelopes(calls::connect_topic);
        return std::any_of(all.begin(), all.end(),
                           [&](const auto& each) { return each.pid == pid && each.cgroup_id == id; });
    };
    EXPECT_TRUE(turn_until(told));
    EXPECT_EQ(names->find(id, pid, false).path, "/" + folder.filename().string());
    ASSERT_TRUE(std::filesystem::remove(folder, problem)) << problem.message();
    EXPECT_TRUE(turn_until([&] { return !names->knows(id); }));
}

}  // namespace
}  // namespace sonde::ebpf::test
