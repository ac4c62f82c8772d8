// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

[[nodiscard]] outcome loaded(const std::filesystem::path& file, const environment& env = {}) {
    outcome result;
    result.made = load({file, env}, result.found);
    return result;
}

TEST(Load, drop_ins_follow_in_name_order_and_append_instances) {
    const directory dir;
    const auto main = dir.write("sonde.toml", "[[collectors]]\ntype = \"a\"\n[bus]\nseal_items = 9\n");
    dir.write("conf.d/20-later.toml", "[[collectors]]\ntype = \"c\"\n");
    dir.write("conf.d/10-first.toml", "[[collectors]]\ntype = \"b\"\n[bus]\nseal_age = \"1ms\"\n");
    dir.write("conf.d/.hidden.toml", "broken");
    dir.write("conf.d/note.txt", "broken");
    const auto result = loaded(main);
    ASSERT_TRUE(result.made) << result.text();
    std::vector<std::string> names;
    for (const auto& one : result.made->instances) {
        names.push_back(one.name);
    }
    EXPECT_THAT(names, ElementsAre("a", "b", "c"));
    EXPECT_THAT(result.made->files,
                ElementsAre(main, dir.path() / "conf.d/10-first.toml", dir.path() / "conf.d/20-later.toml"));
    EXPECT_EQ(result.made->bus.seal_items, 9);
    EXPECT_EQ(result.made->bus.seal_age, std::chrono::milliseconds(1));
}

TEST(Load, a_key_set_in_two_files_names_both_places) {
    const directory dir;
    const auto main = dir.write("sonde.toml", "[bus]\nseal_items = 9\n");
    dir.write("conf.d/x.toml", "[bus]\n\nseal_items = 9\n");
    const auto result = loaded(main);
    EXPECT_FALSE(result.made);
    EXPECT_THAT(result.text(), AllOf(HasSubstr("conf.d/x.toml:3:14: error: bus.seal_items: set twice, first at"),
                                     HasSubstr("sonde.toml:2:14")));
}

TEST(Load, the_same_instance_in_two_files_names_both_places) {
    const directory dir;
    const auto main = dir.write("sonde.toml", "[[collectors]]\ntype = \"a\"\n");
    dir.write("conf.d/x.toml", "\n[[collectors]]\ntype = \"a\"\n");
    EXPECT_THAT(loaded(main).text(), AllOf(HasSubstr("conf.d/x.toml:2:1: error: collectors.a: the name is taken"),
                                           HasSubstr("sonde.toml:1:1")));
}

TEST(Load, faults_of_all_files_come_in_one_pass) {
    const directory dir;
    const auto main = dir.write("sonde.toml", "[host]\nx = 1\n");
    dir.write("conf.d/1.toml", "broken");
    dir.write("conf.d/2.toml", "[bus]\ny = 1\n");
    EXPECT_EQ(loaded(main).found.size(), 3u) << loaded(main).text();
}

TEST(Load, missing_file_directory_and_pipe_are_named) {
    const directory dir;
    EXPECT_THAT(loaded(dir.path() / "none.toml").text(), HasSubstr("none.toml: error: cannot be read: No such file"));
    EXPECT_THAT(loaded(dir.path()).text(), HasSubstr("is a directory"));
    const auto pipe = dir.path() / "pipe.toml";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(loaded(pipe).text(), HasSubstr("not a regular file"));
    const auto main = dir.write("sonde.toml", "");
    std::filesystem::create_directories(dir.path() / "conf.d/sub.toml");
    EXPECT_THAT(loaded(main).text(), HasSubstr("conf.d/sub.toml: error: cannot be read: is a directory"));
}

TEST(Load, unreadable_file_is_named) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root can read everything";
    }
    const directory dir;
    const auto main = dir.write("sonde.toml", "");
    ASSERT_EQ(::chmod(main.c_str(), 0), 0);
    EXPECT_THAT(loaded(main).text(), HasSubstr("Permission denied"));
}

TEST(Load, conf_d_that_is_no_directory_is_named) {
    const directory dir;
    const auto main = dir.write("sonde.toml", "");
    dir.write("conf.d", "");
    EXPECT_THAT(loaded(main).text(), HasSubstr("conf.d: error: cannot be listed: Not a directory"));
}

TEST(Load, a_huge_file_is_refused) {
    const directory dir;
    const auto main = dir.write("sonde.toml", std::string((4u << 20) + 1, '#'));
    EXPECT_THAT(loaded(main).text(), HasSubstr("larger than the limit"));
}

TEST(Load, process_environment_is_a_copy) {
    ASSERT_EQ(::setenv("SONDE_TEST_COPY", "a=b", 1), 0);
    const environment env = process_environment();
    ::unsetenv("SONDE_TEST_COPY");
    ASSERT_TRUE(env.contains("SONDE_TEST_COPY"));
    EXPECT_EQ(env.at("SONDE_TEST_COPY"), "a=b");
}

}  // namespace
