// SPDX-License-Identifier: Apache-2.0
#include "prometheus/answer.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::prometheus {
namespace {

constexpr answer_bounds wide{1000, 64};

struct kept_sample {
    std::string series;  // "name{label=value,}"
    std::int64_t time = 0;
    double value = 0;
    std::optional<native_histogram> histogram;
};

struct recorder final : answer_sink {
    void on_facts(const answer_facts& of) override {
        EXPECT_EQ(++calls, 1) << "facts come first";
        facts = of;
    }
    void on_series(std::span<const label> labels) override {
        ++calls;
        series.clear();
        for (const label& each : labels) {
            series.append(each.name).append("=").append(each.value).append(",");
        }
    }
    void on_value(std::int64_t time, double value) override { samples.push_back({series, time, value, std::nullopt}); }
    void on_histogram(std::int64_t time, const native_histogram& value) override {
        samples.push_back({series, time, 0, value});
    }
    int calls = 0;
    answer_facts facts;
    std::string series;
    std::vector<kept_sample> samples;
};

struct reading {
    recorder got;
    result<answer_facts> facts;
};

reading read(std::string body, const answer_bounds& within = wide) {
    reading made{{}, answer_facts{}};
    made.facts = read_answer(body, within, made.got);
    return made;
}

std::string success(const std::string& data, const std::string& more = "") {
    return R"({"status":"success","data":)" + data + more + "}";
}

TEST(Answer, gives_a_vector_with_labels_and_times) {
    const auto found = read(success(
        R"({"resultType":"vector","result":[
            {"metric":{"__name__":"up","job":"node"},"value":[1435781451.781,"1"]},
            {"metric":{},"value":[1435781460,"0.25"]}]})"));
    ASSERT_TRUE(found.facts) << found.facts.error().text;
    ASSERT_EQ(found.got.samples.size(), 2U);
    EXPECT_EQ(found.got.samples[0].series, "__name__=up,job=node,");
    EXPECT_EQ(found.got.samples[0].time, 1'435'781'451'781'000'000);
    EXPECT_EQ(found.got.samples[0].value, 1);
    EXPECT_EQ(found.got.samples[1].series, "");
    EXPECT_EQ(found.got.samples[1].time, 1'435'781'460'000'000'000);
    EXPECT_EQ(found.facts->samples, 2U);
    EXPECT_EQ(found.facts->time, 1'435'781'451'781'000'000);
}

TEST(Answer, gives_each_step_of_a_matrix) {
    const auto found = read(success(
        R"({"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"1"],[2,"2"]],"histograms":[]},
            {"metric":{"a":"c"},"values":[[1,"3"]]}]})"));
    ASSERT_TRUE(found.facts) << found.facts.error().text;
    ASSERT_EQ(found.got.samples.size(), 3U);
    EXPECT_EQ(found.got.samples[1].series, "a=b,");
    EXPECT_EQ(found.got.samples[1].time, 2'000'000'000);
    EXPECT_EQ(found.got.samples[2].series, "a=c,");
}

TEST(Answer, gives_scalars_nan_and_infinities) {
    const auto scalar = read(success(R"({"resultType":"scalar","result":[3,"NaN"]})"));
    ASSERT_EQ(scalar.got.samples.size(), 1U);
    EXPECT_TRUE(std::isnan(scalar.got.samples[0].value));
    for (const auto& [text, value] : {std::pair("+Inf", std::numeric_limits<double>::infinity()),
                                      std::pair("-Inf", -std::numeric_limits<double>::infinity())}) {
        const auto found = read(success(R"({"resultType":"scalar","result":[3,")" + std::string(text) + R"("]})"));
        ASSERT_EQ(found.got.samples.size(), 1U);
        EXPECT_EQ(found.got.samples[0].value, value);
    }
}

TEST(Answer, has_no_samples_if_it_is_a_text) {
    const auto found = read(success(R"({"resultType":"string","result":[3,"words"]})"));
    ASSERT_TRUE(found.facts);
    EXPECT_TRUE(found.facts->is_text);
    EXPECT_TRUE(found.got.samples.empty());
}

// The example of Prometheus' documentation, with a bucket of each rule.
TEST(Answer, gives_native_histograms_bucket_by_bucket) {
    const auto found = read(success(
        R"({"resultType":"vector","result":[{"metric":{},"histogram":[10,{"count":"59.5","sum":"33.69",
            "buckets":[[0,"-0.5","0.25","4"],[1,"0.25","0.5","15"],[2,"0.5","1","0.5"],[3,"-0.001","0.001","40"]]}]}]})"));
    ASSERT_TRUE(found.facts) << found.facts.error().text;
    ASSERT_EQ(found.got.samples.size(), 1U);
    const auto& histogram = found.got.samples[0].histogram;
    ASSERT_TRUE(histogram);
    EXPECT_EQ(histogram->count, 59.5);
    EXPECT_EQ(histogram->sum, 33.69);
    ASSERT_EQ(histogram->buckets.size(), 4U);
    EXPECT_EQ(histogram->buckets[0].lower, -0.5);
    EXPECT_EQ(histogram->buckets[0].upper, 0.25);
    EXPECT_EQ(histogram->buckets[0].count, 4);
    EXPECT_EQ(histogram->buckets[0].includes, inclusion::upper);
    EXPECT_EQ(histogram->buckets[3].includes, inclusion::both);
}

TEST(Answer, mixes_values_and_histograms_of_a_matrix) {
    const auto found = read(success(
        R"({"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]],"histograms":[[2,{"count":"0","sum":"0"}]]}]})"));
    ASSERT_EQ(found.got.samples.size(), 2U);
    EXPECT_FALSE(found.got.samples[0].histogram);
    EXPECT_TRUE(found.got.samples[1].histogram);
}

TEST(Answer, tells_warnings_and_infos) {
    const auto found = read(success(R"({"resultType":"vector","result":[]})",
                                    R"(,"warnings":["one store is away"],"infos":["first","second"])"));
    ASSERT_TRUE(found.facts);
    EXPECT_THAT(found.got.facts.warnings, ::testing::ElementsAre("one store is away"));
    EXPECT_THAT(found.got.facts.infos, ::testing::ElementsAre("first", "second"));
    EXPECT_EQ(found.facts->time, 0);
}

TEST(Answer, keeps_warnings_within_bounds) {
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += (i == 0 ? "\"" : ",\"") + std::string(5000, 'x') + "\"";
    }
    const auto found = read(success(R"({"resultType":"vector","result":[]})", ",\"warnings\":[" + many + "]"));
    ASSERT_EQ(found.got.facts.warnings.size(), 32U);
    EXPECT_EQ(found.got.facts.warnings[0].size(), 1024U);
}

TEST(Answer, passes_on_what_the_server_says_is_wrong) {
    std::string body = R"({"status":"error","errorType":"bad_data","error":"parse error: unexpected end"})";
    EXPECT_EQ(error_text(body), "bad_data: parse error: unexpected end");
    const auto found = read(body);
    ASSERT_FALSE(found.facts);
    EXPECT_EQ(found.facts.error().code, errc::failed);
    EXPECT_EQ(found.facts.error().text, "bad_data: parse error: unexpected end");
    std::string page = "<html>gateway timeout</html>";
    EXPECT_EQ(error_text(page), "");
}

TEST(Answer, is_refused_as_a_whole_if_any_part_is_wrong) {
    const std::string good = R"({"metric":{},"value":[1,"1"]},)";
    for (const char* bad :
         {R"({"metric":{},"value":[1,1]})", R"({"metric":{},"value":[1]})", R"({"metric":{},"value":["1","1"]})",
          R"({"metric":{},"value":[1,"one"]})", R"({"metric":{},"value":[1e300,"1"]})", R"({"metric":{}})",
          R"({"value":[1,"1"]})", R"({"metric":{"a":1},"value":[1,"1"]})", R"({"metric":[],"value":[1,"1"]})",
          R"({"metric":{},"histogram":[1,{"count":"1"}]})",
          R"({"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[4,"0","1","1"]]}]})",
          R"({"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[0,"0","1"]]}]})"}) {
        const auto found = read(success(R"({"resultType":"vector","result":[)" + good + bad + "]}"));
        ASSERT_FALSE(found.facts) << bad;
        EXPECT_EQ(found.facts.error().code, errc::invalid) << bad;
        EXPECT_NE(found.facts.error().text, "") << bad;
        EXPECT_EQ(found.got.calls, 0) << bad;
    }
}

TEST(Answer, is_refused_if_it_is_of_something_else) {
    for (const char* body :
         {"", "{", "[]", "null", "{}", R"({"status":"success"})", "<html>",
          R"({"status":"success","data":{"resultType":"vector"}})",
          R"({"status":"success","data":{"resultType":"other","result":[]}})",
          R"({"status":"success","data":{"resultType":"vector","result":{}}})",
          R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":3}]}})"}) {
        const auto found = read(body);
        ASSERT_FALSE(found.facts) << body;
        EXPECT_EQ(found.facts.error().code, errc::invalid) << body;
    }
}

TEST(Answer, is_refused_beyond_its_bounds) {
    const std::string two = success(
        R"({"resultType":"vector","result":[{"metric":{"a":"","b":""},"value":[1,"1"]},{"metric":{},"value":[1,"1"]}]})");
    for (const answer_bounds& within : {answer_bounds{1, 64}, answer_bounds{2, 1}}) {
        const auto found = read(two, within);
        ASSERT_FALSE(found.facts);
        EXPECT_EQ(found.facts.error().code, errc::exhausted);
        EXPECT_EQ(found.got.calls, 0);
    }
    EXPECT_TRUE(read(two, {2, 2}).facts);
}

TEST(Answer, cut_at_any_place_is_refused) {
    const std::string whole = success(R"({"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"1"]}]})");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read(whole.substr(0, size)).facts) << size;
    }
    EXPECT_TRUE(read(whole).facts);
}

}  // namespace
}  // namespace sonde::prometheus
