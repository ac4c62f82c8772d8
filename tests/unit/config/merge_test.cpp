// SPDX-License-Identifier: Apache-2.0
#include "config/merge.hpp"

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;

[[nodiscard]] raw_options flattened(std::string_view toml, diagnostics& found) {
    merged all;
    auto tree = read_toml(toml, "x.toml", found);
    if (tree) {
        merge(std::move(*tree), all, found);
    }
    return all.host;
}

TEST(Merge, nested_tables_flatten_to_dotted_keys) {
    diagnostics found;
    const auto options =
        flattened("[host]\na = 1\nb = {c = 'x', d.e = [\"y\"]}\n[host.f]\ng = true\n[host.empty]\n", found);
    EXPECT_THAT(found, IsEmpty());
    EXPECT_THAT(options, ElementsAre(Key("a"), Key("b.c"), Key("b.d.e"), Key("empty"), Key("f.g")));
    EXPECT_EQ(std::get<std::int64_t>(options.at("a").data), 1);
    EXPECT_EQ(std::get<raw_value::list>(options.at("b.d.e").data), std::vector<std::string>{"y"});
    EXPECT_EQ(options.at("f.g").at.text(), "x.toml:5:5");
    EXPECT_TRUE(std::get<raw_value::table>(options.at("empty").data).empty());
}

TEST(Merge, a_quoted_dotted_key_cannot_hide_another) {
    diagnostics found;
    (void)flattened("[host]\n\"a.b\" = 1\na.b = 2\n", found);
    EXPECT_THAT(messages(found), HasSubstr("host.a.b: set twice, first at x.toml:"));
}

TEST(Merge, dates_and_mixed_lists_are_refused) {
    diagnostics found;
    (void)flattened("[host]\na = 12:00:00\nb = [\"x\", 1]\nc = [{d = 1}]\n", found);
    EXPECT_EQ(found.size(), 3u) << messages(found);
}

}  // namespace
