// SPDX-License-Identifier: Apache-2.0
// Short words for bus tests: a lane that is written through the SDK's records, and totals over a snapshot.
#pragma once

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonde/batch.hpp>
#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

#include "bus/bus.hpp"

namespace sonde::bus::test {

inline lane_settings small_settings() {
    lane_settings settings;
    settings.seal_bytes = 4096;
    settings.seal_age = 1'000'000;
    settings.budget = 1u << 20;
    settings.record_limit = 64u << 10;
    return settings;
}

inline lane_identity identity(std::string instance = "source") {
    return {"test", std::move(instance), "node-a", 2, 1, "1.2.3"};
}

// Publishes one envelope whose data is `size` bytes of `fill`. Returns what reserve or commit returned.
inline sonde_rc publish(lane& to, std::uint32_t stream, std::size_t size = 16, std::int64_t timeout = 0,
                        char fill = 'x') {
    sonde_buffer buffer{};
    buffer.struct_size = sizeof buffer;
    if (const sonde_rc rc = to.reserve(stream, size + 64, timeout, buffer); rc != SONDE_OK) {
        return rc;
    }
    wire::writer out({buffer.data, static_cast<std::size_t>(buffer.capacity)});
    out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] { out.text(SONDE_ENVELOPE_FIELD_DATA, std::string(size, fill)); });
    EXPECT_FALSE(out.overflowed());
    return to.commit(buffer, out.size(), 1);
}

inline std::uint32_t open(lane& on, std::string_view topic) {
    std::uint32_t id = 0;
    EXPECT_EQ(on.open_stream(topic, id), SONDE_OK);
    return id;
}

// Reads until nothing has come for `quiet`; returns the items.
inline std::uint64_t drain(subscription_core& from, std::chrono::nanoseconds quiet = std::chrono::milliseconds(20)) {
    for (std::uint64_t items = 0;;) {
        auto batch = from.receive(quiet);
        if (!batch) {
            batch = from.receive_rest(std::chrono::seconds(10));
        }
        if (!batch) {
            return items;
        }
        items += batch->view().item_count;
        from.settle(*batch, true);
    }
}

struct totals {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;
    std::uint64_t in_flight = 0;
};

inline totals sum(const subscription_stats& of) {
    totals all;
    for (const auto& at : of.positions) {
        all.delivered += at.delivered;
        all.failed += at.failed;
        all.lost += at.lost;
        all.in_flight += at.in_flight;
    }
    return all;
}

inline std::uint64_t dropped(const stream_stats& of) {
    return std::accumulate(of.dropped.begin(), of.dropped.end(), std::uint64_t{0});
}

}  // namespace sonde::bus::test
