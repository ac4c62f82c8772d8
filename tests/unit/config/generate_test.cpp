// SPDX-License-Identifier: Apache-2.0
#include "config/generate.hpp"

#include <regex>

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using sonde::option;
using sonde::option_type;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array demanding{
    option("output", option_type::path).required().explained("Where to write"),
    option("name", option_type::string).required().range("3", "9").explained("A name"),
    option("level", option_type::integer).required().range("4", "9").explained("A level"),
    option("cert", option_type::path).defaults("/c").needs("key").explained("A certificate"),
    option("key", option_type::path).explained("A key"),
    option("old", option_type::integer).superseded_by("level").explained("A former level"),
    option("token", option_type::secret).defaults("env:TOKEN").explained("A secret"),
};

[[nodiscard]] std::vector<component_spec> components() {
    component_spec collector;
    collector.type = "process";
    collector.summary = "Processes | of this machine";
    collector.stability = "draft";
    collector.options = specs(every_type);
    collector.publishes = {"raw/process/"};
    component_spec encoder;
    encoder.role = sonde::role::encoder;
    encoder.type = "process";
    encoder.summary = "Same type in another role";
    encoder.options = specs(demanding);
    encoder.subscribes = {"raw/"};
    component_spec plain;
    plain.role = sonde::role::enricher;
    plain.type = "host";
    return {collector, encoder, plain};
}

[[nodiscard]] std::string uncommented(const std::string& text) {
    return std::regex_replace(text, std::regex("(^|\n)#(?=[^ #\n])"), "$1");
}

TEST(Generate, the_default_configuration_is_valid_as_it_stands) {
    const auto result = parsed(default_configuration(components()));
    ASSERT_TRUE(result.made) << result.text();
    EXPECT_TRUE(result.made->instances.empty());
    EXPECT_TRUE(result.found.empty()) << result.text();
}

TEST(Generate, the_default_configuration_uncommented_means_the_defaults) {
    const std::string text = uncommented(default_configuration(components()));
    const environment env{{"TOKEN", "x"}};
    const auto plain = parsed("");
    auto result = parsed(text, env);
    ASSERT_TRUE(result.made) << result.text() << text;
    EXPECT_EQ(result.made->host, plain.made->host);
    EXPECT_EQ(result.made->bus, plain.made->bus);
    EXPECT_EQ(result.made->api, plain.made->api);
    const auto all = components();
    ASSERT_EQ(result.made->instances.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto written = validate(result.made->instances[i], all[i].options, env, result.found);
        ASSERT_TRUE(written) << result.text() << text;
    }
    const auto written = validate(result.made->instances[0], all[0].options, env, result.found);
    const auto fallback = validated("");
    for (const value& one : *fallback.values) {
        const value* other = find(*written, one.key);
        ASSERT_NE(other, nullptr) << one.key;
        EXPECT_TRUE(one.same_as(*other)) << one.key;
        EXPECT_FALSE(other->is_default) << one.key;
    }
    EXPECT_TRUE(result.found.empty()) << result.text();
}

TEST(Generate, the_default_configuration_explains_each_key) {
    const std::string text = default_configuration(components());
    EXPECT_THAT(text, HasSubstr("# A pause (duration, 100ms to 1h, reloadable)\n#interval = \"10s\"\n"));
    EXPECT_THAT(text, HasSubstr("#mode = \"fast\"\n"));
    EXPECT_THAT(text, HasSubstr("# token = \"file:/path/to/secret\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("#old")));
    EXPECT_THAT(text, HasSubstr("#name = \"process-encoder\"\n"));
}

TEST(Generate, the_reference_page_is_made_of_whole_tables) {
    const std::string page = reference_page(components());
    EXPECT_THAT(page, HasSubstr("## [bus]\n"));
    EXPECT_THAT(page, HasSubstr("| `seal_age` | duration | `\"5ms\"` | 100us to 10s |"));
    EXPECT_THAT(page, HasSubstr("| `interval` | duration | `\"10s\"` | 100ms to 1h | A pause (reloadable) |\n"));
    EXPECT_THAT(page, HasSubstr("| `old` | integer |  |  | A former level (deprecated: use 'level') |\n"));
    EXPECT_THAT(page, HasSubstr("Publishes: `raw/process/`"));
    EXPECT_THAT(page, HasSubstr("No options."));
    std::istringstream lines(page);
    const std::regex separator(R"([^\\]\|)");
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('|')) {
            const std::string padded = " " + line;
            const auto bars = std::distance(std::sregex_iterator(padded.begin(), padded.end(), separator), {});
            EXPECT_EQ(bars, 6) << line;
        }
    }
}

TEST(Generate, a_description_lines_up) {
    const auto all = components();
    const std::string text = describe(all[0]);
    EXPECT_THAT(text, AllOf(HasSubstr("process (collector, draft)\nProcesses"), HasSubstr("Publishes   raw/process/")));
    EXPECT_THAT(text, HasSubstr("  KEY       TYPE      DEFAULT            MEANING\n"));
    EXPECT_THAT(text, HasSubstr("  interval  duration  \"10s\"              A pause (100ms to 1h, reloadable)\n"));
    EXPECT_THAT(describe(all[2]), HasSubstr("No options."));
}

}  // namespace
