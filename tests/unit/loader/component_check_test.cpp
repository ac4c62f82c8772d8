// SPDX-License-Identifier: Apache-2.0
// Every way in which a component's description can be unusable.
#include <array>
#include <functional>

#include <gmock/gmock.h>

#include "loader/loaded_module.hpp"

namespace sonde::loader {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

sonde_rc ok_configure(void*, const sonde_config*, sonde_error*) { return SONDE_OK; }
sonde_rc ok_start(void*, sonde_error*) { return SONDE_OK; }
sonde_rc ok_run(void*, const sonde_run*, sonde_error*) { return SONDE_OK; }
sonde_rc ok_consume(void*, const sonde_batch*, sonde_error*) { return SONDE_OK; }
sonde_rc ok_stop(void*, std::int64_t, sonde_error*) { return SONDE_OK; }
void ok_destroy(void*) {}
const void* no_extension(void*, const char*) { return nullptr; }
sonde_rc ok_create(const sonde_host*, void**, sonde_error*) { return SONDE_OK; }

// One plugin with two components of one role; the ABI's callbacks carry no context, so it is found through a pointer.
struct sample_plugin {
    sonde_ops ops{sizeof(sonde_ops), 0,       &ok_configure, &ok_start,   &ok_run,
                  &ok_consume,       nullptr, &ok_stop,      &ok_destroy, &no_extension};
    std::array<sonde_option, 2> options{};
    std::array<const char*, 2> topics{"raw/x/", nullptr};
    std::array<sonde_component, 2> components{};
    sonde_factory factory{sizeof(sonde_factory), 2, &component};
    bool throws = false;

    static thread_local sample_plugin* current;

    sample_plugin() {
        current = this;
        options[0].key = "first";
        options[1].key = "second";
        options[0].type = options[1].type = SONDE_OPTION_INT;
        for (sonde_component& each : components) {
            each.struct_size = sizeof each;
            each.summary = "a summary";
            each.options = options.data();
            each.option_count = 2;
            each.option_size = sizeof(sonde_option);
            each.publishes = topics.data();
            each.ops = &ops;
            each.create = &ok_create;
        }
        components[0].type = "one";
        components[1].type = "two";
    }
    sample_plugin(const sample_plugin&) = delete;
    sample_plugin& operator=(const sample_plugin&) = delete;
    ~sample_plugin() { current = nullptr; }

    static const sonde_component* component(std::uint32_t index) { return &current->components.at(index); }
    static const void* get_factory(const char* id) {
        if (current->throws) {
            throw std::runtime_error("thrown on purpose");
        }
        return std::string_view(id) == SONDE_FACTORY_COLLECTOR ? &current->factory : nullptr;
    }
    [[nodiscard]] std::expected<std::vector<found_component>, refusal> read() const {
        sonde_entry entry{};
        entry.get_factory = &get_factory;
        return read_components(entry, "sample.so");
    }
};
thread_local sample_plugin* sample_plugin::current = nullptr;

TEST(Components, are_read_with_their_tables) {
    const sample_plugin plugin;
    const auto found = plugin.read();
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_THAT(*found, SizeIs(2));
    EXPECT_EQ((*found)[1].spec.type, "two");
    EXPECT_EQ((*found)[1].table, &plugin.components[1]);
    EXPECT_THAT((*found)[1].spec.options, SizeIs(2));
}

TEST(Components, of_one_type_may_not_be_two) {
    sample_plugin plugin;
    plugin.components[1].type = "one";
    const auto found = plugin.read();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().why, reason::duplicate_type);
    EXPECT_THAT(found.error().text, HasSubstr("'one'"));
}

struct fault {
    const char* name;
    const char* expected;  // part of the text
    std::function<void(sample_plugin&)> make;
};

class BadComponent : public ::testing::TestWithParam<fault> {};

TEST_P(BadComponent, is_refused_with_what_is_wrong) {
    sample_plugin plugin;
    GetParam().make(plugin);
    const auto found = plugin.read();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().why, reason::bad_component);
    EXPECT_EQ(found.error().file, "sample.so");
    EXPECT_THAT(found.error().text, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadComponent,
    ::testing::Values(
        fault{"small_factory", "factory", [](sample_plugin& p) { p.factory.struct_size = 8; }},
        fault{"factory_without_accessor", "factory", [](sample_plugin& p) { p.factory.component = nullptr; }},
        fault{"endless_factory", "factory", [](sample_plugin& p) { p.factory.component_count = 1u << 31; }},
        fault{"small_component", "smaller", [](sample_plugin& p) { p.components[0].struct_size = 16; }},
        fault{"no_type", "type name", [](sample_plugin& p) { p.components[0].type = nullptr; }},
        fault{"type_in_capitals", "lower_snake_case", [](sample_plugin& p) { p.components[0].type = "One"; }},
        fault{"empty_type", "lower_snake_case", [](sample_plugin& p) { p.components[0].type = ""; }},
        fault{"no_summary", "summary", [](sample_plugin& p) { p.components[1].summary = nullptr; }},
        fault{"no_create", "create", [](sample_plugin& p) { p.components[1].create = nullptr; }},
        fault{"no_ops", "operations", [](sample_plugin& p) { p.components[0].ops = nullptr; }},
        fault{"small_ops", "operations", [](sample_plugin& p) { p.ops.struct_size = 16; }},
        fault{"no_stop", "stop", [](sample_plugin& p) { p.ops.stop = nullptr; }},
        fault{"collector_without_run", "without run", [](sample_plugin& p) { p.ops.run = nullptr; }},
        fault{"collector_that_cannot_take_what_it_subscribes_to", "subscribes but has no consume",
              [](sample_plugin& p) {
                  p.components[0].subscribes = p.topics.data();
                  p.ops.consume = nullptr;
              }},
        fault{"small_option", "option table", [](sample_plugin& p) { p.components[0].option_size = 8; }},
        fault{"no_options", "option table", [](sample_plugin& p) { p.components[0].options = nullptr; }},
        fault{"option_without_key", "without key", [](sample_plugin& p) { p.options[1].key = nullptr; }},
        fault{"option_of_unknown_type", "unknown type", [](sample_plugin& p) { p.options[1].type = 99; }},
        fault{"enum_without_choices", "choices", [](sample_plugin& p) { p.options[1].type = SONDE_OPTION_ENUM; }},
        fault{"two_options_of_one_key", "two options 'first'", [](sample_plugin& p) { p.options[1].key = "first"; }},
        fault{"topic_without_end", "does not end with '/'", [](sample_plugin& p) { p.topics[0] = "raw/x"; }},
        fault{"throwing_factory", "thrown on purpose", [](sample_plugin& p) { p.throws = true; }}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace sonde::loader
