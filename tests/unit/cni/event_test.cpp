// SPDX-License-Identifier: Apache-2.0
#include "cni/event.hpp"

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

TEST(CniEvent, severity_follows_operation_outcome_and_duration) {
    struct row {
        schema::operation operation;
        std::optional<bool> success;
        std::optional<std::int32_t> exit_code;
        std::chrono::nanoseconds duration;
        std::uint32_t severity;
    };
    using enum schema::operation;
    const row rows[] = {
        {add, true, 0, 1s, severity_info},
        {add, false, 1, 1s, severity_critical},
        {add, std::nullopt, 1, 1s, severity_critical},
        {add, true, 0, 11s, severity_warning},
        {add, true, 0, 10s, severity_info},
        {del, true, 0, 1s, severity_info},
        {del, false, 1, 11s, severity_error},
        {check, true, 0, 1s, severity_warning},
        {check, false, 1, 1s, severity_error},
        {gc, std::nullopt, {}, 1s, severity_info},
        {status, false, 50, 1s, severity_error},
        {unspecified, false, {}, 0s, severity_error},
    };
    for (const row& each : rows) {
        event of;
        of.kind = schema::kind::plugin_run;
        of.operation = each.operation;
        of.success = each.success;
        of.exit_code = each.exit_code;
        of.duration = each.duration;
        EXPECT_EQ(severity_of(of), each.severity) << name(each.operation) << " " << each.duration.count();
    }
}

TEST(CniEvent, arguments_fill_in_what_is_not_known) {
    event of;
    of.arguments =
        "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;K8S_POD_UID=u-1;K8S_POD_INFRA_CONTAINER_ID=c";
    of.pod_name = "known";
    read_arguments(of);
    EXPECT_EQ(of.pod_name, "known");
    EXPECT_EQ(of.pod_namespace, "shop");
    EXPECT_EQ(of.pod_uid, "u-1");
    EXPECT_EQ(of.container_id, "c");
    EXPECT_EQ(argument("K8S_POD_NAMESPACE=a", "K8S_POD_NAME"), "");
}

TEST(CniEvent, is_blank_when_it_is_cleared) {
    event of;
    of.addresses.push_back("10.0.0.1");
    of.success = true;
    of.duration = 1s;
    of.clear();
    EXPECT_TRUE(of.addresses.empty());
    EXPECT_FALSE(of.success);
    EXPECT_EQ(of.duration, 0s);
}

}  // namespace
}  // namespace sonde::cni
