// SPDX-License-Identifier: Apache-2.0
// What is published, when, and in which order.
#include "enrich_context/pipeline/pipeline.hpp"

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;

TEST_F(Pipeline, publishes_what_lacks_nothing_at_once) {
    open();
    store.learn(7, complete("p"));
    feed_exec(7);
    const auto all = events();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].type(), "process.exec");
    EXPECT_EQ(all[0].severity(), v1::SEVERITY_NUMBER_INFO);
    EXPECT_EQ(all[0].source(), "test_source");
    EXPECT_EQ(all[0].source_version(), "1.2.3");
    EXPECT_EQ(all[0].context().pod().name(), "p-name");
    EXPECT_EQ(all[0].entity_key(), "pod:p");
    EXPECT_FALSE(all[0].is_amendment());
    EXPECT_EQ(counts.held(), 0u);
    const auto envelope = host.lane.envelopes("event/process/")[0];
    EXPECT_EQ(envelope.pod_name, "p-name");
    EXPECT_EQ(envelope.pod_namespace, "default");
    EXPECT_EQ(envelope.pid, 7u);
    EXPECT_EQ(envelope.time, 1'700'000'000'000'000'000);
    expect_conservation();
}

TEST_F(Pipeline, keeps_the_payload_byte_for_byte) {
    open();
    std::string payload = exec_of(7, {"a", "b"});
    payload += std::string("\xfa\x3f\x03xyz", 6);  // field 1007, which nobody knows
    feed_payload("sonde.v1.ProcessEvent", payload);
    const auto record = host.lane.envelopes("event/process/").at(0);
    const std::string data(record.data.begin(), record.data.end());
    EXPECT_NE(data.find(payload), std::string::npos);
}

TEST_F(Pipeline, gives_the_identity_of_the_raw_event) {
    open();
    feed_exec(1);
    feed_exec(2);
    const auto all = host.lane.envelopes("event/process/");
    ASSERT_EQ(all.size(), 2u);
    const sonde::testing::byte_vector second{0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1};
    EXPECT_EQ(all[1].event_id, second);
    const sonde::testing::byte_vector given(16, 0x42);
    feed([&](batch_builder& to) {
        to.add([&](envelope_writer& envelope) {
            envelope.event_id(std::span<const std::uint8_t, 16>(given.data(), 16));
            envelope.data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(3)));
        });
    });
    EXPECT_EQ(host.lane.envelopes("event/process/").at(2).event_id, given);
}

TEST_F(Pipeline, holds_what_may_improve_until_it_is_complete) {
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    EXPECT_TRUE(events().empty());
    EXPECT_EQ(counts.held(), 1u);
    expect_conservation();
    pass(50ms);
    store.learn(7, complete("p"));
    pass(20ms);
    ASSERT_EQ(events().size(), 1u);
    EXPECT_EQ(events()[0].context().pod().uid(), "p");
    EXPECT_EQ(counts.released[static_cast<std::size_t>(release::completed)].value(), 1u);
    expect_conservation();
}

TEST_F(Pipeline, lets_an_event_go_at_its_deadline_and_says_so) {
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    pass(240ms);
    EXPECT_TRUE(events().empty());
    pass(20ms);
    ASSERT_EQ(events().size(), 1u);
    ASSERT_EQ(events()[0].context().missing_size(), 1);
    EXPECT_EQ(events()[0].context().missing(0).section(), v1::Context_Missing_Section_SECTION_POD);
    EXPECT_EQ(events()[0].context().missing(0).reason(), v1::Context_Missing_Reason_REASON_TIMED_OUT);
    expect_conservation();
}

TEST_F(Pipeline, amends_an_event_once_more_is_known) {
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    pass(260ms);
    store.learn(8, complete("other"));
    pass(300ms);
    EXPECT_EQ(events().size(), 1u);
    store.learn(7, complete("p"));
    pass(300ms);
    const auto records = host.lane.envelopes("event/process/");
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].event_id, records[1].event_id);
    EXPECT_EQ(records[0].time, records[1].time);
    const auto amendment = unified_of(records[1]);
    EXPECT_TRUE(amendment.is_amendment());
    EXPECT_EQ(amendment.context().pod().uid(), "p");
    EXPECT_EQ(counts.amendments.value(), 1u);
    store.learn(7, complete("q"));
    pass(300ms);
    EXPECT_EQ(events().size(), 2u) << "amended once";
    expect_conservation();
}

TEST_F(Pipeline, does_not_wait_for_what_is_awaited_but_amends_it) {
    open();
    auto awaited = incomplete();
    awaited.may_improve = false;
    awaited.is_awaited = true;
    store.learn(7, awaited);
    feed_exec(7);
    ASSERT_EQ(events().size(), 1u);
    EXPECT_EQ(events()[0].context().missing(0).reason(), v1::Context_Missing_Reason_REASON_NOT_FOUND);
    store.learn(8, complete("other"));
    pass(10s);
    EXPECT_EQ(events().size(), 1u);
    store.learn(7, complete("p"));
    pass(300ms);
    ASSERT_EQ(events().size(), 2u);
    EXPECT_TRUE(events()[1].is_amendment());
    EXPECT_EQ(events()[1].context().pod().uid(), "p");
    expect_conservation();
}

TEST_F(Pipeline, forgets_what_stays_incomplete) {
    settings.amend_within = 1s;
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    pass(2s);
    store.learn(7, complete("p"));
    pass(1s);
    EXPECT_EQ(events().size(), 1u);
    EXPECT_EQ(counts.amendments.value(), 0u);
}

TEST_F(Pipeline, without_hold_back_everything_goes_at_once_and_is_amended) {
    settings.hold_back = 0s;
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    ASSERT_EQ(events().size(), 1u);
    EXPECT_EQ(events()[0].context().missing(0).reason(), v1::Context_Missing_Reason_REASON_NOT_FOUND);
    store.learn(7, complete("p"));
    pass(300ms);
    ASSERT_EQ(events().size(), 2u);
    EXPECT_TRUE(events()[1].is_amendment());
}

TEST_F(Pipeline, keeps_the_order_of_events_about_one_process) {
    open();
    store.learn(7, incomplete());
    for (const char* word : {"1", "2", "3"}) {
        feed_exec(7, {word});
    }
    feed_exec(9, {"other"});
    ASSERT_EQ(events().size(), 1u) << "others do not wait";
    store.learn(7, complete("p"));
    feed_exec(7, {"4"});
    std::string order;
    for (const auto& each : events()) {
        order += each.process().process().command_args(0);
    }
    EXPECT_EQ(order, "other1234");
    expect_conservation();
}

TEST_F(Pipeline, does_not_delay_a_complete_event_for_an_incomplete_one_before_it) {
    open();
    v1::ConnectionEvent connection;
    connection.set_kind(v1::ConnectionEvent_Kind_KIND_CLOSED);
    connection.mutable_connection()->set_pid(7);
    connection.mutable_connection()->set_peer_address(std::string("\x0a\x00\x00\x01", 4));
    store.learn_peer(std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16), incomplete());
    feed_payload("sonde.v1.ConnectionEvent", connection.SerializeAsString());
    EXPECT_EQ(counts.held(), 1u);
    feed_exec(7);
    EXPECT_EQ(counts.held(), 0u);
    EXPECT_EQ(events().size(), 1u);
    ASSERT_EQ(events("conn/").size(), 1u);
    EXPECT_EQ(events("conn/")[0].peer().missing(0).reason(), v1::Context_Missing_Reason_REASON_TIMED_OUT);
    EXPECT_EQ(counts.released[static_cast<std::size_t>(release::overtaken)].value(), 1u);
    expect_conservation();
}

TEST_F(Pipeline, passes_events_on_when_there_is_no_room_to_hold_them) {
    settings.held_events = 2;
    open();
    for (std::uint32_t pid = 1; pid <= 3; ++pid) {
        store.learn(pid, incomplete());
        feed_exec(pid);
    }
    EXPECT_EQ(counts.held(), 2u);
    EXPECT_EQ(events().size(), 1u);
    EXPECT_EQ(counts.released[static_cast<std::size_t>(release::overflow)].value(), 1u);
    expect_conservation();
}

TEST_F(Pipeline, forgets_the_oldest_when_there_is_no_room_to_remember) {
    settings.hold_back = 0s;
    settings.remembered_events = 2;
    open();
    for (std::uint32_t pid = 1; pid <= 3; ++pid) {
        store.learn(pid, incomplete());
        feed_exec(pid);
    }
    EXPECT_EQ(counts.forgotten.value(), 1u);
    for (std::uint32_t pid = 1; pid <= 3; ++pid) {
        store.learn(pid, complete("p"));
    }
    pass(300ms);
    EXPECT_EQ(counts.amendments.value(), 2u);
}

TEST_F(Pipeline, publishes_what_it_holds_when_it_stops) {
    open();
    store.learn(7, incomplete());
    feed_exec(7);
    made->finish();
    EXPECT_EQ(events().size(), 1u);
    EXPECT_EQ(counts.released[static_cast<std::size_t>(release::stop)].value(), 1u);
    expect_conservation();
}

TEST_F(Pipeline, counts_what_the_lane_refuses) {
    open();
    host.lane.answer_next_reserve(SONDE_DROPPED);
    feed_exec(1);
    EXPECT_EQ(counts.dropped[static_cast<std::size_t>(drop::lane)].value(), 1u);
    host.lane.set_subscribed(false);
    feed_exec(1);
    EXPECT_EQ(counts.dropped[static_cast<std::size_t>(drop::unheard)].value(), 1u);
    expect_conservation();
}

TEST_F(Pipeline, does_not_publish_state_for_late_subscribers) {
    open();
    feed([](batch_builder& to) {
        to.add([](envelope_writer& envelope) {
            envelope.snapshot().data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(1)));
        });
    });
    EXPECT_TRUE(events().empty());
    EXPECT_EQ(counts.dropped[static_cast<std::size_t>(drop::state)].value(), 1u);
    expect_conservation();
}

TEST_F(Pipeline, passes_an_unknown_source_on_as_it_is_and_counts_it) {
    open();
    feed_payload("text/plain", "hello");
    feed_payload("sonde.v1.ProcessEvent", exec_of(1), 2);
    const auto all = events("event/generic/");
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].type(), "unknown");
    EXPECT_EQ(all[0].generic().content_type(), "text/plain");
    EXPECT_EQ(all[0].generic().data(), "hello");
    EXPECT_EQ(all[0].generic().full_size(), 5u);
    EXPECT_EQ(all[1].generic().revision(), 2u);
    const std::string json = counts.to_json();
    EXPECT_NE(json.find(R"({"source":"test_source","kind":"unknown","reason":"content_type","events":1})"),
              std::string::npos)
        << json;
    EXPECT_NE(json.find(R"("reason":"revision","events":1)"), std::string::npos) << json;
}

TEST_F(Pipeline, passes_a_malformed_payload_on_and_counts_it_by_source) {
    open();
    feed_payload("sonde.v1.ConnectionEvent", "\x12\x7f");
    const auto all = events("event/generic/");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].type(), "malformed");
    EXPECT_EQ(all[0].generic().data(), "\x12\x7f");
    EXPECT_NE(counts.to_json().find(R"({"source":"test_source","kind":"malformed","reason":"payload","events":1})"),
              std::string::npos);
}

TEST_F(Pipeline, cuts_payloads_above_the_limit_and_keeps_what_they_are) {
    settings.raw_limit = 16;
    open();
    feed_exec(7, {std::string(100, 'x')});
    const auto all = events();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].type(), "process.exec");
    EXPECT_EQ(all[0].generic().data().size(), 16u);
    EXPECT_EQ(all[0].generic().full_size(), exec_of(7, {std::string(100, 'x')}).size());
    EXPECT_EQ(counts.cut.value(), 1u);
}

TEST_F(Pipeline, restores_a_trace_context_only_if_it_is_valid) {
    open();
    const sonde::testing::byte_vector trace(16, 1);
    const sonde::testing::byte_vector span(8, 2);
    const sonde::testing::byte_vector zeros(16, 0);
    const auto send = [&](const sonde::testing::byte_vector& first, const sonde::testing::byte_vector& second) {
        feed([&](batch_builder& to) {
            to.add([&](envelope_writer& envelope) {
                envelope.trace(std::span<const std::uint8_t, 16>(first.data(), 16),
                               std::span<const std::uint8_t, 8>(second.data(), 8));
                envelope.data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(1)));
            });
        });
    };
    send(trace, span);
    send(zeros, span);
    const auto all = host.lane.envelopes("event/process/");
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].trace_id, trace);
    EXPECT_EQ(all[0].span_id, span);
    EXPECT_TRUE(all[1].trace_id.empty());
    EXPECT_TRUE(all[1].span_id.empty());
    EXPECT_EQ(counts.invalid_ids.value(), 2u);
}

TEST_F(Pipeline, names_what_it_concluded) {
    open();
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent_Kind_KIND_EXIT);
    event.set_exit_signal(9);
    event.mutable_process()->set_pid(12);
    event.mutable_process()->set_name("web");
    feed_payload("sonde.v1.ProcessEvent", event.SerializeAsString());
    const auto all = events();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].severity(), v1::SEVERITY_NUMBER_WARN);
    EXPECT_EQ(all[0].message(), "web (12) was ended by signal 9 (SIGKILL)");
    ASSERT_EQ(all[0].derived_size(), 2);
    EXPECT_EQ(all[0].derived(0), "severity");
    EXPECT_EQ(all[0].derived(1), "message");
}

TEST_F(Pipeline, marks_events_of_young_containers) {
    settings.expected_tags = 30min;
    open();
    host.clock.advance(2h);
    const std::int64_t start = sonde::testing::fake_clock::first_wall.count();
    const auto send = [&](std::uint32_t pid, std::chrono::nanoseconds started, std::chrono::nanoseconds time) {
        auto known = complete("p");
        known.context.mutable_container()->set_started_time_unix_nano(
            static_cast<std::uint64_t>(start + started.count()));
        store.learn(pid, known);
        feed([&](batch_builder& to) {
            to.add([&](envelope_writer& envelope) {
                envelope.time(std::chrono::nanoseconds(start) + time, clock_quality::kernel);
                envelope.data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(pid)));
            });
        });
        return events().back().explicit_tags();
    };
    EXPECT_TRUE(send(1, -2h, 29min)) << "the agent is young";
    EXPECT_FALSE(send(1, -2h, 31min));
    EXPECT_TRUE(send(2, 40min, 69min)) << "the container is young";
    EXPECT_FALSE(send(2, 40min, 71min));
}

}  // namespace
}  // namespace sonde::enrich_context::testing
