// SPDX-License-Identifier: Apache-2.0
// Real plugin files come, change and go in a directory that is watched by inotify.
#include "run/plugin_watch.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>

#include <gmock/gmock.h>

#include "../loader/plugin_files.hpp"

namespace sonde::run {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

class PluginWatch : public loader::testing::plugin_files {
protected:
    void watch() {
        watch_ = std::make_unique<plugin_watch>(settings_, true, registry_, log_, [this] {
            const std::lock_guard lock(mutex_);
            ++changes_;
            changed_.notify_all();
        });
    }
    void TearDown() override {
        watch_.reset();
        plugin_files::TearDown();
    }

    // Waits for reports of a change until `holds`.
    template <class Condition>
    [[nodiscard]] bool until(Condition holds) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return changes_ > 0 && holds(); });
    }
    [[nodiscard]] bool offers(std::string_view type) const {
        const auto all = registry_.all();
        return std::ranges::any_of(*all, [&](const auto& each) { return each.spec.type == type; });
    }

    loader::registry registry_;
    observe::logger log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int changes_ = 0;
    std::unique_ptr<plugin_watch> watch_;
};

TEST_F(PluginWatch, the_first_scan_is_reported_even_if_it_finds_nothing) {
    watch();
    EXPECT_TRUE(until([] { return true; }));
    EXPECT_TRUE(registry_.all()->empty());
    EXPECT_TRUE(watch_->refusals().empty());
}

TEST_F(PluginWatch, a_file_that_is_dropped_in_is_offered_and_one_that_goes_is_not) {
    watch();
    ASSERT_TRUE(until([] { return true; }));
    const auto file = install("hello");
    ASSERT_TRUE(until([this] { return offers("hello"); }));
    std::filesystem::remove(file);
    EXPECT_TRUE(until([this] { return !offers("hello"); }));
    EXPECT_EQ(registry_.retired_count(), 1u);
}

TEST_F(PluginWatch, a_bad_file_is_refused_beside_a_good_one) {
    install("wrong_major");
    install("hello");
    watch();
    ASSERT_TRUE(until([this] { return offers("hello"); }));
    const auto refused = watch_->refusals();
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_EQ(std::filesystem::path(refused[0].file).filename(), "wrong_major.so");
}

TEST_F(PluginWatch, a_file_that_takes_a_name_that_exists_comes_in_when_the_other_goes) {
    const auto first = install("hello");
    watch();
    ASSERT_TRUE(until([this] { return offers("hello"); }));
    install("duplicate");
    install("hello_c");
    ASSERT_TRUE(until([this] { return offers("hello_c"); }));
    EXPECT_EQ(watch_->refusals().size(), 1u) << "two files offer the same type";
    std::filesystem::remove(first);
    EXPECT_TRUE(until([this] { return offers("hello") && watch_->refusals().empty(); }));
}

TEST_F(PluginWatch, stops_at_once_and_without_a_change) {
    watch();
    ASSERT_TRUE(until([] { return true; }));
    const auto before = std::chrono::steady_clock::now();
    watch_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - before, patience / 4);
    EXPECT_EQ(changes_, 1);
}

}  // namespace
}  // namespace sonde::run
