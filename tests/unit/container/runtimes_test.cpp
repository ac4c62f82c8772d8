// SPDX-License-Identifier: Apache-2.0
// Real containers: runc alone, containerd with its CRI plugin, podman. Skipped without root or without the program.
#include <array>
#include <cstdio>
#include <thread>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.hpp"

namespace sonde::container {
namespace {

// What a command printed; its status.
struct outcome {
    int status = -1;
    std::string text;
};

outcome run(const std::string& command) {
    outcome of;
    FILE* const pipe = ::popen(("timeout 60 sh -c '" + command + "' 2>&1 </dev/null").c_str(), "re");
    std::array<char, 4096> piece{};
    for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) {
        of.text.append(piece.data(), got);
    }
    const int status = ::pclose(pipe);
    of.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return of;
}

bool has(const char* program) { return run(std::string("command -v ") + program).status == 0; }

class Runtimes : public LiveCollector {
protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "making containers takes root";
        }
        if (!has("runc") || ::access("/bin/busybox", X_OK) != 0) {
            GTEST_SKIP() << "runc or /bin/busybox is not installed";
        }
        for (const char* const each : {"rootfs/bin", "rootfs/proc", "rootfs/dev", "rootfs/sys", "rootfs/tmp"}) {
            files.make(each);
        }
        std::filesystem::copy_file("/bin/busybox", files.path() + "/rootfs/bin/busybox");
        std::filesystem::create_symlink("busybox", files.path() + "/rootfs/bin/sh");
        std::filesystem::create_symlink("busybox", files.path() + "/rootfs/bin/sleep");
    }
    void TearDown() override {
        for (const std::string& command : cleanup) {
            run(command);
        }
        LiveCollector::TearDown();
    }

    void bundle(const std::string& name, const std::string& script, const std::string& cgroup) {
        files.write(
            name + "/config.json",
            R"({"ociVersion":"1.0.2","process":{"user":{"uid":0,"gid":0},"cwd":"/","env":["PATH=/bin"],"args":["sh","-c",")" +
                script + R"("]},"root":{"path":")" + files.path() + R"(/rootfs"},"mounts":[
                        {"destination":"/proc","type":"proc","source":"proc"}],"annotations":{
                        "io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.container-name":"web"},
                        "linux":{"cgroupsPath":")" +
                cgroup + R"(","namespaces":[{"type":"pid"},{"type":"mount"},
                        {"type":"network"},{"type":"ipc"}]}})");
    }
    std::string runc() const { return "runc --root " + files.path() + "/run/runc "; }
    // The container keeps the descriptors that it gets.
    void run_detached(const std::string& id) {
        const outcome made =
            run(runc() + "run -d --bundle " + files.path() + "/one " + id + " >" + files.path() + "/out 2>&1");
        ASSERT_EQ(made.status, 0) << read_file(files.path() + "/out", 4096);
    }
    std::string unique_id(char fill) const {
        const std::string own = std::to_string(::getpid());
        return own + std::string(64 - own.size(), fill);
    }

    // All that was told of a container, for a test that fails.
    std::string history(const std::string& id) {
        std::string text;
        for (const auto& record : host.lane.envelopes(event_topic)) {
            const told event = payload_of(record);
            if (event.container().id() == id) {
                text += "\n" + event.ShortDebugString();
            }
        }
        return text;
    }

    std::vector<std::string> cleanup;
};

const sonde::testing::option_texts only_files_and_cgroups{
    {"cri", "false"}, {"containerd", "false"}, {"docker", "false"}};

TEST_F(Runtimes, a_container_of_runc_is_told_with_its_pod_process_and_cgroup) {
    const std::string id = unique_id('a');
    launch(only_files_and_cgroups);
    const std::string pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
                            "0f3c9a1e_1111_2222_3333_444455556666.slice";
    bundle("one", "sleep 0.3; exit 7", pod + "/cri-containerd-" + id + ".scope");
    cleanup.push_back(runc() + "delete -f " + id);
    run_detached(id);
    const auto whole = wait_for([&](const told& event) {
        return event.container().id() == id && event.known_by_size() == 2 && event.state() == told::STATE_RUNNING;
    });
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->container().pod_uid(), pod_uid);
    EXPECT_EQ(whole->container().name(), "web");
    EXPECT_EQ(whole->pod_name(), "web-0");
    EXPECT_EQ(whole->container().runtime(), "containerd");
    EXPECT_NE(whole->container().init_pid(), 0u);
    EXPECT_TRUE(whole->contradictions().empty());
    if (::access("/sys/fs/cgroup/unified/cgroup.controllers", F_OK) == 0) {
        EXPECT_EQ(whole->container().cgroup_id(),
                  inode_of("/sys/fs/cgroup/unified" + pod + "/cri-containerd-" + id + ".scope"));
    }
    const auto exited = wait_for(id, told::ACTION_EXITED);
    ASSERT_TRUE(exited);
    if (exited->container().has_exit_code()) {  // from Linux 6.15 on
        EXPECT_EQ(exited->container().exit_code(), 7);
    }
    EXPECT_EQ(count(id, told::ACTION_STARTED), 1u);
    run(runc() + "delete -f " + id);
    EXPECT_TRUE(wait_for(id, told::ACTION_DELETED));
}

TEST_F(Runtimes, a_container_that_was_there_before_is_known_at_the_mark) {
    const std::string id = unique_id('b');
    bundle("one", "sleep 100", "/docker/" + id);
    cleanup.push_back(runc() + "delete -f " + id);
    run_detached(id);
    launch(only_files_and_cgroups);
    EXPECT_EQ(count(id, told::ACTION_STARTED), 1u);
}

TEST_F(Runtimes, one_that_lives_for_a_moment_is_told_from_begin_to_end) {
    launch(only_files_and_cgroups);
    for (int i = 0; i < 5; ++i) {
        const std::string id = unique_id(static_cast<char>('0' + i));
        bundle("one", "exit 0", "/docker/" + id);
        cleanup.push_back(runc() + "delete -f " + id);
        ASSERT_EQ(run(runc() + "run --bundle " + files.path() + "/one " + id).status, 0);
        ASSERT_TRUE(wait_for(id, told::ACTION_DELETED)) << i;
        EXPECT_EQ(count(id, told::ACTION_STARTED) + count(id, told::ACTION_UPDATED) > 0, true) << i;
        EXPECT_EQ(count(id, told::ACTION_EXITED), 1u) << i << history(id);
    }
}

// A containerd of the test's own, below the host root.
class Containerd : public Runtimes {
protected:
    void SetUp() override {
        Runtimes::SetUp();
        if (IsSkipped()) {
            return;
        }
        if (!has("containerd") || !has("ctr")) {
            GTEST_SKIP() << "containerd is not installed";
        }
        const std::string& at = files.path();
        files.write("containerd.toml", "version = 2\nroot = \"" + at + "/root\"\nstate = \"" + at +
                                           "/run/containerd\"\n[grpc]\n  address = \"" + socket() +
                                           "\"\n[plugins.\"io.containerd.internal.v1.opt\"]\n  path = \"" + at +
                                           "/opt\"\n");
        start();
    }
    void TearDown() override {
        Runtimes::TearDown();
        stop();
    }
    void start() {
        containerd = ::fork();
        if (containerd == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            const std::string configuration = files.path() + "/containerd.toml";
            if (::freopen((files.path() + "/log").c_str(), "a", stderr) == nullptr) {
                ::_exit(98);
            }
            ::execlp("containerd", "containerd", "-c", configuration.c_str(), nullptr);
            ::_exit(99);
        }
        for (int i = 0; i < 100 && run(ctr() + "version").status != 0; ++i) {
            std::this_thread::sleep_for(50ms);
        }
    }
    void stop() {
        if (containerd > 0) {
            ::kill(containerd, SIGTERM);
            ::waitpid(std::exchange(containerd, -1), nullptr, 0);
        }
    }
    std::string socket() const { return files.path() + "/run/containerd/containerd.sock"; }
    std::string ctr() const { return "ctr -a " + socket() + " -n k8s.io "; }
    // A container that is deleted when the test ends.
    void make(const std::string& id, const std::string& script) {
        cleanup.push_back(ctr() + "task kill -s 9 " + id + "; sleep 0.2; " + ctr() + "task rm " + id + "; " + ctr() +
                          "container rm " + id);
        const outcome made =
            run(ctr() + "run -d --rootfs --label tier=web --cgroup /kubepods/besteffort/pod" + pod_uid + "/" + id +
                " " + files.path() + "/rootfs " + id + " /bin/sh -c \"" + script + "\"");
        ASSERT_EQ(made.status, 0) << made.text;
    }

    pid_t containerd = -1;
};

TEST_F(Containerd, its_own_interface_tells_a_life_with_the_exit_code) {
    launch({{"cri", "false"}, {"docker", "false"}, {"labels", "tier"}});
    ASSERT_TRUE(wait_source("containerd.sock", "containerd, tells events"));
    const std::string id = unique_id('c');
    make(id, "sleep 0.5; exit 5");
    const auto running = wait_for([&](const told& event) {
        return event.container().id() == id && event.state() == told::STATE_RUNNING &&
               event.container().labels().contains("tier");
    });
    ASSERT_TRUE(running);
    EXPECT_EQ(running->container().pod_uid(), pod_uid);
    EXPECT_EQ(running->runtime_namespace(), "k8s.io");
    EXPECT_EQ(running->container().runtime(), "containerd");
    EXPECT_EQ(running->known_by(0), told::SOURCE_CONTAINERD);
    EXPECT_NE(running->container().init_pid(), 0u);
    EXPECT_TRUE(running->contradictions().empty()) << running->contradictions(0);
    const auto exited = wait_for([&](const told& event) {
        return event.container().id() == id && event.state() == told::STATE_EXITED && event.container().has_exit_code();
    });
    ASSERT_TRUE(exited);
    EXPECT_EQ(exited->container().exit_code(), 5) << exited->DebugString();
    EXPECT_EQ(count(id, told::ACTION_STARTED), 1u);
    EXPECT_EQ(count(id, told::ACTION_EXITED), 1u);
    run(ctr() + "task rm " + id + "; " + ctr() + "container rm " + id);
    EXPECT_TRUE(wait_for(id, told::ACTION_DELETED));
}

TEST_F(Containerd, a_restart_while_a_container_runs_changes_nothing) {
    launch({{"cri", "false"}, {"docker", "false"}});
    const std::string id = unique_id('d');
    make(id, "sleep 100");
    ASSERT_TRUE(wait_for(id, told::ACTION_STARTED));
    stop();
    ASSERT_TRUE(host.reports.wait_for([](const auto& report) { return report.reason == "runtime_failing"; }, patience));
    start();
    ASSERT_TRUE(wait_source("containerd.sock", "containerd, tells events"));
    EXPECT_EQ(count(id, told::ACTION_STARTED), 1u);
    EXPECT_EQ(count(id, told::ACTION_EXITED), 0u);
    EXPECT_EQ(count(id, told::ACTION_DELETED), 0u);
}

TEST_F(Containerd, its_cri_plugin_answers) {
    launch({{"containerd", "false"}, {"docker", "false"}, {"cgroups", "false"}, {"state_files", "false"}});
    EXPECT_TRUE(wait_source("containerd.sock", "containerd 1.")) << source("containerd.sock");
}

TEST_F(Runtimes, a_container_of_podman_is_told_with_its_name) {
    if (!has("podman")) {
        GTEST_SKIP() << "podman is not installed";
    }
    launch({{"cri", "false"}, {"containerd", "false"}, {"docker", "false"}});
    const std::string podman = "podman --root " + files.path() + "/var/lib/containers/storage --runroot " +
                               files.path() + "/run/containers/storage --cgroup-manager cgroupfs ";
    const std::string name = "sonde-test-" + std::to_string(::getpid());
    cleanup.push_back(podman + "rm -f -t 0 " + name);
    const outcome made =
        run(podman + "run -d --runtime /usr/sbin/runc --network none --ulimit nofile=1024:1024 " +
            "--ulimit nproc=4096:4096 --name " + name + " --rootfs " + files.path() + "/rootfs /bin/sleep 100");
    if (made.status != 0) {
        GTEST_SKIP() << "podman cannot run containers here: " << made.text;
    }
    const std::string id = made.text.substr(made.text.rfind('\n', made.text.size() - 2) + 1, 64);
    const auto named = wait_for([&](const told& event) {
        return event.container().id() == id && event.container().name() == name && event.state() == told::STATE_RUNNING;
    });
    ASSERT_TRUE(named) << made.text;
    EXPECT_EQ(named->container().runtime(), "podman");
    run(podman + "rm -f -t 0 " + name);
    EXPECT_TRUE(wait_for(id, told::ACTION_DELETED));
}

}  // namespace
}  // namespace sonde::container
