// SPDX-License-Identifier: Apache-2.0
#include "vault/pages.hpp"

#include <gtest/gtest.h>

namespace sonde::vault {
namespace {

const common::part_state off{common::part_health::off, "", ""};
const common::part_state working{common::part_health::working, "", "fine"};
const common::part_state denied{common::part_health::missing, "metrics_denied", "give a token"};
const common::part_state gone{common::part_health::limping, "audit_file_missing", "no file"};

TEST(Judge, parts_that_are_off_or_work_are_well) {
    EXPECT_EQ(judge({&working, &off, &working, &off, &off}), health_report{});
}

TEST(Judge, the_first_trouble_gives_the_reason_and_all_are_told) {
    const auto found = judge({&working, &off, &denied, &gone, &off});
    EXPECT_FALSE(found.is_ok);
    EXPECT_EQ(found.reason, "metrics_denied");
    EXPECT_EQ(found.text, "metrics: give a token; audit_files: no file");
}

TEST(Check, tells_each_part_and_the_server) {
    server_facts server;
    server.state = schema::state::sealed;
    server.health.version = "1.17.2";
    server.leader.address = "https://\"a\"";
    const std::string json =
        check_json({{&working, &off, &denied, &off, &working}, &server, {"unix:/a", "tcp:b"}, 2, 7});
    for (const char* part :
         {R"({"ok":false,"reason":"metrics_denied")", R"("server":{"state":"working","text":"fine"})",
          R"("token":{"state":"off"})", R"("vault":{"state":"sealed")", R"("leader":"https://\"a\"")",
          R"("listens":["unix:/a","tcp:b"])", R"("connections":2)", R"("audit_entries":7})"}) {
        EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
    }
}

}  // namespace
}  // namespace sonde::vault
