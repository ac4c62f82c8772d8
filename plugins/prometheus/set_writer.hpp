// SPDX-License-Identifier: Apache-2.0
// Collects points into sonde.v1.MetricSet messages and publishes one whenever it has reached its size, so that a page
// or an answer of any length becomes envelopes of bounded size. Points of the same metric that follow each other stand
// together. Used by the data thread; nothing is allocated once its buffers have grown.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/lane.hpp>
#include <sonde/wire.hpp>

#include "prometheus/meters.hpp"
#include "prometheus/options.hpp"
#include "prometheus/schema.hpp"

namespace sonde::prometheus {

// Finished fields one after the other, in memory that grows as need be.
class field_buffer {
public:
    template <std::invocable<wire::writer&> Fill>
    void append(Fill&& fill) {
        for (;;) {
            const std::span<std::uint8_t> room(room_);
            wire::writer out(room.subspan(used_));
            fill(out);
            if (!out.overflowed()) {
                used_ += out.size();
                return;
            }
            room_.resize(room_.size() * 2);
        }
    }
    void clear() noexcept { used_ = 0; }
    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return std::span(room_).first(used_); }

private:
    std::vector<std::uint8_t> room_ = std::vector<std::uint8_t>(4096);
    std::size_t used_ = 0;
};

// What all points of a metric have in common.
struct metric_facts {
    std::string_view name;
    schema::metric_kind kind = schema::metric_kind::unspecified;
    std::string_view unit;  // UCUM
    std::string_view help;
};

// What all points of a set have in common; the texts have to stay until finish().
struct set_facts {
    std::string_view group;
    const label_list* attributes = nullptr;
    std::chrono::nanoseconds time{};
    clock_quality clock = clock_quality::collector;
    std::span<const std::string> warnings;
    std::span<const std::string> infos;
};

class set_writer {
public:
    set_writer(const stream& to, const source_meters& counted, std::size_t limit)
        : to_(to), meters_(&counted), limit_(limit) {}

    void begin(const set_facts& of);
    // `fill` writes the fields of one MetricPoint.
    template <std::invocable<wire::writer&> Fill>
    void point(const metric_facts& of, Fill&& fill) {
        open(of);
        points_.append([&](wire::writer& out) { out.message(schema::metric_points, [&] { fill(out); }); });
        ++point_count_;
        if (metrics_.size() + points_.size() >= limit_) {
            publish();
        }
    }
    // Publishes the rest. A set without points is published if it has warnings or infos.
    void finish();

private:
    // A lane without room for so long loses what was found; the next answer has newer numbers.
    static constexpr std::chrono::milliseconds patience{200};
    static constexpr std::size_t head_hint = 1024;

    void open(const metric_facts& of);
    void close_metric();
    void publish();
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    stream to_;
    const source_meters* meters_;
    std::size_t limit_;
    set_facts set_;
    bool has_told_ = false;  // the warnings
    bool is_full_ = false;   // the lane was: the rest of the set does not wait for it once more
    field_buffer metrics_;
    field_buffer points_;  // of the metric that is open
    std::size_t point_count_ = 0;
    std::string name_;
    std::string unit_;
    std::string help_;
    schema::metric_kind kind_ = schema::metric_kind::unspecified;
    std::string scratch_;
};

}  // namespace sonde::prometheus
