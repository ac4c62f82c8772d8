// SPDX-License-Identifier: Apache-2.0
#include <sonde/settings.hpp>

#include <gmock/gmock.h>

namespace sonde {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Records of a later minor are longer than ours: the stride says how long.
struct longer_value {
    sonde_value value;
    std::uint64_t appended = 99;
};

class Settings : public ::testing::Test {
protected:
    Settings() {
        add("interval", SONDE_OPTION_DURATION).integer = 1'500'000'000;
        add("ratio", SONDE_OPTION_FLOAT).number = 0.5;
        add("path", SONDE_OPTION_PATH).text = borrow("/proc");
        sonde_value& list = add("names", SONDE_OPTION_LIST);
        list.items = items_.data();
        list.item_count = 4;
        sonde_value& map = add("labels", SONDE_OPTION_MAP);
        map.items = items_.data();
        map.item_count = 4;
        sonde_value& on = add("on", SONDE_OPTION_BOOL);
        on.integer = 1;
        on.is_default = 1;
        config_ = {sizeof config_, sizeof(longer_value), static_cast<std::uint32_t>(used_), 0, &values_[0].value};
    }

    [[nodiscard]] settings values() const { return settings(config_); }

private:
    sonde_value& add(const char* key, std::uint32_t type) {
        sonde_value& made = values_.at(used_++).value;
        made.key = key;
        made.type = type;
        return made;
    }

    std::array<sonde_str, 4> items_{borrow("a"), borrow("1"), borrow("b"), borrow("2")};
    std::array<longer_value, 6> values_{};
    std::size_t used_ = 0;
    sonde_config config_{};
};

TEST_F(Settings, gives_every_type_its_value) {
    EXPECT_EQ(values().duration("interval"), std::chrono::milliseconds(1500));
    EXPECT_EQ(values().integer("interval"), 1'500'000'000);
    EXPECT_EQ(values().bytes("interval"), 1'500'000'000u);
    EXPECT_EQ(values().number("ratio"), 0.5);
    EXPECT_EQ(values().text("path"), "/proc");
    EXPECT_TRUE(values().boolean("on"));
    EXPECT_EQ(values().choice("on"), 1u);
    EXPECT_THAT(values().list("names"), ElementsAre("a", "1", "b", "2"));
    EXPECT_THAT(values().map("labels"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST_F(Settings, tells_written_values_from_defaults_and_absent_ones) {
    EXPECT_TRUE(values().has("on"));
    EXPECT_FALSE(values().is_set("on"));
    EXPECT_TRUE(values().is_set("path"));
    EXPECT_FALSE(values().has("absent"));
    EXPECT_FALSE(values().is_set("absent"));
}

TEST_F(Settings, names_a_key_that_is_not_in_the_table) {
    try {
        static_cast<void>(values().text("absent"));
        FAIL() << "nothing was thrown";
    } catch (const std::out_of_range& e) {
        EXPECT_THAT(e.what(), ::testing::HasSubstr("'absent'"));
    }
}

}  // namespace
}  // namespace sonde
