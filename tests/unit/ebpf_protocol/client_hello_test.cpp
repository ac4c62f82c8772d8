// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/client_hello.hpp"

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::protocol {
namespace {

TEST(ClientHello, reads_what_curl_asks_for) {
    const auto client = captured("tls_client");
    const auto hello = read_client_hello(client);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->server_name, "shop.example.test");
    EXPECT_EQ(hello->version, 0x0304);
    ASSERT_EQ(hello->protocol_count, 2u);
    EXPECT_EQ(hello->protocols[0], "h2");
    EXPECT_EQ(hello->protocols[1], "http/1.1");
    EXPECT_FALSE(hello->is_cut);
}

TEST(ClientHello, reads_as_far_as_the_prefix_goes) {
    const auto client = captured("tls_client");
    bool was_known = false;
    bool was_named = false;
    for (std::size_t size = 0; size < 517; ++size) {
        const auto hello = read_client_hello(bytes(client).first(size));
        ASSERT_TRUE(hello || !was_known) << size;
        was_known = hello.has_value();
        if (hello) {
            EXPECT_TRUE(hello->is_cut) << size;
            EXPECT_TRUE(hello->server_name.empty() || hello->server_name == "shop.example.test");
            EXPECT_TRUE(!hello->server_name.empty() || !was_named) << size;
            was_named = !hello->server_name.empty();
        }
    }
    EXPECT_TRUE(was_named);
}

TEST(ClientHello, is_not_the_answer_of_a_server) {
    EXPECT_FALSE(read_client_hello(captured("tls_server")));
    EXPECT_FALSE(read_client_hello(captured("http1_client")));
    EXPECT_FALSE(read_client_hello({}));
}

TEST(ClientHello, gives_no_name_that_is_not_printable) {
    auto client = captured("tls_client");
    const std::string_view text = text_of(client);
    client[text.find("shop.example")] = 7;
    const auto hello = read_client_hello(client);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->server_name, "");
}

}  // namespace
}  // namespace sonde::ebpf::protocol
