// SPDX-License-Identifier: Apache-2.0
#include "otlp/native_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace sonde::schema::otlp {
namespace {

using bucket = v1::NativeHistogramValue::Bucket;

// Of Prometheus' native histograms, which are those of OTLP at the same scale: storage/remote/otlptranslator and
// model/histogram have schemas -4 to 8.
constexpr double least_scale = -4;
constexpr double most_scale = 8;
constexpr std::int64_t most_buckets = 4096;        // empty ones between them included
constexpr double most_whole = 9007199254740992.0;  // 2^53: beyond it a double skips numbers

bool is_whole(double count) { return count >= 0 && count <= most_whole && std::trunc(count) == count; }

// Buckets on one side of zero by their index.
class side final {
public:
    void add(std::int64_t index, std::uint64_t count) { found_.push_back({index, count}); }

    // False if they do not fit.
    [[nodiscard]] bool write(pb::ExponentialHistogramDataPoint::Buckets& to) {
        std::ranges::sort(found_, {}, &entry::index);
        const std::int64_t first = found_.front().index;
        const std::int64_t size = found_.back().index - first + 1;
        if (size > most_buckets) {
            return false;
        }
        to.set_offset(static_cast<std::int32_t>(first));
        to.mutable_bucket_counts()->Resize(static_cast<int>(size), 0);
        for (std::size_t i = 0; i < found_.size(); ++i) {
            if (i != 0 && found_[i].index == found_[i - 1].index) {
                return false;
            }
            to.set_bucket_counts(static_cast<int>(found_[i].index - first), found_[i].count);
        }
        return true;
    }
    [[nodiscard]] bool is_empty() const noexcept { return found_.empty(); }

private:
    struct entry {
        std::int64_t index;
        std::uint64_t count;
    };
    std::vector<entry> found_;
};

// A bucket by its distance from zero.
struct reach {
    double lower;
    double upper;
    bool is_negative;
};

// None if it is not one of an exponential histogram: on one side, with the bound that is further from zero inclusive.
std::optional<reach> reach_of(const bucket& from) {
    if (from.lower() > 0 && from.inclusion() == v1::NativeHistogramValue::INCLUSION_UPPER) {
        return reach{from.lower(), from.upper(), false};
    }
    if (from.upper() < 0 && from.inclusion() == v1::NativeHistogramValue::INCLUSION_LOWER) {
        return reach{-from.upper(), -from.lower(), true};
    }
    return std::nullopt;
}

bool is_zero_bucket(const bucket& from) { return from.upper() >= 0 && from.lower() == -from.upper(); }

// The scale of which this is a bucket: its bounds are neighbouring powers of 2^(2^-scale).
std::optional<std::int32_t> scale_of(const reach& of) {
    const double scale = -std::log2(std::log2(of.upper / of.lower));
    const double rounded = std::round(scale);
    if (!std::isfinite(scale) || std::abs(scale - rounded) > 1e-6 || rounded < least_scale || rounded > most_scale) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(rounded);
}

// The index of the bucket at that scale.
std::optional<std::int64_t> index_of(const reach& of, std::int32_t scale) {
    const double lower = std::ldexp(std::log2(of.lower), scale);
    const double upper = std::ldexp(std::log2(of.upper), scale);
    const double rounded = std::round(lower);
    if (!std::isfinite(upper) || std::abs(lower - rounded) > 1e-6 || std::abs(upper - rounded - 1) > 1e-6) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(rounded);
}

std::optional<pb::ExponentialHistogramDataPoint> exponential(const v1::NativeHistogramValue& from) {
    pb::ExponentialHistogramDataPoint made;
    side positive;
    side negative;
    std::optional<std::int32_t> scale;
    bool has_zero = false;
    for (const bucket& each : from.buckets()) {
        const auto count = static_cast<std::uint64_t>(each.count());
        if (is_zero_bucket(each) && !has_zero) {
            has_zero = true;
            made.set_zero_count(count);
            made.set_zero_threshold(each.upper());
            continue;
        }
        const auto where = reach_of(each);
        if (!where) {
            return std::nullopt;
        }
        scale = scale ? scale : scale_of(*where);
        const auto index = scale ? index_of(*where, *scale) : std::nullopt;
        if (!index) {
            return std::nullopt;
        }
        (where->is_negative ? negative : positive).add(*index, count);
    }
    made.set_scale(scale.value_or(0));
    if ((!positive.is_empty() && !positive.write(*made.mutable_positive())) ||
        (!negative.is_empty() && !negative.write(*made.mutable_negative()))) {
        return std::nullopt;
    }
    return made;
}

// Bounds that are met as they come; gaps between buckets become empty buckets.
std::optional<pb::HistogramDataPoint> explicit_bounds(const v1::NativeHistogramValue& from) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    pb::HistogramDataPoint made;
    double end = -infinity;
    for (const bucket& each : from.buckets()) {
        if (!(each.lower() < each.upper()) || each.lower() < end || end == infinity) {
            return std::nullopt;
        }
        if (each.lower() > end) {
            made.add_explicit_bounds(each.lower());
            made.add_bucket_counts(0);
        }
        end = each.upper();
        made.add_bucket_counts(static_cast<std::uint64_t>(each.count()));
        if (end != infinity) {
            made.add_explicit_bounds(end);
        }
    }
    if (end != infinity && made.explicit_bounds_size() != 0) {
        made.add_bucket_counts(0);
    }
    return made;
}

}  // namespace

native_form native_histogram(const v1::NativeHistogramValue& from) {
    if (!is_whole(from.count()) ||
        !std::ranges::all_of(from.buckets(), [](const bucket& each) { return is_whole(each.count()); })) {
        return otlp_loss::fractional_count;
    }
    const auto finish = [&](auto made) -> native_form {
        made.set_count(static_cast<std::uint64_t>(from.count()));
        made.set_sum(from.sum());
        return made;
    };
    if (auto made = exponential(from)) {
        return finish(std::move(*made));
    }
    if (auto made = explicit_bounds(from)) {
        return finish(std::move(*made));
    }
    return otlp_loss::buckets;
}

}  // namespace sonde::schema::otlp
