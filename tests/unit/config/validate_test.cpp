// SPDX-License-Identifier: Apache-2.0
#include "config/validate.hpp"

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using sonde::option;
using sonde::option_type;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Validate, defaults_fill_what_is_not_written) {
    const auto result = validated("");
    ASSERT_TRUE(result.values) << result.text();
    EXPECT_EQ(result["flag"], "true");
    EXPECT_EQ(result["count"], "5");
    EXPECT_EQ(result["interval"], "10s");
    EXPECT_EQ(result["items"], "[\"one\", \"two\"]");
    EXPECT_EQ(result["labels"], "{ team = \"core\" }");
    EXPECT_EQ(result["token"], "(absent)");
    EXPECT_TRUE(find(*result.values, "interval")->is_default);
    EXPECT_TRUE(find(*result.values, "interval")->is_reloadable);
    EXPECT_EQ(find(*result.values, "interval")->at.text(), "default");
}

TEST(Validate, values_come_in_table_order) {
    const auto result = validated("peer = \"a:1\"\nflag = false\n");
    ASSERT_TRUE(result.values) << result.text();
    std::vector<std::string> keys;
    for (const value& one : *result.values) {
        keys.push_back(one.key);
    }
    EXPECT_THAT(keys, ::testing::ElementsAre("flag", "count", "ratio", "label", "interval", "buffer", "mode", "root",
                                             "items", "labels", "peer"));
}

TEST(Validate, every_type_round_trips_through_its_toml_form) {
    const std::string first_text =
        "flag = false\ncount = 7\nratio = 0.125\nlabel = \"q\\\"\\\\\\u0001\"\ninterval = \"1m30s\"\nbuffer = 3000\n"
        "mode = \"slow\"\nroot = \"/x y\"\nitems = [\"a,b\", \"\"]\npeer = \"[::1]:80\"\n"
        "[collectors.config.labels]\n\"app.kubernetes.io/name\" = \"n\"\nzone = \"z\"\n[collectors.config.tls]\nca = "
        "\"/ca\"\n";
    const auto first = validated(first_text);
    ASSERT_TRUE(first.values) << first.text();
    std::string again;
    for (const value& one : *first.values) {
        again += one.key + " = " + one.toml() + "\n";
    }
    const auto second = validated(again);
    ASSERT_TRUE(second.values) << second.text() << again;
    ASSERT_EQ(second.values->size(), first.values->size());
    for (std::size_t i = 0; i < first.values->size(); ++i) {
        EXPECT_TRUE((*first.values)[i].same_as((*second.values)[i])) << (*first.values)[i].key;
        EXPECT_FALSE((*second.values)[i].is_default);
    }
    EXPECT_EQ(first["labels"], "{ \"app.kubernetes.io/name\" = \"n\", zone = \"z\" }");
    EXPECT_EQ(first["tls.ca"], "/ca");
}

TEST(Validate, every_type_refuses_what_is_not_of_it) {
    for (const char* line : {"flag = 1",
                             "flag = \"true\"",
                             "count = 1.5",
                             "count = \"5\"",
                             "ratio = \"0.5\"",
                             "ratio = nan",
                             "ratio = inf",
                             "label = 5",
                             "interval = 10",
                             "interval = \"10\"",
                             "interval = \"-1s\"",
                             "buffer = -1",
                             "buffer = \"1XB\"",
                             "mode = \"medium\"",
                             "mode = 0",
                             "root = \"\"",
                             "root = \"a\\u0000b\"",
                             "items = \"one\"",
                             "items = [\"a\", 1]",
                             "labels = \"a=b\"",
                             "labels = {a = 1}",
                             "peer = \"host\"",
                             "peer = \"host:0\"",
                             "tls = 1",
                             "token = 5"}) {
        const auto result = validated(line);
        EXPECT_FALSE(result.values) << line;
        EXPECT_THAT(result.text(), HasSubstr("sonde.toml:4:")) << line;
    }
}

TEST(Validate, ranges_name_value_bound_and_unit) {
    EXPECT_THAT(validated("count = 0").text(),
                HasSubstr("sonde.toml:4:9: error: collectors.test.config.count: 0 is below the minimum of 1 {item}"));
    EXPECT_THAT(validated("interval = \"50ms\"").text(), HasSubstr("50ms is below the minimum of 100ms"));
    EXPECT_THAT(validated("interval = \"2h\"").text(), HasSubstr("2h is above the maximum of 1h"));
    EXPECT_THAT(validated("buffer = \"2MiB\"").text(), HasSubstr("2MiB is above the maximum of 1MiB"));
    EXPECT_THAT(validated("ratio = 1.5").text(), HasSubstr("1.5 is above the maximum of 1"));
    EXPECT_THAT(validated("label = \"x\"").text(), HasSubstr("a length of 1 is below the minimum of 2"));
    EXPECT_TRUE(validated("count = 10\nratio = 0\nlabel = \"12345678\"\ninterval = \"1h\"\nbuffer = \"1KiB\"").values);
}

TEST(Validate, unknown_keys_hint_at_the_nearest) {
    const auto result = validated("intervall = \"1s\"\ntls.cert = \"x\"\n");
    EXPECT_FALSE(result.values);
    EXPECT_THAT(result.text(), HasSubstr("collectors.test.config.intervall: unknown key; did you mean 'interval'?"));
    EXPECT_THAT(result.text(), HasSubstr("collectors.test.config.tls.cert: unknown key"));
}

TEST(Validate, an_empty_heading_is_no_key) {
    EXPECT_TRUE(validated("[collectors.config.tls]\n").values);
    EXPECT_FALSE(validated("[collectors.config.nothing]\n").values);
    EXPECT_EQ(validated("labels = {}\n")["labels"], "{}");
}

constexpr std::array required_table{option("path", option_type::path).required()};

TEST(Validate, a_missing_required_option_points_at_the_instance) {
    EXPECT_THAT(
        validated("", required_table).text(),
        HasSubstr("sonde.toml:1:1: error: collectors.test.config.path: required, but not set; set it to a path"));
    EXPECT_FALSE(validated("path = \"\"", required_table).values);
    EXPECT_TRUE(validated("path = \"/x\"", required_table).values);
}

constexpr std::array deprecated_table{
    option("period", option_type::duration).superseded_by("interval"),
    option("interval", option_type::duration).defaults("10s").range("1s", "1m"),
};

TEST(Validate, a_deprecated_key_is_carried_over_with_a_warning) {
    const auto result = validated("period = \"5s\"", deprecated_table);
    ASSERT_TRUE(result.values) << result.text();
    EXPECT_EQ(result["interval"], "5s");
    EXPECT_FALSE(find(*result.values, "interval")->is_default);
    EXPECT_EQ(result["period"], "(absent)");
    EXPECT_THAT(
        result.text(),
        HasSubstr("sonde.toml:4:10: warning: collectors.test.config.period: deprecated; use 'interval' instead"));
    EXPECT_FALSE(validated("period = \"5h\"", deprecated_table).values);
}

TEST(Validate, the_successor_wins_over_the_deprecated_key) {
    const auto result = validated("period = \"5s\"\ninterval = \"7s\"", deprecated_table);
    EXPECT_EQ(result["interval"], "7s");
    EXPECT_THAT(result.text(), HasSubstr("ignored since 'interval' is set"));
}

constexpr std::array related_table{
    option("cert", option_type::path).needs("key"),
    option("key", option_type::path),
    option("insecure", option_type::boolean).excludes("cert"),
};

TEST(Validate, requires_and_conflicts_name_both_keys) {
    EXPECT_THAT(validated("cert = \"/c\"", related_table).text(), HasSubstr("config.cert: needs 'key' to be set too"));
    EXPECT_THAT(validated("cert = \"/c\"\nkey = \"/k\"\ninsecure = true", related_table).text(),
                AllOf(HasSubstr("config.insecure: cannot be combined with 'cert', which is set at sonde.toml:4:8"),
                      HasSubstr("remove one of them")));
    EXPECT_TRUE(validated("cert = \"/c\"\nkey = \"/k\"", related_table).values);
    EXPECT_TRUE(validated("insecure = true", related_table).values);
}

constexpr std::array faulty_table{
    option("number", option_type::integer).defaults("many"),
    option("bound", option_type::integer).defaults("1").range("few", "9"),
    option("strange", static_cast<option_type>(99)).defaults("x"),
};

TEST(Validate, a_faulty_table_is_reported_and_never_trusted) {
    const auto result = validated("", faulty_table);
    EXPECT_FALSE(result.values);
    EXPECT_THAT(result.text(), HasSubstr("config.number: the built-in default is wrong: 'many' is not an integer"));
    EXPECT_THAT(result.text(),
                HasSubstr("config.bound: the built-in default is wrong: the component declares a bound"));
    EXPECT_THAT(result.text(),
                HasSubstr("config.strange: the built-in default is wrong: the component declares an option type"));
}

TEST(Validate, no_options_mean_no_keys) {
    EXPECT_TRUE(validated("", {}).values->empty());
    EXPECT_FALSE(validated("a = 1", {}).values);
}

}  // namespace
