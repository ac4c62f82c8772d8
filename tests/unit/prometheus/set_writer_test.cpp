// SPDX-License-Identifier: Apache-2.0
#include "prometheus/set_writer.hpp"

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

constexpr const char* topic = "raw/prometheus/scrape/";

class SetWriter : public kit {
protected:
    set_facts facts() const {
        return {"page", &labels, std::chrono::seconds(7), clock_quality::collector, warnings, {}};
    }
    static void add(set_writer& to, const metric_facts& of, double value) {
        to.point(of, [&](wire::writer& out) { out.number(schema::point_double_value, value); });
    }
    label_list labels{{"job", "node"}};
    std::vector<std::string> warnings;
};

TEST_F(SetWriter, puts_points_of_one_metric_together) {
    set_writer out(open(topic), counted.scrape, 10'000);
    out.begin(facts());
    const metric_facts a{"a", schema::metric_kind::gauge, "s", "Help"};
    add(out, a, 1);
    add(out, a, 2);
    add(out, {"b", schema::metric_kind::monotonic_sum, {}, {}}, 3);
    add(out, a, 4);
    out.finish();
    const auto found = sets(topic);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].group(), "page");
    EXPECT_EQ(found[0].attributes().at("job"), "node");
    ASSERT_EQ(found[0].metrics_size(), 3);
    EXPECT_EQ(found[0].metrics(0).points_size(), 2);
    EXPECT_EQ(found[0].metrics(0).unit(), "s");
    EXPECT_EQ(found[0].metrics(0).description(), "Help");
    EXPECT_EQ(found[0].metrics(0).kind(), v1::METRIC_KIND_GAUGE);
    EXPECT_EQ(found[0].metrics(1).kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(host.lane.envelopes(topic)[0].time, 7'000'000'000);
    EXPECT_EQ(host.metrics.value("prometheus.samples", {{"kind", "scrape"}}), 4);
}

TEST_F(SetWriter, goes_on_in_the_next_envelope_and_loses_nothing) {
    set_writer out(open(topic), counted.scrape, 1000);
    warnings = {"once"};
    out.begin(facts());
    for (int i = 0; i < 500; ++i) {
        add(out, {i < 250 ? "a" : "b", schema::metric_kind::gauge, {}, {}}, i);
    }
    out.finish();
    const auto all = points(topic);
    ASSERT_EQ(all.size(), 500U);
    for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(all[static_cast<std::size_t>(i)].point.double_value(), i);
        EXPECT_EQ(all[static_cast<std::size_t>(i)].labels.at("job"), "node");
    }
    const auto found = sets(topic);
    EXPECT_GT(found.size(), 5U);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_LT(found[i].ByteSizeLong(), 1200U);
        EXPECT_EQ(found[i].warnings_size(), i == 0 ? 1 : 0);
    }
}

TEST_F(SetWriter, takes_a_point_of_any_size) {
    set_writer out(open(topic), counted.scrape, 1000);
    out.begin(facts());
    out.point({"a", schema::metric_kind::gauge, {}, {}}, [](wire::writer& to) {
        to.entry(schema::point_attributes, "long", std::string(300'000, 'x'));
        to.number(schema::point_double_value, 1);
    });
    out.finish();
    ASSERT_EQ(points(topic).size(), 1U);
    EXPECT_EQ(points(topic)[0].labels.at("long").size(), 300'000U);
}

TEST_F(SetWriter, publishes_warnings_without_points_and_nothing_for_nothing) {
    set_writer out(open(topic), counted.scrape, 1000);
    out.begin(facts());
    out.finish();
    EXPECT_TRUE(sets(topic).empty());
    warnings = {"partial"};
    out.begin(facts());
    out.finish();
    ASSERT_EQ(sets(topic).size(), 1U);
    EXPECT_EQ(sets(topic)[0].warnings(0), "partial");
}

TEST_F(SetWriter, counts_what_the_lane_had_no_room_for) {
    set_writer out(open(topic), counted.scrape, 100'000);
    for (const sonde_rc rc : {SONDE_AGAIN, SONDE_DROPPED}) {
        host.lane.answer_next_reserve(rc);
        out.begin(facts());
        add(out, {"a", schema::metric_kind::gauge, {}, {}}, 1);
        add(out, {"a", schema::metric_kind::gauge, {}, {}}, 2);
        out.finish();
    }
    EXPECT_EQ(host.metrics.value("prometheus.lost", {{"kind", "scrape"}}), 4);
    EXPECT_EQ(host.metrics.value("prometheus.samples", {{"kind", "scrape"}}), 0);
    EXPECT_EQ(host.lane.dropped(topic, drop_reason::lane_full), 2U);
}

TEST_F(SetWriter, makes_texts_valid_utf8) {
    set_writer out(open(topic), counted.scrape, 1000);
    labels = {{"a\xff", "b\xff"}};
    out.begin(facts());
    add(out, {"a", schema::metric_kind::gauge, {}, "he\xfflp"}, 1);
    out.finish();
    ASSERT_EQ(points(topic).size(), 1U) << "protobuf refuses other text";
    EXPECT_EQ(points(topic)[0].metric.description(), "he\xef\xbf\xbdlp");
    EXPECT_EQ(points(topic)[0].labels.begin()->first, "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace sonde::prometheus
