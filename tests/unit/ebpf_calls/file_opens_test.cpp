// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/file_opens.hpp"

#include <cstddef>
#include <cstring>
#include <string_view>

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.hpp"
#include "sonde/v1/kernel_event.pb.h"

namespace sonde::ebpf::calls {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;

constexpr std::size_t head = offsetof(sonde_file_open, path);

sonde_file_open sample(std::string_view path, std::uint16_t error) {
    sonde_file_open made{};
    made.caller = sample_caller();
    made.open_flags = O_RDWR | O_CREAT;
    made.mode = 0640;
    made.error = error;
    made.path_size = static_cast<std::uint16_t>(path.size());
    std::memcpy(made.path, path.data(), path.size());
    return made;
}

file_settings below(std::vector<std::string> paths) { return {std::move(paths), 10}; }

TEST(FileOpens, an_opened_file_has_its_components_turned_around) {
    call_desk desk(file_opens({}));
    const sonde_file_open file = sample("hosts\0etc\0"sv, 0);
    ASSERT_TRUE(desk.hand_in(&file, head + file.path_size));
    const auto told = desk.told();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].content_type, "sonde.v1.FileOpen");
    EXPECT_EQ(told[0].pid, 4321u);
    const auto event = payload_of<v1::FileOpen>(told[0]);
    EXPECT_EQ(event.path(), "/etc/hosts");
    EXPECT_EQ(event.open_flags(), static_cast<std::uint32_t>(O_RDWR | O_CREAT));
    EXPECT_EQ(event.mode(), 0640u);
    EXPECT_EQ(event.error_code(), 0u);
    EXPECT_FALSE(event.path_truncated());
    EXPECT_EQ(event.tid(), 4322u);
    EXPECT_EQ(event.name(), "worker/1");
}

TEST(FileOpens, a_failed_one_has_the_path_as_it_was_given) {
    call_desk desk(file_opens({}));
    sonde_file_open file = sample("../no\0"sv, ENOENT);
    file.flags = SONDE_FILE_PATH_CUT;
    ASSERT_TRUE(desk.hand_in(&file, head + file.path_size));
    const auto event = payload_of<v1::FileOpen>(desk.told().at(0));
    EXPECT_EQ(event.path(), "../no");
    EXPECT_EQ(event.error_code(), static_cast<std::uint32_t>(ENOENT));
    EXPECT_TRUE(event.path_truncated());
}

TEST(FileOpens, a_record_shorter_than_its_path_is_none) {
    call_desk desk(file_opens({}));
    const sonde_file_open file = sample("hosts\0etc\0"sv, 0);
    for (std::size_t size = 0; size < head + file.path_size; ++size) {
        EXPECT_FALSE(desk.hand_in(&file, size)) << size;
    }
}

TEST(FileOpens, paths_are_prepared_in_both_of_their_forms) {
    const auto made = make_file_config(below({"/etc/ssh/", "/srv"}));
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->per_second, 10u);
    EXPECT_EQ(made->prefixes[0].size, 8u);
    EXPECT_EQ(std::string_view(made->prefixes[0].plain, 8), "/etc/ssh");
    EXPECT_EQ(std::string_view(made->prefixes[0].inward, 8), "ssh\0etc\0"sv);
    EXPECT_EQ(std::string_view(made->prefixes[1].inward, 4), "srv\0"sv);
    EXPECT_EQ(made->prefixes[2].size, 0u);
}

TEST(FileOpens, paths_that_cannot_be_compared_with_are_refused) {
    for (const char* wrong : {"", "/", "etc", "/a//b", "/a/./b", "/a/../b", "/.."}) {
        EXPECT_FALSE(make_file_config(below({wrong}))) << wrong;
    }
    const auto longer = make_file_config(below({"/" + std::string(127, 'x')}));
    ASSERT_FALSE(longer);
    EXPECT_THAT(longer.error().text, HasSubstr("127"));
    EXPECT_TRUE(make_file_config(below({"/" + std::string(126, 'x')})));
    EXPECT_TRUE(make_file_config(below(std::vector<std::string>(8, "/a"))));
    EXPECT_FALSE(make_file_config(below(std::vector<std::string>(9, "/a"))));
}

}  // namespace
}  // namespace sonde::ebpf::calls
