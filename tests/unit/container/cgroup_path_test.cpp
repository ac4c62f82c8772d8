// SPDX-License-Identifier: Apache-2.0
// Every form of path that the runtimes write, with both drivers.
#include "container/cgroup_path.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

struct form {
    const char* what;
    std::string path;
    const char* runtime;
    bool has_pod;
};

const std::string escaped_uid = "0f3c9a1e_1111_2222_3333_444455556666";

const form forms[] = {
    {"docker, cgroupfs", "/docker/" + id_a, "docker", false},
    {"docker, systemd", "/system.slice/docker-" + id_a + ".scope", "docker", false},
    {"kubernetes and docker, cgroupfs", "/kubepods/besteffort/pod" + pod_uid + "/" + id_a, "", true},
    {"kubernetes and docker, systemd",
     "/kubepods.slice/kubepods-pod" + escaped_uid + ".slice/docker-" + id_a + ".scope", "docker", true},
    {"containerd, cgroupfs", "/kubepods/burstable/pod" + pod_uid + "/" + id_a, "", true},
    {"containerd, systemd",
     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + escaped_uid + ".slice/cri-containerd-" + id_a +
         ".scope",
     "containerd", true},
    {"containerd, systemd path given to cgroupfs",
     "/system.slice/containerd.service/kubepods-besteffort-pod" + escaped_uid + ".slice:cri-containerd:" + id_a,
     "containerd", true},
    {"cri-o, systemd",
     "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + escaped_uid + ".slice/crio-" + id_a +
         ".scope",
     "cri-o", true},
    {"cri-o, cgroupfs", "/kubepods/pod" + pod_uid + "/crio-" + id_a, "cri-o", true},
    {"podman, systemd", "/machine.slice/libpod-" + id_a + ".scope", "podman", false},
    {"podman, rootless", "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id_a + ".scope", "podman",
     false},
    {"podman, cgroupfs", "/libpod_parent/libpod-" + id_a, "podman", false},
    {"nerdctl, systemd", "/system.slice/nerdctl-" + id_a + ".scope", "containerd", false},
    {"containers in a container", "/docker/" + id_b + "/kubelet/kubepods/pod" + pod_uid + "/" + id_a, "", true},
};

TEST(CgroupPath, every_form_gives_the_container_and_its_pod) {
    for (const form& each : forms) {
        SCOPED_TRACE(each.what);
        const container_facts facts = container_of_cgroup(each.path);
        EXPECT_EQ(facts.id, id_a);
        EXPECT_EQ(facts.runtime, each.runtime);
        EXPECT_EQ(facts.pod_uid, each.has_pod ? pod_uid : "");
        EXPECT_EQ(facts.cgroup_path, each.path);
    }
}

TEST(CgroupPath, what_is_not_a_containers_own_group_is_none) {
    for (const std::string& path :
         {std::string("/"), std::string(), std::string("/system.slice/ssh.service"), "/docker/" + id_a + "/init.scope",
          "/kubepods/pod" + pod_uid, "/machine.slice/libpod-conmon-" + id_a + ".scope",
          "/system.slice/crio-conmon-" + id_a + ".scope", "/docker/" + id_a.substr(1), "/docker/" + id_a + "0"}) {
        EXPECT_EQ(container_of_cgroup(path).id, "") << path;
    }
}

}  // namespace
}  // namespace sonde::container
