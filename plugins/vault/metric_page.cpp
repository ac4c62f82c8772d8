// SPDX-License-Identifier: Apache-2.0
#include "vault/metric_page.hpp"

#include <sonde/wire.hpp>

#include "common/valid_utf8.hpp"
#include "vault/schema.hpp"

namespace sonde::vault {
namespace {

namespace exposition = common::exposition;

constexpr std::size_t first_room = 512;  // most samples take less

// Appends the fields that `fill(wire::writer&)` writes, whatever room they need.
template <class Fill>
void append(std::vector<std::uint8_t>& to, Fill&& fill) {
    const std::size_t size = to.size();
    for (std::size_t room = first_room;; room *= 4) {
        to.resize(size + room);
        wire::writer out({to.data() + size, room});
        fill(out);
        if (!out.overflowed()) {
            to.resize(size + out.size());
            return;
        }
    }
}

std::uint64_t kind_of(const exposition::sample& of) noexcept {
    using enum schema::metric_kind;
    if (of.is_cumulative()) {
        return static_cast<std::uint64_t>(monotonic_sum);
    }
    return static_cast<std::uint64_t>(of.type == exposition::metric_type::unknown ? unspecified : gauge);
}

}  // namespace

void metric_page::add(const exposition::sample& of) {
    if (of.name != name_ || points_.size() >= largest_set) {
        end_metric();
        name_ = of.name;
        unit_ = of.unit;
        help_ = of.help;
        kind_ = kind_of(of);
    }
    append(points_, [&](wire::writer& out) {
        out.message(schema::metric_points, [&] {
            for (const auto& [name, value] : of.labels) {
                out.entry(schema::point_attributes, name, common::valid_utf8(value, scratch_));
            }
            out.number(schema::point_double_value, of.value);
            if (of.time && *of.time > 0) {
                out.fixed64(schema::point_time, static_cast<std::uint64_t>(*of.time));
            }
        });
    });
}

void metric_page::end_metric() {
    if (points_.empty()) {
        return;
    }
    if (!set_.empty() && set_.size() + points_.size() > largest_set) {
        end_set();
    }
    if (set_.empty()) {
        append(set_, [&](wire::writer& out) { out.text(schema::set_group, group_); });
    }
    append(set_, [&](wire::writer& out) {
        out.message(schema::set_metrics, [&] {
            out.text(schema::metric_name, common::valid_utf8(name_, scratch_));
            out.text_if(schema::metric_unit, common::valid_utf8(unit_, scratch_));
            out.uint_if(schema::metric_kind_field, kind_);
            out.text_if(schema::metric_description, common::valid_utf8(help_, scratch_));
            out.raw(points_);
        });
    });
    points_.clear();
}

void metric_page::end_set() {
    publish_(set_);
    set_.clear();
}

void metric_page::finish() {
    end_metric();
    if (!set_.empty()) {
        end_set();
    }
    name_.clear();
}

}  // namespace sonde::vault
