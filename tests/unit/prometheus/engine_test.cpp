// SPDX-License-Identifier: Apache-2.0
#include "prometheus/engine.hpp"

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

class Engine : public kit {
protected:
    // Port 1 of the loopback interface: nobody listens there, so that each request ends at once.
    std::unique_ptr<engine> with(int targets, const testing::option_texts& more) {
        std::string all;
        for (int i = 0; i < targets; ++i) {
            all.append(i == 0 ? "t" : ",t").append(std::to_string(i)).append("=http://127.0.0.1:1/");
        }
        testing::option_texts texts{{"targets", all}, {"scrape_interval", "10s"}, {"retry_first", "1m"}};
        texts.insert(texts.end(), more.begin(), more.end());
        values = options_of(texts).value();
        return engine::make(host.host(), values, counted, {open(query_topic), open(scrape_topic)}, 7).value();
    }
    std::int64_t requests() const { return host.metrics.total("prometheus.requests"); }

    option_values values;
};

TEST_F(Engine, spreads_first_requests_over_the_interval) {
    const auto made = with(40, {});
    std::size_t moments = 0;
    for (int i = 0; i <= 100; ++i) {
        const auto before = requests();
        made->turn();
        moments += requests() != before ? 1 : 0;
        host.clock.advance(100ms);
    }
    EXPECT_EQ(requests(), 40) << "each once";
    EXPECT_GT(moments, 20U) << "of a hundred";
}

TEST_F(Engine, begins_all_at_once_if_that_is_wanted_within_its_limit) {
    const auto made = with(40, {{"spread_start", "false"}, {"request_limit", "5"}});
    made->turn();
    EXPECT_EQ(requests(), 5);
    for (int i = 0; i < 1000 && requests() < 40; ++i) {
        made->turn();
    }
    EXPECT_EQ(requests(), 40) << "the others when there is a place";
    EXPECT_GE(made->wait(), 0ns);
}

TEST_F(Engine, asks_nobody_while_nobody_listens) {
    host.lane.set_subscribed(false);
    const auto made = with(3, {{"spread_start", "false"}});
    made->turn();
    EXPECT_EQ(requests(), 0);
    host.lane.set_subscribed(true);
    host.clock.advance(10s);
    made->turn();
    EXPECT_EQ(requests(), 3);
}

TEST_F(Engine, knows_how_each_went) {
    const auto made = with(2, {{"spread_start", "false"}});
    const auto ended = [&] {
        return std::ranges::all_of(made->state(), [](const auto& each) { return each.state->has_ended; });
    };
    for (int i = 0; i < 10'000 && !ended(); ++i) {
        made->turn();
    }
    const auto all = made->state();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "t0");
    EXPECT_EQ(all[0].kind, source_kind::scrape);
    EXPECT_EQ(all[0].state->last.why, trouble::unreachable);
    EXPECT_EQ(host.metrics.value("prometheus.failing", {{"kind", "scrape"}}), 2);
}

}  // namespace
}  // namespace sonde::prometheus
