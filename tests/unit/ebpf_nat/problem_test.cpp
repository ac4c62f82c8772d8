// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/problem.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace sonde::ebpf::nat {
namespace {

TEST(Problem, says_what_the_reader_can_change) {
    EXPECT_EQ(explain(EPERM).reason, "conntrack_denied");
    EXPECT_NE(explain(EPERM).text.find("CAP_NET_ADMIN"), std::string::npos);
    EXPECT_EQ(explain(EPROTONOSUPPORT).reason, "conntrack_missing");
    EXPECT_NE(explain(EPROTONOSUPPORT).text.find("nf_conntrack_netlink"), std::string::npos);
    EXPECT_EQ(explain(ENOENT).reason, "namespace_gone");
}

TEST(Problem, what_may_pass_is_not_permanent) {
    EXPECT_FALSE(explain(ENOMEM).is_permanent);
    EXPECT_TRUE(explain(EPERM).is_permanent);
}

}  // namespace
}  // namespace sonde::ebpf::nat
