// SPDX-License-Identifier: Apache-2.0
// Names of cgroups come with the cgroup and go some time after it.
#include "ebpf/process/cgroup_names.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>
#include <sonde_bpf/cgroup.h>

#include "ebpf/process/cgroup_family.hpp"
#include "samples.hpp"

namespace sonde::ebpf::process {
namespace {

using namespace std::chrono_literals;

TEST(CgroupNames, a_name_is_kept_for_its_time_after_the_end_and_then_forgotten) {
    cgroup_names names("", "/proc", 60s);
    names.learn(7, "/a");
    names.learn(8, "/b");
    names.end(7, 100s);
    names.sweep(159s);
    EXPECT_EQ(names.find(7, 0, false).path, "/a");
    names.sweep(160s);
    EXPECT_FALSE(names.knows(7));
    EXPECT_TRUE(names.knows(8));
    EXPECT_EQ(names.size(), 1u);
}

TEST(CgroupNames, the_end_of_an_unknown_cgroup_is_no_matter) {
    cgroup_names names("", "/proc", 60s);
    names.end(7, 100s);
    names.learn(7, "/a");
    names.sweep(1000s);
    EXPECT_TRUE(names.knows(7));
}

TEST(CgroupNames, a_full_table_is_emptied_with_what_it_knows_of_ends) {
    cgroup_names names("", "/proc", 60s);
    names.learn(1, "/first");
    names.end(1, 0s);
    for (std::uint64_t id = 2; id <= cgroup_names::most_kept; ++id) {
        names.learn(id, "/x");
    }
    EXPECT_EQ(names.size(), cgroup_names::most_kept);
    names.learn(cgroup_names::most_kept + 1, "/last");
    EXPECT_EQ(names.size(), 1u);
    names.learn(1, "/again");
    names.sweep(1000s);
    EXPECT_TRUE(names.knows(1));
}

class CgroupFamilyTest : public ::testing::Test {
protected:
    bool made(std::uint64_t id, std::string_view path) {
        sonde_cgroup record{};
        record.event = {1'000, SONDE_EVENT_CGROUP, sizeof record};
        record.id = id;
        record.path_size = static_cast<std::uint32_t>(path.size());
        path.copy(record.path, sizeof record.path);
        record_bytes bytes(sizeof record);
        bytes.put(0, record);
        return cgroups.on_record(record.event, bytes.all());
    }
    bool gone(std::uint64_t id, std::chrono::nanoseconds when, std::size_t size = sizeof(sonde_cgroup_gone)) {
        sonde_cgroup_gone record{};
        record.event = {static_cast<std::uint64_t>(when.count()), SONDE_EVENT_CGROUP_GONE,
                        static_cast<std::uint32_t>(size)};
        record.id = id;
        record_bytes bytes(sizeof record);
        bytes.put(0, record);
        return cgroups.on_record(record.event, bytes.all().first(size));
    }
    [[nodiscard]] std::int64_t entries() { return host.metrics.value("ebpf.map.entries", {{"map", "cgroup_names"}}); }

    testing::fake_host host;
    std::shared_ptr<cgroup_names> names = std::make_shared<cgroup_names>("", "/proc", 60s);
    cgroup_family cgroups{host.host(), names};
};

TEST_F(CgroupFamilyTest, entries_follow_what_the_kernel_says) {
    EXPECT_EQ(host.metrics.value("ebpf.map.capacity", {{"map", "cgroup_names"}}),
              static_cast<std::int64_t>(cgroup_names::most_kept));
    ASSERT_TRUE(made(7, "/a") && made(8, "/b"));
    cgroups.tick(10s);
    EXPECT_EQ(entries(), 2);
    ASSERT_TRUE(gone(7, 10s));
    cgroups.tick(11s);
    EXPECT_EQ(entries(), 2);
    cgroups.tick(71s);
    EXPECT_EQ(entries(), 1);
}

TEST_F(CgroupFamilyTest, a_short_record_of_an_end_makes_no_sense) { EXPECT_FALSE(gone(7, 1s, 16)); }

}  // namespace
}  // namespace sonde::ebpf::process
