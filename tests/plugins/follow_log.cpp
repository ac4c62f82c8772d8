// SPDX-License-Identifier: Apache-2.0
// A collector that follows one log over rotations and restarts, in what the SDK offers for that: each line becomes an
// event of type text/plain. A line that comes again after a crash has the id that it had.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include <poll.h>

#include <sonde/collecting/file_follower/follower.hpp>
#include <sonde/collecting/position_store/keeper.hpp>
#include <sonde/collecting/position_store/options.hpp>
#include <sonde/plugin.hpp>

namespace {

using namespace std::chrono_literals;
namespace files = sonde::collecting::file_follower;
namespace kept = sonde::collecting::position_store;

class follow_log final {
public:
    static constexpr sonde::component_info info{
        .role = sonde::role::collector,
        .type = "follow_log",
        .summary = "Publishes the lines of a log file",
        .publishes = {"raw/follow_log/"},
    };
    static constexpr std::array own_options{
        sonde::option("path", sonde::option_type::path).required().explained("The log"),
        sonde::option("line_limit", sonde::option_type::bytes)
            .defaults("16KiB")
            .range("256B", "64KiB")
            .explained("Bytes of a line that are told; longer ones are cut"),
    };
    static constexpr auto options = kept::with_positions(own_options, "follow_log");

    explicit follow_log(sonde::host on)
        : host_(on), counters_{on.make_counter("follow_log.positions.saved", "{position}", "Positions saved"),
                               on.make_counter("follow_log.positions.failures", "{failure}", "Positions not saved"),
                               on.make_counter("follow_log.positions.lost", "{file}", "Corrupt files of positions")} {}

    sonde::result<void> configure(const sonde::settings& values) {
        follows_ = {.path = std::string(values.text("path")),
                    .line_limit = static_cast<std::size_t>(values.bytes("line_limit"))};
        follows_.is_from_beginning = true;
        keeps_ = kept::read_positions(values);
        return {};
    }

    sonde::result<void> run(sonde::run_context& until) {
        const auto out = sonde::open_stream(host_, "raw/follow_log/");
        if (!out) {
            return std::unexpected(out.error());
        }
        kept::keeper positions(keeps_, counters_);
        if (auto opened = positions.open(); !opened && opened.error().code == sonde::errc::again) {
            return std::unexpected(opened.error());  // another instance is at this log: its lines would come twice
        }
        files::follower log(follows_);
        if (auto opened = log.open(positions.saved("log").value_or(""), host_.monotonic()); !opened) {
            host_.warn(opened.error().message());
        }
        const auto where = [&log](const auto& take) { take("log", files::encode(log.where())); };
        std::chrono::nanoseconds wait{};
        for (std::array watched{pollfd{log.fd(), POLLIN, 0}}; until.wait(watched, wait);) {
            const auto now = host_.monotonic();
            const std::uint64_t before = log.counts().lines;
            const bool has_more = log.read_some(now, [&](const files::line& each) { return tell(*out, each); });
            if (log.counts().lines != before) {
                positions.touch();
            }
            if (!has_more) {
                out->flush();
            }
            positions.tick(now, where);
            const std::string& complaint = log.complaint().empty() ? positions.complaint() : log.complaint();
            host_.report(complaint.empty() ? sonde::health::ok : sonde::health::recoverable,
                         complaint.empty() ? "" : "not_followed", complaint);
            wait = has_more ? 0ns : std::max(std::min(log.due(), positions.due()) - host_.monotonic(), 0ns);
        }
        out->flush();
        positions.finish(where);
        return {};
    }

private:
    // False if the lane stayed full: the line is not taken then, and comes again.
    bool tell(const sonde::stream& out, const files::line& each) {
        const auto id = id_of(each);
        const sonde_rc rc = out.publish(
            [&](sonde::envelope_writer& envelope) {
                envelope.time(host_.wall(), sonde::clock_quality::collector)
                    .event_id(id)
                    .data("text/plain", 1, each.text);
            },
            each.text.size() + 128, 20ms);
        return rc != SONDE_AGAIN && rc != SONDE_STOPPED;
    }

    // By what the line says and where it stands, which renaming and copying do not change.
    std::array<std::uint8_t, 16> id_of(const files::line& each) const {
        const std::array parts{files::hash_of(follows_.path) ^ each.offset, files::hash_of(each.text)};
        std::array<std::uint8_t, 16> id{};
        for (std::size_t i = 0; i < id.size(); ++i) {
            id[i] = static_cast<std::uint8_t>(parts[i / 8] >> (i % 8 * 8));
        }
        return id;
    }

    sonde::host host_;
    kept::keeper_counters counters_;
    files::follower_options follows_;
    kept::keeper_settings keeps_;
};

}  // namespace

SONDE_PLUGIN("io.sonde.sample.follow_log", "1.0.0", "sonde", "Apache-2.0", follow_log)
