// SPDX-License-Identifier: Apache-2.0
#include "config/overrides.hpp"

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view two_instances = "[[collectors]]\ntype = \"process\"\n[[collectors]]\ntype = \"my-probe\"\n";

TEST(Overrides, host_settings_come_from_the_environment) {
    const auto result =
        parsed("[host]\nlog_level = \"debug\"\n[api]\nlisten = \"127.0.0.1:1\"", {{"SONDE_HOST_LOG_LEVEL", "error"},
                                                                                  {"SONDE_HOST_PLUGIN_DIRS", "/a, /b"},
                                                                                  {"SONDE_HOST_PROBE_PLUGINS", "false"},
                                                                                  {"SONDE_API_LISTEN", ""},
                                                                                  {"SONDE_BUS_SEAL_AGE", "1ms"}});
    ASSERT_TRUE(result.made) << result.text();
    EXPECT_EQ(result.made->host.log_level, "error");
    EXPECT_EQ(result.made->host.plugin_dirs, (std::vector<std::string>{"/a", "/b"}));
    EXPECT_FALSE(result.made->host.probe_plugins);
    EXPECT_EQ(result.made->bus.seal_age, std::chrono::milliseconds(1));
    EXPECT_EQ(result.made->api.listen, "");
}

TEST(Overrides, faults_name_the_variable) {
    const auto result = parsed("", {{"SONDE_BUS_SEAL_AGE", "soon"}});
    EXPECT_FALSE(result.made);
    EXPECT_THAT(result.text(),
                HasSubstr("environment SONDE_BUS_SEAL_AGE: error: bus.seal_age: 'soon' is not a duration"));
}

TEST(Overrides, enabled_of_an_instance_flips) {
    const auto result = parsed(two_instances, {{"SONDE_MY_PROBE_ENABLED", "false"}});
    ASSERT_TRUE(result.made) << result.text();
    EXPECT_TRUE(result.made->instances[0].enabled);
    EXPECT_FALSE(result.made->instances[1].enabled);
    EXPECT_THAT(
        parsed(two_instances, {{"SONDE_PROCESS_ENABLED", "maybe"}}).text(),
        HasSubstr("environment SONDE_PROCESS_ENABLED: error: collectors.process.enabled: 'maybe' is not true or"));
}

TEST(Overrides, options_of_an_instance_come_from_the_environment) {
    const auto result = validated("interval = \"1s\"\nlabels = {a = \"b\"}", every_type,
                                  {{"SONDE_TEST_INTERVAL", "2s"},
                                   {"SONDE_TEST_LABELS", "x=1,y=2"},
                                   {"SONDE_TEST_ITEMS", "p,q"},
                                   {"SONDE_TEST_TLS_CA", "/ca"},
                                   {"SONDE_TEST_RATIO", "0.25"}});
    ASSERT_TRUE(result.values) << result.text();
    EXPECT_EQ(result["interval"], "2s");
    EXPECT_EQ(result["labels"], "{ x = \"1\", y = \"2\" }");
    EXPECT_EQ(result["items"], "[\"p\", \"q\"]");
    EXPECT_EQ(result["tls.ca"], "/ca");
    EXPECT_EQ(result["ratio"], "0.25");
    EXPECT_EQ(find(*result.values, "interval")->at.text(), "environment SONDE_TEST_INTERVAL");
    EXPECT_FALSE(find(*result.values, "interval")->is_default);
}

TEST(Overrides, unknown_variables_are_warnings_with_a_hint) {
    const auto owner =
        parsed(two_instances, {{"SONDE_PROCES_INTERVAL", "1s"}, {"SONDE_CONFIG", "x"}, {"SONDE_PLUGIN_DIR", "y"}});
    EXPECT_TRUE(owner.made);
    EXPECT_EQ(owner.found.size(), 1u);
    EXPECT_THAT(owner.text(), AllOf(HasSubstr("environment SONDE_PROCES_INTERVAL: warning: matches no section"),
                                    HasSubstr("did you mean 'SONDE_PROCESS_INTERVAL'?")));
    EXPECT_THAT(parsed(two_instances, {{"SONDE_MY_PRBE_X", "1"}}).text(), HasSubstr("'SONDE_MY_PROBE_X'"));
    EXPECT_THAT(parsed("", {{"SONDE_ZZZZZZ", "1"}}).text(), HasSubstr("known owners are host, bus, api"));
    const auto setting = parsed("", {{"SONDE_BUS_SEAL_AEG", "1ms"}});
    EXPECT_TRUE(setting.made);
    EXPECT_THAT(setting.text(), HasSubstr("did you mean 'SONDE_BUS_SEAL_AGE'?"));
    const auto option = validated("", every_type, {{"SONDE_TEST_INTREVAL", "1s"}});
    EXPECT_TRUE(option.values);
    EXPECT_THAT(option.text(), HasSubstr("did you mean 'SONDE_TEST_INTERVAL'?"));
}

TEST(Overrides, the_longest_owner_takes_a_variable) {
    diagnostics found;
    const auto assigned = assign_variables({{"SONDE_A_B_C", "1"}, {"SONDE_A_D", "2"}}, {"a", "a_b"}, found);
    EXPECT_THAT(found, IsEmpty());
    EXPECT_TRUE(assigned.at("a_b").contains("SONDE_A_B_C"));
    EXPECT_TRUE(assigned.at("a").contains("SONDE_A_D"));
    EXPECT_EQ(assigned.at("a").size(), 1u);
}

}  // namespace
