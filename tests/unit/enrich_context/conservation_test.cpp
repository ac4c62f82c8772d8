// SPDX-License-Identifier: Apache-2.0
// Whatever happens, in whatever order: what was taken is published, held, or dropped with a reason; what is published
// is published once, amendments aside, and in order per process.
#include <map>
#include <random>
#include <set>

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;

class Conservation : public Pipeline, public ::testing::WithParamInterface<std::uint32_t> {};

TEST_P(Conservation, holds_after_every_step) {
    constexpr std::uint32_t processes = 12;
    std::mt19937 random(GetParam());
    const auto pick = [&](std::uint32_t most) { return std::uniform_int_distribution<std::uint32_t>(0, most)(random); };
    settings.held_events = 1 + pick(30);
    settings.held_bytes = 400 + pick(8000);
    settings.remembered_events = 1 + pick(30);
    settings.hold_back = pick(4) == 0 ? 0ms : 100ms;
    settings.amend_within = pick(4) == 0 ? 0s : 2s;
    open();
    std::uint32_t number = 0;
    std::uint64_t fed = 0;
    for (int step = 0; step < 600; ++step) {
        const std::uint32_t pid = 1 + pick(processes - 1);
        switch (pick(9)) {
        case 0: store.learn(pid, complete("p" + std::to_string(number))); break;
        case 1: store.learn(pid, incomplete()); break;
        case 2: pass(std::chrono::milliseconds(10 * pick(12))); break;
        case 3: host.lane.answer_next_reserve(SONDE_DROPPED, pick(2)); break;
        case 4: host.lane.set_subscribed(pick(5) != 0); break;
        case 5:
            feed_payload(pick(1) == 0 ? "text/plain" : "sonde.v1.ProcessEvent", "\xff");
            ++fed;
            break;
        default:
            feed_exec(pid, {std::to_string(number++)});
            ++fed;
            break;
        }
        ASSERT_EQ(counts.taken.value(), fed);
        expect_conservation();
    }
    made->finish();
    EXPECT_EQ(counts.held(), 0u);
    expect_conservation();

    std::map<std::uint32_t, std::uint32_t> last;
    std::set<sonde::testing::byte_vector> seen;
    for (const auto& record : host.lane.envelopes("event/process/")) {
        const auto event = unified_of(record);
        if (event.is_amendment()) {
            EXPECT_TRUE(seen.contains(record.event_id)) << "an amendment of what was never published";
            continue;
        }
        EXPECT_TRUE(seen.insert(record.event_id).second) << "published twice";
        const auto place = static_cast<std::uint32_t>(std::stoul(event.process().process().command_args(0)));
        const auto [at, is_first] = last.try_emplace(event.process().process().pid(), place);
        EXPECT_TRUE(is_first || at->second < place) << "out of order";
        at->second = place;
    }
    EXPECT_TRUE(host.lane.misuse().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Conservation, ::testing::Range(1u, 25u));

}  // namespace
}  // namespace sonde::enrich_context::testing
