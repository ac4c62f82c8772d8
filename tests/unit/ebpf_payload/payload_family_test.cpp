// SPDX-License-Identifier: Apache-2.0
// The family without a kernel: records by hand, time by the test.
#include "ebpf/payload/payload_family.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <sonde/testing/fake_host.hpp>
#include <sonde_bpf/payload.h>

#include "ebpf/flow/desk.hpp"
#include "sonde/v1/http.pb.h"

namespace sonde::ebpf::payload {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class PayloadFamily : public ::testing::Test {
protected:
    static payload_settings settings() {
        payload_settings made;
        made.conversations.wanted.set(static_cast<std::size_t>(protocol::kind::http1));
        made.capture = 700;
        made.sampled_percent = 50;
        made.interval = 10s;
        return made;
    }
    PayloadFamily() : nothing_(*bpf::session::load({})) { EXPECT_TRUE(family_.open(nothing_)); }

    [[nodiscard]] bool hear(std::string_view text, bool is_sent) {
        sonde_payload raw{};
        raw.event = {clock_ += 1'000'000, SONDE_EVENT_PAYLOAD, sizeof raw};
        raw.cookie = 1;
        raw.local_address[0] = raw.remote_address[0] = 10;
        raw.local_port = 40000;
        raw.remote_port = 8080;
        raw.network_namespace = 4;
        std::uint32_t& sequence = is_sent ? sent_ : received_;
        raw.sequence = sequence;
        raw.length = static_cast<std::uint32_t>(text.size());
        sequence += raw.length;
        raw.captured = static_cast<std::uint16_t>(text.size());
        raw.family = AF_INET;
        raw.flags = static_cast<std::uint8_t>(SONDE_PAYLOAD_CLIENT | (is_sent ? SONDE_PAYLOAD_SENT : 0));
        text.copy(reinterpret_cast<char*>(raw.payload), sizeof raw.payload);
        return family_.on_record(raw.event, std::as_bytes(std::span(&raw, 1)));
    }
    [[nodiscard]] std::vector<v1::HttpEvent> told() const {
        std::vector<v1::HttpEvent> all;
        for (const auto& record : host_.lane.envelopes(http_topic)) {
            EXPECT_TRUE(all.emplace_back().ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
        }
        return all;
    }

    testing::fake_host host_;
    bpf::session nothing_;
    flow::desk desk_;
    std::shared_ptr<connection_kinds> kinds_ = std::make_shared<connection_kinds>(10);
    payload_family family_{host_.host(), settings(), kinds_, desk_};
    std::uint64_t clock_ = 0;
    std::uint32_t sent_ = 0;
    std::uint32_t received_ = 0;
};

TEST_F(PayloadFamily, tells_the_kernel_side_what_was_asked_for) {
    sonde_payload_config config{};
    const auto constants = family_.constants();
    ASSERT_EQ(constants.at(0).value.size(), sizeof config);
    std::memcpy(&config, constants[0].value.data(), sizeof config);
    EXPECT_EQ(config.capture, 700u);
    EXPECT_EQ(config.per_second, 10'000u);
    EXPECT_NEAR(config.sampled, 0x7fffffffu, 100);
    EXPECT_EQ(config.follows_http, 1u);
}

TEST_F(PayloadFamily, publishes_what_was_answered_each_interval) {
    family_.tick(1s);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(hear("GET /orders/" + std::to_string(i) + " HTTP/1.1\r\n\r\n", true));
        ASSERT_TRUE(hear(i < 2 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 204 No\r\n\r\n", false));
    }
    family_.tick(5s);
    EXPECT_TRUE(told().empty());
    family_.tick(12s);
    const auto all = told();
    ASSERT_EQ(all.size(), 1u);
    const v1::HttpEvent& event = all.front();
    EXPECT_EQ(event.server_address(), std::string("\x0a\0\0\0", 4));
    EXPECT_EQ(event.server_port(), 8080u);
    EXPECT_EQ(event.network_namespace(), 4u);
    EXPECT_EQ(event.role(), v1::CONNECTION_ROLE_CLIENT);
    EXPECT_EQ(event.request_method(), "GET");
    EXPECT_EQ(event.url_template(), "/orders/{id}");
    EXPECT_EQ(event.requests(), 20u);
    EXPECT_EQ(event.server_errors(), 2u);
    EXPECT_EQ(event.duration_sum(), 20'000'000u);
    EXPECT_THAT(event.duration_counts(), ::testing::ElementsAre(20));
    ASSERT_EQ(event.responses_size(), 2);
    EXPECT_EQ(event.responses(0).status_code(), 503u);
    EXPECT_EQ(event.responses(1).count(), 18u);
    EXPECT_EQ(event.sampled_percent(), 50u);
    EXPECT_EQ(host_.metrics.value("ebpf.http.exchanges"), 20);
    EXPECT_EQ(host_.metrics.value("ebpf.protocol.connections", {{"protocol", "http/1"}}), 1);
    connection::tuple ends;
    ends.local.ip[0] = ends.remote.ip[0] = 10;
    ends.local.port = 40000;
    ends.remote.port = 8080;
    ends.network_namespace = 4;
    EXPECT_EQ(kinds_->find(ends), protocol::kind::http1);
}

// Whatever a request carries: of its values only the shape of its path leaves.
TEST_F(PayloadFamily, no_secret_of_a_request_or_response_leaves) {
    const std::string canary = "c4n4ry";
    family_.tick(1s);
    ASSERT_TRUE(hear("POST /login/" + canary + "9f8e7d6c5b4a39281706f5e4d3c2b1a0c4n4ryc4n4ryc4n4ry/reset;" + canary +
                         "?token=" + canary + "#" + canary + " HTTP/1.1\r\nHost: " + canary +
                         "\r\nAuthorization: Bearer " + canary + "\r\nCookie: id=" + canary +
                         "\r\nUser-Agent: " + canary + "\r\nContent-Length: 6\r\n\r\n" + canary,
                     true));
    ASSERT_TRUE(
        hear("HTTP/1.1 200 " + canary + "\r\nSet-Cookie: " + canary + "\r\nContent-Length: 6\r\n\r\n" + canary, false));
    family_.tick(12s);
    const auto all = told();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all.front().url_template(), "/login/{id}/reset");
    for (const auto& record : host_.lane.envelopes(http_topic)) {
        EXPECT_THAT(std::string(record.data.begin(), record.data.end()), Not(HasSubstr(canary)));
    }
    for (const auto& line : host_.logs.all()) {
        EXPECT_THAT(line.message, Not(HasSubstr(canary)));
    }
}

TEST_F(PayloadFamily, a_record_that_makes_no_sense_is_refused) {
    sonde_payload raw{};
    raw.event = {1, SONDE_EVENT_PAYLOAD, sizeof raw};
    EXPECT_FALSE(family_.on_record(raw.event, std::as_bytes(std::span(&raw, 1))));
}

}  // namespace
}  // namespace sonde::ebpf::payload
