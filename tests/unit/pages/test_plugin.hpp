// SPDX-License-Identifier: Apache-2.0
// A module compiled into the test: a collector that does what its options and endpoints say, one with a check of its
// own, and an encoder that takes everything.
#pragma once

#include <array>
#include <string>

#include <sonde/plugin.hpp>

namespace sonde::pages::test {

class pump final {
public:
    static constexpr component_info info{.role = role::collector,
                                         .type = "pump",
                                         .summary = "Publishes as told",
                                         .publishes = {"raw/pump/"},
                                         .flags = SONDE_COMPONENT_NEEDS_EBPF};
    static constexpr std::array options{
        option("items", option_type::integer).defaults("0").explained("Envelopes to publish in each round"),
        option("rounds", option_type::integer).defaults("1").explained("Rounds before it rests; 0: no end"),
        option("broken", option_type::boolean).defaults("false").explained("Whether start fails"),
        option("token", option_type::secret).explained("A secret"),
    };
    static constexpr std::array endpoints{
        endpoint_info{"echo", "GET", "text/plain", "Says what it was given"},
        endpoint_info{"add", "POST", "application/json", "Counts"},
        endpoint_info{"mood", "POST", "application/json", "Reports a health"},
        endpoint_info{"fail", "GET", "application/json", "Fails"},
    };

    explicit pump(host on) : host_(on) {}

    result<void> configure(const settings& values) {
        items_ = values.integer("items");
        rounds_ = values.integer("rounds");
        broken_ = values.boolean("broken");
        return {};
    }
    result<void> start() {
        if (broken_) {
            return fail(errc::failed, "the pump is broken");
        }
        auto opened = open_stream(host_, "raw/pump/");
        if (!opened) {
            return std::unexpected(opened.error());
        }
        stream_ = *opened;
        added_ = host_.make_counter("pump.added", "{drop}", "Drops added.");
        level_ = host_.make_gauge("pump.level", "{drop}", "Level.", {{"side", "left"}});
        level_.set(-7);
        return {};
    }
    result<void> run(run_context& until) {
        for (std::int64_t round = 0; rounds_ == 0 || round < rounds_; ++round) {
            for (std::int64_t i = 0; i < items_; ++i) {
                publish(i);
            }
            stream_.flush();
            if (!until.wait(std::chrono::milliseconds(1))) {
                return {};
            }
        }
        while (until.wait(std::chrono::nanoseconds(-1))) {
        }
        return {};
    }
    result<void> handle(std::string_view name, const request& asked, response& answer) {
        if (name == "echo") {
            return answer.write("said " + std::string(asked.parameter("text", "nothing")));
        }
        if (name == "add") {
            added_.add(std::stoull(std::string(asked.body())));
        } else if (name == "mood") {
            const bool well = asked.body() == "ok";
            host_.report(well ? health::ok : health::permanent, well ? "" : asked.body(), well ? "" : "a text");
        } else {
            return fail(asked.parameter("how") == "invalid" ? errc::invalid : errc::unsupported, "failed as asked");
        }
        return answer.write("{}");
    }

private:
    void publish(std::int64_t number) const {
        static_cast<void>(stream_.publish([&](envelope_writer& envelope) {
            envelope.time(host_.wall(), clock_quality::collector)
                .attribute("number", std::to_string(number % 10))
                .attribute("padding", std::string(200, 'x'))
                .data("text/plain", 1, [](wire::writer& payload) { payload.text(1, "drop"); });
        }));
    }

    host host_;
    stream stream_;
    counter added_;
    gauge level_;
    std::int64_t items_ = 0;
    std::int64_t rounds_ = 1;
    bool broken_ = false;
};

class checker final {
public:
    static constexpr component_info info{
        .role = role::collector, .type = "checker", .summary = "Has a check of its own", .publishes = {"raw/checker/"}};
    static constexpr std::array endpoints{endpoint_info{"check", "GET", "application/json", "Its own check"}};

    explicit checker(host) {}
    result<void> configure(const settings&) { return {}; }
    result<void> run(run_context& until) {
        while (until.wait(std::chrono::nanoseconds(-1))) {
        }
        return {};
    }
    result<void> handle(std::string_view, const request& asked, response& answer) {
        return answer.write("{\"own\":\"" + std::string(asked.parameter("client_id")) + "\"}");
    }
};

class sink final {
public:
    static constexpr component_info info{
        .role = role::encoder, .type = "sink", .summary = "Takes everything", .subscribes = {"raw/"}};

    explicit sink(host) {}
    result<void> configure(const settings&) { return {}; }
    result<void> consume(const batch_view&) { return {}; }
};

inline constexpr sonde_entry test_entry{SONDE_ENTRY_MAGIC,
                                        sizeof(sonde_entry),
                                        SONDE_ABI_MAJOR,
                                        SONDE_ABI_MINOR,
                                        0,
                                        0,
                                        "io.sonde.test.pages",
                                        "1.2.3",
                                        "sonde",
                                        "Apache-2.0",
                                        SONDE_SDK_BUILD,
                                        nullptr,
                                        nullptr,
                                        &detail::plugin_factories<pump, checker, sink>::get_factory};

}  // namespace sonde::pages::test
