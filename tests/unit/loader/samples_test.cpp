// SPDX-License-Identifier: Apache-2.0
// The sample plugins, loaded from their files and driven through the ABI as a host does.
#include <gmock/gmock.h>

#include <sonde/testing/driver.hpp>

#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Sample : public testing::plugin_files {
protected:
    // The table of a collector in the plugin file of that name.
    const sonde_component& collector(const std::string& file, const std::string& type) {
        const auto taken = loader_.load(install(file));
        if (!taken) {
            throw std::runtime_error(taken.error().message());
        }
        const auto table = (*taken)->component(role::collector, type);
        if (!table) {
            throw std::runtime_error(table.error().message());
        }
        return **table;
    }
    // Runs until the first envelope, then stops; the envelope's data.
    std::string first_data(const sonde_component& table, std::string_view topic,
                           const sonde::testing::option_texts& options) {
        sonde::testing::fake_host host;
        sonde::testing::collector_driver driver(host, table);
        const auto launched = driver.launch(options);
        EXPECT_TRUE(launched) << launched.error().message();
        const auto seen = host.lane.wait_for(topic, [](const auto&) { return true; }, std::chrono::seconds(10));
        const auto stopped = driver.stop();
        EXPECT_TRUE(stopped) << stopped.error().message();
        EXPECT_THAT(host.lane.misuse(), IsEmpty());
        if (!seen) {
            ADD_FAILURE() << "no envelope came";
            return {};
        }
        EXPECT_EQ(seen->content_type, "text/plain");
        EXPECT_EQ(seen->clock, 2u);
        return {seen->data.begin(), seen->data.end()};
    }

    // Trust and trial are tested elsewhere.
    loader loader_{[] {
        loader_settings settings;
        settings.allow_unsafe = true;
        settings.probe = false;
        return settings;
    }()};
};

TEST_F(Sample, hello_publishes_its_greeting_and_stops) {
    const auto& table = collector("hello", "hello");
    EXPECT_EQ(first_data(table, "raw/hello/", {{"greeting", "good day"}, {"interval", "1ms"}}), "good day");
}

TEST_F(Sample, hello_in_c_publishes_its_greeting_and_stops) {
    EXPECT_EQ(first_data(collector("hello_c", "hello_c"), "raw/hello_c/", {{"interval", "1ms"}}), "hello from C");
}

TEST_F(Sample, hello_in_c_says_what_a_poor_host_lacks) {
    sonde::testing::fake_host host;
    host.hide(SONDE_HOST_LANE);
    sonde::testing::collector_driver driver(host, collector("hello_c", "hello_c"));
    const auto created = driver.create();
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, errc::unsupported);
    EXPECT_THAT(created.error().text, HasSubstr("lane"));
}

TEST_F(Sample, that_throws_inside_fails_as_an_instance) {
    sonde::testing::fake_host host;
    sonde::testing::collector_driver driver(host, collector("throws_inside", "throws_inside"));
    ASSERT_TRUE(driver.launch());
    const auto ended = driver.join();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, errc::internal);
    EXPECT_THAT(ended.error().text, HasSubstr("thrown on purpose"));
}

TEST_F(Sample, that_exits_at_once_says_why) {
    sonde::testing::fake_host host;
    sonde::testing::collector_driver driver(host, collector("exits_in_run", "exits_in_run"));
    ASSERT_TRUE(driver.launch());
    const auto ended = driver.join();
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().text, HasSubstr("ended on purpose"));
}

TEST_F(Sample, that_throws_across_the_boundary_can_be_caught_by_a_host) {
    const auto& table = collector("throws", "throws_in_configure");
    const sonde_config none{sizeof none, sizeof(sonde_value), 0, 0, nullptr};
    EXPECT_THROW(table.ops->configure(nullptr, &none, nullptr), std::runtime_error);
}

}  // namespace
}  // namespace sonde::loader
