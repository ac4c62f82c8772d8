// SPDX-License-Identifier: Apache-2.0
#include "pages/answer.hpp"

#include <ctime>
#include <numeric>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "support/clock.hpp"

namespace sonde::pages {

api::response json_answer(observe::json_writer&& json, int status) {
    api::response answer;
    answer.status = status;
    answer.body = json.take();
    return answer;
}

api::response text_answer(std::string text, int status) {
    api::response answer;
    answer.status = status;
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = std::move(text);
    return answer;
}

std::string_view health_name(sonde::health of) noexcept {
    switch (of) {
    case sonde::health::ok: return "ok";
    case sonde::health::recoverable: return "recoverable";
    case sonde::health::permanent: return "permanent";
    case sonde::health::fatal: return "fatal";
    }
    return "unknown";
}

void write_time(observe::json_writer& to, std::int64_t unix_ns) {
    if (unix_ns <= 0) {
        to.value(nullptr);
        return;
    }
    const std::time_t whole = unix_ns / 1'000'000'000;
    std::tm utc{};
    ::gmtime_r(&whole, &utc);
    to.value(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                         utc.tm_hour, utc.tm_min, utc.tm_sec, unix_ns / 1'000'000 % 1000));
}

void write_labels(observe::json_writer& to, const observe::labels& with) {
    to.begin_object();
    for (const auto& [key, value] : with.pairs) {
        to.member(key, value);
    }
    to.end_object();
}

std::string_view kind_name(observe::kind of) noexcept {
    switch (of) {
    case observe::kind::counter: return "counter";
    case observe::kind::gauge: return "gauge";
    case observe::kind::histogram: break;
    }
    return "histogram";
}

// `counts` has one more than `bounds`: of what is above them all.
void write_spread(observe::json_writer& to, const observe::reading& from) {
    const auto numbers = [&](std::string_view key, const std::vector<std::uint64_t>& all) {
        to.key(key).begin_array();
        for (const std::uint64_t each : all) {
            to.value(each);
        }
        to.end_array();
    };
    const auto& counts = from.spread.counts;
    to.member("count", std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    to.member("sum", from.spread.sum);
    numbers("bounds", from.bounds);
    numbers("counts", counts);
}

void write_readings(observe::json_writer& to, const observe::readings& from) {
    to.begin_array();
    for (const auto& each : from.cells) {
        to.begin_object().member("name", each.name);
        to.member("kind", kind_name(each.of)).member("unit", each.unit);
        to.key("labels");
        write_labels(to, each.with);
        switch (each.of) {
        case observe::kind::counter: to.member("value", each.value); break;
        case observe::kind::gauge: to.member("value", static_cast<std::int64_t>(each.value)); break;
        case observe::kind::histogram: write_spread(to, each); break;
        }
        to.end_object();
    }
    to.end_array();
}

void write_instance(observe::json_writer& to, const run::instance_status& of) {
    to.member("name", of.name).member("role", config::name(of.role)).member("type", of.type);
    to.member("enabled", of.enabled).member("required", of.required).member("state", run::name(of.state));
    to.key("state_since");
    write_time(to, of.state_since);
    to.member("health", health_name(of.health.status)).member("reason", of.health.reason);
    to.member("text", of.health.text).key("since");
    write_time(to, of.health.since);
    to.member("last_error", of.last_error).key("last_error_at");
    write_time(to, of.last_error_at);
    to.member("incarnation", of.incarnation).member("restarts", of.restarts).key("next_start");
    write_time(to, of.next_start == 0 ? 0 : of.next_start + support::wall_offset());
    to.member("module_file", of.module_file).member("module_version", of.module_version);
    to.member("cpu_seconds", of.cpu_seconds);
}

}  // namespace sonde::pages
