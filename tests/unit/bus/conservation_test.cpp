// SPDX-License-Identifier: Apache-2.0
// The law of the bus, under random stalls: produced = committed + dropped, and for each subscription
// committed = delivered + failed + lost + in flight, item by item.
#include <atomic>
#include <random>
#include <thread>

#include "bus_fixture.hpp"

namespace sonde::bus {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct reader_plan {
    bool lossless;
    unsigned stall_one_in;  // batches
};

class reader {
public:
    reader(bus& fabric, std::string name, reader_plan plan, unsigned seed)
        : from_(fabric.subscribe({std::move(name), {"raw/"}, plan.lossless}).value()),
          thread_([this, plan, seed] { loop(plan, seed); }) {}

    void finish() {
        stopping_ = true;
        from_->wake();
        thread_.join();
        drain(*from_);
    }
    [[nodiscard]] totals result() const { return sum(from_->stats()); }
    [[nodiscard]] std::uint64_t seen() const { return seen_; }

private:
    void loop(reader_plan plan, unsigned seed) {
        std::minstd_rand random(seed);
        while (!stopping_) {
            auto batch = from_->receive(5ms);
            if (!batch) {
                continue;
            }
            seen_ += batch->view().item_count;
            if (random() % plan.stall_one_in == 0) {
                std::this_thread::sleep_for(2ms);  // the stall is what is tested
            }
            from_->settle(*batch, random() % 10 != 0);
        }
    }

    std::shared_ptr<subscription_core> from_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> seen_{0};
    std::thread thread_;
};

TEST(Conservation, every_item_is_delivered_failed_or_counted_as_lost_under_random_stalls) {
    const unsigned seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    std::printf("seed %u\n", seed);
    lane_settings settings = small_settings();
    settings.budget = 256u << 10;
    bus fabric(settings);
    const auto to = fabric.open_lane(identity(), {}).value();
    const std::uint32_t streams[2] = {open(*to, "raw/a/"), open(*to, "raw/b/")};

    reader fast(fabric, "fast", {false, 1'000'000}, seed + 1);
    reader slow(fabric, "slow", {false, 3}, seed + 2);
    reader careful(fabric, "careful", {true, 20}, seed + 3);

    std::uint64_t offered = 0;
    std::uint64_t accepted = 0;
    std::minstd_rand random(seed);
    for (int i = 0; i < 30'000; ++i) {
        const sonde_rc rc = publish(*to, streams[random() % 2], random() % 600, random() % 4 == 0 ? 1'000'000 : 0);
        if (rc == SONDE_AGAIN) {
            continue;  // nothing offered, nothing counted
        }
        ++offered;
        accepted += rc == SONDE_OK ? 1 : 0;
    }
    to->close();
    fast.finish();
    slow.finish();
    careful.finish();

    std::uint64_t produced = 0;
    std::uint64_t committed = 0;
    std::uint64_t refused = 0;
    for (const auto& stream : to->stats().streams) {
        produced += stream.produced;
        committed += stream.committed;
        refused += dropped(stream);
        EXPECT_EQ(stream.sealed, stream.committed);
    }
    EXPECT_EQ(produced, offered);
    EXPECT_EQ(committed, accepted);
    EXPECT_EQ(produced, committed + refused);
    for (const reader* each : {&fast, &slow, &careful}) {
        const totals all = each->result();
        EXPECT_EQ(all.delivered + all.failed + all.lost + all.in_flight, committed);
        EXPECT_EQ(all.in_flight, 0u);
        EXPECT_LE(each->seen(), all.delivered + all.failed);
    }
    EXPECT_EQ(careful.result().lost, 0u) << "a lossless reader loses nothing";
    EXPECT_EQ(to->stats().outstanding_bytes, 0u);
    fabric.close_lane(to);
}

}  // namespace
}  // namespace sonde::bus
