// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/classify.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::protocol {
namespace {

using namespace std::string_view_literals;

struct connection {
    const char* file;
    kind what;
};

void PrintTo(const connection& of, std::ostream* out) { *out << of.file; }

class Capture : public testing::TestWithParam<connection> {};

TEST_P(Capture, is_known) {
    const auto client = captured(GetParam().file + std::string("_client"));
    const auto server = captured(GetParam().file + std::string("_server"));
    ASSERT_FALSE(client.empty());
    EXPECT_EQ(classify(client, server), (classification{GetParam().what, confidence::certain}));
}

// Also when one direction is ahead of the other.
TEST_P(Capture, is_never_taken_for_another_whatever_has_come_so_far) {
    const auto client = captured(GetParam().file + std::string("_client"));
    const auto server = captured(GetParam().file + std::string("_server"));
    for (std::size_t of_client = 0; of_client <= client.size(); ++of_client) {
        for (const std::size_t of_server : {std::size_t{0}, std::min<std::size_t>(3, server.size()),
                                            std::min(of_client, server.size()), server.size()}) {
            const auto so_far = classify(bytes(client).first(of_client), bytes(server).first(of_server));
            ASSERT_NE(so_far.how, confidence::none) << of_client << ' ' << of_server;
            if (so_far.how == confidence::certain) {
                ASSERT_EQ(so_far.what, GetParam().what) << of_client << ' ' << of_server;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Protocols, Capture,
                         testing::Values(connection{"tls", kind::tls}, connection{"http1", kind::http1},
                                         connection{"http2", kind::http2}, connection{"grpc", kind::grpc},
                                         connection{"postgresql", kind::postgresql},
                                         connection{"postgresql_ssl", kind::postgresql},
                                         connection{"mysql", kind::mysql}, connection{"redis", kind::redis},
                                         connection{"kafka", kind::kafka}, connection{"mongodb", kind::mongodb},
                                         connection{"amqp", kind::amqp}, connection{"dns", kind::dns}),
                         [](const auto& of) { return std::string(of.param.file); });

kind certain(std::string_view client, std::string_view server) {
    const classification found = classify(bytes_of(client), bytes_of(server));
    return found.how == confidence::certain ? found.what : kind::unknown;
}

confidence how(std::string_view client, std::string_view server) {
    return classify(bytes_of(client), bytes_of(server)).how;
}

TEST(Classify, knows_connections_that_were_already_open) {
    EXPECT_EQ(certain("\x17\x03\x03\x00\x20 sealed"sv, "\x17\x03\x03\x01\x00 sealed"sv), kind::tls);
    EXPECT_EQ(certain("Q\0\0\0\x0dselect 1\0"sv, "T\0\0\0\x21\0\x01?column?"sv), kind::postgresql);
    EXPECT_EQ(certain("\x09\0\0\0\x03SELECT 1"sv, "\x01\0\0\x01\x01\x17\0\0\x02"sv), kind::mysql);
    EXPECT_EQ(certain("", "HTTP/1.1 200 OK\r\n"), kind::http1);
    EXPECT_EQ(certain("Q\0\0\0\x0dgarbage!\0"sv, "T\0\0\0\x21\0\x01?column?"sv), kind::unknown);
    EXPECT_EQ(certain("\x17\x03\x03\x00\x20 sealed"sv, "HTTP/1.1 200 OK\r\n"), kind::unknown);
}

// MongoDB wire protocol, OP_MSG: header, flags, a section of kind 0 with a document.
TEST(Classify, knows_messages_of_mongodb) {
    EXPECT_EQ(certain("\x26\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x11\0\0\0\x10ping\0"sv, ""), kind::mongodb);
    EXPECT_EQ(certain("\x26\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\x08\0\0\x11\0\0\0\x10ping\0"sv, ""), kind::unknown);
}

// PostgreSQL manual, "CancelRequest" and "GSSENCRequest".
TEST(Classify, knows_the_other_first_packets_of_postgresql) {
    EXPECT_EQ(certain("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"sv, ""), kind::postgresql);
    EXPECT_EQ(certain("\0\0\0\x08\x04\xd2\x16\x30"sv, ""), kind::postgresql);
}

TEST(Classify, knows_the_headers_of_both_versions_of_amqp) {
    EXPECT_EQ(certain("AMQP\0\0\x09\x01"sv, ""), kind::amqp);
    EXPECT_EQ(certain("AMQP\x03\x01\0\0"sv, ""), kind::amqp);
    EXPECT_EQ(how("AMQP\x05\x01\0\0"sv, ""), confidence::none);
}

// RFC 7541 appendices A and B: name by index 31, value in Huffman code, as Go's client sends it; made with libnghttp2.
TEST(Classify, reads_the_content_type_in_huffman_code) {
    const auto connection_with = [](std::string_view block) {
        std::string all = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        all += "\0\0\0\x04\0\0\0\0\0"sv;
        all += "\0\0"sv;
        all += static_cast<char>(block.size());
        all += "\x01\x04\0\0\0\x01"sv;
        return all.append(block);
    };
    const auto coded = "\x83\x5f\x90\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64\xff\x75\xd8\x74\x9f"sv;
    EXPECT_EQ(certain(connection_with(coded), ""), kind::grpc);
    const auto coded_name = "\x40\x89\x21\xea\x49\x6a\x4a\xc9\xf5\x59\x7f\x10"
                            "application/grpc"sv;
    EXPECT_EQ(certain(connection_with(coded_name), ""), kind::grpc);
    EXPECT_EQ(certain(connection_with("\x83\x5f\x10"
                                      "application/json"sv),
                      ""),
              kind::http2);
    EXPECT_EQ(certain(connection_with("\x83\x41\x10"
                                      "application/grpc"sv),
                      ""),
              kind::http2)
        << "a host of that name";
}

TEST(Classify, waits_for_the_first_request_before_it_says_http2) {
    EXPECT_EQ(classify(bytes_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), {}),
              (classification{kind::http2, confidence::needs_more}));
}

TEST(Classify, wants_an_answer_where_the_request_has_no_mark) {
    const auto request = "\0\0\0\x10\0\x03\0\x01\0\0\0\x07\0\x04test\0\0"sv;
    EXPECT_EQ(classify(bytes_of(request), {}), (classification{kind::kafka, confidence::needs_more}));
    EXPECT_EQ(certain(request, "\0\0\0\x20\0\0\0\x07"sv), kind::kafka);
    EXPECT_EQ(how(request, "\0\0\0\x20\0\0\0\x08"sv), confidence::none);
}

TEST(Classify, does_not_call_similar_protocols_by_a_wrong_name) {
    EXPECT_EQ(how("SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2\r\n"), confidence::none);
    EXPECT_EQ(how("OPTIONS sip:user@example.test SIP/2.0\r\n", ""), confidence::none);
    EXPECT_EQ(how("DESCRIBE rtsp://example.test/a RTSP/1.0\r\n", ""), confidence::none);
    EXPECT_EQ(how("GET /a\1\r", ""), confidence::none);
    EXPECT_EQ(how("EHLO example.test\r\n", "220 example.test ESMTP\r\n"), confidence::none);
    EXPECT_EQ(how("get key\r\n", "END\r\n"), confidence::none);
    EXPECT_EQ(how("INFO {\"server_id\":1}\r\n", "CONNECT {}\r\n"), confidence::none);
    EXPECT_EQ(how("*x\r\n", ""), confidence::none);
    EXPECT_EQ(how("*0\r\n", ""), confidence::none);
}

TEST(Classify, knows_nothing_of_an_empty_connection) { EXPECT_EQ(how("", ""), confidence::needs_more); }

TEST(Classify, gives_up_when_all_that_is_looked_at_has_come) {
    std::string endless = "GET /";
    endless.resize(2000, 'a');
    EXPECT_EQ(how(endless, ""), confidence::needs_more);
    EXPECT_EQ(how(endless, std::string(2000, 'x')), confidence::none);
    EXPECT_EQ(certain(endless, "HTTP/1.1 414 URI Too Long\r\n"), kind::http1);
}

// Each round another length; a third of the rounds keep to small or printable bytes, which structures are made of.
TEST(Classify, calls_random_bytes_nothing) {
    std::mt19937 random(20);
    std::vector<std::uint8_t> client;
    std::vector<std::uint8_t> server;
    const auto fill = [&](std::vector<std::uint8_t>& into, int round) {
        into.resize(random() % 80);
        for (std::uint8_t& each : into) {
            const auto any = static_cast<std::uint8_t>(random());
            each = round % 3 == 0   ? any
                   : round % 3 == 1 ? static_cast<std::uint8_t>(any % 4)
                                    : static_cast<std::uint8_t>(' ' + any % 95);
        }
    };
    constexpr int rounds = 300'000;
    for (int round = 0; round < rounds; ++round) {
        fill(client, round);
        fill(server, round);
        const classification found = classify(client, server);
        ASSERT_NE(found.how, confidence::certain) << name(found.what) << " in round " << round;
    }
}

// Nor what only begins as a protocol does.
TEST(Classify, calls_captures_with_changed_bytes_by_no_other_name) {
    std::mt19937 random(21);
    for (const connection& each : {connection{"kafka", kind::kafka}, connection{"mongodb", kind::mongodb},
                                   connection{"postgresql", kind::postgresql}, connection{"dns", kind::dns}}) {
        const auto client = captured(each.file + std::string("_client"));
        const auto server = captured(each.file + std::string("_server"));
        for (int round = 0; round < 5000; ++round) {
            auto changed = client;
            changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
            const classification found = classify(changed, server);
            ASSERT_TRUE(found.how != confidence::certain || found.what == each.what) << each.file;
        }
    }
}

TEST(Classify, has_a_name_for_each_protocol) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < kinds; ++i) {
        names.push_back(name(static_cast<kind>(i)));
    }
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace sonde::ebpf::protocol
