// SPDX-License-Identifier: Apache-2.0
// The C++ layer's tables: what a class becomes at the ABI, and that nothing escapes from it.
#include <sonde/plugin.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

namespace sonde {
namespace {

const void* no_extension(const sonde_host*, const char*) { return nullptr; }
constexpr sonde_host bare_host{sizeof(sonde_host), SONDE_ABI_MAJOR, SONDE_ABI_MINOR, "test", "0", nullptr,
                               &no_extension};

class sample_collector final {
public:
    static constexpr component_info info{
        .role = role::collector, .type = "sample", .summary = "A sample", .publishes = {"raw/sample/"}};
    static constexpr std::array options{option("what", option_type::string)};

    explicit sample_collector(host) {}
    result<void> configure(const settings& values) {
        what_ = values.text("what");
        return what_ == "fail" ? result<void>(fail(errc::invalid, "told to fail", "what")) : result<void>();
    }
    result<void> run(run_context&) {
        if (what_ == "throw") {
            throw std::runtime_error("told to throw");
        }
        throw what_.size();  // something that is no std::exception
    }

private:
    std::string what_;
};

class sample_encoder final {
public:
    static constexpr component_info info{
        .role = role::encoder, .type = "sink", .summary = "A sink", .subscribes = {"raw/"}};
    explicit sample_encoder(host) { throw std::bad_alloc(); }
    result<void> configure(const settings&) { return {}; }
    result<void> consume(const batch_view&) { return {}; }
    std::chrono::nanoseconds idle(std::chrono::nanoseconds now) { return now; }
};

using factories = detail::plugin_factories<sample_collector, sample_encoder>;

TEST(Component, becomes_a_complete_table) {
    const sonde_component& table = component_table<sample_collector>::table;
    EXPECT_EQ(table.struct_size, sizeof(sonde_component));
    EXPECT_STREQ(table.type, "sample");
    EXPECT_EQ(table.option_count, 1u);
    EXPECT_STREQ(table.publishes[0], "raw/sample/");
    EXPECT_EQ(table.publishes[1], nullptr);
    EXPECT_NE(table.ops->run, nullptr);
    EXPECT_EQ(table.ops->consume, nullptr);
    EXPECT_EQ(table.ops->idle, nullptr);
    const sonde_ops& sink = *component_table<sample_encoder>::table.ops;
    EXPECT_EQ(sink.run, nullptr);
    EXPECT_NE(sink.consume, nullptr);
    EXPECT_NE(sink.idle, nullptr);
}

TEST(Component, is_found_in_the_factory_of_its_role) {
    const auto* collectors = static_cast<const sonde_factory*>(factories::get_factory(SONDE_FACTORY_COLLECTOR));
    ASSERT_NE(collectors, nullptr);
    EXPECT_EQ(collectors->component_count, 1u);
    EXPECT_EQ(collectors->component(0), &component_table<sample_collector>::table);
    EXPECT_EQ(collectors->component(1), nullptr);
    EXPECT_EQ(factories::get_factory(SONDE_FACTORY_ENRICHER), nullptr);
    EXPECT_EQ(factories::get_factory("sonde.factory.collector/2"), nullptr);
    EXPECT_EQ(factories::roles, std::uint32_t{SONDE_ROLE_COLLECTOR | SONDE_ROLE_ENCODER});
}

class Instance : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(table_.create(&bare_host, &self_, nullptr), SONDE_OK); }
    void TearDown() override { table_.ops->destroy(self_); }

    sonde_rc configure(const char* what) {
        const sonde_value value{"what", SONDE_OPTION_STRING, 0, 0, 0, borrow(what), nullptr, 0};
        const sonde_config config{sizeof config, sizeof value, 1, 0, &value};
        return table_.ops->configure(self_, &config, &error_);
    }

    const sonde_component& table_ = component_table<sample_collector>::table;
    void* self_ = nullptr;
    sonde_error error_ = blank_error();
};

TEST_F(Instance, passes_its_error_with_the_key) {
    EXPECT_EQ(configure("fail"), SONDE_INVALID);
    EXPECT_STREQ(error_.text, "told to fail");
    EXPECT_STREQ(error_.key, "what");
}

TEST_F(Instance, lets_no_exception_out) {
    ASSERT_EQ(configure("throw"), SONDE_OK);
    const sonde_run run{sizeof run, -1, nullptr, nullptr, nullptr};
    EXPECT_EQ(table_.ops->run(self_, &run, &error_), SONDE_INTERNAL);
    EXPECT_STREQ(error_.text, "exception: told to throw");
    ASSERT_EQ(configure("other"), SONDE_OK);
    EXPECT_EQ(table_.ops->run(self_, &run, &error_), SONDE_INTERNAL);
}

TEST_F(Instance, may_leave_out_start_stop_and_probe) {
    EXPECT_EQ(table_.ops->start(self_, &error_), SONDE_OK);
    EXPECT_EQ(table_.ops->stop(self_, 0, &error_), SONDE_OK);
    EXPECT_EQ(table_.probe(&bare_host, &error_), SONDE_OK);
    EXPECT_EQ(table_.ops->get_extension(self_, SONDE_PLUGIN_ENDPOINTS), nullptr);
}

TEST(Component, that_runs_out_of_memory_says_so) {
    void* self = nullptr;
    sonde_error error = blank_error();
    EXPECT_EQ(component_table<sample_encoder>::table.create(&bare_host, &self, &error), SONDE_EXHAUSTED);
    EXPECT_EQ(self, nullptr);
}

}  // namespace
}  // namespace sonde
