// SPDX-License-Identifier: Apache-2.0
#include "observe/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>

namespace sonde::observe {
namespace {

constexpr std::array<std::string_view, 5> level_names{"trace", "debug", "info", "warn", "error"};

std::size_t index(level of) noexcept {
    return static_cast<std::size_t>(std::clamp(static_cast<std::int32_t>(of), 0, 4));
}

// Our level words; spdlog's own would write "warning".
class level_flag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& msg, const std::tm&, spdlog::memory_buf_t& to) override {
        const std::string_view word = name(static_cast<level>(msg.level));
        to.append(word.data(), word.data() + word.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<level_flag>();
    }
};

std::unique_ptr<spdlog::formatter> make_formatter(log_format form) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<level_flag>('*');
    formatter->set_pattern(form == log_format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*",%v})"
                                                    : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%^%*%$ %v");
    return formatter;
}

std::uint64_t site_key(const log_site& site) noexcept {
    return std::hash<std::string_view>{}(site.file) * 31 + site.line;
}

}  // namespace

std::string_view name(level of) noexcept { return level_names[index(of)]; }

std::optional<level> level_named(std::string_view word) noexcept {
    const auto found = std::ranges::find(level_names, word);
    if (found == level_names.end()) {
        return {};
    }
    return static_cast<level>(found - level_names.begin());
}

struct logger::state {
    explicit state(log_settings from)
        : settings(std::move(from)), threshold(settings.threshold), sites(settings.each_site, settings.sites),
          sink(std::make_shared<spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex>>(
              settings.output, spdlog::color_mode::automatic)),
          out("sonde", sink) {
        sink->set_formatter(make_formatter(settings.format));
        out.set_level(spdlog::level::trace);
        out.set_error_handler([this](const std::string&) { ++write_errors; });
    }

    log_settings settings;
    std::atomic<level> threshold;
    std::mutex sites_mutex;
    rate_limit sites;
    std::shared_ptr<spdlog::sinks::sink> sink;
    spdlog::logger out;
    std::array<std::atomic<std::uint64_t>, level_names.size()> lines{};
    std::atomic<std::uint64_t> suppressed = 0;
    std::atomic<std::uint64_t> write_errors = 0;
};

logger::logger(log_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
logger::~logger() = default;

bool logger::logs(level at) const noexcept { return at >= threshold(); }
level logger::threshold() const noexcept { return state_->threshold.load(std::memory_order_relaxed); }
void logger::set_threshold(level at) noexcept { state_->threshold.store(at, std::memory_order_relaxed); }

void logger::write(level at, std::string_view component, std::string_view message, fields with, const log_site& from) {
    if (!logs(at)) {
        return;
    }
    std::optional<std::uint64_t> left_out;
    {
        const std::scoped_lock lock(state_->sites_mutex);
        left_out = state_->sites.admit(site_key(from), state_->settings.monotonic());
    }
    if (!left_out) {
        ++state_->suppressed;
        return;
    }
    const log_record record{component, message, with, *left_out};
    const std::string line = state_->settings.format == log_format::json ? json_members(record) : text_line(record);
    ++state_->lines[index(at)];
    state_->out.log(state_->settings.wall(), spdlog::source_loc{}, static_cast<spdlog::level::level_enum>(index(at)),
                    spdlog::string_view_t(line.data(), line.size()));
}

void logger::sample(sample_sink& into) const {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        into.counter("sonde.log.lines", "{line}", "Log lines written, by level.", {{"level", level_names[i]}},
                     static_cast<double>(state_->lines[i].load()));
    }
    into.counter("sonde.log.suppressed.lines", "{line}", "Log lines left out by the rate limit of their call site.", {},
                 static_cast<double>(state_->suppressed.load()));
    into.counter("sonde.log.write.errors", "{error}", "Log lines that could not be written.", {},
                 static_cast<double>(state_->write_errors.load()));
}

}  // namespace sonde::observe
