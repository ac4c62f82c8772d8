// SPDX-License-Identifier: Apache-2.0
#include "loader/loader.hpp"

#include <gmock/gmock.h>

#include <dlfcn.h>

#include <fmt/format.h>

#include <sonde/abi/entry.h>

#include "loader/registry.hpp"
#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::put;
using testing::read;
using testing::sample;
using ::testing::SizeIs;
using testing::write;

class Scan : public testing::plugin_files {
protected:
    // hello_c with another version text in note and entry, and so another digest.
    static std::string hello_version(unsigned number) {
        std::string bytes = read(sample("hello_c"));
        const std::string text = fmt::format("{:05}", number);
        for (std::size_t at = 0; (at = bytes.find("1.0.0", at)) != std::string::npos; at += text.size()) {
            bytes.replace(at, text.size(), text);
        }
        return bytes;
    }
};

TEST(PluginName, is_a_visible_file_that_ends_in_so) {
    EXPECT_TRUE(is_plugin_name("hello.so"));
    for (const char* other : {"hello", ".so", ".hello.so", "hello.so~", "hello.so.tmp", "hello.so.dpkg-new",
                              "hello.so.1", "#hello.so", ""}) {
        EXPECT_FALSE(is_plugin_name(other)) << other;
    }
}

TEST_F(Scan, loads_the_good_and_names_the_bad) {
    install("hello");
    install("hello_c");
    install("wrong_major");
    write(plugins_ / "notes.txt", "not looked at");
    loader under_test(settings_);
    const scan_result found = under_test.scan();

    ASSERT_THAT(found.loaded, SizeIs(2));
    const module_info& info = found.loaded[0]->info();
    EXPECT_EQ(info.id, "io.sonde.sample.hello");
    EXPECT_EQ(info.file, plugins_ / "hello.so");
    EXPECT_EQ(info.license, "Apache-2.0");
    EXPECT_EQ(info.digest.size(), 64u);
    ASSERT_THAT(info.components, SizeIs(1));
    EXPECT_EQ(info.components[0].type, "hello");
    EXPECT_THAT(info.components[0].options, SizeIs(2));
    EXPECT_THAT(info.components[0].publishes, ElementsAre("raw/hello/"));
    EXPECT_TRUE(found.loaded[0]->component(role::collector, "hello"));
    const auto absent = found.loaded[0]->component(role::encoder, "hello");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().why, reason::bad_component);
    EXPECT_THAT(absent.error().text, HasSubstr("no encoder of the type 'hello'"));
    EXPECT_EQ(found.loaded[1]->info().id, "io.sonde.sample.hello_c");

    ASSERT_THAT(found.refused, SizeIs(1));
    EXPECT_EQ(found.refused[0].why, reason::abi_major);
    EXPECT_THAT(found.gone, IsEmpty());
}

TEST_F(Scan, says_nothing_new_when_nothing_changed) {
    install("hello");
    loader under_test(settings_);
    EXPECT_THAT(under_test.scan().loaded, SizeIs(1));
    const scan_result again = under_test.scan();
    EXPECT_THAT(again.loaded, IsEmpty());
    EXPECT_THAT(again.gone, IsEmpty());
}

TEST_F(Scan, maps_a_plugin_when_a_component_is_first_asked_for) {
    install("hello_c");
    loader under_test(settings_);
    const auto loaded = under_test.scan().loaded;
    ASSERT_THAT(loaded, SizeIs(1));
    const auto maps = [] { return read("/proc/self/maps"); };
    EXPECT_THAT(maps(), Not(HasSubstr(loaded[0]->info().digest)));
    ASSERT_TRUE(loaded[0]->component(role::collector, "hello_c"));
    EXPECT_THAT(maps(), HasSubstr(loaded[0]->info().digest));
}

TEST_F(Scan, reads_a_file_again_only_when_it_has_changed) {
    const auto file = install("hello");
    settings_.settled_after = std::chrono::nanoseconds(0);
    loader under_test(settings_);
    EXPECT_EQ(under_test.scan().unread, 0u);
    EXPECT_EQ(under_test.scan().unread, 1u);
    std::filesystem::permissions(file, std::filesystem::perms(0500));  // its change time is another
    EXPECT_EQ(under_test.scan().unread, 0u);
    const scan_result last = under_test.scan();
    EXPECT_EQ(last.unread, 1u);
    EXPECT_THAT(last.gone, IsEmpty());
}

TEST_F(Scan, reads_a_young_file_again_since_clocks_are_coarse) {
    install("hello");
    loader under_test(settings_);
    EXPECT_THAT(under_test.scan().loaded, SizeIs(1));
    EXPECT_EQ(under_test.scan().unread, 0u);
}

TEST_F(Scan, counts_a_missing_directory_as_empty) {
    settings_.directories = {root_ / "not_there"};
    loader under_test(settings_);
    const scan_result found = under_test.scan();
    EXPECT_THAT(found.loaded, IsEmpty());
    EXPECT_THAT(found.refused, IsEmpty());
}

TEST_F(Scan, refuses_an_unsafe_directory_once_and_loads_nothing_from_it) {
    install("hello");
    install("hello_c");
    std::filesystem::permissions(plugins_, std::filesystem::perms(0777));
    loader under_test(settings_);
    const scan_result found = under_test.scan();
    EXPECT_THAT(found.loaded, IsEmpty());
    ASSERT_THAT(found.refused, SizeIs(1));
    EXPECT_EQ(found.refused[0].why, reason::unsafe_directory);
    EXPECT_EQ(found.refused[0].file, plugins_);
}

TEST_F(Scan, refuses_the_second_of_two_equal_files_and_names_both) {
    install("hello", "a");
    install("hello", "b");
    loader under_test(settings_);
    const scan_result found = under_test.scan();
    EXPECT_THAT(found.loaded, SizeIs(1));
    ASSERT_THAT(found.refused, SizeIs(1));
    EXPECT_EQ(found.refused[0].why, reason::duplicate_id);
    EXPECT_EQ(found.refused[0].file, plugins_ / "b.so");
    EXPECT_THAT(found.refused[0].text, HasSubstr((plugins_ / "a.so").native()));
}

TEST_F(Scan, reports_a_removed_file_and_gives_the_same_module_when_it_comes_back) {
    const auto file = install("hello");
    loader under_test(settings_);
    const auto first = under_test.scan().loaded;
    ASSERT_THAT(first, SizeIs(1));
    std::filesystem::remove(file);
    EXPECT_THAT(under_test.scan().gone, ElementsAre(first[0]->info().digest));
    EXPECT_THAT(under_test.scan().gone, IsEmpty());
    install("hello");
    EXPECT_THAT(under_test.scan().loaded, ElementsAre(first[0]));
}

TEST_F(Scan, loads_the_new_code_of_a_file_that_was_replaced) {
    const auto file = plugins_ / "hello_c.so";
    put(file, hello_version(1));
    loader under_test(settings_);
    const auto first = under_test.scan().loaded;
    ASSERT_THAT(first, SizeIs(1));
    put(file, hello_version(2));
    const scan_result second = under_test.scan();
    ASSERT_THAT(second.loaded, SizeIs(1));
    EXPECT_THAT(second.gone, ElementsAre(first[0]->info().digest));
    EXPECT_EQ(first[0]->info().version, "00001");
    EXPECT_EQ(second.loaded[0]->info().version, "00002");
    EXPECT_NE(first[0]->component(role::collector, "hello_c").value(),
              second.loaded[0]->component(role::collector, "hello_c").value());
}

TEST_F(Scan, survives_a_hundred_replacing_upgrades) {
    settings_.probe = false;  // the hundred processes are not what is tested
    const auto file = plugins_ / "hello_c.so";
    loader under_test(settings_);
    registry known;
    module_ptr current;
    for (unsigned number = 0; number < 100; ++number) {
        put(file, hello_version(number));
        scan_result found = under_test.scan();
        ASSERT_THAT(found.loaded, SizeIs(1)) << number;
        ASSERT_THAT(found.refused, IsEmpty()) << found.refused[0].message();
        ASSERT_EQ(found.loaded[0]->info().version, fmt::format("{:05}", number));
        const auto done = known.replace(current, found.loaded[0]);
        ASSERT_TRUE(done) << done.error().message();
        current = found.loaded[0];
    }
    EXPECT_EQ(known.retired_count(), 99u);
    EXPECT_THAT(*known.all(), SizeIs(1));
}

TEST_F(Scan, is_not_harmed_by_a_file_that_is_truncated_after_the_load) {
    const auto file = install("hello_c");
    loader under_test(settings_);
    const auto loaded = under_test.scan().loaded;
    ASSERT_THAT(loaded, SizeIs(1));
    const sonde_component* table = loaded[0]->component(role::collector, "hello_c").value();
    std::filesystem::resize_file(file, 0);  // the same inode: code mapped from it would raise SIGBUS now
    EXPECT_EQ(table->ops->get_extension(nullptr, "x"), nullptr);
    EXPECT_THAT(under_test.scan().refused, SizeIs(1));
}

TEST_F(Scan, keeps_code_mapped_after_everybody_let_go) {
    install("hello_c");
    const sonde_component* table = nullptr;
    {
        loader under_test(settings_);
        const auto loaded = under_test.scan().loaded;
        ASSERT_THAT(loaded, SizeIs(1));
        table = loaded[0]->component(role::collector, "hello_c").value();
    }
    EXPECT_EQ(table->ops->get_extension(nullptr, "x"), nullptr);
    EXPECT_STREQ(table->type, "hello_c");
}

TEST_F(Scan, gives_no_symbols_of_a_plugin_to_the_rest_of_the_process) {
    install("hello_c");
    loader under_test(settings_);
    const auto loaded = under_test.scan().loaded;
    ASSERT_THAT(loaded, SizeIs(1));
    ASSERT_TRUE(loaded[0]->component(role::collector, "hello_c"));
    EXPECT_EQ(::dlsym(RTLD_DEFAULT, SONDE_ENTRY_SYMBOL), nullptr);
}

TEST_F(Scan, tries_a_crashing_plugin_again_only_after_it_was_touched) {
    const auto file = install("crashes_in_init");
    settings_.self = root_ / "host";
    std::filesystem::create_symlink(TEST_PROBE, settings_.self);
    loader under_test(settings_);
    EXPECT_EQ(under_test.scan().refused.at(0).why, reason::crashed);
    std::filesystem::remove(settings_.self);  // from here on a trial fails in another way
    EXPECT_EQ(under_test.scan().refused.at(0).why, reason::crashed);
    std::filesystem::permissions(file, std::filesystem::perms(0640));
    EXPECT_EQ(under_test.scan().refused.at(0).why, reason::load_failed);
}

// A plugin that is part of this program.
sonde_rc failing_init(const sonde_host*, sonde_error* error) {
    std::strcpy(error->text, "no such device");
    return SONDE_FAILED;
}
sonde_rc throwing_init(const sonde_host*, sonde_error*) { throw std::runtime_error("thrown on purpose"); }
const void* no_factory(const char*) { return nullptr; }

sonde_entry good_entry() {
    sonde_entry entry{SONDE_ENTRY_MAGIC,
                      sizeof(sonde_entry),
                      SONDE_ABI_MAJOR,
                      SONDE_ABI_MINOR,
                      0,
                      0,
                      "io.sonde.test",
                      "1",
                      "sonde",
                      "Apache-2.0",
                      SONDE_SDK_BUILD,
                      nullptr,
                      nullptr,
                      &no_factory};
    return entry;
}

reason static_refusal(const sonde_entry& entry) {
    const auto made = static_module(entry, "built-in");
    return made ? reason::unreadable : made.error().why;
}

TEST(StaticModule, passes_the_same_checks_as_a_file) {
    EXPECT_TRUE(static_module(good_entry(), "built-in"));
    sonde_entry entry = good_entry();
    entry.magic[0] = 'x';
    EXPECT_EQ(static_refusal(entry), reason::bad_entry);
    entry = good_entry();
    entry.struct_size -= 8;
    EXPECT_EQ(static_refusal(entry), reason::bad_entry);
    entry = good_entry();
    entry.abi_major = 2;
    EXPECT_EQ(static_refusal(entry), reason::abi_major);
    entry = good_entry();
    entry.id = "no dots or with spaces";
    EXPECT_EQ(static_refusal(entry), reason::bad_entry);
    entry = good_entry();
    entry.vendor = nullptr;
    EXPECT_EQ(static_refusal(entry), reason::bad_entry);
}

TEST(StaticModule, is_refused_when_its_init_fails_or_throws) {
    sonde_entry entry = good_entry();
    entry.init = &failing_init;
    const auto failed = static_module(entry, "built-in");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().why, reason::init_failed);
    EXPECT_THAT(failed.error().text, HasSubstr("no such device"));
    entry.init = &throwing_init;
    const auto threw = static_module(entry, "built-in");
    ASSERT_FALSE(threw);
    EXPECT_THAT(threw.error().text, HasSubstr("thrown on purpose"));
}

}  // namespace
}  // namespace sonde::loader
