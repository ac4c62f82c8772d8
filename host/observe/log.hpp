// SPDX-License-Identifier: Apache-2.0
// The agent's log: one line per record to stderr, as key=value text (coloured on a terminal) or JSON. Each call site
// may write a burst and then one line per interval; what it had to leave out is told by its next line and counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>

#include <sonde/host.hpp>

#include "observe/log_line.hpp"
#include "observe/rate_limit.hpp"
#include "observe/sample_sink.hpp"

namespace sonde::observe {

enum class log_format { text, json };

// "trace", "debug", "info", "warn", "error"; and back.
[[nodiscard]] std::string_view name(level of) noexcept;
[[nodiscard]] std::optional<level> level_named(std::string_view word) noexcept;

struct log_settings {
    level threshold = level::info;
    log_format format = log_format::text;
    std::FILE* output = stderr;  // must outlive the logger
    rate each_site;
    std::size_t sites = 1024;
    std::function<std::chrono::system_clock::time_point()> wall = &std::chrono::system_clock::now;
    std::function<std::chrono::nanoseconds()> monotonic = [] {
        return std::chrono::steady_clock::now().time_since_epoch();
    };
};

// Where a line comes from: the key of the rate limit. `file` is borrowed for the call only.
struct log_site {
    std::string_view file;
    std::uint32_t line = 0;

    log_site(std::string_view in, std::uint32_t at) : file(in), line(at) {}
    // NOLINTNEXTLINE(google-explicit-constructor): so that a defaulted argument tells the call site.
    log_site(const std::source_location& from) : file(from.file_name()), line(from.line()) {}
};

// Thread-safe. Writing never fails for the caller; lines that could not be written are counted.
class logger final {
public:
    using fields = std::initializer_list<log_field>;

    explicit logger(log_settings settings = {});
    ~logger();
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;

    [[nodiscard]] bool logs(level at) const noexcept;
    [[nodiscard]] level threshold() const noexcept;
    void set_threshold(level at) noexcept;

    // `component`: "agent", "api", an instance's name. Field keys are lower_snake_case literals.
    void write(level at, std::string_view component, std::string_view message, fields with = {},
               const log_site& from = std::source_location::current());

    void info(std::string_view component, std::string_view message, fields with = {},
              const log_site& from = std::source_location::current()) {
        write(level::info, component, message, with, from);
    }
    void warn(std::string_view component, std::string_view message, fields with = {},
              const log_site& from = std::source_location::current()) {
        write(level::warn, component, message, with, from);
    }
    void error(std::string_view component, std::string_view message, fields with = {},
               const log_site& from = std::source_location::current()) {
        write(level::error, component, message, with, from);
    }

    // sonde.log.lines{level}, sonde.log.suppressed.lines, sonde.log.write.errors: register as a metrics source.
    void sample(sample_sink& into) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::observe
