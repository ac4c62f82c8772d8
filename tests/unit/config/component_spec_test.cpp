// SPDX-License-Identifier: Apache-2.0
#include "config/component_spec.hpp"

#include <cstddef>
#include <cstring>

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using sonde::option_type;
using ::testing::ElementsAre;

constexpr std::array<const char*, 2> topics{"raw/test/", nullptr};

[[nodiscard]] sonde_component component() {
    sonde_component made{};
    made.struct_size = sizeof made;
    made.type = "test";
    made.summary = "A test";
    made.stability = "draft";
    made.options = every_type.data();
    made.option_count = every_type.size();
    made.option_size = sizeof(sonde_option);
    made.publishes = topics.data();
    return made;
}

TEST(ComponentSpec, copies_everything_by_value) {
    const component_spec spec = read_component(component(), sonde::role::collector);
    EXPECT_EQ(spec.type, "test");
    EXPECT_EQ(spec.summary, "A test");
    EXPECT_EQ(spec.description, "");
    EXPECT_THAT(spec.publishes, ElementsAre("raw/test/"));
    EXPECT_TRUE(spec.subscribes.empty());
    ASSERT_EQ(spec.options.size(), every_type.size());
    EXPECT_EQ(spec.options[1].key, "count");
    EXPECT_EQ(spec.options[1].minimum, "1");
    EXPECT_EQ(spec.options[6].choices, (std::vector<std::string>{"fast", "slow"}));
    EXPECT_TRUE(spec.options[4].is(SONDE_OPTION_RELOADABLE));
    EXPECT_EQ(spec.options, specs(every_type));
}

TEST(ComponentSpec, members_beyond_struct_size_are_not_read) {
    sonde_component older = component();
    older.struct_size = offsetof(sonde_component, publishes);
    EXPECT_TRUE(read_component(older, sonde::role::collector).publishes.empty());
}

TEST(ComponentSpec, option_records_may_be_longer_or_shorter_than_ours) {
    struct longer {
        sonde_option known;
        const char* future;
    };
    const std::array<longer, 2> long_table{longer{every_type[0], "x"}, longer{every_type[1], "y"}};
    sonde_component made = component();
    made.options = &long_table.front().known;
    made.option_count = 2;
    made.option_size = sizeof(longer);
    EXPECT_EQ(read_options(made)[1].key, "count");

    // An older table whose records end before `since`.
    constexpr std::size_t old_size = offsetof(sonde_option, since);
    alignas(sonde_option) std::array<std::byte, 2 * old_size> short_table{};
    std::memcpy(short_table.data(), &every_type[0], old_size);
    std::memcpy(short_table.data() + old_size, &every_type[1], old_size);
    made.options = reinterpret_cast<const sonde_option*>(short_table.data());
    made.option_size = old_size;
    EXPECT_EQ(read_options(made)[1].key, "count");
    EXPECT_EQ(read_options(made)[1].help, "A count");
    EXPECT_EQ(read_options(made)[1].conflicts_key, "");
}

TEST(ComponentSpec, names_of_types_and_roles_read_back) {
    for (std::uint32_t i = SONDE_OPTION_BOOL; i <= SONDE_OPTION_ENDPOINT; ++i) {
        const auto type = static_cast<option_type>(i);
        EXPECT_EQ(option_type_named(name(type)), type) << i;
    }
    EXPECT_EQ(option_type_named("nonsense"), std::nullopt);
    EXPECT_EQ(name(static_cast<option_type>(99)), "unknown");
    EXPECT_EQ(name(sonde::role::encoder), "encoder");
    EXPECT_EQ(section(sonde::role::enricher), "enrichers");
}

}  // namespace
