// SPDX-License-Identifier: Apache-2.0
#include "api/reader.hpp"

#include <gtest/gtest.h>

namespace sonde::api {
namespace {

constexpr std::string_view simple = "GET /livez?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(RequestReader, reads_a_request_that_comes_byte_by_byte) {
    request_reader reader;
    std::string input;
    progress at = progress::more;
    const std::string text = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    for (const char c : text) {
        ASSERT_EQ(at, progress::more);
        input += c;
        at = reader.feed(input);
    }
    ASSERT_EQ(at, progress::complete);
    const incoming got = reader.take();
    EXPECT_EQ(got.what.method, "POST");
    EXPECT_EQ(got.what.body, "abc");
    EXPECT_EQ(got.host, "h");
    EXPECT_TRUE(got.keep_alive);
}

TEST(RequestReader, leaves_the_next_request_in_the_input) {
    request_reader reader;
    std::string input = std::string(simple) + "GET /next";
    ASSERT_EQ(reader.feed(input), progress::complete);
    EXPECT_EQ(input, "GET /next");
    EXPECT_EQ(reader.take().what.path, "/livez");
}

TEST(RequestReader, head_arrives_as_get_and_old_clients_do_not_keep_the_connection) {
    request_reader reader;
    std::string input = "HEAD / HTTP/1.0\r\n\r\n";
    ASSERT_EQ(reader.feed(input), progress::complete);
    const incoming got = reader.take();
    EXPECT_EQ(got.what.method, "GET");
    EXPECT_TRUE(got.head);
    EXPECT_FALSE(got.keep_alive);
    EXPECT_FALSE(got.http11);
}

TEST(RequestReader, reads_a_chunked_body) {
    const auto got = parse_request(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body, "abcde");
}

TEST(RequestReader, asks_once_for_a_body_that_waits_to_be_asked) {
    request_reader reader;
    std::string input = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    ASSERT_EQ(reader.feed(input), progress::more);
    EXPECT_TRUE(reader.wants_continue());
    EXPECT_FALSE(reader.wants_continue());
    input = "ok";
    EXPECT_EQ(reader.feed(input), progress::complete);
}

int refused_with(std::string bytes, reader_limits limits = {}) {
    request_reader reader(limits);
    const progress at = reader.feed(bytes);
    return at == progress::refused ? reader.refusal().status : 0;
}

TEST(RequestReader, says_what_is_too_large) {
    const reader_limits small{.header = 100, .body = 10};
    EXPECT_EQ(refused_with("GET /" + std::string(200, 'a'), small), 431);
    EXPECT_EQ(refused_with("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(200, 'a') + "\r\n\r\n", small), 431);
    EXPECT_EQ(refused_with("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n", small), 413);
    EXPECT_EQ(
        refused_with("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", small),
        413);
    EXPECT_EQ(refused_with("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789", small), 0);
}

TEST(RequestReader, refuses_a_trailer_that_does_not_end) {
    request_reader reader({.header = 100, .body = 10});
    std::string input = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ";
    progress at = reader.feed(input);
    for (int piece = 0; piece < 100 && at == progress::more; ++piece) {
        EXPECT_LE(input.size(), 100u);
        at = reader.feed(input += "0123456789");
    }
    ASSERT_EQ(at, progress::refused);
    EXPECT_EQ(reader.refusal().status, 431);
}

TEST(RequestReader, refuses_garbage) {
    for (const char* bad :
         {"\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
        EXPECT_EQ(refused_with(bad), 400) << bad;
    }
}

TEST(RequestReader, refuses_both_ways_of_length_at_once) {
    EXPECT_EQ(
        refused_with("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        400);
}

TEST(ParseRequest, says_when_bytes_are_missing) {
    EXPECT_TRUE(parse_request(simple));
    EXPECT_FALSE(parse_request(simple.substr(0, simple.size() - 1)));
    EXPECT_FALSE(parse_request(""));
}

TEST(AnswerReader, gives_the_body_as_it_comes) {
    answer_reader reader;
    std::string input = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    EXPECT_EQ(reader.feed(input), progress::more);
    ASSERT_TRUE(reader.has_head());
    EXPECT_EQ(reader.status(), 200);
    EXPECT_EQ(reader.content_type(), "text/plain");
    EXPECT_EQ(reader.take_body(), "abc");
    input += "2\r\nde\r\n0\r\n\r\n";
    EXPECT_EQ(reader.feed(input), progress::complete);
    EXPECT_EQ(reader.take_body(), "de");
}

TEST(AnswerReader, the_end_of_the_connection_ends_an_answer_without_length_and_no_other) {
    answer_reader open_ended;
    std::string input = "HTTP/1.0 200 OK\r\n\r\nabc";
    EXPECT_EQ(open_ended.feed(input), progress::more);
    EXPECT_EQ(open_ended.finish(), progress::complete);
    answer_reader cut;
    input = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc";
    EXPECT_EQ(cut.feed(input), progress::more);
    EXPECT_EQ(cut.finish(), progress::refused);
    EXPECT_EQ(answer_reader().finish(), progress::refused);
}

}  // namespace
}  // namespace sonde::api
