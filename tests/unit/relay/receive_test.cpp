// SPDX-License-Identifier: Apache-2.0
// A receiver and senders that say what they like.
#include "relay/receive.hpp"

#include <poll.h>

#include "common/grpc/client.hpp"
#include "fixture.hpp"

namespace sonde::relay {
namespace {

using ::testing::ElementsAre;

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
