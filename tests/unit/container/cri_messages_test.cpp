// SPDX-License-Identifier: Apache-2.0
#include "container/cri_messages.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"
#include "wire_text.hpp"

namespace sonde::container::cri {
namespace {

using namespace container::testing;

TEST(CriMessages, a_list_of_containers) {
    const std::string list =
        message({nested(1, {text(1, id_a), text(2, "pod"), nested(3, {text(1, "web"), uint(2, 4)}),
                            nested(4, {text(1, "sha256:01")}), text(5, "registry/web@sha256:02"), uint(6, 1),
                            uint(7, 1234), entry(8, "tier", "front"), entry(8, "io.kubernetes.pod.uid", pod_uid)}),
                 nested(1, {text(1, id_b)})});
    std::vector<container_facts> all;
    ASSERT_TRUE(read_containers(bytes_of(list), all));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].id, id_a);
    EXPECT_EQ(all[0].sandbox_id, "pod");
    EXPECT_EQ(all[0].name, "web");
    EXPECT_EQ(all[0].restart_count, 4u);
    EXPECT_EQ(all[0].image_name, "registry/web");
    EXPECT_EQ(all[0].image_id, "sha256:02");
    EXPECT_EQ(all[0].state, run_state::running);
    EXPECT_EQ(all[0].created, 1234);
    EXPECT_EQ(all[0].pod_uid, pod_uid);
    EXPECT_EQ(all[1].state, run_state::created);
}

TEST(CriMessages, the_status_of_an_ended_container) {
    const std::string status = message({nested(1, {text(1, id_a), uint(3, 2), uint(4, 1), uint(5, 2), uint(6, 3),
                                                   uint(7, 137), nested(8, {text(1, "registry:5000/web:7")})}),
                                        entry(2, "other", "x"), entry(2, "info", R"({"pid":77})")});
    container_facts facts;
    std::string info;
    ASSERT_TRUE(read_container_status(bytes_of(status), facts, info));
    EXPECT_EQ(facts.state, run_state::exited);
    EXPECT_EQ(facts.finished, 3);
    EXPECT_EQ(facts.exit_code, 137);
    EXPECT_EQ(facts.image_name, "registry:5000/web");
    EXPECT_EQ(facts.image_tag, "7");
    EXPECT_EQ(info, R"({"pid":77})");
}

TEST(CriMessages, an_end_with_zero_has_a_code_and_a_running_one_has_none) {
    container_facts facts;
    std::string info;
    ASSERT_TRUE(read_container_status(bytes_of(nested(1, {uint(3, 2)})), facts, info));
    EXPECT_EQ(facts.exit_code, 0);
    container_facts running;
    ASSERT_TRUE(read_container_status(bytes_of(nested(1, {uint(3, 1), uint(7, 9)})), running, info));
    EXPECT_FALSE(running.exit_code);
}

TEST(CriMessages, a_sandbox_has_the_pods_names_addresses_and_network) {
    const std::string status =
        nested(1, {text(1, id_b), nested(2, {text(1, "web-0"), text(2, pod_uid), text(3, "shop")}),
                   nested(5, {text(1, "10.1.2.3"), nested(2, {text(1, "fd00::3")})}),
                   nested(6, {nested(1, {nested(2, {uint(1, 2)})})})});
    container_facts facts;
    std::string info;
    ASSERT_TRUE(read_sandbox_status(bytes_of(status), facts, info));
    EXPECT_EQ(facts.type, container_type::sandbox);
    EXPECT_EQ(facts.state, run_state::running);
    EXPECT_EQ(facts.pod_name, "web-0");
    EXPECT_EQ(facts.pod_uid, pod_uid);
    EXPECT_EQ(facts.pod_namespace, "shop");
    EXPECT_EQ(facts.ip_addresses.size(), 2u);
    EXPECT_TRUE(facts.is_host_network);
}

TEST(CriMessages, events_and_versions) {
    event told;
    ASSERT_TRUE(read_event(bytes_of(message({text(1, id_a), uint(2, 3), nested(4, {text(1, id_b)})})), told));
    EXPECT_EQ(told.container_id, id_a);
    EXPECT_EQ(told.what, event::kind::deleted);
    EXPECT_EQ(told.sandbox_id, id_b);
    version own;
    ASSERT_TRUE(read_version(bytes_of(message({text(1, "0.1.0"), text(2, "containerd"), text(3, "1.6")})), own));
    EXPECT_EQ(own.runtime, "containerd");
    EXPECT_EQ(own.release, "1.6");
}

TEST(CriMessages, a_message_cut_anywhere_is_refused_or_read_as_less) {
    const std::string list = nested(1, {text(1, id_a), nested(3, {text(1, "web")}), entry(8, "k", "v")});
    for (std::size_t size = 1; size < list.size(); ++size) {
        std::vector<container_facts> all;
        EXPECT_FALSE(read_containers(bytes_of(list).first(size), all)) << size;
    }
}

TEST(CriMessages, a_request_asks_for_the_runtimes_own_words) {
    EXPECT_EQ(status_request(id_a), message({text(1, id_a), uint(2, 1)}));
}

}  // namespace
}  // namespace sonde::container::cri
