// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "config/diff.hpp"
#include "fixture.hpp"
#include "support/fd.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using sonde::support::unique_fd;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* canary = "canary-7f3a";

TEST(Secret, comes_from_a_file_without_its_last_line_break) {
    const directory dir;
    EXPECT_EQ(resolve_secret("file:" + dir.write("a", "canary\n").string(), {}).value(), "canary");
    EXPECT_EQ(resolve_secret("file:" + dir.write("b", "canary\n\n").string(), {}).value(), "canary\n");
    EXPECT_EQ(resolve_secret("file:" + dir.write("c", "canary\r\n").string(), {}).value(), "canary");
}

TEST(Secret, comes_from_the_environment) {
    EXPECT_EQ(resolve_secret("env:TOKEN", {{"TOKEN", canary}}).value(), canary);
    EXPECT_THAT(resolve_secret("env:TOKEN", {}).error().text,
                HasSubstr("cannot read the secret 'env:TOKEN': the environment variable is not set"));
}

TEST(Secret, comes_from_a_file_descriptor_any_number_of_times) {
    const unique_fd fd(::memfd_create("secret", MFD_CLOEXEC));
    ASSERT_EQ(::write(fd.value(), canary, 11), 11);
    const std::string reference = fmt::format("fd:{}", fd.value());
    EXPECT_EQ(resolve_secret(reference, {}).value(), canary);
    EXPECT_EQ(resolve_secret(reference, {}).value(), canary);
}

TEST(Secret, comes_from_a_pipe) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const unique_fd reader(ends[0]);
    unique_fd writer(ends[1]);
    ASSERT_EQ(::write(writer.value(), canary, 11), 11);
    writer.reset();
    EXPECT_EQ(resolve_secret(fmt::format("fd:{}", reader.value()), {}).value(), canary);
}

TEST(Secret, faults_name_the_reference) {
    const directory dir;
    EXPECT_THAT(resolve_secret("file:/no/such", {}).error().text, HasSubstr("'file:/no/such': No such file"));
    EXPECT_THAT(resolve_secret("file:" + dir.path().string(), {}).error().text, HasSubstr("is a directory"));
    EXPECT_THAT(resolve_secret("file:" + dir.write("e", "\n").string(), {}).error().text, HasSubstr("is empty"));
    EXPECT_THAT(resolve_secret("file:" + dir.write("l", std::string(65537, 'x')).string(), {}).error().text,
                HasSubstr("larger than the limit"));
    EXPECT_THAT(resolve_secret("fd:0", {}).error().text, HasSubstr("a number above 2"));
    EXPECT_THAT(resolve_secret("fd:x", {}).error().text, HasSubstr("a number above 2"));
    EXPECT_THAT(resolve_secret("fd:999999", {}).error().text, HasSubstr("not open"));
}

TEST(Secret, written_in_place_is_refused_and_never_shown) {
    for (const std::string& line :
         {fmt::format("token = \"{}\"", canary), fmt::format("token = [\"{}\"]", canary),
          fmt::format("token = {{a = \"{}\"}}", canary), fmt::format("tokn = \"{}\"", canary)}) {
        const auto result = validated(line);
        EXPECT_FALSE(result.values) << line;
        EXPECT_THAT(result.text(), AllOf(HasSubstr("sonde.toml:4:"), Not(HasSubstr(canary)))) << line;
    }
    EXPECT_THAT(validated(fmt::format("token = \"{}\"", canary)).text(), HasSubstr("file:/path, env:NAME or fd:N"));
    const auto overridden = validated("", every_type, {{"SONDE_TEST_TOKEN", canary}});
    EXPECT_FALSE(overridden.values);
    EXPECT_THAT(overridden.text(), AllOf(HasSubstr("SONDE_TEST_TOKEN"), Not(HasSubstr(canary))));
}

TEST(Secret, resolved_is_never_displayed_but_reaches_the_component) {
    const environment env{{"TOKEN", canary}};
    const auto result = validated("token = \"env:TOKEN\"", every_type, env);
    ASSERT_TRUE(result.values) << result.text();
    const value* token = find(*result.values, "token");
    EXPECT_EQ(token->text, canary);
    EXPECT_EQ(token->display(), "***");
    EXPECT_EQ(token->toml(), "\"***\"");
    EXPECT_THAT(result.text(), Not(HasSubstr(canary)));
}

}  // namespace
