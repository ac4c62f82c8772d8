// SPDX-License-Identifier: Apache-2.0
// A host for plugin tests, in one object: log, clock, status, metrics, lane and batch extensions that keep what the
// plugin did. It must outlive the instances made with it; it never moves, since plugins hold its address.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <sonde/abi/ext/batch.h>
#include <sonde/abi/ext/clock.h>
#include <sonde/abi/ext/histogram.h>
#include <sonde/abi/ext/input.h>
#include <sonde/abi/ext/log.h>
#include <sonde/abi/ext/status.h>
#include <sonde/abi/ext/subscribers.h>
#include <sonde/host.hpp>
#include <sonde/testing/batch_builder.hpp>
#include <sonde/testing/fake_clock.hpp>
#include <sonde/testing/fake_lane.hpp>
#include <sonde/testing/fake_metrics.hpp>
#include <sonde/testing/journal.hpp>

namespace sonde::testing {

struct log_line {
    sonde::level level;
    std::string message;
    std::string file;
    int line;
};

struct status_report {
    sonde::health health;
    std::string reason;
    std::string text;
};

class fake_host {
public:
    fake_clock clock;
    fake_lane lane;
    fake_metrics metrics;
    journal<log_line> logs;
    journal<status_report> reports;

    fake_host() = default;
    fake_host(const fake_host&) = delete;
    fake_host& operator=(const fake_host&) = delete;

    [[nodiscard]] const sonde_host* abi() const noexcept { return &abi_; }
    [[nodiscard]] sonde::host host() const noexcept { return sonde::host(&abi_); }

    // Somebody new listens, as an enricher is told of it; the test calls idle itself.
    void announce_subscriber() noexcept { subscribers_.fetch_add(1); }
    // How often an instance asked those that it subscribes to for their state.
    [[nodiscard]] std::uint64_t state_requests() const noexcept { return state_requests_.load(); }

    // Behave like a host that does not offer the extension `id`.
    void hide(std::string_view id) { hidden_.emplace(id); }
    // Batches that are retained and not yet released.
    [[nodiscard]] std::size_t retained() const {
        const std::lock_guard lock(retained_mutex_);
        return retained_.size();
    }

private:
    static fake_host& of(const sonde_host* abi) noexcept { return *static_cast<fake_host*>(abi->context); }

    static const void* get_extension(const sonde_host* from, const char* id) noexcept {
        const std::string_view wanted = id;
        if (of(from).hidden_.contains(wanted)) {
            return nullptr;
        }
        if (wanted == SONDE_HOST_LOG) {
            return &log_table;
        }
        if (wanted == SONDE_HOST_CLOCK) {
            return &clock_table;
        }
        if (wanted == SONDE_HOST_STATUS) {
            return &status_table;
        }
        if (wanted == SONDE_HOST_METRICS) {
            return &metrics_table;
        }
        if (wanted == SONDE_HOST_HISTOGRAM) {
            return &histogram_table;
        }
        if (wanted == SONDE_HOST_LANE) {
            return &lane_table;
        }
        if (wanted == SONDE_HOST_SUBSCRIBERS) {
            return &subscribers_table;
        }
        if (wanted == SONDE_HOST_INPUT) {
            return &input_table;
        }
        return wanted == SONDE_HOST_BATCH ? &batch_table : nullptr;
    }

    static void write_log(const sonde_host* to, std::int32_t level, const sonde_log_site* site,
                          sonde_str message) noexcept {
        of(to).logs.add({static_cast<sonde::level>(level), std::string(view(message)), site->file, site->line});
    }
    static std::int64_t monotonic(const sonde_host* of_host) noexcept { return of(of_host).clock.monotonic().count(); }
    static std::int64_t wall(const sonde_host* of_host) noexcept { return of(of_host).clock.wall().count(); }
    static std::int64_t monotonic_to_wall(const sonde_host* of_host, std::int64_t at) noexcept {
        return at + of(of_host).clock.wall_offset().count();
    }
    static void report(const sonde_host* to, std::int32_t status, sonde_str reason, sonde_str text) noexcept {
        of(to).reports.add({static_cast<sonde::health>(status), std::string(view(reason)), std::string(view(text))});
    }
    static sonde_rc cell(const sonde_host* of_host, const sonde_metric* metric, std::uint64_t** found) noexcept {
        return of(of_host).metrics.cell(*metric, found);
    }
    static sonde_rc histogram(const sonde_host* of_host, const sonde_metric* metric, const std::uint64_t*,
                              std::uint64_t bounds, std::uint64_t** found) noexcept {
        return of(of_host).metrics.histogram(*metric, bounds, found);
    }

    static sonde_rc open_stream(const sonde_host* on, sonde_str topic, std::uint32_t* id) noexcept {
        return of(on).lane.open_stream(view(topic), *id);
    }
    static sonde_rc reserve(const sonde_host* on, std::uint32_t id, std::uint64_t size, std::int64_t timeout,
                            sonde_buffer* to) noexcept {
        return of(on).lane.reserve(id, size, timeout, *to);
    }
    static sonde_rc commit(const sonde_host* on, sonde_buffer* buffer, std::uint64_t size,
                           std::uint32_t items) noexcept {
        return of(on).lane.commit(*buffer, size, items);
    }
    static void abort(const sonde_host* on, sonde_buffer*) noexcept { of(on).lane.abort(); }
    static void drop(const sonde_host* on, std::uint32_t id, std::uint64_t items, std::uint64_t,
                     std::uint32_t reason) noexcept {
        of(on).lane.drop(id, items, reason);
    }
    static void flush(const sonde_host* on) noexcept { of(on).lane.flush(); }
    static std::uint32_t has_subscriber(const sonde_host* on, std::uint32_t) noexcept {
        return of(on).lane.has_subscriber() ? 1 : 0;
    }

    static void retain(const sonde_host* by, const sonde_batch* batch) noexcept {
        const std::lock_guard lock(of(by).retained_mutex_);
        of(by).retained_.emplace(batch->opaque, static_cast<batch_storage*>(batch->opaque)->shared_from_this());
    }
    static void release(const sonde_host* by, const sonde_batch* batch) noexcept {
        const std::lock_guard lock(of(by).retained_mutex_);
        if (const auto found = of(by).retained_.find(batch->opaque); found != of(by).retained_.end()) {
            of(by).retained_.erase(found);
        }
    }

    static std::uint64_t arrived(const sonde_host* on) noexcept { return of(on).subscribers_.load(); }

    static void ask_state(const sonde_host* on) noexcept { of(on).state_requests_.fetch_add(1); }

    static constexpr sonde_host_log log_table{sizeof(sonde_host_log), SONDE_LOG_TRACE, &write_log};
    static constexpr sonde_host_clock clock_table{sizeof(sonde_host_clock), 0, &monotonic, &wall, &monotonic_to_wall};
    static constexpr sonde_host_status status_table{sizeof(sonde_host_status), 0, &report};
    static constexpr sonde_host_metrics metrics_table{sizeof(sonde_host_metrics), 0, &cell};
    static constexpr sonde_host_histogram histogram_table{sizeof(sonde_host_histogram), 0, &histogram};
    static constexpr sonde_host_lane lane_table{
        sizeof(sonde_host_lane), 0, &open_stream, &reserve, &commit, &abort, &drop, &flush, &has_subscriber};
    static constexpr sonde_host_batch batch_table{sizeof(sonde_host_batch), 0, &retain, &release};
    static constexpr sonde_host_subscribers subscribers_table{sizeof(sonde_host_subscribers), 0, &arrived};
    static constexpr sonde_host_input input_table{sizeof(sonde_host_input), 0, &ask_state};

    std::atomic<std::uint64_t> subscribers_{0};
    std::atomic<std::uint64_t> state_requests_{0};
    std::set<std::string, std::less<>> hidden_;
    mutable std::mutex retained_mutex_;
    std::multimap<void*, std::shared_ptr<batch_storage>> retained_;
    sonde_host abi_{sizeof(sonde_host), SONDE_ABI_MAJOR, SONDE_ABI_MINOR, "sonde", "0.0.0-fake", this, &get_extension};
};

}  // namespace sonde::testing
