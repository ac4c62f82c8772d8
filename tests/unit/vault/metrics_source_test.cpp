// SPDX-License-Identifier: Apache-2.0
#include "vault/metrics_source.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "fake_server.hpp"
#include "sonde/v1/metric.pb.h"

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

class MetricsSource : public ::testing::Test {
protected:
    MetricsSource() : counted(host.host()), out(host.host(), "http://vault") {
        of.address = "http://vault";
        of.has_metrics = true;
        of.metrics_interval = 30s;
        of.retry_first = 250ms;
        of.retry_limit = 2s;
        EXPECT_TRUE(out.open());
    }
    void make() {
        token.emplace(host.host(), server, token_carrier, counted, 1U);
        token->turn();
        source.emplace(host.host(), server, carrier, counted, out, *token, 1U);
    }
    std::chrono::nanoseconds pass() {
        const auto wait = std::max<std::chrono::nanoseconds>(source->due() - host.clock.monotonic(), 0ns);
        host.clock.advance(wait);
        source->turn(true);
        return wait;
    }

    sonde::testing::fake_host host;
    meters counted;
    publisher out;
    server_options of;
    api server{of};
    testing::fake_server carrier;
    testing::fake_server token_carrier;
    std::optional<token_keeper> token;
    std::optional<metrics_source> source;
};

TEST_F(MetricsSource, a_page_becomes_a_metric_set) {
    make();
    pass();
    EXPECT_EQ(carrier.url(), "http://vault/v1/sys/metrics?format=prometheus");
    EXPECT_EQ(carrier.header("X-Vault-Token"), "");
    carrier.answer(200, "# TYPE vault_core_active gauge\nvault_core_active 1\n");
    const auto envelopes = host.lane.envelopes(metric_topic);
    ASSERT_EQ(envelopes.size(), 1U);
    v1::MetricSet set;
    ASSERT_TRUE(set.ParseFromArray(envelopes[0].data.data(), static_cast<int>(envelopes[0].data.size())));
    EXPECT_EQ(set.metrics(0).name(), "vault_core_active");
    EXPECT_EQ(host.metrics.value("vault.metrics.samples"), 1);
    EXPECT_EQ(source->state().health, common::part_health::working);
    EXPECT_EQ(pass(), 30s);
}

TEST_F(MetricsSource, nothing_is_asked_while_sealed_or_unheard_or_without_a_good_token) {
    of.token = "one";
    make();
    source->turn(true);
    EXPECT_TRUE(carrier.waiting.empty()) << "the token is not known to be good";
    EXPECT_EQ(source->due(), std::chrono::nanoseconds::max()) << "whatever changes it wakes the collector";
    token_carrier.answer(200, R"({"data":{"ttl":0}})");
    source->turn(false);
    EXPECT_TRUE(carrier.waiting.empty());
    host.lane.set_subscribed(false);
    source->turn(true);
    EXPECT_TRUE(carrier.waiting.empty());
    host.lane.set_subscribed(true);
    source->turn(true);
    EXPECT_EQ(carrier.header("X-Vault-Token"), "one");
}

TEST_F(MetricsSource, a_refusal_puts_the_token_in_doubt_and_is_tried_ever_more_seldom) {
    of.token = "one";
    make();
    token_carrier.answer(200, R"({"data":{"ttl":0}})");
    std::chrono::nanoseconds wait{};
    for (int i = 0; i < 10; ++i) {
        wait = pass();
        carrier.answer(403, "");
        token->turn();
        EXPECT_EQ(token_carrier.url(), "http://vault/v1/auth/token/lookup-self");
        token_carrier.answer(200, R"({"data":{"ttl":0}})");
    }
    EXPECT_EQ(source->state().reason, "metrics_denied");
    EXPECT_GE(wait, 30s);
    EXPECT_LE(wait, 60s);
}

TEST_F(MetricsSource, a_token_that_is_accepted_again_ends_the_pause) {
    of.token = "one";
    make();
    token_carrier.answer(200, R"({"data":{"ttl":0}})");
    pass();
    carrier.answer(403, "");
    token->turn();
    token_carrier.answer(403, "");
    source->turn(true);
    EXPECT_TRUE(carrier.waiting.empty());
    host.clock.set_monotonic(token->due());
    token->turn();
    token_carrier.answer(200, R"({"data":{"ttl":0}})");
    source->turn(true);
    EXPECT_EQ(carrier.waiting.size(), 1U);
}

TEST_F(MetricsSource, failures_are_counted_and_tried_again) {
    make();
    pass();
    carrier.fail(common::http::failure::timeout);
    EXPECT_EQ(source->state().reason, "vault_timeout");
    EXPECT_LE(pass(), 250ms);
    carrier.answer(400, "");
    EXPECT_EQ(source->state().reason, "metrics_off");
    EXPECT_EQ(host.metrics.value("vault.metrics.failures"), 2);
}

TEST_F(MetricsSource, a_page_that_breaks_off_is_told_as_far_as_it_goes_and_not_repeated_in_the_status) {
    make();
    pass();
    carrier.answer(200, "good 1\nbad{password=\"x 2\n");
    EXPECT_EQ(host.lane.envelopes(metric_topic).size(), 1U);
    EXPECT_EQ(source->state().reason, "metrics_malformed");
    EXPECT_EQ(source->state().text.find("password"), std::string::npos);
}

TEST_F(MetricsSource, without_metrics_nothing_is_due) {
    of.has_metrics = false;
    make();
    source->turn(true);
    EXPECT_TRUE(carrier.waiting.empty());
    EXPECT_EQ(source->due(), std::chrono::nanoseconds::max());
    EXPECT_EQ(source->state().health, common::part_health::off);
}

}  // namespace
}  // namespace sonde::vault
