// SPDX-License-Identifier: Apache-2.0
// The smallest useful C++ plugin: a collector that publishes one greeting per interval.
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include <sonde/plugin.hpp>

namespace {

class hello final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::collector,
        .type = "hello",
        .summary = "Publishes a greeting at a fixed interval",
        .description = "A sample that shows what every collector needs: options, a stream, and a loop that can stop.",
        .publishes = {"raw/hello/"},
    };
    static constexpr std::array options{
        sonde::option("interval", sonde::option_type::duration)
            .defaults("1s")
            .range("1ms", "1h")
            .explained("Time between two greetings"),
        sonde::option("greeting", sonde::option_type::string).defaults("hello").explained("Text to publish"),
    };

    explicit hello(sonde::host on) : host_(on) {}

    sonde::result<void> configure(const sonde::settings& values) {
        interval_ = values.duration("interval");
        greeting_ = values.text("greeting");
        return {};
    }

    sonde::result<void> start() {
        auto opened = sonde::open_stream(host_, "raw/hello/");
        if (!opened) {
            return std::unexpected(opened.error());
        }
        stream_ = *opened;
        return {};
    }

    sonde::result<void> run(sonde::run_context& until) {
        do {
            // A full lane drops the greeting, and the host counts it; a greeting that comes late is worth nothing.
            static_cast<void>(stream_.publish([this](sonde::envelope_writer& envelope) {
                const std::span text(reinterpret_cast<const std::uint8_t*>(greeting_.data()), greeting_.size());
                envelope.time(host_.wall(), sonde::clock_quality::collector).data("text/plain", 1, text);
            }));
            stream_.flush();
        } while (until.wait(interval_));
        return {};
    }

private:
    sonde::host host_;
    sonde::stream stream_;
    std::chrono::nanoseconds interval_{};
    std::string greeting_;
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.hello", "1.0.0", "sonde", "Apache-2.0", hello)
