// SPDX-License-Identifier: Apache-2.0
// What a user can get wrong in a file, and what they are told.
#include "config/load.hpp"

#include "fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace sonde::config;
using namespace sonde::config::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Parse, an_empty_file_is_all_defaults) {
    const auto result = parsed("");
    ASSERT_TRUE(result.made) << result.text();
    EXPECT_TRUE(result.made->instances.empty());
    EXPECT_EQ(result.made->bus, bus_settings{});
    EXPECT_EQ(result.made->host.run_dir, "/run/sonde");
    EXPECT_EQ(result.made->api.socket, "/run/sonde/sonde.sock");
}

TEST(Parse, syntax_errors_carry_their_position) {
    const auto result = parsed("[host]\nlog_level = \n");
    EXPECT_FALSE(result.made);
    EXPECT_THAT(result.text(), AllOf(StartsWith("sonde.toml:2:"), HasSubstr("error: not valid TOML")));
}

TEST(Parse, syntax_errors_never_show_the_value) {
    for (const char* line :
         {"token = canary-secret", "token = \"canary-secret", "token = 'canary-secret", "token = \"canary-secret\" x",
          "token = \"\\qcanary-secret\"", "token \"canary-secret\""}) {
        const auto result = parsed(std::string("[[collectors]]\ntype = \"x\"\n[collectors.config]\n") + line);
        EXPECT_FALSE(result.made) << line;
        EXPECT_THAT(result.text(), Not(HasSubstr("canary"))) << line;
        EXPECT_THAT(result.text(), HasSubstr("sonde.toml:")) << line;
    }
}

TEST(Parse, settings_are_typed) {
    const auto result = parsed(R"(
[host]
node_name = "n1"
plugin_dirs = ["/a", "/b"]
restart_limit = 3
[bus]
seal_bytes = "32KiB"
seal_age = "1ms"
[api]
listen = "127.0.0.1:3333"
)");
    ASSERT_TRUE(result.made) << result.text();
    EXPECT_EQ(result.made->host.node_name, "n1");
    EXPECT_EQ(result.made->host.node_name_origin, 2u);
    EXPECT_EQ(result.made->host.plugin_dirs, (std::vector<std::string>{"/a", "/b"}));
    EXPECT_EQ(result.made->host.restart_limit, 3);
    EXPECT_EQ(result.made->bus.seal_bytes, 32u << 10);
    EXPECT_EQ(result.made->bus.seal_age, 1ms);
    EXPECT_EQ(result.made->api.listen, "127.0.0.1:3333");
}

TEST(Parse, unknown_keys_and_sections_hint_at_the_nearest) {
    const auto result = parsed("[host]\nlog_levle = \"info\"\n[hots]\n[[collector]]\n");
    EXPECT_FALSE(result.made);
    EXPECT_THAT(result.text(),
                HasSubstr("sonde.toml:2:13: error: host.log_levle: unknown key; did you mean 'log_level'?"));
    EXPECT_THAT(result.text(), HasSubstr("sonde.toml:3:2: error: hots: unknown section; did you mean 'host'?"));
    EXPECT_THAT(result.text(), HasSubstr("collector: unknown section; did you mean 'collectors'?"));
}

TEST(Parse, all_findings_come_in_one_pass) {
    const auto result = parsed("[host]\nlog_level = 3\nstart_timeout = \"1\"\n[bus]\nseal_items = 0\n[api]\nx = 1\n");
    EXPECT_EQ(result.found.size(), 4u) << result.text();
}

TEST(Parse, wrong_types_say_what_was_expected_and_found) {
    EXPECT_THAT(parsed("[host]\nprobe_plugins = \"yes\"").text(), HasSubstr("expected true or false, found a string"));
    EXPECT_THAT(parsed("[host]\nplugin_dirs = \"/a\"").text(), HasSubstr("expected a list of strings, found a string"));
    EXPECT_THAT(parsed("[host]\nplugin_dirs = [1]").text(),
                HasSubstr("sonde.toml:2:16: error: host.plugin_dirs: the items"));
    EXPECT_THAT(parsed("[bus]\nseal_age = 5").text(),
                HasSubstr("expected a duration such as \"10s\", found an integer"));
    EXPECT_THAT(parsed("[host]\nlog_level = 2024-01-01").text(), HasSubstr("no option takes a date"));
    EXPECT_THAT(parsed("host = 1").text(), HasSubstr("write [host]"));
    EXPECT_THAT(parsed("[collectors]\ntype = \"x\"").text(), HasSubstr("write [[collectors]] with double brackets"));
    EXPECT_THAT(parsed("collectors = [1]").text(), HasSubstr("its items are tables"));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"x\"\nconfig = 1").text(), HasSubstr("write [collectors.config]"));
}

TEST(Parse, choices_hint_at_the_nearest) {
    EXPECT_THAT(parsed("[host]\nlog_level = \"inof\"").text(),
                HasSubstr("'inof' is not one of trace, debug, info, warn, error; did you mean 'info'?"));
}

TEST(Parse, ranges_are_checked_in_the_units_of_the_option) {
    EXPECT_THAT(parsed("[bus]\nseal_age = \"1us\"").text(), HasSubstr("1us is below the minimum of 100us"));
    EXPECT_THAT(parsed("[bus]\nseal_bytes = \"1GiB\"").text(), HasSubstr("1GiB is above the maximum of 16MiB"));
    EXPECT_THAT(parsed("[bus]\nseal_items = 0").text(), HasSubstr("0 is below the minimum of 1"));
}

TEST(Parse, a_listener_beyond_this_machine_needs_allow_remote) {
    const auto refused = parsed("[api]\nlisten = \"0.0.0.0:3333\"");
    EXPECT_FALSE(refused.made);
    EXPECT_THAT(refused.text(), AllOf(HasSubstr("sonde.toml:2:10: error: api.listen:"), HasSubstr("no authentication"),
                                      HasSubstr("allow_remote = true")));
    EXPECT_TRUE(parsed("[api]\nlisten = \"0.0.0.0:3333\"\nallow_remote = true").made);
    EXPECT_TRUE(parsed("[api]\nlisten = \"[::1]:3333\"").made);
    EXPECT_TRUE(parsed("[api]\nlisten = \"localhost:3333\"").made);
    EXPECT_FALSE(parsed("[api]\nlisten = \"[::]:3333\"").made);
    EXPECT_FALSE(parsed("[api]\nlisten = \"example.org:3333\"").made);
    EXPECT_TRUE(parsed("[api]\nlisten = \"\"").made);
    EXPECT_THAT(parsed("[api]\nlisten = \"unix:/a\"").text(), HasSubstr("is not an address and port"));
}

TEST(Parse, limits_must_fit_each_other) {
    EXPECT_THAT(parsed("[bus]\nlane_budget = \"1MiB\"").text(),
                AllOf(HasSubstr("sonde.toml:2:"),
                      HasSubstr("record_limit (1MiB) is more than a quarter of lane_budget (1MiB)")));
    EXPECT_THAT(parsed("[bus]\nseal_bytes = \"8MiB\"").text(),
                HasSubstr("bus.seal_bytes: seal_bytes (8MiB) is more than a quarter"));
    EXPECT_THAT(parsed("[host]\nrestart_min = \"1m\"").text(),
                HasSubstr("restart_min (1m) is longer than restart_max (30s)"));
    EXPECT_TRUE(parsed("[host]\nrestart_min = \"1m\"\nrestart_max = \"1m\"").made);
}

TEST(Parse, instances_have_their_type_as_name_and_keep_the_order_of_the_file) {
    const auto result = parsed(R"(
[[encoders]]
type = "encode_jsonl"
delivery = "lossless"
topics = ["raw/process/"]
[[collectors]]
type = "process"
required = true
[collectors.config]
interval = "5s"
tls.ca = "/ca"
[[collectors]]
type = "process"
name = "second"
enabled = false
)");
    ASSERT_TRUE(result.made) << result.text();
    const auto& all = result.made->instances;
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].name, "encode_jsonl");
    EXPECT_EQ(all[0].delivery, delivery::lossless);
    EXPECT_EQ(all[0].topics, std::vector<std::string>{"raw/process/"});
    EXPECT_EQ(all[1].name, "process");
    EXPECT_TRUE(all[1].required);
    EXPECT_TRUE(all[1].options.contains("interval"));
    EXPECT_TRUE(all[1].options.contains("tls.ca"));
    EXPECT_EQ(all[1].at.text(), "sonde.toml:6:1");
    EXPECT_EQ(all[2].name, "second");
    EXPECT_FALSE(all[2].enabled);
}

TEST(Parse, instance_faults_name_their_place) {
    EXPECT_THAT(parsed("[[collectors]]\nname = \"x\"").text(),
                HasSubstr("sonde.toml:1:1: error: collectors.type: required, but not set"));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"x\"\nname = \"Bad Name\"").text(),
                HasSubstr("sonde.toml:3:8: error: collectors.name: 'Bad Name' is not a name"));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"x\"\nname = \"bus\"").text(), HasSubstr("a name of the host itself"));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"host\"").text(), HasSubstr("write name = \"host-collector\""));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"x\"\ninterval = \"1s\"").text(),
                HasSubstr("unknown key; options of the component belong in [collectors.config]"));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"x\"\nenabld = true").text(), HasSubstr("did you mean 'enabled'?"));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"x\"\ntopics = [\"raw/\"]").text(),
                HasSubstr("collectors.topics: unknown key"));
    EXPECT_THAT(parsed("[[encoders]]\ntype = \"x\"\ntopics = [\"raw\"]").text(),
                AllOf(HasSubstr("sonde.toml:3:10"), HasSubstr("does not end with '/'")));
    EXPECT_THAT(parsed("[[encoders]]\ntype = \"x\"\ndelivery = \"lossles\"").text(),
                HasSubstr("did you mean 'lossless'?"));
}

TEST(Parse, duplicate_names_name_both_places_over_all_roles) {
    const auto result = parsed("[[collectors]]\ntype = \"x\"\n[[encoders]]\ntype = \"y\"\nname = \"x\"\n");
    EXPECT_FALSE(result.made);
    EXPECT_THAT(result.text(),
                AllOf(StartsWith("sonde.toml:3:1: error: encoders.x: the name is taken by the collector "),
                      HasSubstr("at sonde.toml:1:1")));
    EXPECT_THAT(parsed("[[collectors]]\ntype = \"a-b\"\n[[collectors]]\ntype = \"a_b\"\n").text(),
                HasSubstr("both have the environment variables SONDE_A_B_*"));
}

TEST(Parse, node_name_comes_from_the_environment_then_the_file_then_the_host) {
    const auto from_env = parsed("[host]\nnode_name = \"file\"", {{"NODE_NAME", "env"}});
    ASSERT_TRUE(from_env.made);
    EXPECT_EQ(from_env.made->host.node_name, "env");
    EXPECT_EQ(from_env.made->host.node_name_origin, 1u);
    const auto from_host = parsed("", {{"NODE_NAME", ""}});
    ASSERT_TRUE(from_host.made);
    EXPECT_FALSE(from_host.made->host.node_name.empty());
    EXPECT_EQ(from_host.made->host.node_name_origin, 3u);
}

TEST(Parse, effective_settings_tell_their_origin) {
    const auto result = parsed("[bus]\nseal_age = \"1ms\"", {{"SONDE_BUS_SEAL_ITEMS", "7"}, {"NODE_NAME", "n"}});
    ASSERT_TRUE(result.made) << result.text();
    std::map<std::string, std::string> shown;
    for (const auto& one : result.made->effective) {
        shown[one.key] = one.value + " <- " + one.at.text();
    }
    EXPECT_EQ(shown["bus.seal_age"], "1ms <- sonde.toml:2:12");
    EXPECT_EQ(shown["bus.seal_items"], "7 <- environment SONDE_BUS_SEAL_ITEMS");
    EXPECT_EQ(shown["bus.lane_budget"], "16MiB <- default");
    EXPECT_EQ(shown["host.node_name"], "n <- environment NODE_NAME");
    EXPECT_EQ(shown["api.socket"], "/run/sonde/sonde.sock <- default");
}

TEST(Parse, hash_follows_the_meaning_and_not_the_spelling) {
    const auto hash = [](std::string_view toml, const environment& env = {}) { return parsed(toml, env).made->hash; };
    const std::string one = hash("[bus]\nseal_age = \"1ms\"\n[[collectors]]\ntype = \"x\"\n");
    EXPECT_EQ(one.size(), 64u);
    EXPECT_EQ(hash("# note\n[[collectors]]\nname = \"x\"\ntype = 'x'\n[bus]\nseal_age = \"1000us\"\n"), one);
    EXPECT_EQ(hash("[bus]\nseal_age = \"1ms\"\n[[collectors]]\ntype = \"x\"\n", {{"NODE_NAME", "other"}}), one);
    EXPECT_NE(hash("[bus]\nseal_age = \"2ms\"\n[[collectors]]\ntype = \"x\"\n"), one);
    EXPECT_NE(hash("[bus]\nseal_age = \"1ms\"\n[[collectors]]\ntype = \"x\"\nconfig.a = 1\n"), one);
    EXPECT_NE(hash("[bus]\nseal_age = \"1ms\"\n[[encoders]]\ntype = \"x\"\n"), one);
}

TEST(Parse, control_bytes_never_reach_a_message) {
    const auto result = parsed("[host]\nlog_level = \"\\u001b[2J\"\n\"\\u001b[31m\" = 1\n");
    EXPECT_FALSE(result.made);
    EXPECT_THAT(result.text(), AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\x1b")));
}

TEST(Parse, endless_nesting_is_refused) {
    std::string dotted = "a";
    for (int i = 0; i < 100'000; ++i) {
        dotted += ".a";
    }
    EXPECT_THAT(parsed("x = 1\n" + dotted + " = 1").text(),
                HasSubstr("sonde.toml:2:1: error: a key with more than 64"));
    EXPECT_FALSE(parsed("x = " + std::string(100'000, '[')).made);
    EXPECT_THAT(parsed("[bus]\nx" +
                       std::string(40, '.').replace(0, 40,
                                                    [] {
                                                        std::string parts;
                                                        for (int i = 0; i < 40; ++i) {
                                                            parts += ".y";
                                                        }
                                                        return parts;
                                                    }()) +
                       " = 1")
                    .text(),
                HasSubstr("nested deeper than 32"));
    // The deepest that the check of keys lets through: dotted keys within nested inline tables.
    std::string deep;
    const std::string parts = dotted.substr(0, 2 * 64 + 1);
    for (int i = 0; i < 250; ++i) {
        deep += "{" + parts + "=";
    }
    EXPECT_FALSE(parsed("[" + parts + "]\n" + parts + " = " + deep + "1" + std::string(250, '}')).made);
}

}  // namespace
