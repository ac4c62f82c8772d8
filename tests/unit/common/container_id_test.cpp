// SPDX-License-Identifier: Apache-2.0
#include "common/container_id.hpp"

#include <gtest/gtest.h>

namespace sonde::common {
namespace {

const std::string id = "3f4c9f2d6a1b8e7c5d0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f";
const std::string inner = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const std::string uid = "6f7a1c9e-0b4d-4f5a-9c3e-2d1b0a998877";
const std::string uid_for_systemd = "6f7a1c9e_0b4d_4f5a_9c3e_2d1b0a998877";

TEST(ContainerId, is_found_in_every_runtime_and_driver) {
    const std::string paths[] = {
        "/docker/" + id,
        "/system.slice/docker-" + id + ".scope",
        "/kubepods/burstable/pod" + uid + "/" + id,
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uid_for_systemd + ".slice/cri-containerd-" +
            id + ".scope",
        "/system.slice/containerd.service/kubepods-besteffort-pod" + uid_for_systemd + ".slice:cri-containerd:" + id,
        "/kubepods/besteffort/pod" + uid + "/crio-" + id,
        "/kubepods.slice/kubepods-pod" + uid_for_systemd + ".slice/crio-" + id + ".scope",
        "/machine.slice/libpod-" + id + ".scope",
        "/machine.slice/libpod-" + id + ".scope/container",
        "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope/container",
        "/libpod_parent/libpod-" + id,
        "/docker/" + id + "/system.slice/sshd.service",
    };
    for (const std::string& path : paths) {
        EXPECT_EQ(container_id(path), id) << path;
    }
}

TEST(ContainerId, is_the_innermost_of_nested_containers) {
    EXPECT_EQ(container_id("/docker/" + id + "/kubelet/kubepods/pod" + uid + "/" + inner), inner);
}

TEST(ContainerId, is_empty_outside_containers_and_for_monitors) {
    const std::string paths[] = {"",
                                 "/",
                                 "/system.slice/ssh.service",
                                 "/user.slice/user-0.slice/session-3.scope",
                                 "/machine.slice/libpod-conmon-" + id + ".scope",
                                 "/kubepods.slice/crio-conmon-" + id + ".scope",
                                 "/docker/" + id.substr(1),
                                 "/docker/" + id + "0",
                                 "/docker/G" + id.substr(1),
                                 "/build_" + id};
    for (const std::string& path : paths) {
        EXPECT_EQ(container_id(path), "") << path;
    }
}

TEST(PodUid, is_the_same_for_every_runtime_with_both_drivers) {
    const std::string slice =
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uid_for_systemd + ".slice";
    const std::string paths[] = {
        "/kubepods/burstable/pod" + uid + "/" + id,        // docker and containerd, cgroupfs
        "/kubepods/besteffort/pod" + uid + "/crio-" + id,  // CRI-O, cgroupfs
        slice + "/docker-" + id + ".scope",
        slice + "/cri-containerd-" + id + ".scope",
        slice + "/crio-" + id + ".scope",
        "/kubepods.slice/kubepods-pod" + uid_for_systemd + ".slice/crio-" + id + ".scope",  // guaranteed
        // containerd under systemd, told by a driver that is not.
        "/system.slice/containerd.service/kubepods-besteffort-pod" + uid_for_systemd + ".slice:cri-containerd:" + id,
        // a cluster in a container
        "/docker/" + inner + "/kubelet" + slice + "/cri-containerd-" + id + ".scope",
    };
    for (const std::string& path : paths) {
        EXPECT_EQ(pod_uid(path), uid) << path;
        EXPECT_EQ(container_id(path), id) << path;
    }
}

TEST(PodUid, of_a_static_pod_is_its_manifest_digest) {
    EXPECT_EQ(pod_uid("/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" + id),
              "0123456789abcdef0123456789abcdef");
}

TEST(PodUid, is_empty_when_there_is_no_pod) {
    for (const char* path :
         {"/", "/podman/x", "/system.slice/podman.service", "/kubepods/burstable/pod123", "/x-pod.slice"}) {
        EXPECT_EQ(pod_uid(path), "") << path;
    }
}

TEST(CgroupPath, prefers_the_unified_hierarchy) {
    EXPECT_EQ(cgroup_path("0::/system.slice/ssh.service\n"), "/system.slice/ssh.service");
    EXPECT_EQ(cgroup_path("4:memory:/a\n0::/b\n"), "/b");
}

TEST(CgroupPath, falls_back_to_the_first_telling_line_of_v1) {
    EXPECT_EQ(cgroup_path("9:name=systemd:/\n4:memory:/docker/x\n3:cpuset:/other\n0::/\n"), "/docker/x");
    EXPECT_EQ(cgroup_path("2:cpu:/\n0::/\n"), "/");
}

TEST(CgroupPath, keeps_colons_and_survives_garbage) {
    EXPECT_EQ(cgroup_path("0::/a:b:c\n"), "/a:b:c");
    for (const char* text : {"", "\n\n", ":::", "no colon", "1:x", "0::"}) {
        EXPECT_FALSE(cgroup_path(text).empty()) << text;
    }
}

}  // namespace
}  // namespace sonde::common
