// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/spans.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "enrich_context/layout.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using trace_id = std::array<std::uint8_t, 16>;
using span_id = std::array<std::uint8_t, 8>;

constexpr std::string_view span_name = "enrich_context";
constexpr std::size_t fixed_room = 384;  // all but the texts of the event

// OpenTelemetry, "TraceState: Probability Sampling": without an explicit value the randomness of a trace is the last
// 56 bits of its id, and it is kept if that is not below the rejection threshold, (1 - ratio) * 2^56.
std::uint64_t randomness_of(const trace_id& trace) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 9; i < trace.size(); ++i) {
        value = (value << 8) | trace[i];
    }
    return value;
}

// Random, and not the zeros that mean none.
template <std::size_t Size>
std::array<std::uint8_t, Size> fresh_id(std::mt19937_64& random) {
    std::array<std::uint8_t, Size> id{};
    while (std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; })) {
        for (std::size_t at = 0; at < Size; at += sizeof(std::uint64_t)) {
            const std::uint64_t bits = random();
            std::memcpy(id.data() + at, &bits, sizeof bits);
        }
    }
    return id;
}

std::array<char, 32> hex_of(const event_id& id) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 32> text{};
    for (std::size_t i = 0; i < id.size(); ++i) {
        text[2 * i] = digits[id[i] >> 4];
        text[2 * i + 1] = digits[id[i] & 0xf];
    }
    return text;
}

}  // namespace

result<void> spans::open() {
    auto opened = open_stream(host_, layout::span_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    std::random_device source;
    std::seed_seq seed{source(), source(), source(), source()};
    random_.seed(seed);
    return {};
}

void spans::sample(double ratio) noexcept {
    const double kept = std::clamp(ratio, 0.0, 1.0);
    threshold_ = static_cast<std::uint64_t>(std::llround((1.0 - kept) * static_cast<double>(never)));
}

void spans::tell(const unified& event, std::chrono::nanoseconds taken) {
    if (!stream_.has_subscriber()) {
        return;
    }
    const schema::envelope_view& raw = *event.raw;
    trace_id trace{};
    if (event.has_trace) {
        std::ranges::copy(raw.trace_id, trace.begin());
    } else {
        trace = fresh_id<16>(random_);
    }
    if (randomness_of(trace) < threshold_) {
        return;
    }
    const auto own = fresh_id<8>(random_);
    const auto identity_text = hex_of(identity(raw));
    const auto end = host_.wall();
    const auto start = end - (host_.monotonic() - taken);
    const auto write_span = [&](wire::writer& out) {
        out.bytes(layout::span::trace_id, trace);
        out.bytes(layout::span::span_id, own);
        if (event.has_trace) {
            out.bytes(layout::span::parent_span_id, raw.span_id);
        }
        out.text(layout::span::name, span_name);
        out.uint(layout::span::kind, layout::span_kind_internal);
        out.fixed64(layout::span::start_time_unix_nano, static_cast<std::uint64_t>(start.count()));
        out.fixed64(layout::span::end_time_unix_nano, static_cast<std::uint64_t>(end.count()));
        out.entry(layout::span::attributes, "event.source", raw.resource.source);
        out.entry(layout::span::attributes, "k8s.node.name", raw.resource.node_name);
        out.entry(layout::span::attributes, "event.id", {identity_text.data(), identity_text.size()});
        out.entry(layout::span::attributes, "event.type", event.what->type);
    };
    const std::size_t room =
        fixed_room + raw.resource.source.size() + raw.resource.node_name.size() + event.what->type.size();
    const sonde_rc rc = stream_.publish(
        [&](envelope_writer& to) {
            to.time(start, clock_quality::collector).data(layout::span_type, layout::revision, write_span);
            to.trace(trace, own);
        },
        room);
    (rc == SONDE_OK ? counts_->spans : counts_->spans_lost).add();
}

}  // namespace sonde::enrich_context::pipeline
