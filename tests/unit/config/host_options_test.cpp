// SPDX-License-Identifier: Apache-2.0
// The option tables and the typed settings are two texts of one thing; these tests keep them together.
#include "config/host_options.hpp"

#include <fmt/format.h>

#include "config/settings.hpp"
#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;

TEST(HostOptions, defaults_of_the_tables_are_those_of_the_structs) {
    const auto result = parsed("", {{"NODE_NAME", "n"}});
    ASSERT_TRUE(result.made);
    host_settings host;
    host.node_name = "n";
    host.node_name_origin = 1;
    api_settings api;
    api.socket = "/run/sonde/sonde.sock";
    EXPECT_EQ(result.made->host, host);
    EXPECT_EQ(result.made->bus, bus_settings{});
    EXPECT_EQ(result.made->api, api);
}

// A key that is in a table but not copied would leave the struct at its default.
TEST(HostOptions, every_key_reaches_its_struct) {
    const std::map<std::string, std::string> other_values{
        {"host.node_name", "'m'"},       {"host.plugin_dirs", "['/x']"},   {"host.run_dir", "'/x'"},
        {"host.log_level", "'warn'"},    {"host.log_format", "'json'"},    {"api.socket", "'/x'"},
        {"api.listen", "'127.0.0.1:9'"}, {"bus.lane_budget", "'32MiB'"},   {"bus.seal_bytes", "'32KiB'"},
        {"bus.record_limit", "'32KiB'"}, {"api.request_limit", "'32KiB'"}, {"api.response_limit", "'32KiB'"},
    };
    const auto unchanged = parsed("", {}).made;
    ASSERT_TRUE(unchanged);
    for (const host_section& section : host_sections()) {
        for (const option_spec& option : section.options) {
            const std::string key = std::string(section.name) + "." + option.key;
            std::string other;
            if (const auto known = other_values.find(key); known != other_values.end()) {
                other = known->second;
            } else if (option.type == sonde::option_type::boolean) {
                other = option.default_value == "true" ? "false" : "true";
            } else if (option.type == sonde::option_type::integer) {
                other = "7";
            } else {
                other = "'1700ms'";
            }
            const auto changed = parsed(fmt::format("{} = {}", key, other));
            ASSERT_TRUE(changed.made) << changed.text();
            const bool differs = changed.made->host != unchanged->host || changed.made->bus != unchanged->bus ||
                                 changed.made->api != unchanged->api;
            EXPECT_TRUE(differs) << key;
        }
    }
}

TEST(HostOptions, every_option_explains_itself) {
    for (const host_section& section : host_sections()) {
        for (const option_spec& option : section.options) {
            EXPECT_FALSE(option.help.empty()) << option.key;
            EXPECT_FALSE(option.help.ends_with('.')) << option.key;
        }
    }
    EXPECT_EQ(instance_options(sonde::role::collector).size() + 2, instance_options(sonde::role::encoder).size());
}

}  // namespace
