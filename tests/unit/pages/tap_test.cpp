// SPDX-License-Identifier: Apache-2.0
#include "pages/tap.hpp"

#include "fixture.hpp"

namespace sonde::pages {
namespace {

constexpr std::string_view endless = "[[collectors]]\ntype = \"pump\"\n[collectors.config]\nitems = 20\nrounds = 0\n";

class Tap : public Pages {
protected:
    // All lines of a tap that ends by itself.
    std::vector<std::string> lines(const std::string& target) {
        api::client_settings to;
        to.address = directory_.file("sonde.sock");
        std::vector<std::string> all;
        const auto ended = api::client(to).follow(target, [&](std::string_view line) {
            all.emplace_back(line);
            return true;
        });
        EXPECT_TRUE(ended) << ended.error().message();
        return all;
    }
    [[nodiscard]] std::uint64_t produced() const {
        std::uint64_t all = 0;
        for (const auto& lane : fabric_->snapshot().lanes) {
            for (const auto& each : lane.streams) {
                all += each.produced;
            }
        }
        return all;
    }
    // Whether there is or was a tap.
    [[nodiscard]] bool has_tapped() const {
        return std::ranges::any_of(fabric_->snapshot().subscriptions,
                                   [](const auto& each) { return each.name == "/debug/tap"; });
    }
    [[nodiscard]] std::uint64_t dropped() const {
        std::uint64_t all = 0;
        for (const auto& lane : fabric_->snapshot().lanes) {
            for (const auto& each : lane.streams) {
                all += each.produced - each.committed;
            }
        }
        return all;
    }
};

TEST_F(Tap, prints_as_many_envelopes_as_asked_for_and_says_how_it_ended) {
    begin(endless);
    serve();
    const auto got = lines("/debug/tap?topic=raw/pump&count=3");
    ASSERT_EQ(got.size(), 4u);
    EXPECT_EQ(json::parse(got[0]).at("topic"), "raw/pump/");
    EXPECT_EQ(json::parse(got[0]).at("instance"), "pump");
    const auto last = json::parse(got[3]);
    EXPECT_EQ(last.at("tap"), "end");
    EXPECT_EQ(last.at("matched"), 3);
    EXPECT_GE(last.at("delivered").as_int64(), 3);
    EXPECT_EQ(last.at("lost"), 0);
    EXPECT_TRUE(eventually([] { return threads_named("sonde-tap") == 0; }));
}

TEST_F(Tap, shows_only_what_matches_every_filter) {
    begin(endless);
    serve();
    const auto got = lines("/debug/tap?where=attributes.number%3D7&where=instance%3Dpump&count=2");
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(json::parse(got[0]).at("attributes").at("number"), "7");
    EXPECT_EQ(json::parse(got[1]).at("attributes").at("number"), "7");
    EXPECT_GT(json::parse(got[2]).at("delivered").as_int64(), 2);
}

TEST_F(Tap, prints_text_on_request) {
    begin(endless);
    serve();
    const auto got = lines("/debug/tap?format=text&count=1");
    ASSERT_EQ(got.size(), 2u);
    EXPECT_THAT(got[0], HasSubstr("raw/pump/"));
    EXPECT_NE(got[0].front(), '{');
}

TEST_F(Tap, refuses_what_it_does_not_understand) {
    begin(endless);
    EXPECT_EQ(ask("/debug/tap?format=xml").status, 400);
    EXPECT_EQ(ask("/debug/tap?count=many").status, 400);
    const auto answer = ask("/debug/tap?where=nonsense");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("where=nonsense"));
    EXPECT_EQ(threads_named("sonde-tap"), 0u);
}

TEST_F(Tap, only_a_few_run_at_once) {
    sources_.limits.tap.at_once = 2;
    begin(endless);
    serve();
    const std::string ask_for_tap = "GET /debug/tap HTTP/1.1\r\nHost: h\r\n\r\n";
    api::raw_client first(directory_.file("sonde.sock"));
    api::raw_client second(directory_.file("sonde.sock"));
    ASSERT_TRUE(first.send(ask_for_tap) && second.send(ask_for_tap));
    ASSERT_THAT(first.read_until_seen("raw/pump/"), HasSubstr("200 OK"));
    ASSERT_THAT(second.read_until_seen("raw/pump/"), HasSubstr("200 OK"));
    EXPECT_EQ(ask("/debug/tap").status, 429);
    first.close();
    EXPECT_TRUE(eventually([] { return threads_named("sonde-tap") == 1; })) << "no thread outlives its tap";
    EXPECT_TRUE(eventually([&] { return ask("/debug/tap?count=1").status == 200; }));
}

TEST_F(Tap, a_client_that_never_reads_is_ejected_and_slows_nobody) {
    sources_.limits.tap.patience = 40ms;
    begin("[[collectors]]\ntype = \"pump\"\n[collectors.config]\nitems = 200\nrounds = 0\n");
    serve();
    api::raw_client lazy(directory_.file("sonde.sock"));
    ASSERT_TRUE(lazy.send("GET /debug/tap HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return has_tapped(); }));
    EXPECT_TRUE(eventually([] { return threads_named("sonde-tap") == 0; })) << "it does not wait for the client";
    const std::uint64_t before = produced();
    EXPECT_TRUE(eventually([&] { return produced() > before + 1000; }));
    EXPECT_EQ(dropped(), 0u);
    EXPECT_THAT(lazy.read_to_end(), HasSubstr("{\"tap\":\"ejected\",\"delivered\":"));
}

TEST_F(Tap, what_finds_no_room_is_counted_and_ends_the_tap_beyond_the_limit) {
    begin(endless);
    auto opened = tap::open(*fabric_, tap_request{{""}, {}, 0, false, false}, {.buffer = 1, .lost_batches = 3});
    ASSERT_TRUE(opened);
    ASSERT_TRUE(eventually([] { return threads_named("sonde-tap") == 0; }));
    std::string all;
    ASSERT_EQ((*opened)->next(all), api::flow::chunk);
    std::string nothing;
    EXPECT_EQ((*opened)->next(nothing), api::flow::end);
    const std::string last = all.substr(all.rfind("{\"tap\"", all.size() - 2));
    const auto said = json::parse(last);
    EXPECT_EQ(said.at("tap"), "ejected");
    EXPECT_GE(said.at("lost").as_int64(), 3);
    EXPECT_EQ(said.at("matched"), std::ranges::count(all, '\n') - 1);
    std::uint64_t failed = 0;
    for (const auto& reader : fabric_->snapshot().subscriptions) {
        for (const auto& each : reader.positions) {
            failed += each.failed;
        }
    }
    EXPECT_EQ(said.at("lost"), failed) << "the bus knows them as failed";
}

}  // namespace
}  // namespace sonde::pages
