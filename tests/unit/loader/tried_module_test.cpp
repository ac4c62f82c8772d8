// SPDX-License-Identifier: Apache-2.0
#include "loader/tried_module.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace sonde::loader {
namespace {

class mapped final : public module {
public:
    [[nodiscard]] const module_info& info() const noexcept override { return info_; }
    [[nodiscard]] std::expected<const sonde_component*, refusal> component(sonde::role,
                                                                           std::string_view) const override {
        return &table;
    }

    sonde_component table{};

private:
    module_info info_;
};

class TriedModule : public ::testing::Test {
protected:
    std::expected<module_ptr, refusal> answer = std::make_shared<mapped>();
    int mappings = 0;
    tried_module under_test{described(), [this] {
                                ++mappings;
                                return answer;
                            }};

private:
    static module_info described() {
        module_info info;
        info.id = "a.x";
        return info;
    }
};

TEST_F(TriedModule, tells_what_the_trial_said_without_mapping) {
    EXPECT_EQ(under_test.info().id, "a.x");
    EXPECT_EQ(mappings, 0);
}

TEST_F(TriedModule, is_mapped_by_the_first_component_that_is_asked_for) {
    const auto* const table = &static_cast<const mapped&>(**answer).table;
    EXPECT_EQ(under_test.component(role::collector, "a").value(), table);
    EXPECT_EQ(under_test.component(role::encoder, "b").value(), table);
    EXPECT_EQ(mappings, 1);
}

TEST_F(TriedModule, tries_again_after_a_failure) {
    const auto works =
        std::exchange(answer, std::unexpected(refusal{"/plugins/a.so", reason::init_failed, "", "", ""}));
    const auto failed = under_test.component(role::collector, "a");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().why, reason::init_failed);
    answer = works;
    EXPECT_TRUE(under_test.component(role::collector, "a"));
    EXPECT_EQ(mappings, 2);
}

}  // namespace
}  // namespace sonde::loader
