// SPDX-License-Identifier: Apache-2.0
#include "prometheus/set_writer.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::prometheus {

void set_writer::begin(const set_facts& of) {
    set_ = of;
    has_told_ = is_full_ = false;
    metrics_.clear();
    points_.clear();
    point_count_ = 0;
}

void set_writer::open(const metric_facts& of) {
    if (points_.size() != 0 && of.name == name_ && of.kind == kind_ && of.unit == unit_ && of.help == help_) {
        return;
    }
    close_metric();
    name_.assign(of.name);
    unit_.assign(of.unit);
    help_.assign(of.help);
    kind_ = of.kind;
}

void set_writer::close_metric() {
    if (points_.size() == 0) {
        return;
    }
    metrics_.append([this](wire::writer& out) {
        out.message(schema::set_metrics, [&] {
            text(out, schema::metric_name, name_);
            text(out, schema::metric_unit, unit_);
            out.uint_if(schema::metric_kind_of, static_cast<std::uint64_t>(kind_));
            text(out, schema::metric_description, help_);
            out.raw(points_.bytes());
        });
    });
    points_.clear();
}

void set_writer::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void set_writer::finish() {
    const bool has_news = !has_told_ && (!set_.warnings.empty() || !set_.infos.empty());
    if (point_count_ != 0 || has_news) {
        publish();
    }
}

void set_writer::publish() {
    close_metric();
    const auto fill = [this](envelope_writer& envelope) {
        envelope.time(set_.time, set_.clock).data(schema::metric_type, schema::revision, [this](wire::writer& out) {
            text(out, schema::set_group, set_.group);
            out.raw(metrics_.bytes());
            for (const auto& [key, value] : *set_.attributes) {
                std::string valid_key;
                out.entry(schema::set_attributes, common::valid_utf8(key, valid_key),
                          common::valid_utf8(value, scratch_));
            }
            if (!has_told_) {
                for (const std::string& each : set_.warnings) {
                    text(out, schema::set_warnings, each);
                }
                for (const std::string& each : set_.infos) {
                    text(out, schema::set_infos, each);
                }
            }
        });
    };
    const sonde_rc rc =
        to_.publish(fill, metrics_.size() + head_hint, is_full_ ? std::chrono::nanoseconds(0) : patience);
    if (rc == SONDE_AGAIN) {
        is_full_ = true;
        to_.drop(1, metrics_.size(), drop_reason::lane_full);
    }
    (rc == SONDE_OK ? meters_->samples : meters_->lost).add(point_count_);
    has_told_ = true;
    metrics_.clear();
    point_count_ = 0;
}

}  // namespace sonde::prometheus
