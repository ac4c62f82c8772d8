// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/follower.hpp>

#include <atomic>
#include <random>
#include <thread>

#include "fixture.hpp"

namespace sonde::collecting::file_follower {
namespace {

class Follower : public following {};

TEST_F(Follower, lines_come_as_they_are_appended_and_a_part_of_one_waits) {
    append("one\ntwo\nthr");
    follow();
    EXPECT_EQ(read(), (texts{"one", "two"}));
    EXPECT_FALSE(is_readable());
    append("ee\n");
    EXPECT_TRUE(is_readable());
    EXPECT_EQ(read(), (texts{"three"}));
    EXPECT_EQ(follower_->counts().lines, 3U);
    EXPECT_EQ(follower_->counts().bytes, 14U);
}

TEST_F(Follower, without_a_position_it_begins_behind_what_is_there) {
    options_.is_from_beginning = false;
    append("old\nunfini");
    follow();
    EXPECT_EQ(read(), texts{});
    append("shed\nnew\n");
    EXPECT_EQ(read(), (texts{"unfinished", "new"}));
}

TEST_F(Follower, a_line_that_is_not_taken_comes_again) {
    append("one\ntwo\nthree\n");
    follow();
    EXPECT_EQ(read(1), (texts{"one"}));
    EXPECT_EQ(follower_->due(), 0ns);
    EXPECT_EQ(read(), (texts{"two", "three"}));
}

TEST_F(Follower, a_file_that_appears_is_read_from_its_beginning) {
    options_.is_from_beginning = false;
    follow();
    EXPECT_FALSE(follower_->is_following());
    EXPECT_NE(follower_->complaint().find("No such file"), std::string::npos);
    append("one\n");
    EXPECT_TRUE(is_readable());
    EXPECT_EQ(read(), (texts{"one"}));
    EXPECT_EQ(follower_->complaint(), "");
}

TEST_F(Follower, a_directory_that_appears_is_noticed) {
    options_.path = at("a/b/cni.log");
    follow();
    std::filesystem::create_directories(at("a"));
    EXPECT_EQ(read(), texts{});
    std::filesystem::create_directories(at("a/b"));
    append("one\n", "a/b/cni.log");
    EXPECT_EQ(read(), (texts{"one"}));
    std::filesystem::remove_all(at("a"));
    EXPECT_EQ(read(), texts{});
    EXPECT_FALSE(follower_->is_following());
    std::filesystem::create_directories(at("a/b"));
    append("two\n", "a/b/cni.log");
    now_ = std::max(now_, follower_->due());
    EXPECT_EQ(read(), (texts{"two"}));
}

TEST_F(Follower, a_long_line_is_cut_and_its_size_told) {
    options_.line_limit = 16;
    options_.piece_size = 64;
    const std::string within_a_piece(40, 'a');
    const std::string over_many(1000, 'b');
    append(within_a_piece + "\n" + over_many + "\nshort\n");
    follow();
    EXPECT_EQ(read(), (texts{std::string(16, 'a'), std::string(16, 'b'), "short"}));
    EXPECT_EQ(lines_[0].size, 40U);
    EXPECT_EQ(lines_[1].size, 1000U);
    EXPECT_TRUE(lines_[1].is_truncated);
    EXPECT_FALSE(lines_[2].is_truncated);
    EXPECT_EQ(lines_[2].offset, 41U + 1001U);
    EXPECT_EQ(follower_->counts().truncated_lines, 2U);
}

TEST_F(Follower, a_long_line_that_is_not_taken_comes_again) {
    options_.line_limit = 16;
    options_.piece_size = 64;
    append(std::string(1000, 'b') + "\nshort\n");
    follow();
    for (int i = 0; i < 40; ++i) {
        static_cast<void>(follower_->read_some(now_, [](const line&) { return false; }));
    }
    EXPECT_EQ(follower_->counts().lines, 0U);
    EXPECT_EQ(read(), (texts{std::string(16, 'b'), "short"}));
}

TEST_F(Follower, any_bytes_make_lines) {
    std::string binary = "\x01";
    for (int c = 0; c < 256; ++c) {
        binary.push_back(c == '\n' ? ' ' : static_cast<char>(c));
    }
    append(binary + "\n\n\r\n");
    follow();
    EXPECT_EQ(read(), (texts{binary, "", "\r"}));
}

TEST_F(Follower, what_was_written_before_and_after_a_rename_is_read_in_order) {
    append("one\n");
    follow();
    EXPECT_EQ(read(), (texts{"one"}));
    append("two\n");
    rename("cni.log", "cni.log.1");
    append("late\n", "cni.log.1");
    append("three\n");
    EXPECT_EQ(read(), (texts{"two", "late", "three"}));
    EXPECT_EQ(follower_->counts().rotations, 1U);
}

TEST_F(Follower, a_late_writer_of_a_rotated_file_is_heard) {
    append("one\n");
    follow();
    read();
    rename("cni.log", "cni.log.1");
    append("two\n");
    EXPECT_EQ(read(), (texts{"two"}));
    append("late\n", "cni.log.1");
    EXPECT_TRUE(is_readable());
    EXPECT_EQ(read(), (texts{"late"}));
    now_ += 11s;
    EXPECT_EQ(read(), texts{});  // counts as finished
    append("later\n", "cni.log.1");
    EXPECT_EQ(read(), texts{});
    rename("cni.log", "cni.log.2");
    append("three\n");
    EXPECT_EQ(read(), (texts{"later", "three"}));
}

TEST_F(Follower, the_unfinished_end_of_a_rotated_file_is_a_line_once_it_is_quiet) {
    append("one\nunfinished");
    follow();
    read();
    rename("cni.log", "cni.log.1");
    append("two\n");
    EXPECT_EQ(read(), (texts{"two"}));
    EXPECT_EQ(follower_->due(), now_ + 10s);
    now_ += 10s;
    EXPECT_EQ(read(), (texts{"unfinished"}));
    EXPECT_TRUE(lines_.back().is_unterminated);
    EXPECT_EQ(read(), texts{});
    EXPECT_GT(follower_->due(), now_);
}

TEST_F(Follower, two_rotations_between_two_calls_lose_nothing) {
    append("one\n");
    follow();
    read();
    append("two\n");
    rename("cni.log", "cni.log.1");
    append("three\n");
    rename("cni.log.1", "cni.log.2");
    rename("cni.log", "cni.log.1");
    append("four\n");
    EXPECT_EQ(read(), (texts{"two", "three", "four"}));
}

TEST_F(Follower, a_rotation_that_is_not_followed_by_a_new_file_keeps_the_writer) {
    append("one\n");
    follow();
    read();
    rename("cni.log", "cni.log.1");
    EXPECT_EQ(read(), texts{});
    now_ += 60s;
    EXPECT_EQ(read(), texts{});
    EXPECT_GT(follower_->due(), now_);
    append("two\n", "cni.log.1");
    EXPECT_EQ(read(), (texts{"two"}));
}

TEST_F(Follower, a_truncated_file_is_read_again_from_its_beginning) {
    append("one\ntwo\n");
    follow();
    read();
    std::filesystem::resize_file(at("cni.log"), 0);
    append("three\n");
    EXPECT_EQ(read(), (texts{"three"}));
    EXPECT_EQ(follower_->counts().truncations, 1U);
    EXPECT_EQ(follower_->counts().lost_generations, 0U);
}

TEST_F(Follower, a_truncated_file_that_has_grown_larger_than_before_is_noticed_by_its_beginning) {
    append("one\ntwo\n");
    follow();
    read();
    std::filesystem::resize_file(at("cni.log"), 0);
    append("three\nfour\nfive\n");
    EXPECT_EQ(read(), (texts{"three", "four", "five"}));
}

TEST_F(Follower, what_was_not_read_before_a_truncation_is_read_from_the_copy) {
    append("2026-11-21T10:00:00Z one\n");
    follow();
    read();
    append("2026-11-21T10:00:01Z two\n");
    copy_and_truncate("cni.log.1");
    append("2026-11-21T10:00:02Z three\n");
    EXPECT_EQ(read(), (texts{"2026-11-21T10:00:01Z two", "2026-11-21T10:00:02Z three"}));
    EXPECT_EQ(follower_->counts().lost_generations, 0U);
}

TEST_F(Follower, the_zeros_that_a_writer_leaves_in_a_truncated_file_are_passed_over) {
    append("one\n");
    follow();
    read();
    std::filesystem::resize_file(at("cni.log"), 0);
    std::filesystem::resize_file(at("cni.log"), 100'000);
    append("two\n");
    EXPECT_EQ(read(), (texts{"two"}));
    EXPECT_EQ(follower_->counts().passed_over, 100'000U);
}

TEST_F(Follower, a_copy_of_what_was_read_is_not_read_again) {
    append("2026-11-21T10:00:00Z one\n");
    follow();
    read();
    copy_and_truncate("cni.log.1");
    append("2026-11-21T10:00:02Z two\n");
    EXPECT_EQ(read(), (texts{"2026-11-21T10:00:02Z two"}));
    rename("cni.log.1", "cni.log.2");
    rename("cni.log", "cni.log.1");
    append("2026-11-21T10:00:03Z three\n");
    EXPECT_EQ(read(), (texts{"2026-11-21T10:00:03Z three"}));
}

TEST_F(Follower, generations_from_before_the_first_start_are_left_alone) {
    append("ancient\n", "cni.log.1");
    append("one\n");
    follow();
    EXPECT_EQ(read(), (texts{"one"}));
    rename("cni.log.1", "cni.log.2");
    rename("cni.log", "cni.log.1");
    append("two\n");
    EXPECT_EQ(read(), (texts{"two"}));
}

TEST_F(Follower, a_directory_in_place_of_the_file_is_told) {
    std::filesystem::create_directories(at("cni.log"));
    follow();
    EXPECT_NE(follower_->complaint().find("not a file"), std::string::npos);
}

// Numbers written by a thread that rotates, read all the while.
class FollowerUnderRotation : public following, public testing::WithParamInterface<bool> {
protected:
    void shift_generations() const {
        for (int n = 99; n > 0; --n) {
            const std::string from = "cni.log." + std::to_string(n);
            if (std::filesystem::exists(at(from))) {
                rename(from, "cni.log." + std::to_string(n + 1));
            }
        }
    }
    void write_all(int last) const {
        std::mt19937 random(1);
        std::string text;
        for (int i = 0; i < last; ++i) {
            text.append("line number " + std::to_string(i) + std::string(random() % 100, '.') + "\n");
            if (random() % 16 == 0 || i + 1 == last) {
                append(text);
                text.clear();
            }
            if (random() % 500 == 0 && std::filesystem::exists(at("cni.log"))) {
                shift_generations();
                GetParam() ? rename("cni.log", "cni.log.1") : copy_and_truncate("cni.log.1");
            }
        }
    }
};

TEST_P(FollowerUnderRotation, every_line_comes_once_and_in_order) {
    constexpr int last = 20'000;
    options_.piece_size = 4096;
    options_.line_limit = 256;
    follow();
    std::atomic<bool> is_done = false;
    std::thread writer([&] {
        write_all(last);
        is_done = true;
    });
    int expected = 0;
    int strangers = 0;
    const auto take = [&](const line& each) {
        const std::string begin = "line number " + std::to_string(expected) + ".";
        strangers += (std::string(each.text) + ".").starts_with(begin) ? 0 : 1;
        ++expected;
        return true;
    };
    while (follower_->read_some(now_, take) || !is_done) {
        now_ += 1ms;
    }
    writer.join();
    while (follower_->read_some(now_, take)) {
    }
    EXPECT_EQ(expected, last);
    EXPECT_EQ(strangers, 0);
    EXPECT_EQ(follower_->counts().lost_generations, 0U);
}

INSTANTIATE_TEST_SUITE_P(BothWays, FollowerUnderRotation, testing::Bool(),
                         [](const auto& of) { return of.param ? "by_rename" : "by_copy"; });

}  // namespace
}  // namespace sonde::collecting::file_follower
