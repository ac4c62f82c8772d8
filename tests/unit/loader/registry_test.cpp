// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"

#include <atomic>
#include <barrier>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class fake_module final : public module {
public:
    fake_module(std::string id, std::vector<std::string> types) {
        info_.file = "/plugins/" + id + ".so";
        info_.id = std::move(id);
        for (std::string& type : types) {
            config::component_spec spec;
            spec.type = std::move(type);
            info_.components.push_back(std::move(spec));
        }
    }
    [[nodiscard]] const module_info& info() const noexcept override { return info_; }
    [[nodiscard]] std::expected<const sonde_component*, refusal> component(sonde::role,
                                                                           std::string_view) const override {
        return &table_;
    }

private:
    module_info info_;
    sonde_component table_{};
};

module_ptr make(const std::string& id, std::vector<std::string> types) {
    return std::make_shared<fake_module>(id, std::move(types));
}

TEST(Registry, finds_a_component_by_role_and_type) {
    registry under_test;
    const module_ptr added = make("a.x", {"one", "two"});
    ASSERT_TRUE(under_test.add(added));
    const auto all = under_test.all();
    const registered* found = under_test.find(all, role::collector, "two");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->owner, added);
    EXPECT_EQ(found->spec.type, "two");
    EXPECT_EQ(under_test.find(all, role::encoder, "two"), nullptr);
    EXPECT_EQ(under_test.find(all, role::collector, "three"), nullptr);
}

TEST(Registry, refuses_a_second_type_and_names_both_files) {
    registry under_test;
    ASSERT_TRUE(under_test.add(make("a.x", {"one"})));
    const auto refused = under_test.add(make("b.x", {"new", "one"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().why, reason::duplicate_type);
    EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("/plugins/a.x.so"), HasSubstr("/plugins/b.x.so")));
    EXPECT_THAT(*under_test.all(), SizeIs(1)) << "nothing of the refused module may stay";
}

TEST(Registry, refuses_a_second_id_and_names_both_files) {
    registry under_test;
    ASSERT_TRUE(under_test.add(make("a.x", {"one"})));
    const auto refused = under_test.add(make("a.x", {"two"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().why, reason::duplicate_id);
}

TEST(Registry, keeps_old_snapshots_as_they_were) {
    registry under_test;
    const module_ptr first = make("a.x", {"one"});
    ASSERT_TRUE(under_test.add(first));
    const auto before = under_test.all();
    under_test.retire(first);
    EXPECT_THAT(*before, SizeIs(1));
    EXPECT_THAT(*under_test.all(), IsEmpty());
    EXPECT_EQ(under_test.retired_count(), 1u);
    under_test.retire(first);
    EXPECT_EQ(under_test.retired_count(), 1u);
}

TEST(Registry, replaces_in_one_step_or_not_at_all) {
    registry under_test;
    const module_ptr first = make("a.x", {"one"});
    ASSERT_TRUE(under_test.add(first));
    ASSERT_TRUE(under_test.add(make("b.x", {"two"})));
    EXPECT_FALSE(under_test.replace(first, make("a.x", {"two"})));
    EXPECT_EQ(under_test.find(under_test.all(), role::collector, "one")->owner, first);
    const module_ptr second = make("a.x", {"one", "three"});
    ASSERT_TRUE(under_test.replace(first, second));
    EXPECT_EQ(under_test.find(under_test.all(), role::collector, "one")->owner, second);
    EXPECT_EQ(under_test.retired_count(), 1u);
}

TEST(Registry, serves_a_hundred_readers_while_modules_come_and_go) {
    constexpr int readers = 100;
    registry under_test;
    ASSERT_TRUE(under_test.add(make("base.x", {"base"})));
    std::atomic<int> lost = 0;
    std::atomic<bool> is_over = false;
    std::barrier start(readers + 1);
    std::vector<std::jthread> threads;
    for (int i = 0; i < readers; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            do {
                const auto all = under_test.all();
                const registered* found = under_test.find(all, role::collector, "base");
                // Making an instance reads the descriptor through the snapshot.
                lost += found == nullptr || found->spec.type != "base" ? 1 : 0;
            } while (!is_over);
        });
    }
    start.arrive_and_wait();
    for (int i = 0; i < 50; ++i) {
        const module_ptr added = make(fmt::format("m{}.x", i), {fmt::format("type_{}", i)});
        ASSERT_TRUE(under_test.add(added));
        if (i % 2 == 0) {
            under_test.retire(added);
        }
    }
    is_over = true;
    threads.clear();
    EXPECT_EQ(lost, 0);
    EXPECT_THAT(*under_test.all(), SizeIs(1 + 25));
    EXPECT_EQ(under_test.retired_count(), 25u);
}

class RegistryOfFiles : public testing::plugin_files {};

TEST_F(RegistryOfFiles, refuses_a_plugin_file_with_a_type_that_is_taken) {
    loader files(settings_);
    const auto first = install("hello");
    const auto second = install("duplicate");
    registry under_test;
    ASSERT_TRUE(under_test.add(*files.load(first)));
    const auto refused = under_test.add(*files.load(second));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().why, reason::duplicate_type);
    EXPECT_THAT(refused.error().message(), AllOf(HasSubstr(first.native()), HasSubstr(second.native())));
}

}  // namespace
}  // namespace sonde::loader
