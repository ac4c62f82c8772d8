// SPDX-License-Identifier: Apache-2.0
#include "prometheus/target.hpp"

#include <algorithm>

#include "common/valid_utf8.hpp"

namespace sonde::prometheus {
namespace {

namespace exposition = common::exposition;

// As Prometheus asks, without its protobuf form. The text format is the last resort of every program.
constexpr const char* accepted = "Accept: application/openmetrics-text;version=1.0.0,"
                                 "application/openmetrics-text;version=0.0.1;q=0.75,"
                                 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

// "Units and base units" of OpenMetrics.
constexpr std::pair<std::string_view, std::string_view> known_units[] = {
    {"seconds", "s"}, {"bytes", "By"}, {"ratio", "1"}, {"celsius", "Cel"}, {"joules", "J"},
    {"grams", "g"},   {"meters", "m"}, {"volts", "V"}, {"amperes", "A"}};

double seconds(std::chrono::nanoseconds of) { return std::chrono::duration<double>(of).count(); }

}  // namespace

std::string_view unit_of(const exposition::sample& of, std::string& scratch) {
    const std::string_view suffix = of.suffix();
    if (suffix == "_created") {
        return "s";
    }
    if (of.unit.empty() || suffix == "_bucket" || suffix == "_count" || suffix == "_gcount") {
        return {};
    }
    for (const auto& [word, unit] : known_units) {
        if (of.unit == word) {
            return unit;
        }
    }
    return scratch.assign("{").append(of.unit).append("}");
}

schema::metric_kind kind_of(const exposition::sample& of) noexcept {
    if (of.type == exposition::metric_type::unknown) {
        return schema::metric_kind::unspecified;
    }
    return of.is_cumulative() ? schema::metric_kind::monotonic_sum : schema::metric_kind::gauge;
}

target::target(const target_options& what, const option_values& of, const meters& counted, const stream& to)
    : what_(&what), of_(&of), meters_(&counted),
      parser_({.line = of.limits.line, .labels = of.limits.labels, .samples = of.limits.samples}),
      out_(to, counted.scrape, of.limits.envelope) {}

std::optional<common::http::request> target::ask(std::chrono::nanoseconds) {
    const double limit = seconds(of_->scrape_timeout);
    return common::http::request{.url = what_->url,
                                 .headers = {accepted, "X-Prometheus-Scrape-Timeout-Seconds: " + std::to_string(limit)},
                                 .limit = std::chrono::ceil<std::chrono::milliseconds>(of_->scrape_timeout)};
}

verdict target::take(const attempt& of, const common::http::response_head& head, std::string& body) {
    const exposition::dialect dialect = exposition::dialect_of(head.field("Content-Type"));
    if (auto refused = check(body, dialect)) {
        return std::move(*refused);
    }
    begin_set(of);
    series_.begin();
    parser_.begin(body, dialect);
    for (sample each; parser_.next(each);) {
        tell(each);
    }
    tell_gone();
    tell_own(of, true, parser_.count());
    out_.finish();
    return {trouble::none, {}, parser_.count()};
}

std::optional<verdict> target::check(std::string_view page, exposition::dialect as) {
    parser_.begin(page, as);
    for (sample each; parser_.next(each);) {
    }
    if (!parser_.failure()) {
        return std::nullopt;
    }
    const bool is_limit = parser_.failure()->code == errc::exhausted;
    return verdict{is_limit ? trouble::too_many_samples : trouble::malformed, parser_.failure()->text, 0};
}

void target::miss(const attempt& of, verdict&, std::string&) {
    if (!of.is_tick) {
        return;  // it was told as down at the tick
    }
    begin_set(of);
    series_.begin();
    tell_gone();
    tell_own(of, false, 0);
    out_.finish();
}

void target::begin_set(const attempt& of) {
    out_.begin({what_->name, &what_->labels, of.began, clock_quality::collector, {}, {}});
}

void target::tell(const sample& of) {
    const schema::metric_kind kind = kind_of(of);
    out_.point({of.name, kind, unit_of(of, unit_), of.help}, [&](wire::writer& out) {
        write_labels(out, of.labels);
        out.number(schema::point_double_value, of.value);
        if (of.time) {
            out.fixed64(schema::point_time, static_cast<std::uint64_t>(*of.time));
        }
        if (of.example) {
            out.message(schema::point_exemplar, [&] {
                for (const label& each : of.example->labels) {
                    out.entry(schema::exemplar_attributes, each.name, common::valid_utf8(each.value, scratch_));
                }
                out.number(schema::exemplar_value, of.example->value);
                if (of.example->time) {
                    out.fixed64(schema::exemplar_time, static_cast<std::uint64_t>(*of.example->time));
                }
            });
        }
    });
    // What comes with a time of its own ends when its source says so, as in Prometheus.
    if (!of.time) {
        series_.see(of.name, of.labels, kind);
    }
}

void target::tell_gone() {
    const std::size_t count =
        series_.sweep([this](std::string_view name, std::span<const label> labels, schema::metric_kind kind) {
            out_.point({name, kind, {}, {}}, [&](wire::writer& out) {
                write_labels(out, labels);
                out.uint(schema::point_stale, 1);
            });
        });
    meters_->stale.add(count);
}

// The series that Prometheus adds itself ("Automatically generated labels and time series").
void target::tell_own(const attempt& of, bool is_up, std::size_t samples) {
    const auto value = [this](std::string_view name, std::string_view unit, double number) {
        out_.point({name, schema::metric_kind::gauge, unit, {}},
                   [&](wire::writer& out) { out.number(schema::point_double_value, number); });
    };
    value("up", "1", is_up ? 1 : 0);
    value("scrape_duration_seconds", "s", seconds(of.took));
    value("scrape_samples_scraped", "{sample}", static_cast<double>(samples));
}

bool target::has_label(std::string_view name) const noexcept {
    return std::ranges::find(what_->labels, name, &label_list::value_type::first) != what_->labels.end();
}

void target::write_labels(wire::writer& out, std::span<const label> labels) {
    for (const label& each : labels) {
        std::string_view name = each.name;
        if (!of_->honors_labels && has_label(name)) {
            renamed_.assign("exported_").append(name);
            while (has_label(renamed_) ||
                   std::ranges::find(labels, std::string_view(renamed_), &label::name) != labels.end()) {
                renamed_.insert(0, "exported_");
            }
            name = renamed_;
        }
        out.entry(schema::point_attributes, name, common::valid_utf8(each.value, scratch_));
    }
}

}  // namespace sonde::prometheus
