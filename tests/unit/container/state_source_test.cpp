// SPDX-License-Identifier: Apache-2.0
#include "container/state_source.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

struct StateSource : ::testing::Test {
    own_directory files;
    remembering_sink sink;
    proc_reader processes{files.path() + "/proc", ""};
    state_source own{usual_state_places(files.path()), files.path(), processes, sink, 100};

    std::optional<container_facts> last() const {
        return sink.told.empty() ? std::nullopt : std::optional(sink.told.back());
    }
};

TEST_F(StateSource, a_bare_machine_has_none_and_says_so) {
    ASSERT_TRUE(own.start());
    EXPECT_TRUE(sink.told.empty());
    for (const source_status& each : own.status()) {
        EXPECT_EQ(each.how, health_of_source::absent) << each.where;
    }
}

TEST_F(StateSource, runcs_state_is_completed_by_its_bundle) {
    files.write("run/b/config.json", R"({"ociVersion":"1.0.2","annotations":{"io.kubernetes.pod.name":"web-0"}})");
    files.write("run/containerd/runc/k8s.io/" + id_a + "/state.json",
                R"({"id":")" + id_a + R"(","config":{"labels":["bundle=/run/b"]}})");
    ASSERT_TRUE(own.start());
    ASSERT_TRUE(last());
    EXPECT_EQ(last()->id, id_a);
    EXPECT_EQ(last()->pod_name, "web-0");
    EXPECT_EQ(last()->runtime, "containerd");
    EXPECT_EQ(last()->runtime_namespace, "k8s.io");
}

TEST_F(StateSource, a_container_that_comes_later_is_told_and_forgotten) {
    files.make("run/crun");
    ASSERT_TRUE(own.start());
    files.make("run/crun/web");
    own.drain();
    files.write("run/crun/web/status", R"({"pid":0,"bundle":"/run/none","created":"2023-06-01T12:00:00Z"})");
    own.drain();
    ASSERT_TRUE(last());
    EXPECT_EQ(last()->id, "web");
    sink.words.clear();
    files.remove("run/crun/web");
    own.drain();
    EXPECT_EQ(sink.words, (std::vector<std::string>{"forget web"}));
}

TEST_F(StateSource, podmans_files_name_image_and_container) {
    files.write("var/lib/containers/storage/overlay-containers/containers.json",
                R"([{"id":")" + id_a + R"(","image":"i","metadata":"{\"image-name\":\"a/b:1\",\"name\":\"web\"}"}])");
    files.write("var/lib/containers/storage/overlay-containers/" + id_a + "/userdata/config.json",
                R"({"ociVersion":"1.0.2","annotations":{"io.container.manager":"libpod"}})");
    ASSERT_TRUE(own.start());
    ASSERT_TRUE(last());
    EXPECT_EQ(last()->id, id_a);
    EXPECT_EQ(last()->name, "web");
    EXPECT_EQ(last()->runtime, "podman");
    EXPECT_EQ(last()->image_name, "a/b");
}

TEST_F(StateSource, dockers_file_is_followed_when_it_is_replaced) {
    const std::string at = "var/lib/docker/containers/" + id_a;
    files.write(at + "/config.v2.json", R"({"ID":")" + id_a + R"(","State":{"Running":true,"Pid":1}})");
    ASSERT_TRUE(own.start());
    EXPECT_EQ(last()->state, run_state::running);
    files.write(at + "/.tmp", R"({"ID":")" + id_a + R"(","State":{"ExitCode":4,"FinishedAt":"2023-06-01T12:00:00Z"}})");
    std::filesystem::rename(files.path() + "/" + at + "/.tmp", files.path() + "/" + at + "/config.v2.json");
    own.drain();
    EXPECT_EQ(last()->state, run_state::exited);
    EXPECT_EQ(last()->exit_code, 4);
}

TEST_F(StateSource, a_process_of_that_number_elsewhere_is_not_the_containers) {
    files.write("proc/77/stat", "77 (x) S 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 500 0");
    files.write("proc/77/cgroup", "0::/system.slice/ssh.service\n");
    files.write("run/runc/web/state.json", R"({"id":"web","init_process_pid":77,"created":"2023-06-01T12:00:00Z"})");
    ASSERT_TRUE(own.start());
    EXPECT_EQ(last()->state, run_state::exited);
    files.write("proc/77/cgroup", "0::/web\n");
    files.write("run/runc/web/state.json", R"({"id":"web","init_process_pid":77,"created":"2023-06-01T12:00:00Z"})");
    own.drain();
    EXPECT_EQ(last()->state, run_state::running);
}

TEST_F(StateSource, damaged_files_are_counted) {
    files.write("run/runc/web/state.json", "{\"id\":");
    ASSERT_TRUE(own.start());
    EXPECT_EQ(own.malformed(), 1u);
    EXPECT_TRUE(sink.told.empty());
}

}  // namespace
}  // namespace sonde::container
