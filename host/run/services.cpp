// SPDX-License-Identifier: Apache-2.0
#include "run/services.hpp"

#include <algorithm>

#include <sonde/abi/entry.h>
#include <sonde/abi/ext/batch.h>
#include <sonde/abi/ext/clock.h>
#include <sonde/abi/ext/histogram.h>
#include <sonde/abi/ext/input.h>
#include <sonde/abi/ext/lane.h>
#include <sonde/abi/ext/log.h>
#include <sonde/abi/ext/status.h>
#include <sonde/abi/ext/subscribers.h>
#include <sonde/text.hpp>

#include "bus/subscription.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

// Lane: a null lane cannot be reached, since the extension is not offered without one.
bus::lane& lane_of(const sonde_host* host) noexcept { return *services::of(host).settings().lane; }

sonde_rc lane_open_stream(const sonde_host* host, sonde_str topic, std::uint32_t* stream) {
    return lane_of(host).open_stream(view(topic), *stream);
}
sonde_rc lane_reserve(const sonde_host* host, std::uint32_t stream, std::uint64_t size, std::int64_t timeout,
                      sonde_buffer* buffer) {
    return lane_of(host).reserve(stream, size, timeout, *buffer);
}
sonde_rc lane_commit(const sonde_host* host, sonde_buffer* buffer, std::uint64_t size, std::uint32_t items) {
    return lane_of(host).commit(*buffer, size, items);
}
void lane_abort(const sonde_host* host, sonde_buffer* buffer) { lane_of(host).abort(*buffer); }
void lane_drop(const sonde_host* host, std::uint32_t stream, std::uint64_t items, std::uint64_t bytes,
               std::uint32_t reason) {
    lane_of(host).drop(stream, items, bytes, reason);
}
void lane_flush(const sonde_host* host) { lane_of(host).flush(); }
std::uint32_t lane_has_subscriber(const sonde_host* host, std::uint32_t stream) {
    return lane_of(host).has_subscriber(stream) ? 1 : 0;
}
constexpr sonde_host_lane lane_table{
    sizeof(sonde_host_lane), 0, &lane_open_stream, &lane_reserve, &lane_commit, &lane_abort, &lane_drop, &lane_flush,
    &lane_has_subscriber};

std::int64_t clock_monotonic(const sonde_host*) { return support::monotonic_now(); }
std::int64_t clock_wall(const sonde_host*) { return support::wall_now(); }
std::int64_t clock_monotonic_to_wall(const sonde_host*, std::int64_t monotonic) {
    return monotonic + support::wall_offset();
}
constexpr sonde_host_clock clock_table{sizeof(sonde_host_clock), 0, &clock_monotonic, &clock_wall,
                                       &clock_monotonic_to_wall};

void batch_retain(const sonde_host*, const sonde_batch* batch) { bus::batch_ref::retain(*batch); }
void batch_release(const sonde_host*, const sonde_batch* batch) { bus::batch_ref::release(*batch); }
constexpr sonde_host_batch batch_table{sizeof(sonde_host_batch), 0, &batch_retain, &batch_release};

void log_write(const sonde_host* host, std::int32_t at, const sonde_log_site* site, sonde_str message) {
    const auto& settings = services::of(host).settings();
    const auto clamped = static_cast<level>(std::clamp<std::int32_t>(at, SONDE_LOG_TRACE, SONDE_LOG_ERROR));
    settings.log->write(
        clamped, settings.instance, view(message), {},
        observe::log_site(site->file != nullptr ? site->file : "", static_cast<std::uint32_t>(site->line)));
}
// The host filters by the present threshold, which may change by reload; a plugin only skips what is never written.
constexpr sonde_host_log log_table{sizeof(sonde_host_log), SONDE_LOG_TRACE, &log_write};

observe::labels labels_of(const sonde_metric& metric) {
    observe::labels with;
    for (std::uint64_t i = 0; i + 1 < metric.attribute_count; i += 2) {
        with.add(view(metric.attributes[i]), view(metric.attributes[i + 1]));
    }
    return with;
}

std::string_view text(const char* from) noexcept {
    return from != nullptr ? std::string_view(from) : std::string_view();
}

sonde_rc answer(const observe::placement& placed, std::uint64_t** cells) {
    *cells = placed.cell;
    return placed.refusal ? static_cast<sonde_rc>(placed.refusal->code) : SONDE_OK;
}

sonde_rc metrics_cell(const sonde_host* host, const sonde_metric* metric, std::uint64_t** cell) {
    const auto& settings = services::of(host).settings();
    const auto of = metric->kind == SONDE_METRIC_GAUGE ? observe::kind::gauge : observe::kind::counter;
    return answer(settings.metrics->cell(settings.instance, of, "sonde." + std::string(text(metric->name)),
                                         text(metric->unit), text(metric->help), labels_of(*metric)),
                  cell);
}

sonde_rc metrics_histogram(const sonde_host* host, const sonde_metric* metric, const std::uint64_t* bounds,
                           std::uint64_t bound_count, std::uint64_t** cells) {
    const auto& settings = services::of(host).settings();
    return answer(settings.metrics->histogram(settings.instance, "sonde." + std::string(text(metric->name)),
                                              text(metric->unit), text(metric->help), {bounds, bound_count},
                                              labels_of(*metric)),
                  cells);
}
constexpr sonde_host_metrics metrics_table{sizeof(sonde_host_metrics), 0, &metrics_cell};
constexpr sonde_host_histogram histogram_table{sizeof(sonde_host_histogram), 0, &metrics_histogram};

void status_report(const sonde_host* host, std::int32_t status, sonde_str reason, sonde_str text) {
    const auto clamped = std::clamp<std::int32_t>(status, SONDE_STATUS_OK, SONDE_STATUS_FATAL);
    services::of(host).report(static_cast<sonde::health>(clamped), view(reason), view(text));
}
constexpr sonde_host_status status_table{sizeof(sonde_host_status), 0, &status_report};

std::uint64_t subscribers_arrived(const sonde_host* host) { return services::of(host).subscribers(); }
constexpr sonde_host_subscribers subscribers_table{sizeof(sonde_host_subscribers), 0, &subscribers_arrived};

void input_ask_state(const sonde_host* host) { services::of(host).settings().ask_state(); }
constexpr sonde_host_input input_table{sizeof(sonde_host_input), 0, &input_ask_state};

const void* find_extension(const sonde_host* host, const char* id) {
    const std::string_view wanted = id;
    if (wanted == SONDE_HOST_LANE) {
        return services::of(host).settings().lane ? &lane_table : nullptr;
    }
    if (wanted == SONDE_HOST_LOG) {
        return &log_table;
    }
    if (wanted == SONDE_HOST_CLOCK) {
        return &clock_table;
    }
    if (wanted == SONDE_HOST_METRICS) {
        return &metrics_table;
    }
    if (wanted == SONDE_HOST_HISTOGRAM) {
        return &histogram_table;
    }
    if (wanted == SONDE_HOST_STATUS) {
        return &status_table;
    }
    if (wanted == SONDE_HOST_SUBSCRIBERS) {
        return services::of(host).settings().lane ? &subscribers_table : nullptr;
    }
    if (wanted == SONDE_HOST_INPUT) {
        return services::of(host).settings().ask_state ? &input_table : nullptr;
    }
    return wanted == SONDE_HOST_BATCH ? &batch_table : nullptr;
}

}  // namespace

services::services(service_settings settings)
    : settings_(std::move(settings)), cells_(settings_.metrics->hold(settings_.instance)) {
    abi_.struct_size = sizeof abi_;
    abi_.abi_major = SONDE_ABI_MAJOR;
    abi_.abi_minor = SONDE_ABI_MINOR;
    abi_.name = "sonde";
    abi_.version = SONDE_VERSION;
    abi_.context = this;
    abi_.get_extension = &find_extension;
}

health_report services::health() const {
    const std::lock_guard lock(mutex_);
    return health_;
}

void services::report(sonde::health status, std::string_view reason, std::string_view text) {
    {
        const std::lock_guard lock(mutex_);
        if (health_.status == status && health_.reason == reason && health_.text == text) {
            return;
        }
        health_ = {status, std::string(reason), std::string(text), support::wall_now(), health_.count + 1};
    }
    if (settings_.on_health) {
        settings_.on_health();
    }
}

}  // namespace sonde::run
