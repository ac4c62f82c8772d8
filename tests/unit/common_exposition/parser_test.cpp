// SPDX-License-Identifier: Apache-2.0
#include "common/exposition/parser.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sonde::common::exposition;

struct kept {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    std::optional<std::int64_t> time;
    std::string family;
    metric_type type = metric_type::unknown;
    std::string help;
    std::string unit;
    bool operator==(const kept&) const = default;
};

std::vector<std::pair<std::string, std::string>> copy(std::span<const label> from) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const label& each : from) {
        all.emplace_back(each.name, each.value);
    }
    return all;
}

struct outcome {
    std::vector<kept> samples;
    std::string failure;
    sonde::errc code = sonde::errc::again;
};

outcome read(std::string_view text, dialect as = dialect::prometheus, const limits& of = {}) {
    outcome found;
    parser from(of);
    from.begin(text, as);
    for (sample each; from.next(each);) {
        found.samples.push_back({std::string(each.name), copy(each.labels), each.value, each.time,
                                 std::string(each.family), each.type, std::string(each.help), std::string(each.unit)});
    }
    if (from.failure()) {
        found.failure = from.failure()->text;
        found.code = from.failure()->code;
    }
    EXPECT_EQ(from.count(), found.samples.size());
    return found;
}

// The example of the format's description, as its authors wrote it.
constexpr std::string_view documented = R"(# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# Finally a summary, which has a complex representation, too:
# HELP rpc_duration_seconds A summary of the RPC duration in seconds.
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
)";

TEST(Parser, reads_the_documented_example) {
    const auto found = read(documented);
    ASSERT_EQ(found.failure, "");
    ASSERT_EQ(found.samples.size(), 12U);
    EXPECT_EQ(found.samples[0], (kept{"http_requests_total",
                                      {{"method", "post"}, {"code", "200"}},
                                      1027,
                                      1'395'066'363'000'000'000,
                                      "http_requests_total",
                                      metric_type::counter,
                                      "The total number of HTTP requests.",
                                      ""}));
    EXPECT_EQ(found.samples[2].labels[0].second, "C:\\DIR\\FILE.TXT");
    EXPECT_EQ(found.samples[2].labels[1].second, "Cannot find file:\n\"FILE.TXT\"");
    EXPECT_EQ(found.samples[2].value, 1458255915);
    EXPECT_EQ(found.samples[3], (kept{"metric_without_timestamp_and_labels",
                                      {},
                                      12.47,
                                      std::nullopt,
                                      "metric_without_timestamp_and_labels",
                                      metric_type::unknown,
                                      "",
                                      ""}));
    EXPECT_EQ(found.samples[4].value, std::numeric_limits<double>::infinity());
    EXPECT_EQ(found.samples[4].time, -3'982'045'000'000);
}

TEST(Parser, gives_series_of_histograms_and_summaries_their_family) {
    const auto found = read(documented);
    ASSERT_EQ(found.samples.size(), 12U);
    for (std::size_t i = 5; i < 9; ++i) {
        EXPECT_EQ(found.samples[i].family, "http_request_duration_seconds");
        EXPECT_EQ(found.samples[i].type, metric_type::histogram);
    }
    EXPECT_EQ(found.samples[5].name, "http_request_duration_seconds_bucket");
    EXPECT_EQ(found.samples[11].family, "rpc_duration_seconds");
    EXPECT_EQ(found.samples[11].type, metric_type::summary);
    EXPECT_EQ(found.samples[11].help, "A summary of the RPC duration in seconds.");
}

TEST(Parser, does_not_take_a_longer_name_for_a_series_of_the_family) {
    const auto found = read("# TYPE a gauge\na_total 1\nab 2\na 3\n# TYPE c histogram\nc_bucket 4\nc_total 5\n");
    ASSERT_EQ(found.samples.size(), 5U);
    EXPECT_EQ(found.samples[0].family, "a_total");
    EXPECT_EQ(found.samples[0].type, metric_type::unknown);
    EXPECT_EQ(found.samples[1].type, metric_type::unknown);
    EXPECT_EQ(found.samples[2].type, metric_type::gauge);
    EXPECT_EQ(found.samples[3].family, "c");
    EXPECT_EQ(found.samples[4].family, "c_total");
}

TEST(Parser, reads_open_metrics_with_units_times_and_exemplars) {
    constexpr std::string_view text =
        "# TYPE foo_seconds histogram\n"
        "# UNIT foo_seconds seconds\n"
        "# HELP foo_seconds How \\\"long\\\"\\nit took\n"
        "foo_seconds_bucket{le=\"0.1\"} 8 1520879607.789 # {} 0.054\n"
        "foo_seconds_bucket{le=\"+Inf\"} 17 # {trace_id=\"K\\\"O\",b=\"\"} 9.8 1520879607.5\n"
        "foo_seconds_created 1520430000.123\n"
        "# TYPE up counter\n"
        "up_total 3\n"
        "# EOF\n";
    parser from;
    from.begin(text, dialect::open_metrics);
    sample each;
    ASSERT_TRUE(from.next(each));
    EXPECT_EQ(each.unit, "seconds");
    EXPECT_EQ(each.help, "How \"long\"\nit took");
    EXPECT_EQ(each.time, 1'520'879'607'789'000'000);
    ASSERT_TRUE(each.example);
    EXPECT_EQ(each.example->value, 0.054);
    EXPECT_TRUE(each.example->labels.empty());
    ASSERT_TRUE(from.next(each));
    EXPECT_EQ(each.time, std::nullopt);
    ASSERT_TRUE(each.example);
    EXPECT_THAT(copy(each.example->labels),
                testing::ElementsAre(testing::Pair("trace_id", "K\"O"), testing::Pair("b", "")));
    EXPECT_EQ(each.example->time, 1'520'879'607'500'000'000);
    EXPECT_EQ(each.labels[0].value, "+Inf");
    ASSERT_TRUE(from.next(each));
    EXPECT_EQ(each.suffix(), "_created");
    EXPECT_FALSE(each.example);
    ASSERT_TRUE(from.next(each));
    EXPECT_EQ(each.family, "up");
    EXPECT_EQ(each.type, metric_type::counter);
    EXPECT_FALSE(from.next(each));
    EXPECT_FALSE(from.failure());
}

TEST(Parser, tolerates_blanks_commas_comments_and_a_missing_last_line_break) {
    const auto found = read("\n# just words\n#\n  a\t{ x = \"1\" , }\t 2\t3 \n# EOF\n#TYPE b counter\nb{} NaN");
    ASSERT_EQ(found.failure, "");
    ASSERT_EQ(found.samples.size(), 2U);
    EXPECT_THAT(found.samples[0].labels, testing::ElementsAre(testing::Pair("x", "1")));
    EXPECT_EQ(found.samples[0].time, 3'000'000);
    EXPECT_TRUE(std::isnan(found.samples[1].value));
    EXPECT_EQ(found.samples[1].type, metric_type::counter);
}

TEST(Parser, keeps_a_backslash_that_escapes_nothing) {
    const auto found = read("a{b=\"\\d\\\\n\"} 1\n");
    ASSERT_EQ(found.samples.size(), 1U);
    EXPECT_EQ(found.samples[0].labels[0].second, "\\d\\n");
}

TEST(Parser, keeps_views_of_several_labels_with_escapes) {
    std::string text = "a{";
    for (int i = 0; i < 100; ++i) {
        text += "l" + std::to_string(i) + "=\"\\\\" + std::string(500, 'x') + std::to_string(i) + "\",";
    }
    const auto found = read(text + "} 1\n");
    ASSERT_EQ(found.samples.size(), 1U);
    for (std::size_t i = 0; i < 100; ++i) {
        EXPECT_EQ(found.samples[0].labels[i].second, "\\" + std::string(500, 'x') + std::to_string(i));
    }
}

TEST(Parser, names_the_line_and_what_is_wrong_with_it) {
    const auto problem = [](std::string_view line) { return read("ok 1\n" + std::string(line) + "\n").failure; };
    EXPECT_EQ(problem("a"), "line 2: the value is no number");
    EXPECT_EQ(problem("a one"), "line 2: the value is no number");
    EXPECT_EQ(problem("1a 1"), "line 2: a line has to begin with the name of a metric or #");
    EXPECT_EQ(problem("<html>"), "line 2: a line has to begin with the name of a metric or #");
    EXPECT_EQ(problem("a{b=\"c\" 1"), "line 2: , or } is expected after a label");
    EXPECT_EQ(problem("a{b=\"c} 1"), "line 2: the value of a label has no closing quote");
    EXPECT_EQ(problem("a{b=\"\\"), "line 2: the value of a label has no closing quote");
    EXPECT_EQ(problem("a{b=c} 1"), "line 2: the value of a label has to be in quotes");
    EXPECT_EQ(problem("a{b} 1"), "line 2: = is expected after the name of a label");
    EXPECT_EQ(problem("a{,} 1"), "line 2: the name of a label or } is expected");
    EXPECT_EQ(problem("a{b:c=\"d\"} 1"), "line 2: = is expected after the name of a label");
    EXPECT_EQ(problem("a{b=\"1\",b=\"2\"} 1"), "line 2: the label b is there twice");
    EXPECT_EQ(problem("a 1 2.5"), "line 2: the time is no number of milliseconds");
    EXPECT_EQ(problem("a 1 2 3"), "line 2: something comes after the value and the time");
    EXPECT_EQ(problem("a 1 # 3"), "line 2: an exemplar begins with its labels");
    EXPECT_EQ(problem("a 1 # {} x"), "line 2: the value of the exemplar is no number");
    EXPECT_EQ(problem("a 1 # {} 1 x"), "line 2: the time of the exemplar is no number of seconds");
    EXPECT_EQ(problem("# TYPE"), "line 2: TYPE needs the name of a metric");
    EXPECT_EQ(problem("# HELP 1 x"), "line 2: HELP needs the name of a metric");
}

TEST(Parser, gives_the_samples_before_the_failure) {
    const auto found = read("a 1\nb 2\n!\nc 3\n");
    EXPECT_EQ(found.samples.size(), 2U);
    EXPECT_EQ(found.code, sonde::errc::invalid);
}

TEST(Parser, wants_the_end_that_open_metrics_promises) {
    EXPECT_EQ(read("a 1\n", dialect::open_metrics).failure, "line 1: # EOF is missing: the answer was cut short");
    EXPECT_EQ(read("", dialect::open_metrics).failure, "line 0: # EOF is missing: the answer was cut short");
    EXPECT_EQ(read("a 1\n# EOF", dialect::open_metrics).failure, "");
    EXPECT_EQ(read("a 1\n# EOF\nb 1\n", dialect::open_metrics).failure, "line 3: something comes after # EOF");
}

TEST(Parser, stops_at_its_limits) {
    const limits small{.line = 20, .labels = 2, .samples = 2};
    EXPECT_EQ(read("a 1\nb " + std::string(30, '1') + "\n", dialect::prometheus, small).failure,
              "line 2: it is longer than 20 bytes");
    EXPECT_EQ(read("a{b=\"\",c=\"\",d=\"\"} 1\n", dialect::prometheus, small).failure,
              "line 1: there are more than 2 labels");
    const auto found = read("a 1\na 2\na 3\n", dialect::prometheus, small);
    EXPECT_EQ(found.failure, "line 3: there are more than 2 samples");
    EXPECT_EQ(found.code, sonde::errc::exhausted);
    EXPECT_EQ(found.samples.size(), 2U);
}

TEST(Parser, begins_anew_after_a_failure) {
    parser from;
    from.begin("!\n", dialect::prometheus);
    sample each;
    EXPECT_FALSE(from.next(each));
    EXPECT_FALSE(from.next(each)) << "it stays ended";
    EXPECT_TRUE(from.failure());
    from.begin("a 1\n", dialect::prometheus);
    EXPECT_TRUE(from.next(each));
    EXPECT_FALSE(from.failure());
}

TEST(Dialect, follows_the_content_type) {
    EXPECT_EQ(dialect_of("application/openmetrics-text; version=1.0.0; charset=utf-8"), dialect::open_metrics);
    EXPECT_EQ(dialect_of("application/openmetrics-text"), dialect::open_metrics);
    EXPECT_EQ(dialect_of("text/plain; version=0.0.4; charset=utf-8"), dialect::prometheus);
    EXPECT_EQ(dialect_of(""), dialect::prometheus);
}

}  // namespace
