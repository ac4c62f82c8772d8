// SPDX-License-Identifier: Apache-2.0
#include "etcd/registry_key.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sonde::etcd {
namespace {

std::string decoded(std::string_view key, std::string_view registry = "/registry/") {
    const auto found = parse_registry_key(key, registry);
    if (!found) {
        return "none";
    }
    std::string text;
    for (const std::string_view each : {found->group, found->resource, found->kind, found->name_space}) {
        text.append(each.empty() ? "-" : each).append(" ");
    }
    return text.append(found->name);
}

TEST(RegistryKey, says_kind_namespace_and_name) {
    EXPECT_EQ(decoded("/registry/pods/shop/web-0"), "- pods Pod shop web-0");
    EXPECT_EQ(decoded("/registry/deployments/shop/web"), "apps deployments Deployment shop web");
    EXPECT_EQ(decoded("/registry/namespaces/shop"), "- namespaces Namespace - shop");
    EXPECT_EQ(decoded("/registry/secrets/shop/tls"), "- secrets Secret shop tls");
    EXPECT_EQ(decoded("/registry/clusterroles/system:node"),
              "rbac.authorization.k8s.io clusterroles ClusterRole - system:node");
}

TEST(RegistryKey, knows_the_names_that_keys_have_from_old_times) {
    EXPECT_EQ(decoded("/registry/minions/node-1"), "- nodes Node - node-1");
    EXPECT_EQ(decoded("/registry/services/specs/shop/web"), "- services Service shop web");
    EXPECT_EQ(decoded("/registry/services/endpoints/shop/web"), "- endpoints Endpoints shop web");
    EXPECT_EQ(decoded("/registry/ingress/shop/web"), "networking.k8s.io ingresses Ingress shop web");
    EXPECT_EQ(decoded("/registry/controllers/shop/old"), "- replicationcontrollers ReplicationController shop old");
}

TEST(RegistryKey, a_group_comes_before_the_resource) {
    EXPECT_EQ(decoded("/registry/apiregistration.k8s.io/apiservices/v1.apps"),
              "apiregistration.k8s.io apiservices APIService - v1.apps");
    EXPECT_EQ(decoded("/registry/example.com/widgets/shop/one"), "example.com widgets - shop one");
    EXPECT_EQ(decoded("/registry/example.com/clusterwidgets/one"), "example.com clusterwidgets - - one");
}

TEST(RegistryKey, another_prefix_will_do) {
    EXPECT_EQ(decoded("/kubernetes.io/pods/a/b", "/kubernetes.io/"), "- pods Pod a b");
    EXPECT_EQ(decoded("/registry/pods/a/b", "/kubernetes.io/"), "none");
    EXPECT_EQ(decoded("/registry/pods/a/b", ""), "none");
}

TEST(RegistryKey, what_is_no_object_is_none) {
    for (const char* key :
         {"/registry/", "/registry/pods", "/registry/pods/", "/registry/pods/a", "/registry/pods/a/",
          "/registry/pods/a/b/c", "/registry/pods//b", "/registry/namespaces/a/b", "/registry/ranges/serviceips",
          "/registry/masterleases/10.0.0.1", "/registry/services/specs", "/registry/services/other/a/b",
          "/registry/example.com/widgets", "/registryx/pods/a/b", "compact_rev_key", "/registry//pods/a/b"}) {
        EXPECT_EQ(decoded(key), "none") << key;
    }
}

TEST(RegistryKey, secrets_are_known_below_any_prefix) {
    EXPECT_TRUE(names_secrets("/registry/secrets/shop/tls"));
    EXPECT_TRUE(names_secrets("/registry/secrets"));
    EXPECT_TRUE(names_secrets("/openshift.io/secrets/a/b"));
    EXPECT_TRUE(names_secrets("secrets/x"));
    EXPECT_FALSE(names_secrets("/registry/configmaps/secrets-of/x"));
    EXPECT_FALSE(names_secrets("/registry/mysecrets/a"));
}

}  // namespace
}  // namespace sonde::etcd
