// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace sonde::pages {
namespace {

TEST_F(Pages, stats_hold_a_block_per_module_as_of_the_last_refresh) {
    begin("[[collectors]]\ntype = \"pump\"\n[[collectors]]\ntype = \"pump\"\nname = \"bad\"\n"
          "[collectors.config]\nbroken = true\n");
    ASSERT_TRUE(reaches("pump", run::state::running));
    ASSERT_TRUE(eventually([&] { return !status_of("bad").last_error.empty(); }));
    pages_->refresh_stats();
    ASSERT_EQ(ask("/modules/pump/add", "POST", "4").status, 200);
    ASSERT_EQ(ask("/pump/check").status, 200);

    auto page = ask_json("/debug/stats");
    EXPECT_EQ(page.at("modules").at("pump").at("metrics").at(0).at("value"), 0) << "a snapshot";
    EXPECT_EQ(page.at("modules").at("pump").at("checks"), 1);
    EXPECT_TRUE(page.at("modules").at("pump").at("last_check").is_string());
    pages_->refresh_stats();
    page = ask_json("/debug/stats");
    const auto& pump = page.at("modules").at("pump");
    EXPECT_EQ(pump.at("metrics").at(0).at("value"), 4) << "values move";
    EXPECT_EQ(pump.at("updates"), 2);
    EXPECT_TRUE(pump.at("error").is_null());
    EXPECT_GT(pump.at("delta_seconds").as_double(), 0);
    EXPECT_GT(pump.at("uptime").as_double(), 0);
    EXPECT_TRUE(page.at("updated_at").is_string());
    EXPECT_THAT(std::string(page.at("modules").at("bad").at("error").as_string()), HasSubstr("the pump is broken"));
}

TEST_F(Pages, stats_are_refreshed_by_themselves_and_stopping_is_prompt) {
    sources_.api.stats_interval = 2ms;
    begin("[[collectors]]\ntype = \"pump\"\n");
    EXPECT_TRUE(eventually([&] {
        const auto modules = ask_json("/debug/stats").at("modules").as_object();
        return modules.contains("pump") && modules.at("pump").at("updates").as_int64() >= 3;
    }));
    EXPECT_EQ(threads_named("sonde-stats"), 1u);
    pages_.reset();
    EXPECT_EQ(threads_named("sonde-stats"), 0u);
}

TEST_F(Pages, plugins_show_modules_components_and_refusals) {
    begin("[[collectors]]\ntype = \"pump\"\nname = \"mine\"\n");
    const auto page = ask_json("/debug/plugins");
    ASSERT_EQ(page.at("modules").as_array().size(), 1u) << "once, whatever the number of components";
    const auto& module = page.at("modules").at(0);
    EXPECT_EQ(module.at("id"), "io.sonde.test.pages");
    EXPECT_EQ(module.at("version"), "1.2.3");
    EXPECT_EQ(module.at("license"), "Apache-2.0");
    const auto& pump = module.at("components").at(0);
    EXPECT_EQ(pump.at("type"), "pump");
    EXPECT_EQ(pump.at("role"), "collector");
    EXPECT_EQ(json::serialize(pump.at("flags")), R"(["needs_ebpf"])");
    EXPECT_EQ(json::serialize(pump.at("options")), R"(["items","rounds","broken","token"])");
    EXPECT_EQ(json::serialize(pump.at("instances")), R"(["mine"])");
    EXPECT_EQ(page.at("refused").at(0).at("reason"), "not_elf");
}

const json::value* find(const json::value& rows, std::string_view key, std::string_view value) {
    for (const auto& each : rows.as_array()) {
        if (each.at(key).as_string() == value) {
            return &each;
        }
    }
    return nullptr;
}

TEST_F(Pages, lanes_conserve_every_item_and_say_so) {
    begin("[[collectors]]\ntype = \"pump\"\n[collectors.config]\nitems = 500\n[[encoders]]\ntype = \"sink\"\n");
    ASSERT_TRUE(reaches("sink", run::state::running));
    const auto at_rest = [&] {
        const auto page = ask_json("/debug/lanes");
        const auto* reader = find(page.at("subscriptions"), "name", "sink");
        return reader != nullptr && !reader->at("positions").as_array().empty() &&
               reader->at("positions").at(0).at("delivered") == 500;
    };
    ASSERT_TRUE(eventually(at_rest));
    const auto page = ask_json("/debug/lanes");
    const auto* lane = find(page.at("lanes"), "instance", "pump");
    ASSERT_NE(lane, nullptr);
    const auto& stream = lane->at("streams").at(0);
    EXPECT_EQ(stream.at("topic"), "raw/pump/");
    EXPECT_EQ(stream.at("produced"), 500);
    EXPECT_EQ(stream.at("committed"), 500);
    EXPECT_EQ(stream.at("sealed"), 500);
    EXPECT_TRUE(stream.at("dropped").as_object().empty());
    EXPECT_EQ(stream.at("balanced"), true);
    EXPECT_EQ(lane->at("budget_bytes"), 1u << 20);
    const auto& position = find(page.at("subscriptions"), "name", "sink")->at("positions").at(0);
    EXPECT_EQ(position.at("lost"), 0);
    EXPECT_EQ(position.at("in_flight"), 0);
    EXPECT_EQ(position.at("balanced"), true);
}

TEST_F(Pages, lanes_leave_the_balance_open_for_a_reader_that_joined_later) {
    begin("[[collectors]]\ntype = \"pump\"\n[collectors.config]\nitems = 500\n");
    ASSERT_TRUE(eventually([&] {
        const auto lanes = ask_json("/debug/lanes").at("lanes").as_array();
        return !lanes.empty() && !lanes[0].at("streams").as_array().empty() &&
               lanes[0].at("streams").at(0).at("sealed") == 500;
    }));
    auto late = fabric_->subscribe({"late", {"raw/"}, false, false});
    ASSERT_TRUE(late);
    const auto page = ask_json("/debug/lanes");
    EXPECT_TRUE(find(page.at("subscriptions"), "name", "late")->at("positions").at(0).at("balanced").is_null());
    fabric_->unsubscribe(*late);
}

TEST_F(Pages, config_shows_origins_and_hides_secrets) {
    begin("[host]\nlog_level = \"warn\"\n[[collectors]]\ntype = \"pump\"\n[collectors.config]\nitems = 3\n"
          "token = \"env:SONDE_TEST_ABSENT_SECRET\"\n");
    const std::string text = ask("/debug/config").body;
    EXPECT_EQ(text.find("SONDE_TEST_ABSENT_SECRET"), std::string::npos);
    const auto page = ask_json("/debug/config");
    const auto* level = find(page.at("host"), "key", "host.log_level");
    ASSERT_NE(level, nullptr) << text;
    EXPECT_EQ(level->at("value"), "warn");
    EXPECT_EQ(level->at("origin"), "sonde.toml:2:13");
    const auto& values = page.at("instances").at(0).at("values");
    EXPECT_EQ(find(values, "key", "items")->at("value"), "3");
    EXPECT_EQ(find(values, "key", "rounds")->at("origin"), "default");
    EXPECT_EQ(find(values, "key", "token")->at("value"), "***");
}

TEST_F(Pages, threads_are_shown_with_name_state_and_cpu_time) {
    begin("[[collectors]]\ntype = \"pump\"\n");
    ASSERT_TRUE(reaches("pump", run::state::running));
    json::value page;
    const auto find_data = [&] {
        page = ask_json("/debug/threads");
        return find(page.at("threads"), "name", "data:pump");
    };
    ASSERT_TRUE(eventually([&] { return find_data() != nullptr; })) << "a thread names itself once it runs";
    const auto* data = find(page.at("threads"), "name", "data:pump");
    EXPECT_GT(data->at("id").as_int64(), 0);
    EXPECT_EQ(data->at("state").as_string().size(), 1u);
    EXPECT_GE(data->at("cpu_seconds").to_number<double>(), 0);
}

}  // namespace
}  // namespace sonde::pages
