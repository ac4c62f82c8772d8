// SPDX-License-Identifier: Apache-2.0
#include "container/pages.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

constexpr origin cri{source::cri, 0};
constexpr origin cgroup{source::cgroup, 0};

TEST(Pages, a_bare_machine_is_fine) {
    const auto report = judge({{cri, "/run/x.sock", health_of_source::absent, "No such file or directory"},
                               {cgroup, "/sys/fs/cgroup", health_of_source::answering, "cgroup v2"}},
                              false);
    EXPECT_TRUE(report.is_ok);
    EXPECT_EQ(report.reason, "no_runtime_found");
}

TEST(Pages, what_is_denied_is_named) {
    const auto report = judge({{cri, "/run/x.sock", health_of_source::denied, "Permission denied"}}, false);
    EXPECT_FALSE(report.is_ok);
    EXPECT_EQ(report.reason, "source_denied");
    EXPECT_NE(report.text.find("/run/x.sock (Permission denied)"), std::string::npos);
}

TEST(Pages, a_container_is_shown_with_what_is_known) {
    container_row row;
    row.facts.id = id_a;
    row.facts.state = run_state::exited;
    row.facts.exit_code = 0;
    row.facts.ip_addresses = {std::string("\x0a\x01\x02\x03")};
    row.known_by = {source::cri, source::cgroup};
    EXPECT_EQ(containers_json({&row}),
              "[{\"id\":\"" + id_a +
                  R"(","state":"exited","exit_code":0,"ip_addresses":["10.1.2.3"],"known_by":["cri","cgroup"]}])"
                  "\n");
    EXPECT_EQ(containers_json({}), "[]\n");
}

}  // namespace
}  // namespace sonde::container
