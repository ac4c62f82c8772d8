// SPDX-License-Identifier: Apache-2.0
// C++ handle of what the host offers an instance: log, clock, status, metrics. Cheap to copy; all members are
// thread-safe. The lane has its own header.
#pragma once

#include <array>
#include <chrono>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string_view>
#include <utility>

#include <sonde/abi/ext/clock.h>
#include <sonde/abi/ext/histogram.h>
#include <sonde/abi/ext/log.h>
#include <sonde/abi/ext/metrics.h>
#include <sonde/abi/ext/status.h>
#include <sonde/metrics.hpp>
#include <sonde/text.hpp>

namespace sonde {

enum class level : std::int32_t {
    trace = SONDE_LOG_TRACE,
    debug = SONDE_LOG_DEBUG,
    info = SONDE_LOG_INFO,
    warn = SONDE_LOG_WARN,
    error = SONDE_LOG_ERROR,
};

enum class health : std::int32_t {
    ok = SONDE_STATUS_OK,
    recoverable = SONDE_STATUS_RECOVERABLE,
    permanent = SONDE_STATUS_PERMANENT,
    fatal = SONDE_STATUS_FATAL,
};

class host {
public:
    using attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    explicit host(const sonde_host* abi) noexcept
        : abi_(abi), log_(extension<sonde_host_log>(SONDE_HOST_LOG)),
          clock_(extension<sonde_host_clock>(SONDE_HOST_CLOCK)),
          status_(extension<sonde_host_status>(SONDE_HOST_STATUS)),
          metrics_(extension<sonde_host_metrics>(SONDE_HOST_METRICS)) {}

    [[nodiscard]] const sonde_host* abi() const noexcept { return abi_; }

    // Table of an extension, or null if this host does not offer it.
    template <class Table>
    [[nodiscard]] const Table* extension(const char* id) const noexcept {
        return static_cast<const Table*>(abi_->get_extension(abi_, id));
    }

    [[nodiscard]] bool logs(level at) const noexcept {
        return log_ != nullptr && static_cast<std::int32_t>(at) >= log_->threshold;
    }
    void log(level at, std::string_view message,
             std::source_location from = std::source_location::current()) const noexcept {
        if (logs(at)) {
            const sonde_log_site site{from.file_name(), static_cast<std::int32_t>(from.line()), 0};
            log_->write(abi_, static_cast<std::int32_t>(at), &site, borrow(message));
        }
    }
    void debug(std::string_view m, std::source_location from = std::source_location::current()) const noexcept {
        log(level::debug, m, from);
    }
    void info(std::string_view m, std::source_location from = std::source_location::current()) const noexcept {
        log(level::info, m, from);
    }
    void warn(std::string_view m, std::source_location from = std::source_location::current()) const noexcept {
        log(level::warn, m, from);
    }
    void error(std::string_view m, std::source_location from = std::source_location::current()) const noexcept {
        log(level::error, m, from);
    }

    // CLOCK_MONOTONIC and Unix time.
    [[nodiscard]] std::chrono::nanoseconds monotonic() const noexcept {
        return std::chrono::nanoseconds(clock_->monotonic(abi_));
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept {
        return std::chrono::nanoseconds(clock_->wall(abi_));
    }
    [[nodiscard]] std::chrono::nanoseconds wall(std::chrono::nanoseconds monotonic) const noexcept {
        return std::chrono::nanoseconds(clock_->monotonic_to_wall(abi_, monotonic.count()));
    }

    // `reason` is a lower_snake_case code; `text` says what is missing and what to do.
    void report(health state, std::string_view reason = {}, std::string_view text = {}) const noexcept {
        if (status_ != nullptr) {
            status_->report(abi_, static_cast<std::int32_t>(state), borrow(reason), borrow(text));
        }
    }

    // The same description gives the same cell; at most four attributes.
    [[nodiscard]] counter make_counter(const char* name, const char* unit, const char* help,
                                       attributes with = {}) const {
        return counter(cell(SONDE_METRIC_COUNTER, name, unit, help, with));
    }
    [[nodiscard]] gauge make_gauge(const char* name, const char* unit, const char* help, attributes with = {}) const {
        return gauge(cell(SONDE_METRIC_GAUGE, name, unit, help, with));
    }
    // `bounds`: ascending, in the unit, at most SONDE_HISTOGRAM_MAX_BOUNDS; they must outlive the histogram.
    [[nodiscard]] histogram make_histogram(const char* name, const char* unit, const char* help,
                                           std::span<const std::uint64_t> bounds, attributes with = {}) const {
        std::uint64_t* found = nullptr;
        if (const auto* const table = extension<sonde_host_histogram>(SONDE_HOST_HISTOGRAM)) {
            describe(0, name, unit, help, with, [&](const sonde_metric& metric) {
                static_cast<void>(table->cells(abi_, &metric, bounds.data(), bounds.size(), &found));
            });
        }
        return histogram(found, bounds);
    }

private:
    [[nodiscard]] std::uint64_t* cell(std::uint32_t kind, const char* name, const char* unit, const char* help,
                                      attributes with) const {
        std::uint64_t* found = nullptr;
        if (metrics_ != nullptr) {
            // On SONDE_EXHAUSTED the host hands out its overflow cell, so the answer is usable either way.
            describe(kind, name, unit, help, with,
                     [&](const sonde_metric& metric) { static_cast<void>(metrics_->cell(abi_, &metric, &found)); });
        }
        return found;
    }

    template <class Use>
    static void describe(std::uint32_t kind, const char* name, const char* unit, const char* help, attributes with,
                         Use&& use) {
        std::array<sonde_str, 8> pairs;
        std::uint64_t count = 0;
        for (const auto& [key, value] : with) {
            if (count == pairs.size()) {
                break;
            }
            pairs[count++] = borrow(key);
            pairs[count++] = borrow(value);
        }
        use(sonde_metric{sizeof(sonde_metric), kind, name, unit, help, pairs.data(), count});
    }

    const sonde_host* abi_;
    const sonde_host_log* log_;
    const sonde_host_clock* clock_;
    const sonde_host_status* status_;
    const sonde_host_metrics* metrics_;
};

}  // namespace sonde
