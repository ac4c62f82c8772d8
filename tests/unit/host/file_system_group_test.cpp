// SPDX-License-Identifier: Apache-2.0
#include "host/file_system_group.hpp"

#include <latch>

#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "metrics_read.hpp"

namespace sonde::host_metrics {
namespace {

using namespace std::chrono_literals;

class FileSystemGroup : public ::testing::Test {
protected:
    v1::MetricSet scan(option_values with, ask_space ask) {
        with.root_path = "/host";
        with.file_system_timeout = 20ms;
        file_system_group group(file_system_choice(with), std::move(ask));
        scan_inputs inputs(proc_files(files.path("proc"), files.path("sys")));
        inputs.begin(1);
        report = group.read(inputs);
        std::vector<std::uint8_t> room(1 << 16);
        wire::writer out(room);
        metric_writer metrics(out, 0);
        group.write(metrics);
        v1::MetricSet set;
        EXPECT_TRUE(set.ParseFromArray(room.data(), static_cast<int>(out.size())));
        return set;
    }

    fake_root files;
    group_report report;
};

result<space> by_path(const std::string& path) {
    if (path == "/host/") {
        return space{.total = 1000, .free = 300, .available = 250, .inodes = 10, .inodes_free = 4};
    }
    return fail(errc::denied, "not this one", path);
}

TEST_F(FileSystemGroup, the_states_add_up_and_inodes_are_told) {
    const std::vector sets{scan({.file_systems = {{}, {"tmpfs"}}}, &by_path)};
    EXPECT_FALSE(report.problem);
    const auto used = find_point(sets, "system.filesystem.usage", {{"system.filesystem.state", "used"}});
    ASSERT_TRUE(used);
    EXPECT_EQ(used->int_value(), 700);
    EXPECT_EQ(used->attributes().at("system.device"), "/dev/sda1");
    EXPECT_EQ(used->attributes().at("system.filesystem.mountpoint"), "/");
    EXPECT_EQ(used->attributes().at("system.filesystem.type"), "ext4");
    EXPECT_EQ(used->attributes().at("system.filesystem.mode"), "rw");
    EXPECT_EQ(value_of(sets, "system.filesystem.usage", {{"system.filesystem.state", "free"}}), 250);
    EXPECT_EQ(value_of(sets, "system.filesystem.usage", {{"system.filesystem.state", "reserved"}}), 50);
    EXPECT_EQ(value_of(sets, "system.filesystem.limit"), 1000);
    EXPECT_EQ(value_of(sets, "system.filesystem.inodes.usage", {{"system.filesystem.state", "used"}}), 6);
}

TEST_F(FileSystemGroup, a_hung_server_takes_only_its_own_file_system) {
    auto released = std::make_shared<std::latch>(1);
    const auto ask = [released](const std::string& path) -> result<space> {
        if (path == "/host/mnt/nfs") {
            released->wait();
        }
        return space{.total = 10, .free = 1, .available = 1};
    };
    const std::vector sets{scan({.has_remote = true, .file_systems = {{}, {"tmpfs"}}}, ask)};
    ASSERT_TRUE(report.problem);
    EXPECT_EQ(report.problem->code, errc::timeout);
    EXPECT_EQ(report.problem->where, "/host/mnt/nfs");
    EXPECT_TRUE(find_point(sets, "system.filesystem.usage", {{"system.filesystem.mountpoint", "/"}}));
    released->count_down();
}

TEST_F(FileSystemGroup, remote_ones_are_not_even_asked_unless_that_is_wanted) {
    bool was_asked = false;
    scan({}, [&](const std::string& path) -> result<space> {
        was_asked = was_asked || path == "/host/mnt/nfs";
        return space{.total = 10};
    });
    EXPECT_FALSE(was_asked);
}

TEST_F(FileSystemGroup, one_that_may_not_be_looked_at_is_named_and_empty_ones_are_left_out) {
    const std::vector denied{scan({.mount_points = {{"/tmp"}, {}}}, &by_path)};
    ASSERT_TRUE(report.problem);
    EXPECT_EQ(report.problem->where, "/host/tmp");
    EXPECT_FALSE(report.has_points);
    scan({}, [](const std::string&) -> result<space> { return space{}; });
    EXPECT_FALSE(report.has_points);
}

}  // namespace
}  // namespace sonde::host_metrics
