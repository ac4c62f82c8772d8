// SPDX-License-Identifier: Apache-2.0
#include "prometheus/query.hpp"

#include <algorithm>

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

std::string milliseconds(std::chrono::nanoseconds of) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(of).count());
}

// Unix time as the API takes it: seconds with three digits after the point.
std::string seconds(std::chrono::nanoseconds time) {
    std::string digits = milliseconds(time);
    digits.insert(digits.size() - std::min<std::size_t>(digits.size(), 3), ".");
    return digits;
}

}  // namespace

query::query(const query_options& what, const option_values& of, const meters& counted, const stream& to)
    : what_(&what), of_(&of), meters_(&counted), out_(to, counted.query, of.limits.envelope),
      text_(common::http::query_escape(what.text)), reach_(what.range) {}

std::optional<common::http::request> query::ask(std::chrono::nanoseconds now) {
    std::string form = "query=" + text_ + "&timeout=" + milliseconds(of_->query_timeout) + "ms";
    const bool is_range = what_->range != 0ns;
    if (is_range && !add_range(form, now)) {
        return std::nullopt;
    }
    common::http::request made{.url = of_->url + (is_range ? "/api/v1/query_range" : "/api/v1/query"),
                               .headers = {"Accept: application/json"},
                               .limit = std::chrono::ceil<std::chrono::milliseconds>(of_->query_timeout)};
    if (of_->is_post) {
        made.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
        made.body = std::move(form);
    } else {
        made.url.append("?").append(form);
    }
    return made;
}

// Steps lie on multiples of their length, so that answers fit together whoever asks.
bool query::add_range(std::string& form, std::chrono::nanoseconds now) {
    const auto end = now - now % what_->step;
    const auto first = end - reach_;
    if (told_until_ > now) {
        told_until_ = end - what_->step;  // the clock was put back: it would be silent until it has caught up
    }
    asked_from_ = std::max(told_until_ + what_->step, first + (what_->step - first % what_->step) % what_->step);
    if (asked_from_ > end) {
        return false;
    }
    asked_until_ = end;
    form.append("&start=").append(seconds(asked_from_)).append("&end=").append(seconds(end));
    form.append("&step=").append(seconds(what_->step));
    return true;
}

verdict query::take(const attempt& of, const common::http::response_head&, std::string& body) {
    received_ = of.began + of.took;
    const auto facts = read_answer(body, {of_->limits.samples, of_->limits.labels}, *this);
    if (!facts) {
        const errc code = facts.error().code;
        return {code == errc::exhausted ? trouble::too_many_samples
                : code == errc::failed  ? trouble::bad_query
                                        : trouble::malformed,
                facts.error().text, 0};
    }
    out_.finish();
    settle_range();
    return {trouble::none, {}, facts->samples};
}

void query::settle_range() {
    if (what_->range == 0ns) {
        return;
    }
    if (told_until_ != 0ns) {
        meters_->left_out.add(static_cast<std::uint64_t>((asked_from_ - told_until_) / what_->step - 1));
    }
    told_until_ = asked_until_;
    reach_ = what_->range;
}

void query::miss(const attempt&, verdict& how, std::string& body) {
    // All that was missed may be more than fits into one answer, and would be at every tick.
    if (how.why == trouble::too_many_samples || how.why == trouble::body_too_large) {
        reach_ = reach_ > what_->step ? reach_ / 2 : 0ns;
    }
    // The server's own words are only in the beginning of an answer that says that it failed.
    if (how.why == trouble::bad_query || how.why == trouble::server_error || how.why == trouble::unauthorized) {
        if (const std::string said = error_text(body); !said.empty() && !how.text.contains(said)) {
            how.text.append(": ").append(said);
        }
    }
}

void query::on_facts(const answer_facts& of) {
    facts_ = of;
    meters_->warnings.add(of.warnings.size());
    meters_->infos.add(of.infos.size());
    meters_->skipped_texts.add(of.is_text ? 1 : 0);
    set_time_ = of.time != 0 ? of.time : received_.count();
    out_.begin({what_->name, &of_->labels, std::chrono::nanoseconds(set_time_),
                of.time != 0 ? clock_quality::source : clock_quality::collector, facts_.warnings, facts_.infos});
}

void query::on_series(std::span<const label> labels) {
    metric_name_ = what_->name;
    labels_.clear();
    for (const label& each : labels) {
        if (each.name == "__name__") {
            metric_name_ = each.value;
        } else {
            labels_.push_back(each);
        }
    }
}

void query::write_head(wire::writer& out, std::int64_t time) const {
    for (const label& each : labels_) {
        out.entry(schema::point_attributes, each.name, each.value);  // JSON is UTF-8
    }
    if (time != set_time_) {
        out.fixed64(schema::point_time, static_cast<std::uint64_t>(time));
    }
}

void query::on_value(std::int64_t time, double value) {
    out_.point({metric_name_, schema::metric_kind::unspecified, {}, {}}, [&](wire::writer& out) {
        write_head(out, time);
        out.number(schema::point_double_value, value);
    });
}

void query::on_histogram(std::int64_t time, const native_histogram& value) {
    out_.point({metric_name_, schema::metric_kind::unspecified, {}, {}}, [&](wire::writer& out) {
        write_head(out, time);
        out.message(schema::point_native_histogram, [&] {
            out.number(schema::native_count, value.count);
            out.number(schema::native_sum, value.sum);
            for (const native_bucket& each : value.buckets) {
                out.message(schema::native_buckets, [&] {
                    out.number(schema::bucket_lower, each.lower);
                    out.number(schema::bucket_upper, each.upper);
                    out.number(schema::bucket_count, each.count);
                    out.uint_if(schema::bucket_inclusion, static_cast<std::uint64_t>(each.includes));
                });
            }
        });
    });
}

}  // namespace sonde::prometheus
