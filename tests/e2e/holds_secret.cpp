// SPDX-License-Identifier: Apache-2.0
// A collector with a secret among its options. It publishes the secret's size, so that a test can tell that it came.
#include <array>
#include <cstdint>
#include <string>

#include <sonde/plugin.hpp>

namespace {

class holds_secret final {
public:
    static constexpr sonde::component_info info{.role = sonde::role::collector,
                                                .type = "holds_secret",
                                                .summary = "Publishes the size of a secret",
                                                .publishes = {"raw/secret/"}};
    static constexpr std::array options{
        sonde::option("token", sonde::option_type::secret).required().explained("The secret"),
    };

    explicit holds_secret(sonde::host on) : host_(on) {}

    sonde::result<void> configure(const sonde::settings& values) {
        size_ = std::to_string(values.text("token").size());
        return {};
    }

    sonde::result<void> start() {
        auto opened = sonde::open_stream(host_, "raw/secret/");
        if (!opened) {
            return std::unexpected(opened.error());
        }
        stream_ = *opened;
        return {};
    }

    sonde::result<void> run(sonde::run_context& until) {
        static_cast<void>(stream_.publish([this](sonde::envelope_writer& envelope) {
            const std::span text(reinterpret_cast<const std::uint8_t*>(size_.data()), size_.size());
            envelope.time(host_.wall(), sonde::clock_quality::collector).data("text/plain", 1, text);
        }));
        stream_.flush();
        while (until.wait(std::chrono::hours(1))) {
        }
        return {};
    }

private:
    sonde::host host_;
    sonde::stream stream_;
    std::string size_;
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.holds_secret", "1.0.0", "sonde", "Apache-2.0", holds_secret)
