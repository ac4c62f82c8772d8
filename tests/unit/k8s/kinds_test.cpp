// SPDX-License-Identifier: Apache-2.0
#include "k8s/kinds.hpp"

#include <gtest/gtest.h>

namespace sonde::k8s {
namespace {

TEST(Kinds, come_in_the_order_of_their_first_lists_each_once) {
    const auto parsed = parse_kinds({"pods", "jobs", "pods", "namespaces", "cronjobs", "configmaps"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed,
              (std::vector{kind_id::namespaces, kind_id::cronjobs, kind_id::jobs, kind_id::configmaps, kind_id::pods}));
}

TEST(Kinds, refuse_secrets_and_what_they_do_not_know) {
    const auto secrets = parse_kinds({"pods", "secrets"});
    ASSERT_FALSE(secrets);
    EXPECT_EQ(secrets.error().code, errc::denied);
    const auto unknown = parse_kinds({"pod"});
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().text.find("endpointslices"), std::string::npos);
}

TEST(Kinds, have_the_paths_of_the_api) {
    EXPECT_EQ(path_of(info_of(kind_id::pods), "v1", ""), "/api/v1/pods");
    EXPECT_EQ(path_of(info_of(kind_id::pods), "v1", "shop"), "/api/v1/namespaces/shop/pods");
    EXPECT_EQ(path_of(info_of(kind_id::endpointslices), "discovery.k8s.io/v1beta1", ""),
              "/apis/discovery.k8s.io/v1beta1/endpointslices");
}

TEST(Kinds, stand_at_the_place_that_their_id_says) {
    for (const kind_info& kind : all_kinds()) {
        EXPECT_EQ(&info_of(kind.id), &kind);
        EXPECT_EQ(find_kind(kind.kind), &kind);
    }
    EXPECT_EQ(find_kind("Secret"), nullptr);
}

}  // namespace
}  // namespace sonde::k8s
