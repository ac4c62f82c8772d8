// SPDX-License-Identifier: Apache-2.0
#include "loader/module_json.hpp"

#include <gmock/gmock.h>

namespace sonde::loader {
namespace {

using ::testing::HasSubstr;

module_info full_info() {
    config::option_spec option;
    option.key = "path.to.it";
    option.type = option_type::duration;
    option.flags = SONDE_OPTION_RELOADABLE;
    option.default_value = "1s";
    option.maximum = "";
    option.choices = {"a", "b"};
    option.help = "quotes \" and \n lines";
    option.conflicts_key = "other";
    config::component_spec component;
    component.role = role::encoder;
    component.type = "file";
    component.summary = "summary";
    component.flags = 3;
    component.options = {option};
    component.subscribes = {"raw/", "event/"};
    return {"/x/a.so", "00ff", "io.example.a", "1.2", "vendor", "MIT", "sdk", 1, 2, {component}};
}

TEST(ModuleJson, carries_a_module_without_loss) {
    const module_info sent = full_info();
    const auto read = answer_from_json(to_json(probe_answer(sent)));
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_TRUE(*read);
    const module_info& got = **read;
    EXPECT_EQ(got.file, sent.file);
    EXPECT_EQ(got.digest, sent.digest);
    EXPECT_EQ(got.id, sent.id);
    EXPECT_EQ(got.version, sent.version);
    EXPECT_EQ(got.vendor, sent.vendor);
    EXPECT_EQ(got.license, sent.license);
    EXPECT_EQ(got.sdk_build, sent.sdk_build);
    EXPECT_EQ(got.abi_major, sent.abi_major);
    EXPECT_EQ(got.abi_minor, sent.abi_minor);
    EXPECT_EQ(got.components, sent.components);
}

TEST(ModuleJson, carries_a_refusal_of_every_reason) {
    for (int i = 0; i <= static_cast<int>(reason::duplicate_type); ++i) {
        const refusal sent{"a.so", static_cast<reason>(i), "text", "offer", "remedy"};
        const auto read = answer_from_json(to_json(probe_answer(std::unexpected(sent))));
        ASSERT_TRUE(read) << name(sent.why);
        ASSERT_FALSE(*read);
        EXPECT_EQ(read->error().why, sent.why);
        EXPECT_EQ(read->error().message(), sent.message());
    }
}

TEST(ModuleJson, refuses_what_is_no_answer) {
    for (const char* text : {"", "null", "{}", "[1]", "{\"module\": 3}", "{\"module\": {\"file\": \"x\"}}",
                             "{\"refusal\": {\"file\": \"x\", \"reason\": \"boredom\"}}", "\xff\xfe"}) {
        EXPECT_FALSE(answer_from_json(text)) << text;
    }
}

TEST(ModuleJson, shows_an_inspection) {
    const std::string text = to_json(inspection{full_info(), {"libc.so.6"}, {"libc.so.6: GLIBC_2.34"}, {}});
    for (const char* part : {R"("id":"io.example.a")", R"("needed":["libc.so.6"])", R"("refusals":[])",
                             R"("version_needs":["libc.so.6: GLIBC_2.34"])"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
}

}  // namespace
}  // namespace sonde::loader
