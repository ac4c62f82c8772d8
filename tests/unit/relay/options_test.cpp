// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/config.hpp>

#include "relay/forward.hpp"
#include "relay/receive.hpp"

namespace sonde::relay {
namespace {

using ::testing::HasSubstr;

result<forward_values> read(const testing::option_texts& texts) {
    const auto values = testing::config::from(component_table<forward>::table, texts);
    return values ? read_forward_options(values->settings()) : std::unexpected(values.error());
}

TEST(ForwardOptions, without_any_a_hundred_events_or_five_seconds_go_to_the_pipeline) {
    const auto values = read({});
    ASSERT_TRUE(values) << values.error().message();
    EXPECT_EQ(values->target, "sonde-pipeline:9090");
    EXPECT_TRUE(values->uses_tls);
    EXPECT_EQ(values->outbox.batch_events, 100U);
    EXPECT_EQ(values->outbox.flush_interval, std::chrono::seconds(5));
}

TEST(ForwardOptions, a_socket_is_an_endpoint_without_tls) {
    const auto values = read({{"endpoint", "unix:/run/sonde/relay.sock"}});
    ASSERT_TRUE(values);
    EXPECT_EQ(values->target, "unix:/run/sonde/relay.sock");
    EXPECT_FALSE(values->uses_tls);
}

TEST(ForwardOptions, what_is_no_endpoint_is_refused_and_the_text_says_what_is) {
    for (const char* text : {"", "http://plain:9090", "https://", "https://name", "https://name:", "https://a:b",
                             "https://a:1/path", "name:9090"}) {
        const auto values = read({{"endpoint", text}});
        ASSERT_FALSE(values) << text;
        EXPECT_THAT(values.error().message(), HasSubstr("https://host:port")) << text;
    }
}

TEST(ReceiveOptions, tcp_needs_tls_and_a_token) {
    const auto check = [](const testing::option_texts& texts) {
        const auto values = testing::config::from(component_table<receive>::table, texts);
        const auto read = read_receive_options(values->settings());
        return read ? std::string() : read.error().message();
    };
    EXPECT_EQ(check({}), "");
    EXPECT_THAT(check({{"listen", "127.0.0.1:0"}}), HasSubstr("with TLS only"));
    EXPECT_THAT(check({{"listen", "127.0.0.1:0"}, {"tls_certificate", "/a"}, {"tls_key", "/b"}}),
                HasSubstr("give token_file"));
    EXPECT_EQ(check({{"listen", "127.0.0.1:0"}, {"tls_certificate", "/a"}, {"tls_key", "/b"}, {"token_file", "/c"}}),
              "");
}

}  // namespace
}  // namespace sonde::relay
