// SPDX-License-Identifier: Apache-2.0
#include "k8s/pages.hpp"

#include <gtest/gtest.h>

namespace sonde::k8s {
namespace {

state_page page() {
    state_page made;
    made.server = "https://api:6443";
    for (const char* resource : {"pods", "nodes", "events"}) {
        watch_row row;
        row.resource = resource;
        row.is_synced = true;
        made.watches.push_back(row);
    }
    return made;
}

TEST(Pages, all_is_well_when_everything_is_synced_and_nothing_is_wrong) {
    state_page made = page();
    EXPECT_FALSE(first_problem(made));
    EXPECT_TRUE(check_json(made).starts_with(R"({"ok":true,"synced":true,"server":"https://api:6443")"));
    made.watches[1].is_synced = false;
    EXPECT_TRUE(check_json(made).starts_with(R"({"ok":false,"synced":false)"));
    EXPECT_TRUE(check_json({}).starts_with(R"({"ok":false)")) << "nothing is watched yet";
}

TEST(Pages, problems_of_kinds_are_summed_up_and_one_of_all_goes_first) {
    state_page made = page();
    made.watches[1].status.trouble = problem{"forbidden", "the server answered 403"};
    ASSERT_TRUE(first_problem(made));
    EXPECT_EQ(*first_problem(made), (problem{"forbidden", "nodes: the server answered 403"}));
    made.watches[2].status.trouble = problem{"throttled", "429"};
    EXPECT_NE(first_problem(made)->text.find("1 more of 3"), std::string::npos);
    EXPECT_NE(check_json(made).find(R"("kind":"nodes","namespace":"","ok":false,"reason":"forbidden")"),
              std::string::npos);
    made.trouble = problem{"no_server", "none"};
    EXPECT_EQ(first_problem(made)->reason, "no_server");
}

TEST(Pages, objects_and_kinds_are_json) {
    const std::array rows{object_row{"shop/a\"b", "7"}};
    EXPECT_EQ(objects_json("pods", rows),
              R"({"kind":"pods","count":1,"objects":[{"object":"shop/a\"b","resource_version":"7"}]})");
    EXPECT_NE(kinds_json(page()).find(R"({"kind":"events","namespace":"","phase":"idle","synced":true)"),
              std::string::npos);
}

}  // namespace
}  // namespace sonde::k8s
