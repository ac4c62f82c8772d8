// SPDX-License-Identifier: Apache-2.0
// The fake host that other tests rely on behaves as the ABI's comments say: tested with a small collector and a small
// encoder, and against a decoder that it does not share code with (libsonde_schema, in schema_test.cpp).
#include <sonde/testing/driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/lane.hpp>
#include <sonde/plugin.hpp>

namespace {

using namespace std::chrono_literals;
using sonde::testing::collector_driver;
using sonde::testing::consumer_driver;
using sonde::testing::fake_host;

constexpr std::array<const char*, 3> modes{"plain", "fancy", nullptr};

class ticker final {
public:
    static constexpr sonde::component_info info{.role = sonde::role::collector,
                                                .type = "ticker",
                                                .summary = "Publishes once per signal",
                                                .publishes = {"raw/tick/"}};
    static constexpr std::array options{
        sonde::option("flag", sonde::option_type::boolean).defaults("true"),
        sonde::option("count", sonde::option_type::integer).defaults("3").range("1", "9").reloadable(),
        sonde::option("ratio", sonde::option_type::number).defaults("0.5"),
        sonde::option("pause", sonde::option_type::duration).defaults("250ms"),
        sonde::option("room", sonde::option_type::bytes).defaults("64KiB"),
        sonde::option("mode", sonde::option_type::enumeration).defaults("fancy").one_of(modes.data()),
        sonde::option("names", sonde::option_type::list).defaults("a,b"),
        sonde::option("labels", sonde::option_type::map),
    };

    explicit ticker(sonde::host on) : host_(on) {}

    sonde::result<void> configure(const sonde::settings& values) {
        count_ = values.integer("count");
        return count_ == 7 ? sonde::fail(sonde::errc::invalid, "seven is refused", "count") : sonde::result<void>{};
    }
    sonde::result<void> start() {
        auto opened = sonde::open_stream(host_, "raw/tick/");
        if (!opened) {
            return std::unexpected(opened.error());
        }
        stream_ = *opened;
        return {};
    }
    sonde::result<void> run(sonde::run_context& until) {
        tick();
        while (until.wait(-1ns)) {
            if (until.take_subscriber()) {
                tick();
            }
        }
        return {};
    }

private:
    void tick() {
        for (std::int64_t i = 0; i < count_; ++i) {
            static_cast<void>(stream_.publish([&](sonde::envelope_writer& out) {
                out.time(host_.wall(), sonde::clock_quality::collector)
                    .process(42, 1s)
                    .attribute("place", std::to_string(i))
                    .data("text/plain", 2, std::array<std::uint8_t, 2>{'h', 'i'});
            }));
        }
    }

    sonde::host host_;
    sonde::stream stream_;
    std::int64_t count_ = 0;
};

class keeper final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::encoder, .type = "keeper", .summary = "Keeps batches"};
    explicit keeper(sonde::host on) : host_(on) {}

    sonde::result<void> configure(const sonde::settings&) { return {}; }
    sonde::result<void> consume(const sonde::batch_view& batch) {
        host_.make_counter("items", "{item}", "Items seen", {{"topic", batch.topic()}}).add(batch.items());
        if (!batch.for_each([](auto, auto) {})) {
            return sonde::fail(sonde::errc::invalid, "malformed batch");
        }
        kept_.emplace_back(host_, batch);
        return {};
    }
    std::chrono::nanoseconds idle(std::chrono::nanoseconds now) {
        kept_.clear();
        return now + 1s;
    }

private:
    sonde::host host_;
    std::vector<sonde::retained_batch> kept_;
};

const sonde_component& ticker_table = sonde::component_table<ticker>::table;
const sonde_component& keeper_table = sonde::component_table<keeper>::table;

auto tick_number(std::string place) {
    return [place = std::move(place)](const auto& envelope) { return envelope.attribute("place") == place; };
}

TEST(FakeHost, records_what_a_collector_publishes_until_it_is_stopped) {
    fake_host host;
    collector_driver driver(host, ticker_table);
    ASSERT_TRUE(driver.launch());
    const auto third = host.lane.wait_for("raw/tick/", tick_number("2"), 5s);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->time, host.clock.wall().count());
    EXPECT_EQ(third->clock, 2u);
    EXPECT_EQ(third->content_type, "text/plain");
    EXPECT_EQ(third->revision, 2u);
    EXPECT_EQ(std::string(third->data.begin(), third->data.end()), "hi");
    EXPECT_EQ(third->pid, 42u);
    EXPECT_EQ(third->process_start_time, 1'000'000'000);
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(host.lane.envelopes("raw/tick/").size(), 3u);
    EXPECT_THAT(host.lane.misuse(), testing::IsEmpty());
}

TEST(FakeHost, signals_a_subscriber_once) {
    fake_host host;
    collector_driver driver(host, ticker_table);
    ASSERT_TRUE(driver.launch({{"count", "1"}}));
    ASSERT_TRUE(host.lane.wait_for("raw/tick/", tick_number("0"), 5s));
    host.lane.release();
    driver.control.announce_subscriber();
    ASSERT_TRUE(host.lane.wait_for("raw/tick/", tick_number("0"), 5s));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(host.lane.envelopes("raw/tick/").size(), 1u);
}

TEST(FakeHost, refuses_room_on_demand_and_counts_only_what_was_dropped) {
    fake_host host;
    collector_driver driver(host, ticker_table);
    host.lane.answer_next_reserve(SONDE_DROPPED, 2);
    ASSERT_TRUE(driver.launch({{"count", "4"}}));
    ASSERT_TRUE(host.lane.wait_for("raw/tick/", tick_number("3"), 5s));
    EXPECT_EQ(host.lane.envelopes("raw/tick/").size(), 2u);
    EXPECT_EQ(host.lane.dropped("raw/tick/", sonde::drop_reason::lane_full), 2u);
    host.lane.answer_next_reserve(SONDE_AGAIN, 4);
    driver.control.announce_subscriber();
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(host.lane.dropped("raw/tick/", sonde::drop_reason::lane_full), 2u);
}

TEST(FakeHost, budget_is_given_back_by_release) {
    fake_host host;
    const sonde::host on = host.host();
    const auto stream = sonde::open_stream(on, "raw/tick/");
    ASSERT_TRUE(stream);
    const auto publish = [&](std::chrono::nanoseconds patience) {
        return stream->publish([](sonde::envelope_writer& out) { out.attribute("k", "v"); }, 100, patience);
    };
    host.lane.set_budget(110);
    EXPECT_EQ(publish(0ns), SONDE_OK);
    EXPECT_EQ(publish(0ns), SONDE_DROPPED);
    EXPECT_EQ(publish(1ns), SONDE_AGAIN);
    EXPECT_EQ(host.lane.dropped("raw/tick/", sonde::drop_reason::lane_full), 1u);
    host.lane.release();
    EXPECT_EQ(publish(0ns), SONDE_OK);
    host.lane.set_record_limit(10);
    EXPECT_EQ(publish(0ns), SONDE_DROPPED);
    EXPECT_EQ(host.lane.dropped("raw/tick/", sonde::drop_reason::oversize), 1u);
}

TEST(FakeHost, notices_breaches_of_the_lane_contract) {
    fake_host host;
    const sonde::host on = host.host();
    const auto* lane = on.extension<sonde_host_lane>(SONDE_HOST_LANE);
    std::uint32_t id = 0;
    EXPECT_EQ(lane->open_stream(host.abi(), sonde::borrow("no terminator"), &id), SONDE_INVALID);
    ASSERT_EQ(lane->open_stream(host.abi(), sonde::borrow("raw/x/"), &id), SONDE_OK);
    sonde_buffer buffer{sizeof buffer, 0, nullptr, 0, nullptr};
    ASSERT_EQ(lane->reserve(host.abi(), id, 8, 0, &buffer), SONDE_OK);
    EXPECT_EQ(lane->reserve(host.abi(), id, 8, 0, &buffer), SONDE_INVALID);
    EXPECT_EQ(lane->commit(host.abi(), &buffer, 9, 1), SONDE_INVALID);
    EXPECT_EQ(lane->commit(host.abi(), &buffer, 8, 1), SONDE_OK);  // 8 bytes of filler are no record
    EXPECT_EQ(host.lane.misuse().size(), 3u);
    EXPECT_TRUE(host.lane.envelopes("raw/x/").empty());
}

TEST(FakeHost, clock_is_turned_by_hand) {
    fake_host host;
    const sonde::host on = host.host();
    const auto before = on.monotonic();
    host.clock.advance(3s);
    EXPECT_EQ(on.monotonic() - before, 3s);
    host.clock.set_wall_offset(100s);
    EXPECT_EQ(on.wall(5s), 105s);
    EXPECT_EQ(on.wall(), on.monotonic() + 100s);
}

TEST(FakeHost, keeps_metrics_logs_and_status_for_the_test) {
    fake_host host;
    const sonde::host on = host.host();
    on.make_counter("reads", "{read}", "Reads", {{"file", "a"}, {"kind", "x"}}).add(2);
    on.make_counter("reads", "{read}", "Reads", {{"kind", "x"}, {"file", "a"}}).add(1);
    on.make_counter("reads", "{read}", "Reads", {{"file", "b"}, {"kind", "x"}}).add(5);
    on.make_gauge("level", "1", "Level").set(-4);
    EXPECT_EQ(host.metrics.value("reads", {{"file", "a"}, {"kind", "x"}}), 3);
    EXPECT_EQ(host.metrics.total("reads"), 8);
    EXPECT_EQ(host.metrics.value("level"), -4);
    on.warn("careful");
    on.report(sonde::health::recoverable, "slow", "the peer is slow");
    ASSERT_EQ(host.logs.size(), 1u);
    EXPECT_EQ(host.logs.all().front().message, "careful");
    EXPECT_EQ(host.reports.all().front().reason, "slow");
    EXPECT_FALSE(host.reports.wait_for([](const auto& report) { return report.reason == "fast"; }, 1ms));
    host.hide(SONDE_HOST_METRICS);
    host.host().make_counter("reads", "{read}", "Reads").add(1);
    EXPECT_EQ(host.metrics.total("reads"), 8);
}

TEST(FakeHost, hands_out_the_overflow_cell_beyond_the_series_limit) {
    fake_host host;
    host.metrics.limit_series(1);
    const sonde::host on = host.host();
    on.make_counter("a", "1", "A").add(1);
    on.make_counter("b", "1", "B").add(1);
    EXPECT_EQ(host.metrics.value("a"), 1);
    EXPECT_FALSE(host.metrics.has("b"));
}

TEST(FakeHost, converts_every_option_type_and_applies_defaults) {
    const auto made = sonde::testing::config::from(ticker_table, {{"labels", "a=1,b=2"}, {"pause", "3m"}});
    ASSERT_TRUE(made);
    const sonde::settings values = made->settings();
    EXPECT_TRUE(values.boolean("flag"));
    EXPECT_EQ(values.integer("count"), 3);
    EXPECT_EQ(values.number("ratio"), 0.5);
    EXPECT_EQ(values.duration("pause"), 180s);
    EXPECT_EQ(values.bytes("room"), 65536u);
    EXPECT_EQ(values.choice("mode"), 1u);
    EXPECT_EQ(values.text("mode"), "fancy");
    EXPECT_THAT(values.list("names"), testing::ElementsAre("a", "b"));
    EXPECT_THAT(values.map("labels"), testing::ElementsAre(testing::Pair("a", "1"), testing::Pair("b", "2")));
    EXPECT_TRUE(values.is_set("pause"));
    EXPECT_FALSE(values.is_set("room"));
}

TEST(FakeHost, refuses_options_that_a_host_would_refuse) {
    const auto key_of = [](const sonde::testing::option_texts& texts) {
        const auto made = sonde::testing::config::from(ticker_table, texts);
        return made ? std::string("accepted") : made.error().where;
    };
    EXPECT_EQ(key_of({{"nonsense", "1"}}), "nonsense");
    EXPECT_EQ(key_of({{"count", "10"}}), "count");
    EXPECT_EQ(key_of({{"count", "three"}}), "count");
    EXPECT_EQ(key_of({{"pause", "12"}}), "pause");
    EXPECT_EQ(key_of({{"flag", "yes"}}), "flag");
    EXPECT_EQ(key_of({{"ratio", "1.5x"}}), "ratio");
    EXPECT_EQ(key_of({{"mode", "odd"}}), "mode");
}

TEST(FakeHost, a_refused_configuration_comes_back_with_key_and_text) {
    fake_host host;
    collector_driver driver(host, ticker_table);
    const auto launched = driver.launch({{"count", "7"}});
    ASSERT_FALSE(launched);
    EXPECT_EQ(launched.error().code, sonde::errc::invalid);
    EXPECT_EQ(launched.error().message(), "count: seven is refused");
}

TEST(FakeHost, feeds_a_consumer_with_batches_and_tracks_retained_ones) {
    fake_host host;
    consumer_driver driver(host, keeper_table);
    ASSERT_TRUE(driver.launch());
    sonde::testing::batch_builder builder("raw/x/");
    const auto one = [](sonde::envelope_writer& out) { out.attribute("k", "v"); };
    ASSERT_TRUE(driver.feed(builder.add(one).add(one).build()));
    ASSERT_TRUE(driver.feed(builder.add(one).build()));
    EXPECT_EQ(host.metrics.value("items", {{"topic", "raw/x/"}}), 3);
    EXPECT_EQ(host.retained(), 2u);
    EXPECT_EQ(driver.idle(1s), 2s);
    EXPECT_EQ(host.retained(), 0u);
    auto broken = builder.add(one).build();
    broken.bytes().back() = 0xff;
    broken.bytes()[SONDE_BATCH_HEADER_SIZE] = 0xff;
    EXPECT_FALSE(driver.feed(broken));
}

TEST(FakeHost, built_batches_carry_a_true_header_and_the_resource_first) {
    sonde::testing::batch_builder builder("raw/x/", {"process", "one", "host-a", 3, {}, 77, 0});
    const auto one = [](sonde::envelope_writer& out) { out.process(7, 1ns); };
    static_cast<void>(builder.add(one).add(one).build());
    const auto second = builder.add(one).build(5);
    const sonde_batch batch = second.abi();
    EXPECT_EQ(batch.header->magic, SONDE_BATCH_MAGIC);
    EXPECT_EQ(batch.header->header_size, 96u);
    EXPECT_EQ(batch.header->sequence, 1u);
    EXPECT_EQ(batch.header->first_item, 7u);
    EXPECT_EQ(batch.header->body_size, second.bytes().size() - 96);
    sonde::wire::reader body({batch.body, batch.body_size});
    const auto resource_field = body.next();
    ASSERT_TRUE(resource_field);
    ASSERT_EQ(resource_field->number, static_cast<std::uint32_t>(SONDE_BATCH_FIELD_RESOURCE));
    const auto resource = sonde::testing::decode_resource(resource_field->bytes);
    ASSERT_TRUE(resource);
    EXPECT_EQ(resource->source, "process");
    EXPECT_EQ(resource->topic, "raw/x/");
    EXPECT_EQ(resource->stream_uid, 77u);
    EXPECT_EQ(resource->first_item, 7u);
    const auto envelope = body.next();
    ASSERT_TRUE(envelope);
    EXPECT_EQ(sonde::testing::decode_envelope(envelope->bytes)->pid, 7u);
    EXPECT_FALSE(body.next());
}

}  // namespace
