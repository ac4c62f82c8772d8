// SPDX-License-Identifier: Apache-2.0
#include "observe/log.hpp"

#include <gtest/gtest.h>

namespace sonde::observe {
namespace {

using namespace std::chrono_literals;

class Log : public testing::Test {
protected:
    void SetUp() override {
        out_ = std::tmpfile();
        ASSERT_NE(out_, nullptr);
    }
    void TearDown() override { std::fclose(out_); }

    log_settings settings(log_format form = log_format::text) {
        log_settings made;
        made.format = form;
        made.output = out_;
        made.each_site = {.burst = 2, .interval = 1s};
        made.wall = [] { return std::chrono::system_clock::time_point(1'700'000'000s + 123ms); };
        made.monotonic = [this] { return now_; };
        return made;
    }

    std::string written() {
        std::fflush(out_);
        EXPECT_EQ(std::fseek(out_, 0, SEEK_SET), 0);
        std::string all;
        for (int c = std::fgetc(out_); c != EOF; c = std::fgetc(out_)) {
            all += static_cast<char>(c);
        }
        return all;
    }

    std::FILE* out_ = nullptr;
    std::chrono::nanoseconds now_ = 50s;
};

TEST_F(Log, text_lines_are_key_value_pairs_with_time_and_level) {
    logger log(settings());
    log.warn("agent", "the plug-in said \"no\"\n", {{"file", "a b"}, {"count", 3}});
    EXPECT_EQ(written(),
              "time=2023-11-14T22:13:20.123Z level=warn component=agent msg=\"the plug-in said \\\"no\\\"\\n\" "
              "file=\"a b\" count=3\n");
}

TEST_F(Log, json_lines_are_one_object_each) {
    logger log(settings(log_format::json));
    log.error("api", "bad\tbyte \xff", {{"path", "/x"}});
    EXPECT_EQ(written(), "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"component\":\"api\","
                         "\"message\":\"bad\\tbyte \\ufffd\",\"path\":\"/x\"}\n");
}

TEST_F(Log, lines_below_the_threshold_are_not_written) {
    logger log(settings());
    log.write(level::debug, "a", "hidden");
    EXPECT_FALSE(log.logs(level::debug));
    log.set_threshold(level::debug);
    log.write(level::debug, "a", "shown");
    EXPECT_EQ(written().find("hidden"), std::string::npos);
    EXPECT_NE(written().find("level=debug component=a msg=\"shown\""), std::string::npos);
}

TEST_F(Log, a_call_site_that_repeats_is_limited_and_its_next_line_says_how_much) {
    logger log(settings());
    const auto repeat = [&] { log.info("a", "again"); };
    for (int i = 0; i < 5; ++i) {
        repeat();
    }
    log.info("a", "another site");
    now_ += 1s;
    repeat();
    const std::string all = written();
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 4);
    EXPECT_NE(all.find("msg=\"another site\"\n"), std::string::npos) << all;
    EXPECT_NE(all.find("msg=\"again\" suppressed=3\n"), std::string::npos) << all;
}

TEST_F(Log, a_foreign_site_is_told_by_file_and_line) {
    logger log(settings());
    for (int i = 0; i < 4; ++i) {
        log.write(level::info, "p", "from a plug-in", {}, log_site("p.cpp", 7));
        log.write(level::info, "p", "from a plug-in", {}, log_site("p.cpp", 8));
    }
    const std::string all = written();
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 4);
}

TEST_F(Log, lines_and_suppressed_lines_are_counted) {
    logger log(settings());
    for (int i = 0; i < 5; ++i) {
        log.info("a", "x");
    }
    std::map<std::string, family> families;
    std::uint64_t refused = 0;
    sample_sink into(families, refused);
    log.sample(into);
    EXPECT_EQ(families.at("sonde_log_lines_total").series.at({{"level", "info"}}), 2);
    EXPECT_EQ(families.at("sonde_log_suppressed_lines_total").series.at({}), 3);
    EXPECT_EQ(refused, 0U);
}

TEST_F(Log, a_huge_message_is_cut) {
    logger log(settings());
    log.info("a", std::string(1u << 20, 'x'));
    EXPECT_LT(written().size(), 5000U);
}

TEST(LogLevel, words_go_there_and_back) {
    for (const char* word : {"trace", "debug", "info", "warn", "error"}) {
        EXPECT_EQ(name(level_named(word).value()), word);
    }
    EXPECT_FALSE(level_named("loud"));
}

}  // namespace
}  // namespace sonde::observe
