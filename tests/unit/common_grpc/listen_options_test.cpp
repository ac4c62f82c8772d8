// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/listen_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/config.hpp>

namespace sonde::common::grpc {
namespace {

using ::testing::HasSubstr;

constexpr auto option_table = with_listening(std::array{option("own", option_type::string)}, "/run/test.sock");

result<listen_options> read(const sonde::testing::option_texts& texts) {
    sonde_component component{};
    component.options = option_table.data();
    component.option_count = static_cast<std::uint32_t>(option_table.size());
    component.option_size = sizeof(sonde_option);
    const auto config = sonde::testing::config::from(component, texts);
    return config ? read_listening(config->settings()) : std::unexpected(config.error());
}

std::string refusal(const sonde::testing::option_texts& texts) {
    const auto done = read(texts);
    return done ? std::string() : done.error().message();
}

TEST(ListenOptions, come_before_the_servers_own) {
    ASSERT_EQ(option_table.size(), 7U);
    EXPECT_STREQ(option_table.front().key, "socket");
    EXPECT_STREQ(option_table.back().key, "own");
}

TEST(ListenOptions, default_to_the_servers_socket) {
    const auto defaults = read({});
    ASSERT_TRUE(defaults) << defaults.error().message();
    EXPECT_EQ(defaults->socket, "/run/test.sock");
    EXPECT_EQ(defaults->listen, "");
}

TEST(ListenOptions, are_read_as_written) {
    const auto written = read({{"listen", "127.0.0.1:0"},
                               {"tls_certificate", "/a"},
                               {"tls_key", "/b"},
                               {"tls_client_ca", "/c"},
                               {"token_file", "/d"}});
    ASSERT_TRUE(written) << written.error().message();
    EXPECT_EQ(written->listen, "127.0.0.1:0");
    EXPECT_EQ(written->tls_certificate, "/a");
    EXPECT_EQ(written->tls_key, "/b");
    EXPECT_EQ(written->tls_client_ca, "/c");
    EXPECT_EQ(written->token_file, "/d");
}

TEST(ListenOptions, tcp_needs_tls_and_a_token) {
    EXPECT_THAT(refusal({{"listen", "127.0.0.1:0"}, {"token_file", "/d"}}), HasSubstr("give tls_certificate"));
    EXPECT_THAT(refusal({{"listen", "127.0.0.1:0"}, {"tls_certificate", "/a"}, {"token_file", "/d"}}),
                HasSubstr("tls_key"));
    EXPECT_THAT(refusal({{"listen", "127.0.0.1:0"}, {"tls_certificate", "/a"}, {"tls_key", "/b"}}),
                HasSubstr("give token_file"));
}

}  // namespace
}  // namespace sonde::common::grpc
