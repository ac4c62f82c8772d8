// SPDX-License-Identifier: Apache-2.0
#include "cni/pods.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

class CniPods : public testing::Test {
protected:
    CniPods() : root_(std::filesystem::temp_directory_path() / ("sonde-pods-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(root_);
    }
    ~CniPods() override { std::filesystem::remove_all(root_); }

    std::filesystem::path root_;
};

TEST_F(CniPods, are_found_by_container_and_by_namespace_under_either_name) {
    pod_table pods(root_, 10);
    event from;
    from.container_id = "c1";
    from.pod_name = "web-0";
    from.pod_uid = "u-1";
    from.netns = "/var/run/netns/cni-1";
    EXPECT_TRUE(pods.learn(from));
    event of;
    of.netns = "/run/netns/cni-1";
    pods.complete(of);
    EXPECT_EQ(of.container_id, "c1");
    EXPECT_EQ(of.pod_name, "web-0");
    EXPECT_EQ(of.pod_uid, "u-1");
    pods.forget("c1");
    event other;
    other.netns = "/run/netns/cni-1";
    pods.complete(other);
    EXPECT_EQ(other.container_id, "");
    EXPECT_EQ(pods.size(), 0U);
}

TEST_F(CniPods, what_the_event_says_itself_stays) {
    pod_table pods(root_, 10);
    event from;
    from.container_id = "c1";
    from.pod_name = "web-0";
    EXPECT_TRUE(pods.learn(from));
    event of;
    of.container_id = "c1";
    of.pod_name = "other";
    pods.complete(of);
    EXPECT_EQ(of.pod_name, "other");
}

TEST_F(CniPods, beyond_the_limit_are_refused) {
    pod_table pods(root_, 1);
    event from;
    from.container_id = "c1";
    EXPECT_TRUE(pods.learn(from));
    EXPECT_TRUE(pods.learn(from));
    from.container_id = "c2";
    EXPECT_FALSE(pods.learn(from));
}

// Docker, containerd and CRI-O, each with the cgroupfs and the systemd driver.
TEST_F(CniPods, of_a_process_are_those_of_its_control_group) {
    const std::string uid = "0f3c9a1e-1111-2222-3333-444455556666";
    const std::string with_underscores = "0f3c9a1e_1111_2222_3333_444455556666";
    const std::string id(64, 'a');
    const std::string slice =
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + with_underscores + ".slice/";
    const std::string paths[] = {
        "/kubepods/burstable/pod" + uid + "/" + id,      slice + "docker-" + id + ".scope",
        "/kubepods/burstable/pod" + uid + "/" + id,      slice + "cri-containerd-" + id + ".scope",
        "/kubepods/burstable/pod" + uid + "/crio-" + id, slice + "crio-" + id + ".scope",
    };
    pod_table pods(root_, 10);
    int pid = 100;
    for (const std::string& path : paths) {
        const std::string number = std::to_string(pid++);
        std::filesystem::create_directories(root_ / number);
        std::ofstream(root_ / number / "cgroup") << "0::" << path << "\n";
        const pod_facts found = pods.of_process("/proc/" + number + "/ns/net");
        EXPECT_EQ(found.uid, uid) << path;
        EXPECT_EQ(found.container_id, id) << path;
    }
    EXPECT_EQ(pods.of_process("/run/netns/x").uid, "");
    EXPECT_EQ(pods.of_process("/proc/../ns/net").uid, "");
}

}  // namespace
}  // namespace sonde::cni
