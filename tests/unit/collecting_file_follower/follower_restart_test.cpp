// SPDX-License-Identifier: Apache-2.0
// What a follower finds that goes on where another one stood.
#include <sonde/collecting/file_follower/follower.hpp>

#include "fixture.hpp"

namespace sonde::collecting::file_follower {
namespace {

class FollowerRestart : public following {
protected:
    // Reads `most` lines of those there are, and stops.
    std::string read_and_stop(std::size_t most = 1'000'000) {
        follow();
        read(most);
        return stop();
    }
};

TEST_F(FollowerRestart, goes_on_behind_the_last_line_that_was_taken) {
    append("one\ntwo\nthree\n");
    const std::string saved = read_and_stop(1);
    append("four\n");
    follow(saved);
    EXPECT_EQ(read(), (texts{"two", "three", "four"}));
}

TEST_F(FollowerRestart, reads_a_file_that_was_renamed_meanwhile_to_its_end_first) {
    append("one\ntwo\n");
    const std::string saved = read_and_stop(1);
    append("three\n");
    rename("cni.log", "cni.log.1");
    append("four\n");
    follow(saved);
    EXPECT_EQ(read(), (texts{"two", "three", "four"}));
    EXPECT_EQ(follower_->counts().lost_generations, 0U);
}

TEST_F(FollowerRestart, reads_all_generations_that_came_meanwhile) {
    append("ancient\n", "cni.log.1");
    append("one\n");
    const std::string saved = read_and_stop();
    append("two\n");
    rename("cni.log.1", "cni.log.2");
    rename("cni.log", "cni.log.1");
    append("three\n");
    rename("cni.log.2", "cni.log.3");
    rename("cni.log.1", "cni.log.2");
    rename("cni.log", "cni.log.1");
    append("four\n");
    follow(saved);
    EXPECT_EQ(read(), (texts{"two", "three", "four"}));
}

TEST_F(FollowerRestart, more_generations_than_are_opened_at_once_are_read_in_order) {
    constexpr int generations = 35;
    append("line 0\n");
    const std::string saved = read_and_stop();
    texts written;
    for (int i = 1; i <= generations; ++i) {
        rename("cni.log", "cni.log." + std::to_string(1000 - i));
        written.push_back("line " + std::to_string(i));
        append(written.back() + "\n");
    }
    follow(saved);
    EXPECT_EQ(read(), written);
    EXPECT_EQ(follower_->counts().lost_generations, 0U);
}

TEST_F(FollowerRestart, finds_what_was_copied_and_truncated_meanwhile) {
    append("2026-11-21T10:00:00Z one\n");
    const std::string saved = read_and_stop();
    append("2026-11-21T10:00:01Z two\n");
    copy_and_truncate("cni.log.1");
    append("2026-11-21T10:00:02Z three, which makes the file longer than it was before it was truncated\n");
    follow(saved);
    EXPECT_EQ(read().size(), 2U);
    EXPECT_EQ(follower_->counts().lost_generations, 0U);
    const std::string again = stop();
    follow(again);
    EXPECT_EQ(read(), texts{});
}

TEST_F(FollowerRestart, counts_a_generation_that_is_gone) {
    append("one\n");
    const std::string saved = read_and_stop();
    std::filesystem::rename(at("cni.log"), at("cni.log.1.gz"));
    append("two\n");
    follow(saved);
    EXPECT_EQ(read(), (texts{"two"}));
    EXPECT_EQ(follower_->counts().lost_generations, 1U);
}

TEST_F(FollowerRestart, does_not_take_an_inode_that_is_used_again_for_the_same_file) {
    append("one\ntwo\n");
    const std::string saved = read_and_stop();
    position changed = *decode(saved);
    std::filesystem::resize_file(at("cni.log"), 0);
    append("three\nfour\n");
    follow(encode(changed));
    EXPECT_EQ(read(), (texts{"three", "four"}));
}

TEST_F(FollowerRestart, keeps_what_a_finished_generation_had_for_a_late_writer) {
    append("one\n");
    follow();
    read();
    rename("cni.log", "cni.log.1");
    append("two\n");
    read();
    now_ += 20s;
    read();
    const std::string saved = stop();
    append("late\n", "cni.log.1");
    follow(saved);
    EXPECT_EQ(read(), (texts{"late"}));
}

TEST_F(FollowerRestart, goes_on_after_a_file_that_is_missing_appears) {
    append("one\n");
    const std::string saved = read_and_stop();
    append("two\n");
    rename("cni.log", "cni.log.1");
    follow(saved);
    EXPECT_EQ(read(), (texts{"two"}));
    append("three\n");
    EXPECT_EQ(read(), (texts{"three"}));
}

TEST_F(FollowerRestart, refuses_a_position_that_is_none_and_begins_anew) {
    append("one\n");
    follower_.emplace(options_);
    const auto opened = follower_->open("not a position", now_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::invalid);
    EXPECT_EQ(read(), (texts{"one"}));
}

// Stops at every line, with a rotation before the start that follows.
TEST_F(FollowerRestart, many_restarts_and_rotations_repeat_and_lose_nothing) {
    constexpr int rounds = 60;
    append("the first line\n");
    texts written{"the first line"};
    texts told;
    std::string saved = read_and_stop(0);
    int number = 0;
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < round % 5; ++i) {
            written.push_back("line of some length " + std::to_string(number++));
            append(written.back() + "\n");
        }
        if (round % 3 == 1 && std::filesystem::exists(at("cni.log"))) {
            rename("cni.log", "cni.log." + std::to_string(1000 - round));
        } else if (round % 7 == 2 && std::filesystem::exists(at("cni.log"))) {
            copy_and_truncate("cni.log." + std::to_string(1000 - round));
        }
        follow(saved);
        for (const std::string& each : read(static_cast<std::size_t>(round % 4) + 1)) {
            told.push_back(each);
        }
        saved = stop();
    }
    follow(saved);
    for (const std::string& each : read()) {
        told.push_back(each);
    }
    EXPECT_EQ(told, written);
}

}  // namespace
}  // namespace sonde::collecting::file_follower
