// SPDX-License-Identifier: Apache-2.0
// A collector whose events name nothing but one thing: a process, a container, a pod, or an address at the other end.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/plugin.hpp>

namespace {

constexpr std::uint32_t event_kind = 1;  // numbers of sonde.v1.ConnectionEvent
constexpr std::uint32_t event_connection = 2;
constexpr std::uint32_t failed = 3;
constexpr std::uint32_t peer_address = 3;  // and of sonde.v1.Connection
constexpr std::uint32_t peer_port = 4;
constexpr std::uint32_t transport = 5;
constexpr std::uint32_t tcp = 1;

class names_one_thing final {
public:
    static constexpr sonde::component_info info{.role = sonde::role::collector,
                                                .type = "names_one_thing",
                                                .summary = "Publishes events that name nothing but one thing",
                                                .publishes = {"raw/one/"}};
    static constexpr std::array options{
        sonde::option("pid", sonde::option_type::integer).defaults("0").range("0", "4194304").explained("A process"),
        sonde::option("container", sonde::option_type::string).defaults("").explained("The id of a container"),
        sonde::option("pod", sonde::option_type::string).defaults("").explained("The name of a pod in `shop`"),
        sonde::option("address", sonde::option_type::list).explained("The four numbers of an address"),
    };

    explicit names_one_thing(sonde::host on) : host_(on) {}

    sonde::result<void> configure(const sonde::settings& values) {
        pid_ = static_cast<std::uint32_t>(values.integer("pid"));
        container_ = values.text("container");
        pod_ = values.text("pod");
        if (values.has("address")) {
            for (const std::string& each : values.list("address")) {
                address_.push_back(static_cast<std::uint8_t>(std::stoi(each)));
            }
        }
        return {};
    }

    sonde::result<void> start() {
        auto opened = sonde::open_stream(host_, "raw/one/");
        if (!opened) {
            return std::unexpected(opened.error());
        }
        stream_ = *opened;
        return {};
    }

    sonde::result<void> run(sonde::run_context& until) {
        do {
            static_cast<void>(stream_.publish([this](sonde::envelope_writer& envelope) { write(envelope); }));
            stream_.flush();
        } while (until.wait(std::chrono::milliseconds(100)));
        return {};
    }

private:
    void write(sonde::envelope_writer& envelope) {
        envelope.time(host_.wall(), sonde::clock_quality::collector);
        if (pid_ != 0) {
            envelope.process(pid_, {});
        }
        if (!container_.empty()) {
            envelope.container(container_);
        }
        if (!pod_.empty()) {
            envelope.pod("", pod_, "shop");
        }
        if (address_.empty()) {
            envelope.data("text/plain", 1, std::string_view("one thing"));
            return;
        }
        envelope.data("sonde.v1.ConnectionEvent", 1, [this](sonde::wire::writer& out) {
            out.uint(event_kind, failed);
            out.message(event_connection, [&] {
                out.bytes(peer_address, address_);
                out.uint(peer_port, 1);
                out.uint(transport, tcp);
            });
        });
    }

    sonde::host host_;
    sonde::stream stream_;
    std::uint32_t pid_ = 0;
    std::string container_;
    std::string pod_;
    std::vector<std::uint8_t> address_;
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.names_one_thing", "1.0.0", "sonde", "Apache-2.0", names_one_thing)
