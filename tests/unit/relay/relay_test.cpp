// SPDX-License-Identifier: Apache-2.0
// A sender and a receiver over a real socket: what goes in comes out as it was, once, whatever ends in between.
#include <cstdlib>
#include <fstream>

#include "fixture.hpp"

namespace sonde::relay {
namespace {

using testing::batch_builder;
using testing::consumer_driver;
using ::testing::ElementsAre;

TEST_F(Relay, events_arrive_with_the_resource_and_the_places_that_they_had) {
    start_receiver();
    start_sender();
    send({"one", "two"});
    ASSERT_TRUE(wait_for_events(2));
    send({"three"});
    ASSERT_TRUE(wait_for_events(3));
    EXPECT_THAT(received(), ElementsAre("one", "two", "three"));
    const auto resources = far.lane.resources(relayed);
    ASSERT_EQ(resources.size(), 2U);
    origin second;
    wire::reader in(resources[1]);
    while (const auto field = in.next()) {
        if (field->number == SONDE_RESOURCE_FIELD_NODE_NAME) {
            second.node_name = field->text();
        } else if (field->number == SONDE_RESOURCE_FIELD_TOPIC) {
            second.topic = field->text();
        } else if (field->number == SONDE_RESOURCE_FIELD_STREAM_UID) {
            second.stream_uid = field->value;
        } else if (field->number == SONDE_RESOURCE_FIELD_FIRST_ITEM) {
            second.first_item = field->value;
        }
    }
    EXPECT_EQ(second.node_name, "node-7");
    EXPECT_EQ(second.topic, "raw/test/");
    EXPECT_EQ(second.stream_uid, 0x1234U);
    EXPECT_EQ(second.first_item, 2U);
    EXPECT_TRUE(far.lane.misuse().empty());
    EXPECT_TRUE(wait_for([&] { return near.metrics.value("forward_raw.delivered.events") == 3; }));
}

TEST_F(Relay, small_batches_of_a_stream_become_one) {
    start_receiver();
    start_sender({{"batch_events", "3"}, {"flush_interval", "10m"}});
    send({"one"});
    send({"two"});
    send({"three"});
    ASSERT_TRUE(wait_for_events(3));
    EXPECT_EQ(far.lane.resources(relayed).size(), 1U);
}

TEST_F(Relay, the_facts_of_the_host_come_before_the_first_event) {
    start_receiver();
    start_sender();
    send({"one"});
    ASSERT_TRUE(wait_for_events(1));
    const auto facts = far.lane.envelopes("raw/relay/forward_raw/host/");
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0].content_type, "sonde.v1.Host");
    EXPECT_TRUE(facts[0].snapshot);
    EXPECT_EQ(near.state_requests(), 1U);  // a receiver that knows nothing is told what there is
}

TEST_F(Relay, events_wait_for_a_receiver_that_is_not_there) {
    start_sender();
    send({"one"});
    ASSERT_TRUE(wait_for([&] { return near.metrics.value("forward_raw.failures") > 0; }));
    start_receiver();
    ASSERT_TRUE(wait_for_events(1));
    EXPECT_THAT(received(), ElementsAre("one"));
}

TEST_F(Relay, a_receiver_that_was_started_anew_gets_what_is_kept_and_state) {
    start_receiver();
    start_sender({{"keep", "1h"}});
    send({"one"});
    ASSERT_TRUE(wait_for_events(1));
    ASSERT_TRUE(wait_for([&] { return near.metrics.value("forward_raw.delivered.events") == 1; }));
    receiver.reset();
    start_receiver();
    send({"two"});
    ASSERT_TRUE(wait_for_events(3));
    EXPECT_THAT(received(), ElementsAre("one", "one", "two"));
    EXPECT_EQ(near.state_requests(), 2U);
    EXPECT_EQ(near.metrics.value("forward_raw.repeated.requests"), 1);
}

TEST_F(Relay, whoever_begins_to_listen_at_the_receiver_gets_state_from_the_sender) {
    start_receiver();
    start_sender();
    send({"one"});
    ASSERT_TRUE(wait_for_events(1));
    receiver->control.announce_subscriber();
    ASSERT_TRUE(wait_for([&] { return near.state_requests() == 2; }));
    ASSERT_TRUE(wait_for([&] { return far.lane.envelopes("raw/relay/forward_raw/host/").size() == 2; }));
    EXPECT_EQ(near.state_requests(), 2U);
}

TEST_F(Relay, a_lane_without_room_holds_the_sender_up_and_loses_nothing) {
    start_receiver();
    start_sender();
    far.lane.set_budget(0);
    send({"one"});
    ASSERT_TRUE(wait_for([&] { return far.metrics.value("receive_raw.waits") > 2; }));
    EXPECT_TRUE(received().empty());
    far.lane.set_budget(1U << 20U);
    ASSERT_TRUE(wait_for_events(1));
    EXPECT_EQ(far.lane.dropped(relayed, drop_reason::lane_full), 0U);
}

TEST_F(Relay, what_finds_no_room_in_the_buffer_is_counted_and_state_is_asked_for_later) {
    start_sender({{"buffer", "256KiB"}});
    const std::string large(200'000, 'x');
    send({large});
    batches.add([&](envelope_writer& out) { out.data("text/plain", 1, large); });
    const auto refused = sender->feed(batches.build());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("buffer is full"));
    EXPECT_EQ(near.metrics.value("forward_raw.dropped.events", {{"reason", "buffer_full"}}), 1);
    start_receiver();
    ASSERT_TRUE(wait_for_events(1));
    send({"small"});
    EXPECT_TRUE(wait_for_events(2));
}

TEST_F(Relay, a_stop_delivers_what_waits) {
    start_receiver();
    start_sender({{"flush_interval", "10m"}});
    send({"one"});
    EXPECT_TRUE(sender->stop(10s));
    EXPECT_THAT(received(), ElementsAre("one"));
    EXPECT_EQ(near.metrics.value("forward_raw.delivered.events"), 1);
}

TEST_F(Relay, a_stop_without_a_receiver_counts_what_is_left) {
    start_sender();
    send({"one", "two"});
    EXPECT_FALSE(sender->stop(300ms));
    EXPECT_EQ(near.metrics.value("forward_raw.dropped.events", {{"reason", "shutdown"}}), 2);
}

TEST_F(Relay, what_was_relayed_goes_no_further) {
    start_receiver();
    start_sender();
    batch_builder other("raw/relay/test/");
    other.add([](envelope_writer& out) { out.data("text/plain", 1, std::string_view("loop")); });
    EXPECT_TRUE(sender->feed(other.build()));
    send({"one"});
    ASSERT_TRUE(wait_for_events(1));
    EXPECT_THAT(received(), ElementsAre("one"));
    EXPECT_EQ(near.metrics.value("forward_raw.dropped.events", {{"reason", "unwanted"}}), 1);
}

TEST_F(Relay, over_tcp_it_takes_tls_and_the_right_token) {
    const auto file = [&](const char* name) { return (directory / name).string(); };
    const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                                "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
                                file("key.pem") + " -out " + file("certificate.pem") + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) {
        GTEST_SKIP() << "there is no openssl(1)";
    }
    std::ofstream(file("token")) << "secret\n";
    std::ofstream(file("other")) << "Secret\n";
    auto values = testing::config::from(component_table<receive>::table, {{"listen", "127.0.0.1:0"},
                                                                          {"tls_certificate", file("certificate.pem")},
                                                                          {"tls_key", file("key.pem")},
                                                                          {"token_file", file("token")}});
    ASSERT_TRUE(values);
    receive there(far.host());
    ASSERT_TRUE(there.configure(values->settings()));
    const auto started = there.start();
    ASSERT_TRUE(started) << started.error().message();
    testing::run_control control;
    std::thread data([&] {
        run_context until(control.abi());
        EXPECT_TRUE(there.run(until));
    });
    const auto from_here = [&](const char* token) {
        sender = std::make_unique<consumer_driver>(near, component_table<forward>::table);
        EXPECT_TRUE(sender->launch({{"endpoint", "https://127.0.0.1:" + std::to_string(there.port())},
                                    {"ca_file", file("certificate.pem")},
                                    {"token_file", file(token)},
                                    {"retry_limit", "100ms"},
                                    {"flush_interval", "1ms"}}));
    };
    from_here("other");
    send({"one"});
    EXPECT_TRUE(wait_for([&] {
        const auto reports = near.reports.all();
        return std::ranges::any_of(reports, [](const auto& each) { return each.reason == "refused"; });
    }));
    EXPECT_TRUE(received().empty());
    static_cast<void>(sender->stop(0s));
    from_here("token");
    send({"two"});
    EXPECT_TRUE(wait_for_events(1));
    EXPECT_THAT(received(), ElementsAre("two"));
    sender.reset();
    control.request_stop();
    data.join();
    EXPECT_TRUE(there.stop({}));
}

}  // namespace
}  // namespace sonde::relay
