// SPDX-License-Identifier: Apache-2.0
#include "prometheus/query.hpp"

#include <cmath>

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

class Query : public kit {
protected:
    query& with(testing::option_texts more) {
        more.insert(more.begin(), {{"url", "http://server/prom"}, {"queries", "load=sum(up) > 0"}});
        values = options_of(more).value();
        made.emplace(values.queries.front(), values, counted, open(query_topic));
        return *made;
    }
    // An answer that came one second after it was asked for.
    verdict take(std::string body) { return made->take({1000s, 1s, true}, {200, {}}, body); }

    option_values values;
    std::optional<query> made;
};

TEST_F(Query, asks_for_the_present_by_post) {
    const auto asked = with({{"query_timeout", "2500ms"}}).ask(1'700'000'000s);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->url, "http://server/prom/api/v1/query");
    EXPECT_EQ(asked->body, "query=sum%28up%29%20%3E%200&timeout=2500ms");
    EXPECT_THAT(asked->headers, ::testing::Contains("Content-Type: application/x-www-form-urlencoded"));
    EXPECT_EQ(asked->limit, 2500ms);
}

TEST_F(Query, asks_by_get_if_that_is_configured) {
    const auto asked = with({{"method", "get"}}).ask(1'700'000'000s);
    EXPECT_EQ(asked->url, "http://server/prom/api/v1/query?query=sum%28up%29%20%3E%200&timeout=10000ms");
    EXPECT_FALSE(asked->body);
}

TEST_F(Query, asks_for_each_step_once) {
    query& of = with({{"query_ranges", "load=1m"}, {"query_steps", "load=10s"}});
    auto asked = of.ask(1'700'000'007'250ms);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->url, "http://server/prom/api/v1/query_range");
    EXPECT_THAT(*asked->body, ::testing::EndsWith("&start=1699999940.000&end=1700000000.000&step=10.000"));
    asked = of.ask(1'700'000'012s);
    EXPECT_THAT(*asked->body, ::testing::HasSubstr("&start=1699999950.000&end=1700000010.000"))
        << "there was no answer: all of it is asked for again";
    EXPECT_EQ(take(R"({"status":"success","data":{"resultType":"matrix","result":[]}})").why, trouble::none);
    EXPECT_FALSE(of.ask(1'700'000'013s)) << "there is no new step yet";
    asked = of.ask(1'700'000'031s);
    EXPECT_THAT(*asked->body, ::testing::HasSubstr("&start=1700000020.000&end=1700000030.000"));
    asked = of.ask(1'700'003'600s);
    EXPECT_THAT(*asked->body, ::testing::HasSubstr("&start=1700003540.000&end=1700003600.000"))
        << "no further back than the range";
}

TEST_F(Query, goes_on_when_the_clock_is_put_back) {
    query& of = with({{"query_ranges", "load=1m"}, {"query_steps", "load=10s"}});
    ASSERT_TRUE(of.ask(1'700'000'000s));
    static_cast<void>(take(R"({"status":"success","data":{"resultType":"matrix","result":[]}})"));
    const auto asked = of.ask(1'699'990'005s);
    ASSERT_TRUE(asked);
    EXPECT_THAT(*asked->body, ::testing::HasSubstr("&start=1699990000.000&end=1699990000.000"));
}

TEST_F(Query, asks_for_less_while_all_that_was_missed_is_too_much) {
    query& of = with({{"query_ranges", "load=1m"}, {"query_steps", "load=10s"}});
    const std::string nothing = R"({"status":"success","data":{"resultType":"matrix","result":[]}})";
    ASSERT_TRUE(of.ask(1'700'000'000s));
    static_cast<void>(take(nothing));
    verdict how{trouble::too_many_samples, "", 0};
    std::string body;
    for (const char* begin : {"1700000540.000", "1700000570.000", "1700000590.000", "1700000600.000"}) {
        const auto asked = of.ask(1'700'000'600s);
        ASSERT_TRUE(asked);
        EXPECT_THAT(*asked->body, ::testing::HasSubstr(std::string("&start=") + begin + "&end=1700000600.000"));
        of.miss({}, how, body);
    }
    ASSERT_TRUE(of.ask(1'700'000'600s));
    static_cast<void>(take(nothing));
    EXPECT_EQ(host.metrics.total("prometheus.left_out"), 59) << "10 to 590";
    EXPECT_THAT(*of.ask(1'700'001'200s)->body, ::testing::HasSubstr("&start=1700001140.000"))
        << "all of the range again";
}

TEST_F(Query, tells_each_sample_with_name_labels_value_and_time) {
    with({{"labels", "site=north"}});
    const auto how = take(R"({"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"__name__":"up","job":"a"},"value":[900.5,"1"]},{"metric":{"job":"b"},"value":[900.5,"NaN"]},
        {"metric":{"job":"c"},"value":[901,"-Inf"]}]}})");
    EXPECT_EQ(how.why, trouble::none);
    EXPECT_EQ(how.samples, 3U);
    const auto all = points(query_topic);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].group, "load");
    EXPECT_EQ(all[0].name, "up");
    EXPECT_EQ(all[0].labels, (attributes{{"job", "a"}, {"site", "north"}}));
    EXPECT_EQ(all[0].time, 900'500'000'000);
    EXPECT_EQ(all[0].point.double_value(), 1);
    EXPECT_EQ(all[1].name, "load") << "without a name of its own it has the query's";
    EXPECT_TRUE(std::isnan(all[1].point.double_value()));
    EXPECT_TRUE(std::isinf(all[2].point.double_value()));
    EXPECT_EQ(all[2].time, 901'000'000'000);
    const auto record = host.lane.envelopes(query_topic)[0];
    EXPECT_EQ(record.clock, static_cast<std::uint32_t>(clock_quality::source));
    EXPECT_EQ(host.metrics.value("prometheus.samples", {{"kind", "query"}}), 3);
}

TEST_F(Query, passes_native_histograms_through) {
    with({});
    static_cast<void>(take(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[900,
        {"count":"59.5","sum":"-Inf","buckets":[[0,"-0.5","0.25","4"],[3,"-0.1","0.1","40.5"]]}]}]}})"));
    const auto all = points(query_topic);
    ASSERT_EQ(all.size(), 1U);
    ASSERT_TRUE(all[0].point.has_native_histogram());
    const auto& histogram = all[0].point.native_histogram();
    EXPECT_EQ(histogram.count(), 59.5);
    EXPECT_TRUE(std::isinf(histogram.sum()));
    ASSERT_EQ(histogram.buckets_size(), 2);
    EXPECT_EQ(histogram.buckets(0).inclusion(), v1::NativeHistogramValue::INCLUSION_UPPER);
    EXPECT_EQ(histogram.buckets(1).inclusion(), v1::NativeHistogramValue::INCLUSION_BOTH);
    EXPECT_EQ(histogram.buckets(1).lower(), -0.1);
    EXPECT_EQ(histogram.buckets(1).count(), 40.5);
}

TEST_F(Query, tells_warnings_also_with_an_empty_answer) {
    with({});
    static_cast<void>(
        take(R"({"status":"success","data":{"resultType":"vector","result":[]},"warnings":["w"],"infos":["i","j"]})"));
    const auto all = sets(query_topic);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].group(), "load");
    EXPECT_THAT(all[0].warnings(), ::testing::ElementsAre("w"));
    EXPECT_THAT(all[0].infos(), ::testing::ElementsAre("i", "j"));
    EXPECT_EQ(host.lane.envelopes(query_topic)[0].time, 1'001'000'000'000) << "when it came";
    EXPECT_EQ(host.metrics.total("prometheus.warnings"), 1);
    EXPECT_EQ(host.metrics.total("prometheus.infos"), 2);
}

TEST_F(Query, counts_texts_which_are_no_samples) {
    with({});
    EXPECT_EQ(take(R"({"status":"success","data":{"resultType":"string","result":[900,"a"]}})").why, trouble::none);
    EXPECT_EQ(host.metrics.total("prometheus.skipped_texts"), 1);
    EXPECT_TRUE(sets(query_topic).empty());
}

TEST_F(Query, says_what_is_wrong_with_an_answer) {
    with({{"sample_limit", "1"}});
    EXPECT_EQ(take("<html>").why, trouble::malformed);
    const auto error = take(R"({"status":"error","errorType":"execution","error":"too slow"})");
    EXPECT_EQ(error.why, trouble::bad_query);
    EXPECT_EQ(error.text, "execution: too slow");
    EXPECT_EQ(
        take(
            R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"1"]]}]}})")
            .why,
        trouble::too_many_samples);
    EXPECT_TRUE(sets(query_topic).empty());
}

TEST_F(Query, adds_the_servers_words_to_a_refusal) {
    query& of = with({});
    verdict how{trouble::bad_query, "the answer has status 400", 0};
    std::string body = R"({"status":"error","errorType":"bad_data","error":"unknown function"})";
    of.miss({}, how, body);
    EXPECT_EQ(how.text, "the answer has status 400: bad_data: unknown function");
    body = "<html>";
    of.miss({}, how, body);
    EXPECT_EQ(how.text, "the answer has status 400: bad_data: unknown function");
}

}  // namespace
}  // namespace sonde::prometheus
