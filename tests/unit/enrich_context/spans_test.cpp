// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fixture.hpp"
#include "sonde/v1/span.pb.h"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;
using sonde::testing::byte_vector;

class Spans : public Pipeline {
protected:
    [[nodiscard]] std::vector<v1::Span> spans() const {
        std::vector<v1::Span> all;
        for (const auto& each : host.lane.envelopes("span/enrich_context/")) {
            EXPECT_EQ(each.content_type, "sonde.v1.Span");
            EXPECT_TRUE(all.emplace_back().ParseFromArray(each.data.data(), static_cast<int>(each.data.size())));
            EXPECT_EQ(std::string(each.trace_id.begin(), each.trace_id.end()), all.back().trace_id());
            EXPECT_EQ(std::string(each.span_id.begin(), each.span_id.end()), all.back().span_id());
        }
        return all;
    }
    void feed_traced(const byte_vector& trace, const byte_vector& span) {
        feed([&](batch_builder& to) {
            to.add([&](envelope_writer& envelope) {
                envelope.trace(std::span<const std::uint8_t, 16>(trace.data(), 16),
                               std::span<const std::uint8_t, 8>(span.data(), 8));
                envelope.data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(1)));
            });
        });
    }
    // A trace whose last seven bytes are this number.
    static byte_vector trace_of(std::uint64_t randomness) {
        byte_vector id(16, 0xff);
        for (std::size_t i = 0; i < 7; ++i) {
            id[15 - i] = static_cast<std::uint8_t>(randomness >> (8 * i));
        }
        return id;
    }
    const byte_vector parent = byte_vector(8, 2);
};

TEST_F(Spans, are_off_unless_they_are_asked_for) {
    open();
    feed_exec(7);
    EXPECT_EQ(events().size(), 1u);
    EXPECT_TRUE(spans().empty());
}

TEST_F(Spans, say_which_event_of_which_node_was_processed) {
    settings.span_ratio = 1;
    open();
    feed_exec(7);
    const auto all = spans();
    ASSERT_EQ(all.size(), 1u);
    const auto& attributes = all[0].attributes();
    EXPECT_EQ(attributes.at("event.source"), "test_source");
    EXPECT_EQ(attributes.at("k8s.node.name"), "node-1");
    EXPECT_EQ(attributes.at("event.type"), "process.exec");
    EXPECT_EQ(attributes.at("event.id"), "00000000000000070000000000000000");
    EXPECT_EQ(all[0].kind(), v1::Span::KIND_INTERNAL);
    EXPECT_EQ(all[0].name(), "enrich_context");
    EXPECT_EQ(counts.spans.value(), 1u);
}

TEST_F(Spans, last_from_the_taking_of_the_event_to_its_publication) {
    settings.span_ratio = 1;
    settings.hold_back = 100ms;
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    EXPECT_TRUE(spans().empty());
    pass(200ms);
    const auto all = spans();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].end_time_unix_nano() - all[0].start_time_unix_nano(), 100'000'000u);
    EXPECT_EQ(all[0].end_time_unix_nano(), static_cast<std::uint64_t>((host.clock.wall() - 100ms).count()));
}

TEST_F(Spans, are_children_of_the_span_that_the_event_names) {
    settings.span_ratio = 1;
    open();
    feed_traced(byte_vector(16, 1), parent);
    const auto all = spans();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].trace_id(), std::string(16, 1));
    EXPECT_EQ(all[0].parent_span_id(), std::string(8, 2));
    EXPECT_NE(all[0].span_id(), std::string(8, 2));
    EXPECT_EQ(all[0].span_id().size(), 8u);
}

TEST_F(Spans, of_events_without_a_trace_never_share_one) {
    settings.span_ratio = 1;
    open();
    for (std::uint32_t pid = 1; pid <= 100; ++pid) {
        feed_exec(pid);
    }
    feed_traced(byte_vector(16, 0), parent);  // no trace either: identifiers of zeros are invalid
    std::set<std::string> traces;
    for (const auto& each : spans()) {
        EXPECT_EQ(each.trace_id().size(), 16u);
        EXPECT_TRUE(each.parent_span_id().empty());
        EXPECT_TRUE(std::ranges::any_of(each.trace_id(), [](char byte) { return byte != 0; }));
        traces.insert(each.trace_id());
    }
    EXPECT_EQ(traces.size(), 101u);
}

TEST_F(Spans, of_one_trace_are_kept_or_left_out_together_by_its_last_56_bits) {
    settings.span_ratio = 0.25;
    open();
    const std::uint64_t threshold = 3 * (std::uint64_t{1} << 54);  // three quarters of 2^56
    for (const std::uint64_t randomness : {std::uint64_t{0}, threshold - 1, threshold, (std::uint64_t{1} << 56) - 1}) {
        feed_traced(trace_of(randomness), parent);
        feed_traced(trace_of(randomness), byte_vector(8, 3));
    }
    const auto all = spans();
    ASSERT_EQ(all.size(), 4u);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto wanted = trace_of(i < 2 ? threshold : (std::uint64_t{1} << 56) - 1);
        EXPECT_EQ(all[i].trace_id(), std::string(wanted.begin(), wanted.end()));
    }
}

TEST_F(Spans, without_a_trace_are_sampled_by_the_ratio) {
    settings.span_ratio = 0.25;
    open();
    for (std::uint32_t pid = 1; pid <= 4000; ++pid) {
        feed_exec(pid);
    }
    // Within six standard deviations, each 27.4, of a thousand.
    EXPECT_NEAR(static_cast<double>(spans().size()), 1000, 165);
}

TEST_F(Spans, can_be_switched_while_events_go_through) {
    open();
    feed_exec(1);
    settings.span_ratio = 1;
    made->adjust(settings);
    feed_exec(2);
    settings.span_ratio = 0;
    made->adjust(settings);
    feed_exec(3);
    EXPECT_EQ(spans().size(), 1u);
}

TEST_F(Spans, are_not_told_of_amendments) {
    settings.span_ratio = 1;
    settings.hold_back = 0ms;
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    store.learn(7, complete("pod"));
    pass(300ms);
    EXPECT_EQ(counts.amendments.value(), 1u);
    EXPECT_EQ(spans().size(), 1u);
}

}  // namespace
}  // namespace sonde::enrich_context::testing
