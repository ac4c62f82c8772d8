// SPDX-License-Identifier: Apache-2.0
// An encoder that measures how old events are when they come to it: wall clock minus the time the kernel stamped.
// Beside it a count of those that waited or were amended, which are told apart.
#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <vector>

#include <sonde/plugin.hpp>

namespace {

class latency_sink final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::encoder,
        .type = "latency_sink",
        .summary = "Measures the age of unified events",
        .description = "For measuring what comes before.",
        .subscribes = {"event/process/", "event/network/"},
    };
    static constexpr std::array<sonde::option, 0> options{};
    static constexpr std::array endpoints{
        sonde::endpoint_info{"latency", "GET", "application/json", "Ages since the last call, in microseconds"},
    };

    explicit latency_sink(sonde::host on) : host_(on) { ages_.reserve(most); }

    static sonde::result<void> configure(const sonde::settings&) { return {}; }
    static sonde::result<void> start() { return {}; }

    sonde::result<void> consume(const sonde::batch_view& batch) {
        const auto now = host_.wall().count();
        const std::lock_guard lock(mutex_);
        static_cast<void>(batch.for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t) {
            sonde::wire::reader in(envelope);
            std::int64_t time = 0;
            bool is_kernel = false;
            while (const auto field = in.next()) {
                if (field->number == SONDE_ENVELOPE_FIELD_TIME) {
                    time = static_cast<std::int64_t>(field->value);
                } else if (field->number == SONDE_ENVELOPE_FIELD_CLOCK) {
                    is_kernel = field->value == 1;
                    break;  // both stand in front
                }
            }
            if (is_kernel && ages_.size() < most) {
                ages_.push_back(now - time);
            }
        }));
        return {};
    }

    sonde::result<void> handle(std::string_view, const sonde::request&, sonde::response& to) {
        const std::lock_guard lock(mutex_);
        std::ranges::sort(ages_);
        std::string json = "{\"events\":" + std::to_string(ages_.size());
        for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}}) {
            const auto place = static_cast<std::size_t>(share * static_cast<double>(ages_.size()));
            json += std::string(",\"") + name + "\":" + std::to_string(ages_.empty() ? 0 : ages_[place] / 1000);
        }
        ages_.clear();
        return to.write(json + "}");
    }

private:
    static constexpr std::size_t most = 2'000'000;

    sonde::host host_;
    std::mutex mutex_;
    std::vector<std::int64_t> ages_;
};

}  // namespace

SONDE_PLUGIN("io.sonde.bench.latency_sink", "1.0.0", "sonde", "Apache-2.0", latency_sink)
