// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/line_file.hpp"

#include <algorithm>
#include <memory>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "scratch.hpp"

namespace sonde::encode_jsonl::testing {
namespace {

using namespace std::chrono_literals;

class LineFile : public ::testing::Test {
protected:
    scratch_directory dir;
    troubled_calls calls;
    std::chrono::nanoseconds now = 100s;
    std::uint64_t lines = 0, bytes = 0, failures = 0, rotations = 0, reopens = 0, syncs = 0, sync_failures = 0;
    std::unique_ptr<line_file> file;

    void make(const line_file_options& options) {
        file = std::make_unique<line_file>(options,
                                           line_file_counters{counter(&lines), counter(&bytes), counter(&failures),
                                                              counter(&rotations), counter(&reopens), counter(&syncs),
                                                              counter(&sync_failures)},
                                           calls);
        const auto opened = file->open(now);
        ASSERT_TRUE(opened) << opened.error().text;
    }
    line_file_options at(const std::string& name) { return {.path = dir / name}; }

    // Past every delay.
    void later() { now += 2s; }
};

TEST_F(LineFile, writes_all_pending_lines_at_once) {
    make(at("x"));
    file->pending() = "one\ntwo\nthree\n";
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "x"), "one\ntwo\nthree\n");
    EXPECT_EQ(calls.write_count, 1);
    EXPECT_EQ(lines, 3u);
    EXPECT_EQ(bytes, 14u);
    EXPECT_EQ(file->next_wake(now), 0ns);
}

TEST_F(LineFile, a_line_that_a_full_disk_cut_off_is_taken_back_and_comes_whole_later) {
    make(at("x"));
    file->pending() = "first\nsecond\n";
    calls.writes = {{.most = 9}, {.code = ENOSPC}};
    const auto failed = file->flush(now);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, "disk_full");
    EXPECT_EQ(content(dir / "x"), "first\n");
    EXPECT_EQ(file->pending(), "second\n");
    later();
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "x"), "first\nsecond\n");
    EXPECT_EQ(lines, 2u);
    EXPECT_EQ(bytes, 13u);
}

TEST_F(LineFile, a_line_that_cannot_be_taken_back_is_completed_later) {
    make(at("x"));
    file->pending() = "first\nsecond\n";
    calls.writes = {{.most = 9}, {.code = EIO}};
    calls.truncate_error = EIO;
    const auto failed = file->flush(now);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, "io_error");
    EXPECT_EQ(content(dir / "x"), "first\nsec");
    later();
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "x"), "first\nsecond\n");
    EXPECT_EQ(lines, 2u);
}

TEST_F(LineFile, a_failure_is_not_tried_again_before_the_delay_is_over) {
    make(at("x"));
    file->pending() = "line\n";
    calls.always = EDQUOT;
    ASSERT_FALSE(file->flush(now));
    const int tried = calls.write_count;
    for (int i = 0; i < 1000; ++i) {
        const auto again = file->flush(now);
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().reason, "disk_full");
    }
    EXPECT_EQ(calls.write_count, tried);
    EXPECT_EQ(failures, 1u);
    EXPECT_EQ(file->next_wake(now), now + retry_delay);
    now = file->next_wake(now);
    ASSERT_FALSE(file->flush(now));
    EXPECT_EQ(calls.write_count, tried + 1);
}

TEST_F(LineFile, rotates_between_lines_and_keeps_every_line_once) {
    auto options = at("x");
    options.rotate_bytes = 1000;
    options.rotate_files = 1000;
    make(options);
    std::mt19937 random(7);
    constexpr int count = 3000;
    for (int i = 0; i < count; ++i) {
        file->pending() += std::to_string(i) + std::string(random() % 60, '.') + '\n';
        if (random() % 5 == 0) {
            ASSERT_TRUE(file->flush(now));
        }
    }
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(lines, static_cast<std::uint64_t>(count));
    ASSERT_GT(rotations, 50u);
    std::vector<std::string> all;
    for (auto number = rotations + 1; number-- > 0;) {
        const std::string path = dir / (number == 0 ? "x" : "x." + std::to_string(number));
        EXPECT_LE(std::filesystem::file_size(path), 1000u);
        EXPECT_TRUE(content(path).ends_with('\n')) << path;
        std::ranges::move(lines_of(path), std::back_inserter(all));
    }
    ASSERT_EQ(all.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        EXPECT_EQ(std::stoi(all[static_cast<std::size_t>(i)]), i);
    }
}

TEST_F(LineFile, rotation_under_failures_keeps_every_line_once) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const std::string name = "f" + std::to_string(seed);
        auto options = at(name);
        options.rotate_bytes = 300;
        options.rotate_files = 1000;
        make(options);
        std::mt19937 random(seed);
        const auto before = rotations;
        constexpr int count = 400;
        for (int i = 0; i < count; ++i) {
            file->pending() += std::to_string(i) + std::string(random() % 30, '.') + '\n';
            calls.truncate_error = random() % 2 == 0 ? EIO : 0;
            if (random() % 3 == 0) {
                calls.writes = {{.most = 1 + random() % 50}, {.code = random() % 2 == 0 ? ENOSPC : EINTR}};
            }
            static_cast<void>(file->flush(now));
            later();
        }
        calls.writes.clear();
        EXPECT_EQ(file->close(now), 0u);
        std::vector<std::string> all;
        for (auto number = rotations - before + 1; number-- > 0;) {
            std::ranges::move(lines_of(dir / (number == 0 ? name : name + "." + std::to_string(number))),
                              std::back_inserter(all));
        }
        ASSERT_EQ(all.size(), static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            EXPECT_EQ(std::stoi(all[static_cast<std::size_t>(i)]), i);
        }
    }
}

TEST_F(LineFile, a_line_larger_than_a_file_may_be_gets_a_file_of_its_own) {
    auto options = at("x");
    options.rotate_bytes = 100;
    make(options);
    const std::string large(500, 'L');
    file->pending() = "small\n" + large + "\nsmall again\n";
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "x.2"), "small\n");
    EXPECT_EQ(content(dir / "x.1"), large + "\n");
    EXPECT_EQ(content(dir / "x"), "small again\n");
}

TEST_F(LineFile, goes_on_in_the_same_file_while_rotating_does_not_work) {
    auto options = at("x");
    options.rotate_bytes = 10;
    options.rotate_files = 1;
    make(options);
    std::filesystem::create_directory(dir / "x.1");  // a rename over it fails
    put(dir / "x.1/inhabitant", "");
    file->pending() = "a line of text\nanother one\n";
    ASSERT_TRUE(file->flush(now));
    ASSERT_TRUE(file->trouble().has_value());
    EXPECT_EQ(content(dir / "x"), "a line of text\nanother one\n");
    EXPECT_EQ(lines, 2u);
    std::filesystem::remove_all(dir / "x.1");
    later();
    file->pending() = "third\n";
    ASSERT_TRUE(file->flush(now));
    EXPECT_FALSE(file->trouble().has_value());
    EXPECT_EQ(content(dir / "x"), "third\n");
}

TEST_F(LineFile, starts_a_new_file_after_logrotate_moved_the_old_one_away) {
    make(at("x"));
    file->pending() = "before\n";
    ASSERT_TRUE(file->flush(now));
    std::filesystem::rename(dir / "x", dir / "moved");
    later();
    file->pending() = "after\n";
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "moved"), "before\n");
    EXPECT_EQ(content(dir / "x"), "after\n");
    EXPECT_EQ(reopens, 1u);
}

TEST_F(LineFile, a_line_torn_in_the_old_file_comes_whole_in_the_new_one) {
    make(at("x"));
    file->pending() = "torn line\n";
    calls.writes = {{.most = 4}, {.code = EIO}};
    calls.truncate_error = EIO;
    ASSERT_FALSE(file->flush(now));
    std::filesystem::remove(dir / "x");
    later();
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "x"), "torn line\n");
}

TEST_F(LineFile, waits_for_a_directory_that_went_away_and_loses_nothing) {
    std::filesystem::create_directory(dir / "sub");
    make(at("sub/x"));
    std::filesystem::remove_all(dir / "sub");
    later();
    file->pending() = "line\n";
    const auto failed = file->flush(now);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, "unavailable");
    std::filesystem::create_directory(dir / "sub");
    later();
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(content(dir / "sub/x"), "line\n");
}

TEST_F(LineFile, never_syncs_unless_asked_to) {
    make(at("x"));
    file->pending() = "line\n";
    ASSERT_TRUE(file->flush(now));
    later();
    file->sync_if_due(now);
    EXPECT_EQ(file->close(now), 0u);
    EXPECT_EQ(calls.sync_count, 0);
}

TEST_F(LineFile, syncs_once_per_interval_and_only_if_something_was_written) {
    auto options = at("x");
    options.sync = sync_policy::interval;
    options.sync_interval = 1s;
    make(options);
    EXPECT_EQ(calls.sync_count, 1);  // the directory, for the name of the new file
    calls.sync_count = 0;
    for (int i = 0; i < 25; ++i) {  // 2.5 s of writing
        file->pending() = "line\n";
        ASSERT_TRUE(file->flush(now));
        file->sync_if_due(now);
        now += 100ms;
    }
    EXPECT_EQ(calls.sync_count, 2);
    EXPECT_NE(file->next_wake(now), 0ns);
    now = file->next_wake(now);
    file->sync_if_due(now);
    EXPECT_EQ(calls.sync_count, 3);
    EXPECT_EQ(file->next_wake(now), 0ns);
    now += 10s;
    file->sync_if_due(now);
    EXPECT_EQ(calls.sync_count, 3);
    EXPECT_EQ(syncs, 3u);
}

TEST_F(LineFile, syncs_every_batch_if_asked_to) {
    auto options = at("x");
    options.sync = sync_policy::batch;
    make(options);
    calls.sync_count = 0;
    for (int i = 0; i < 5; ++i) {
        file->pending() = "line\n";
        ASSERT_TRUE(file->flush(now));
        file->sync_if_due(now);
    }
    EXPECT_EQ(calls.sync_count, 5);
}

TEST_F(LineFile, a_failed_sync_is_trouble_until_one_succeeds) {
    auto options = at("x");
    options.sync = sync_policy::interval;
    make(options);
    file->pending() = "line\n";
    ASSERT_TRUE(file->flush(now));
    calls.sync_error = EIO;
    later();
    file->sync_if_due(now);
    ASSERT_TRUE(file->trouble().has_value());
    EXPECT_EQ(file->trouble()->reason, "io_error");
    EXPECT_EQ(sync_failures, 1u);
    calls.sync_error = 0;
    EXPECT_GT(file->next_wake(now), now);
    now = file->next_wake(now);
    file->sync_if_due(now);
    EXPECT_FALSE(file->trouble().has_value());
}

TEST_F(LineFile, close_tells_how_many_lines_are_lost_and_why) {
    make(at("x"));
    file->pending() = "one\ntwo\nthree\n";
    calls.writes = {{.most = 5}};
    calls.always = ENOSPC;
    EXPECT_EQ(file->close(now), 2u);
    EXPECT_EQ(file->last_reason(), "disk_full");
    EXPECT_EQ(lines, 1u);
    EXPECT_EQ(content(dir / "x"), "one\n");
}

TEST_F(LineFile, a_stalled_pipe_keeps_lines_pending_and_gets_them_in_order_later) {
    ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
    const int reader = ::open((dir / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    make(at("pipe"));
    file->pending() = "first line\nsecond line\n";
    calls.writes = {{.most = 15}, {.code = EAGAIN}};
    ASSERT_TRUE(file->flush(now));
    EXPECT_EQ(file->next_wake(now), now);
    calls.is_stalled = true;
    const auto stalled = file->flush(now);
    ASSERT_FALSE(stalled);
    EXPECT_EQ(stalled.error().reason, "stalled");
    calls.is_stalled = false;
    later();
    ASSERT_TRUE(file->flush(now));
    char got[64] = {};
    EXPECT_EQ(::read(reader, got, sizeof got), 23);
    EXPECT_STREQ(got, "first line\nsecond line\n");
    EXPECT_EQ(lines, 2u);
    ::close(reader);
}

TEST_F(LineFile, recovers_by_itself_when_a_really_full_disk_gets_room) {
    std::filesystem::create_directory(dir / "disk");
    const small_disk disk(dir / "disk", "size=64k");
    if (!disk.mounted()) {
        GTEST_SKIP() << "mounting a tmpfs needs CAP_SYS_ADMIN";
    }
    put(dir / "disk/ballast", std::string(32 * 1024, 'b'));
    make(at("disk/x"));
    std::uint64_t sent = 0;
    const auto send = [&] {
        file->pending() += std::to_string(sent++) + std::string(100, '.') + '\n';
        return file->flush(now);
    };
    while (send()) {
        ASSERT_LT(sent, 1000u);
    }
    EXPECT_TRUE(content(dir / "disk/x").ends_with(".\n"));
    EXPECT_EQ(lines_of(dir / "disk/x").size() + 1, sent);
    std::filesystem::remove(dir / "disk/ballast");
    later();
    ASSERT_TRUE(send());
    const auto all = lines_of(dir / "disk/x");
    ASSERT_EQ(all.size(), sent);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(std::stoul(all[i]), i);
    }
}

}  // namespace
}  // namespace sonde::encode_jsonl::testing
