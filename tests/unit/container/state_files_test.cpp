// SPDX-License-Identifier: Apache-2.0
// Files as the runtimes write them, shortened to what is read and some of what is not.
#include "container/state_files.hpp"

#include <gtest/gtest.h>

#include "container/annotations.hpp"
#include "samples.hpp"

namespace sonde::container {
namespace {

TEST(StateFiles, runcs_state_on_v2_and_on_v1) {
    state_file_reader reader;
    container_facts facts;
    std::string bundle;
    ASSERT_TRUE(reader.runc_state(R"({"id":"web","init_process_pid":4711,"init_process_start":2997327,
        "created":"2023-06-01T12:00:00.5Z","config":{"cgroups":{"path":"/a"},
        "labels":["io.kubernetes.cri.sandbox-id=s","bundle=/run/b/web"]},
        "cgroup_paths":{"":"/sys/fs/cgroup/kubepods/podx/web"},"rootless":false})",
                                  facts, bundle));
    EXPECT_EQ(facts.id, "web");
    EXPECT_EQ(facts.init_pid, 4711u);
    EXPECT_EQ(facts.created, unix_time("2023-06-01T12:00:00.5Z"));
    EXPECT_EQ(facts.cgroup_path, "/kubepods/podx/web");
    EXPECT_EQ(facts.sandbox_id, "s");
    EXPECT_EQ(bundle, "/run/b/web");

    container_facts hybrid;
    ASSERT_TRUE(reader.runc_state(
        R"({"id":"web","cgroup_paths":{"":"/sys/fs/cgroup/unified/a/web","cpu":"/sys/fs/cgroup/cpu/a/web"}})", hybrid,
        bundle));
    EXPECT_EQ(hybrid.cgroup_path, "/a/web");
    container_facts legacy;
    ASSERT_TRUE(reader.runc_state(
        R"({"id":"web","cgroup_paths":{"name=systemd":"/sys/fs/cgroup/systemd/a/web","cpu":"/sys/fs/cgroup/cpu/a/web"}})",
        legacy, bundle));
    EXPECT_EQ(legacy.cgroup_path, "/a/web");
}

TEST(StateFiles, cruns_status) {
    state_file_reader reader;
    container_facts facts;
    facts.id = "web";
    std::string bundle;
    ASSERT_TRUE(reader.crun_status(R"({"pid":812,"process-start-time":2997400,"cgroup-path":"/machine/libpod-x",
        "rootfs":"/r","systemd-cgroup":false,"bundle":"/run/b","created":"2023-06-01T12:00:00.5Z"})",
                                   facts, bundle));
    EXPECT_EQ(facts.init_pid, 812u);
    EXPECT_EQ(facts.cgroup_path, "/machine/libpod-x");
    EXPECT_EQ(bundle, "/run/b");
}

TEST(StateFiles, an_oci_configuration_names_the_pod) {
    state_file_reader reader;
    container_facts facts;
    ASSERT_TRUE(reader.oci_config(R"({"ociVersion":"1.0.2","process":{"args":["x"]},"annotations":{
        "io.kubernetes.cri.container-name":"app","io.kubernetes.cri.container-type":"container",
        "io.kubernetes.cri.image-name":"registry/app:7","io.kubernetes.cri.sandbox-id":"s",
        "io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"shop",
        "io.kubernetes.cri.sandbox-uid":"u"}})",
                                  facts));
    EXPECT_EQ(facts.name, "app");
    EXPECT_EQ(facts.type, container_type::container);
    EXPECT_EQ(facts.image_name, "registry/app");
    EXPECT_EQ(facts.image_tag, "7");
    EXPECT_EQ(facts.pod_name, "web-0");
    EXPECT_EQ(facts.pod_namespace, "shop");
    EXPECT_EQ(facts.pod_uid, "u");
    EXPECT_EQ(facts.sandbox_id, "s");
}

TEST(StateFiles, dockers_configuration_of_a_running_and_an_ended_container) {
    state_file_reader reader;
    container_facts facts;
    ASSERT_TRUE(reader.docker_config(R"({"ID":")" + id_a + R"(","Name":"/shop_web","Created":"2023-06-01T12:00:00Z",
        "State":{"Running":true,"Paused":false,"Pid":99,"ExitCode":0,"StartedAt":"2023-06-01T12:00:01Z",
        "FinishedAt":"0001-01-01T00:00:00Z"},"Image":"sha256:0123","RestartCount":2,
        "Config":{"Image":"nginx:1.25","Labels":{"tier":"web"}},
        "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2","GlobalIPv6Address":""}},
        "Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"443/tcp":null}}})",
                                     facts));
    EXPECT_EQ(facts.id, id_a);
    EXPECT_EQ(facts.name, "shop_web");
    EXPECT_EQ(facts.state, run_state::running);
    EXPECT_EQ(facts.init_pid, 99u);
    EXPECT_EQ(facts.image_name, "nginx");
    EXPECT_EQ(facts.image_tag, "1.25");
    EXPECT_EQ(facts.image_id, "sha256:0123");
    EXPECT_EQ(facts.restart_count, 2u);
    ASSERT_EQ(facts.ip_addresses.size(), 1u);
    ASSERT_EQ(facts.ports.size(), 2u);
    EXPECT_EQ(facts.ports[0], (published_port{80, 8080, std::string(4, '\0'), "tcp"}));
    EXPECT_EQ(facts.ports[1], (published_port{443, 0, "", "tcp"}));
    EXPECT_FALSE(facts.exit_code);

    container_facts ended;
    ASSERT_TRUE(reader.docker_config(R"({"Id":"x","State":{"Running":false,"Pid":0,"ExitCode":137,
        "FinishedAt":"2023-06-01T12:00:09Z"}})",
                                     ended));
    EXPECT_EQ(ended.state, run_state::exited);
    EXPECT_EQ(ended.exit_code, 137);
}

TEST(StateFiles, a_kubelets_label_wins_over_dockers_name) {
    state_file_reader reader;
    container_facts facts;
    ASSERT_TRUE(reader.docker_config(R"({"ID":"x","Name":"/k8s_web_web-0_shop_u_0","Config":{"Labels":{
        "io.kubernetes.container.name":"web","io.kubernetes.docker.type":"podsandbox","io.kubernetes.pod.uid":"u"}}})",
                                     facts));
    EXPECT_EQ(facts.name, "web");
    EXPECT_EQ(facts.type, container_type::sandbox);
    EXPECT_EQ(facts.pod_uid, "u");
}

TEST(StateFiles, the_storages_list_names_a_podman_container) {
    state_file_reader reader;
    container_facts facts;
    facts.id = "p1";
    ASSERT_TRUE(reader.storage_list(R"([{"id":"other","image":"i0"},{"id":"p1","names":["web"],"image":"i1",
        "metadata":"{\"image-name\":\"localhost/bb:1\",\"name\":\"web\"}","created":"2023-06-01T12:00:00Z"}])",
                                    facts));
    EXPECT_EQ(facts.name, "web");
    EXPECT_EQ(facts.image_id, "i1");
    EXPECT_EQ(facts.image_name, "localhost/bb");
}

TEST(StateFiles, dockers_answers_about_itself) {
    state_file_reader reader;
    docker_engine engine;
    ASSERT_TRUE(reader.docker_version(R"({"Version":"4.3.1","Components":[{"Name":"Podman Engine"}]})", engine));
    EXPECT_TRUE(engine.is_podman);
    std::vector<std::string> ids;
    ASSERT_TRUE(reader.docker_ids(R"([{"Id":"a"},{"Id":"b"},{}])", ids));
    EXPECT_EQ(ids, (std::vector<std::string>{"a", "b"}));
    docker_told told;
    ASSERT_TRUE(reader.docker_event(
        R"({"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"exitCode":"3"}},"timeNano":12})", told));
    EXPECT_EQ(told.action, "die");
    EXPECT_EQ(told.id, "a");
    EXPECT_EQ(told.exit_code, 3);
    EXPECT_EQ(told.time, 12);
}

TEST(StateFiles, what_is_something_else_is_refused) {
    state_file_reader reader;
    container_facts facts;
    std::string bundle;
    docker_engine engine;
    docker_told told;
    std::vector<std::string> ids;
    for (const char* const text : {"", "{", "[]", "null", "{}", "3", "{\"id\":3}", "\xff\xfe"}) {
        EXPECT_FALSE(reader.runc_state(text, facts, bundle)) << text;
        EXPECT_FALSE(reader.crun_status(text, facts, bundle)) << text;
        EXPECT_FALSE(reader.oci_config(text, facts)) << text;
        EXPECT_FALSE(reader.docker_config(text, facts)) << text;
        EXPECT_FALSE(reader.docker_version(text, engine)) << text;
        EXPECT_FALSE(reader.docker_event(text, told)) << text;
        EXPECT_EQ(reader.runtime_pid(text), 0u) << text;
    }
    EXPECT_FALSE(reader.docker_ids("{}", ids));
}

}  // namespace
}  // namespace sonde::container
