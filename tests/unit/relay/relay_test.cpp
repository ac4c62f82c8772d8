// SPDX-License-Identifier: Apache-2.0
// A sender and a receiver over a real socket: what goes in comes out as it was, once, whatever ends in between.
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "common/grpc/client.hpp"
#include "relay/forward.hpp"
#include "relay/receive.hpp"

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;
using testing::batch_builder;
using testing::collector_driver;
using testing::consumer_driver;
using ::testing::ElementsAre;
using testing::fake_host;

constexpr const char* relayed = "raw/relay/test/";

class Relay : public ::testing::Test {
protected:
    Relay() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-relay-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        near.clock.follow_real_time();
        far.clock.follow_real_time();
    }
    ~Relay() override {
        sender.reset();
        receiver.reset();
        std::filesystem::remove_all(directory);
    }

    [[nodiscard]] std::string socket() const { return (directory / "relay.sock").string(); }
    void start_receiver() {
        receiver = std::make_unique<collector_driver>(far, component_table<receive>::table);
        const auto launched = receiver->launch({{"socket", socket()}});
        ASSERT_TRUE(launched) << launched.error().message();
    }
    void start_sender(testing::option_texts more = {}) {
        more.emplace_back("endpoint", "unix:" + socket());
        more.emplace_back("retry_limit", "100ms");
        if (std::ranges::none_of(more, [](const auto& each) { return each.first == "flush_interval"; })) {
            more.emplace_back("flush_interval", "1ms");
        }
        sender = std::make_unique<consumer_driver>(near, component_table<forward>::table);
        const auto launched = sender->launch(more);
        ASSERT_TRUE(launched) << launched.error().message();
    }
    // One batch with an event for each text.
    void send(std::initializer_list<std::string_view> texts) {
        for (const auto text : texts) {
            batches.add([&](envelope_writer& out) { out.data("text/plain", 1, text); });
        }
        EXPECT_TRUE(sender->feed(batches.build()));
    }
    [[nodiscard]] std::vector<std::string> received(const char* topic = relayed) const {
        std::vector<std::string> texts;
        for (const auto& each : far.lane.envelopes(topic)) {
            texts.emplace_back(each.data.begin(), each.data.end());
        }
        return texts;
    }
    [[nodiscard]] static bool wait_for(const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < limit) {
            std::this_thread::sleep_for(2ms);
        }
        return done();
    }
    [[nodiscard]] bool wait_for_events(std::size_t count) const {
        return wait_for([&] { return received().size() >= count; });
    }

    std::filesystem::path directory;
    fake_host near;
    fake_host far;
    batch_builder batches{"raw/test/", {"source", "instance", "node-7", 2, {}, 0x1234, 50, "1.2.3"}};
    std::unique_ptr<consumer_driver> sender;
    std::unique_ptr<collector_driver> receiver;
};

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

// What a sender may say that is none of ours.
class RawSender final : public common::grpc::receiver {
public:
    explicit RawSender(const std::string& target) : client_(make(target)) {}
    void begin(std::string first, std::string method = std::string(schema::method)) {
        call_ = client_.start({std::move(method), std::move(first), {}, {}, true}, *this);
    }
    void say(std::string more) { EXPECT_TRUE(client_.send(call_, std::move(more))); }
    [[nodiscard]] bool drive(const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < limit) {
            pollfd ready{client_.fd(), POLLIN, 0};
            static_cast<void>(::poll(&ready, 1, 20));
            client_.drive();
        }
        return done();
    }
    void on_message(std::span<const std::uint8_t> message) override { said.push_back(*read_response(message)); }
    void on_end(const common::grpc::outcome& how) override { end = how; }

    std::vector<response> said;
    std::optional<common::grpc::outcome> end;

private:
    static common::grpc::client make(const std::string& target) {
        common::grpc::client_settings settings;
        settings.target = target;
        return std::move(common::grpc::client::make(settings).value());
    }

    common::grpc::client client_;
    common::grpc::call_id call_ = 0;
};

class RelayReceiver : public Relay {
protected:
    std::string request(std::uint64_t number, std::string_view topic, std::uint32_t items = 0) {
        batches.add([&](envelope_writer& out) { out.data("text/plain", 1, std::to_string(number)); });
        const auto built = batches.build();
        const sonde_batch abi = built.abi();
        std::string made = begin_request({1}, number);
        append(made, {topic, items == 0 ? abi.item_count : items, batch_view(abi).body()});
        return made;
    }
};

TEST_F(RelayReceiver, a_number_that_came_before_is_acknowledged_and_not_taken_again) {
    start_receiver();
    RawSender first("unix:" + socket());
    first.begin(begin_request({1}, 0));
    first.say(request(1, "raw/test/"));
    first.say(request(2, "raw/test/"));
    first.say(request(1, "raw/test/"));
    ASSERT_TRUE(first.drive([&] { return far.metrics.value("receive_raw.repeated.requests") == 1; }));
    RawSender second("unix:" + socket());
    second.begin(begin_request({1}, 0));
    ASSERT_TRUE(second.drive([&] { return !second.said.empty(); }));
    EXPECT_EQ(second.said.front(), (response{2, true, false}));
    second.say(request(2, "raw/test/"));
    second.say(request(3, "raw/test/"));
    ASSERT_TRUE(second.drive([&] { return !second.said.empty() && second.said.back().acknowledged == 3; }));
    EXPECT_THAT(received(), ElementsAre("1", "2", "3"));
}

TEST_F(RelayReceiver, topics_that_are_not_raw_are_counted_as_malformed) {
    start_receiver();
    RawSender peer("unix:" + socket());
    peer.begin(begin_request({1}, 0));
    std::uint64_t number = 0;
    for (const char* topic : {"event/process/", "raw/relay/test/", "raw/", "raw/no_end", "raw/\n/"}) {
        peer.say(request(++number, topic));
    }
    ASSERT_TRUE(peer.drive([&] { return !peer.said.empty() && peer.said.back().acknowledged == number; }));
    EXPECT_EQ(far.metrics.value("receive_raw.dropped.events", {{"reason", "malformed"}}), 5);
    EXPECT_EQ(far.lane.dropped("raw/relay/", drop_reason::malformed), 5U);
}

TEST_F(RelayReceiver, events_that_a_batch_promises_and_does_not_have_are_counted) {
    start_receiver();
    RawSender peer("unix:" + socket());
    peer.begin(begin_request({1}, 0));
    peer.say(request(1, "raw/test/", 5));
    ASSERT_TRUE(peer.drive([&] { return !peer.said.empty() && peer.said.back().acknowledged == 1; }));
    EXPECT_THAT(received(), ElementsAre("1"));
    EXPECT_EQ(far.lane.dropped(relayed, drop_reason::malformed), 4U);
}

TEST_F(RelayReceiver, more_topics_than_a_lane_has_streams_share_one) {
    start_receiver();
    RawSender peer("unix:" + socket());
    peer.begin(begin_request({1}, 0));
    for (std::uint64_t number = 1; number <= 61; ++number) {
        peer.say(request(number, "raw/t" + std::to_string(number) + "/"));
        ASSERT_TRUE(peer.drive([&] { return !peer.said.empty() && peer.said.back().acknowledged == number; }));
    }
    EXPECT_THAT(received("raw/relay/t60/"), ElementsAre("60"));
    EXPECT_THAT(received("raw/relay/"), ElementsAre("61"));
}

TEST_F(RelayReceiver, what_is_no_request_ends_the_call) {
    start_receiver();
    RawSender peer("unix:" + socket());
    peer.begin("nonsense");
    ASSERT_TRUE(peer.drive([&] { return peer.end.has_value(); }));
    EXPECT_EQ(peer.end->why, common::grpc::code::invalid_argument);
    RawSender lost("unix:" + socket());
    lost.begin(begin_request({1}, 0), "/sonde.v1.EntityService/StreamEntities");
    ASSERT_TRUE(lost.drive([&] { return lost.end.has_value(); }));
    EXPECT_EQ(lost.end->why, common::grpc::code::unimplemented);
    EXPECT_EQ(far.metrics.value("receive_raw.refused", {{"reason", "invalid"}}), 2);
}

}  // namespace
}  // namespace sonde::relay
