// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/http_head.hpp"

#include <random>

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::protocol {
namespace {

using namespace std::string_view_literals;

head_refusal request(std::string_view text) {
    request_head into;
    return read_request(text, into);
}

head_refusal response(std::string_view text) {
    response_head into;
    return read_response(text, into);
}

TEST(HttpHead, reads_requests_of_curl) {
    const auto client = captured("http1_client");
    request_head head;
    ASSERT_EQ(read_request(text_of(client), head), head_refusal::none);
    EXPECT_EQ(head.what, method::get);
    EXPECT_EQ(head.target, "/orders/4711?full=1");
    EXPECT_EQ(head.fields.host, "127.0.0.1:30005");
    EXPECT_EQ(head.fields.user_agent, "curl");
    EXPECT_TRUE(head.fields.is_whole);
    EXPECT_FALSE(head.fields.content_length);
    ASSERT_EQ(read_request(text_of(client).substr(head.fields.size), head), head_refusal::none);
    EXPECT_EQ(head.target, "/missing/item");
}

TEST(HttpHead, reads_responses_of_nginx) {
    const auto server = captured("http1_server");
    response_head head;
    ASSERT_EQ(read_response(text_of(server), head), head_refusal::none);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.fields.content_length, 3u);
    ASSERT_EQ(read_response(text_of(server).substr(head.fields.size + 3), head), head_refusal::none);
    EXPECT_EQ(head.status, 404);
}

TEST(HttpHead, reads_as_far_as_the_prefix_goes) {
    constexpr std::string_view whole = "PUT /a HTTP/1.1\r\nHost: b\r\nContent-Length: 12\r\n\r\n";
    constexpr std::size_t line = 17;
    for (std::size_t size = 5; size <= whole.size(); ++size) {
        request_head head;
        EXPECT_EQ(read_request(whole.substr(0, size), head), size < line ? head_refusal::cut : head_refusal::none)
            << size;
        EXPECT_EQ(head.what, method::put);
        EXPECT_EQ(head.fields.is_whole, size == whole.size());
        EXPECT_EQ(head.fields.content_length.has_value(), size >= whole.size() - 2);
    }
}

TEST(HttpHead, is_lenient_where_rfc_9112_is) {
    EXPECT_EQ(request("\r\nGET / HTTP/1.1\r\n\r\n"), head_refusal::none);
    EXPECT_EQ(request("GET / HTTP/1.0\nHost: a\n\n"), head_refusal::none);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nX:\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"), head_refusal::none);
    EXPECT_EQ(response("HTTP/1.1 200\r\n\r\n"), head_refusal::none);
    EXPECT_EQ(response("HTTP/1.1 200 \r\n\r\n"), head_refusal::none);
    request_head head;
    ASSERT_EQ(read_request("PURGE /\xc3\xa4 HTTP/1.1\r\nhOST: \t b \r\n\r\n", head), head_refusal::none);
    EXPECT_EQ(name(head.what), "_OTHER");
    EXPECT_EQ(head.method_text, "PURGE");
    EXPECT_EQ(head.fields.host, "b");
}

TEST(HttpHead, says_why_it_refuses) {
    EXPECT_EQ(request(""), head_refusal::bad_method);
    EXPECT_EQ(request("GET"), head_refusal::bad_method);
    EXPECT_EQ(request("G(T / HTTP/1.1\r\n"), head_refusal::bad_method);
    EXPECT_EQ(request("AVERYLONGMETHODTHATNOBODYUSES / HTTP/1.1\r\n"), head_refusal::bad_method);
    EXPECT_EQ(request("GET /long"), head_refusal::cut);
    EXPECT_EQ(request("GET / HTTP/2.0\r\n"), head_refusal::bad_version);
    EXPECT_EQ(request("GET /\r\n"), head_refusal::bad_version);
    EXPECT_EQ(request("GET  HTTP/1.1\r\n"), head_refusal::bad_target);
    EXPECT_EQ(request("GET /a b HTTP/1.1\r\n"), head_refusal::bad_target);
    EXPECT_EQ(request("GET /a\0b HTTP/1.1\r\n"sv), head_refusal::bad_target);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nno colon\r\n"), head_refusal::bad_field);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nHost : a\r\n"), head_refusal::bad_field);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nA: b\r\n folded\r\n"), head_refusal::bad_field);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n"), head_refusal::bad_field);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nContent-Length: +1\r\n"), head_refusal::bad_field);
    EXPECT_EQ(request("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n"), head_refusal::bad_field);
    EXPECT_EQ(response("HTTP/1.1 2x0 OK\r\n"), head_refusal::bad_status);
    EXPECT_EQ(response("HTTP/1.1 099 OK\r\n"), head_refusal::bad_status);
    EXPECT_EQ(response("HTTP/1.1 2000\r\n"), head_refusal::bad_status);
    EXPECT_EQ(response("HTTP/1.1\r\n"), head_refusal::bad_version);
    EXPECT_EQ(response("ICY 200 OK\r\n"), head_refusal::bad_version);
    EXPECT_EQ(response("HTTP/1.1 20"), head_refusal::cut);
}

TEST(HttpHead, survives_changed_bytes) {
    std::mt19937 random(5);
    const auto client = captured("http1_client");
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
        auto changed = client;
        for (int i = 0; i < 3; ++i) {
            changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
        }
        request_head head;
        refused += read_request(text_of(changed), head) == head_refusal::none ? 0 : 1;
        EXPECT_LE(head.fields.size, changed.size());
    }
    EXPECT_GT(refused, 100);
    EXPECT_LT(refused, 5000);
}

}  // namespace
}  // namespace sonde::ebpf::protocol
