// SPDX-License-Identifier: Apache-2.0
#include "pages/shown_config.hpp"

#include <gmock/gmock.h>

#include "config/load.hpp"

namespace sonde::pages {
namespace {

TEST(ShownConfig, leaves_credentials_out_of_addresses) {
    EXPECT_EQ(without_credentials("http://me:pass@word@host:3128/a@b"), "http://***@host:3128/a@b");
    EXPECT_EQ(without_credentials("[\"https://me@a\", \"https://b/c\"]"), "[\"https://***@a\", \"https://b/c\"]");
    EXPECT_EQ(without_credentials("http://@"), "http://***@");
    for (const char* const plain : {"", "://", "a@b", "http://host", "unix:///run/x@y"}) {
        EXPECT_EQ(without_credentials(plain), plain);
    }
}

TEST(ShownConfig, shows_no_value_of_a_type_that_nobody_offers) {
    config::diagnostics found;
    const auto document = config::parse(
        "[[collectors]]\ntype = \"ghost\"\nrequired = true\n[collectors.config]\npassword = \"hunter2\"\n",
        "sonde.toml", {}, found);
    ASSERT_TRUE(document);
    const shown_config shown = show(*document, loader::registry(), {});
    ASSERT_EQ(shown.instances.size(), 1u);
    EXPECT_TRUE(shown.instances[0].values.empty());
    EXPECT_TRUE(shown.instances[0].required);
    EXPECT_THAT(shown.instances[0].problem, ::testing::HasSubstr("no loaded plugin offers the collector type 'ghost'"));
    EXPECT_EQ(shown.hash, document->hash);
    EXPECT_FALSE(shown.host.empty());
}

}  // namespace
}  // namespace sonde::pages
