// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/encoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace sonde::encode_jsonl {
namespace {

constexpr const char* lost_lines = "encode_jsonl.lost.lines";
constexpr const char* lost_help = "Lines that never reached the output, by reason";

// From an event that is handed on at once to that of an agent which is a minute behind.
constexpr std::uint64_t us = 1'000;
constexpr std::uint64_t ms = 1'000 * us;
constexpr std::uint64_t s = 1'000 * ms;
constexpr std::array age_bounds{100 * us, 250 * us, 500 * us, 1 * ms, 2500 * us, 5 * ms, 10 * ms, 25 * ms, 50 * ms,
                                100 * ms, 250 * ms, 500 * ms, 1 * s,  2500 * ms, 5 * s,  10 * s,  60 * s};

line_file_counters make_counters(const host& on) {
    return {
        .lines = on.make_counter("encode_jsonl.written.lines", "{line}", "Lines written"),
        .bytes = on.make_counter("encode_jsonl.written.bytes", "By", "Bytes written"),
        .failures =
            on.make_counter("encode_jsonl.write.failures", "{attempt}", "Attempts to write that left lines pending"),
        .rotations = on.make_counter("encode_jsonl.rotations", "{rotation}", "Files rotated"),
        .reopens = on.make_counter("encode_jsonl.reopens", "{reopen}", "Files opened again after being moved away"),
        .syncs = on.make_counter("encode_jsonl.syncs", "{sync}", "Attempts to force lines to the disk"),
        .sync_failures = on.make_counter("encode_jsonl.sync.failures", "{sync}", "Such attempts that failed"),
    };
}

}  // namespace

encoder::encoder(host on, file_calls& calls) : host_(on), calls_(&calls) {
    malformed_ = host_.make_counter(lost_lines, "{line}", lost_help, {{"reason", "malformed"}});
    payload_errors_ = host_.make_counter("encode_jsonl.payload.errors", "{envelope}",
                                         "Envelopes whose payload could not be decoded and was written as base64");
    for (std::size_t i = 0; i < not_representable_.size(); ++i) {
        not_representable_[i] =
            host_.make_counter("encode_jsonl.not_representable", "{point}",
                               "Points of metrics, or sets of them that were told before, that OTLP cannot carry",
                               {{"reason", schema::otlp_loss_names[i]}});
    }
    pending_bytes_ = host_.make_gauge("encode_jsonl.pending.bytes", "By", "Bytes of lines that wait to be written");
    event_age_ = host_.make_histogram("encode_jsonl.event.age", "ns",
                                      "Age of events when their line was made; snapshots aside", age_bounds);
}

result<void> encoder::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    options_ = std::move(*read);
    format_ = read_format(values);
    return {};
}

result<void> encoder::start() {
    converter_.reset();
    if (format_ == line_format::otlp) {
        converter_.emplace();
    }
    told_payload_errors_ = converter_ ? 0 : printer_.payload_errors();
    told_not_representable_ = {};
    file_.emplace(options_, make_counters(host_), *calls_);
    if (auto opened = file_->open(host_.monotonic()); !opened) {
        file_.reset();
        return fail(errc::failed, opened.error().text, "path");
    }
    return {};
}

result<void> encoder::consume(const batch_view& batch) {
    if (batch.header().schema_id != SONDE_SCHEMA_ENVELOPE_BATCH) {
        return fail(errc::unsupported, fmt::format("batches of schema {} are not envelopes", batch.header().schema_id));
    }
    const auto now = host_.monotonic();
    if (file_->is_full()) {
        flush(now);
    }
    if (file_->is_full()) {
        if (reported_.empty()) {
            report(failure{"stalled", "the reader of the output is slower than the events are"});
        }
        return fail(errc::failed, fmt::format("the buffer is full of lines that cannot be written ({})", reported_));
    }
    encode(batch);
    if (file_->is_full() || options_.sync == sync_policy::batch) {
        flush(now);
    }
    file_->sync_if_due(now);
    return {};
}

void encoder::encode(const batch_view& batch) {
    std::string& out = file_->pending();
    const std::size_t before = out.size();
    std::uint64_t envelopes = 0;
    try {
        envelopes = append_lines(batch, out);
    } catch (...) {  // out of memory: the host counts the batch as failed, so none of it may stay
        out.resize(before);
        if (converter_) {
            converter_->clear();
        }
        throw;
    }
    count_losses();
    if (envelopes < batch.items()) {
        malformed_.add(batch.items() - envelopes);
        host_.warn(fmt::format("{} of {} envelopes on {} are malformed and left out", batch.items() - envelopes,
                               batch.items(), batch.topic()));
    }
}

// Returns how many envelopes could be read.
std::uint64_t encoder::append_lines(const batch_view& batch, std::string& out) {
    std::uint64_t envelopes = 0;
    const auto observed = static_cast<std::uint64_t>(batch.header().last_time + batch.header().wall_offset);
    const auto now = static_cast<std::uint64_t>(host_.wall().count());
    reader_.open(batch.body(), batch.header().first_item, batch.topic());
    while (const schema::envelope_view* envelope = reader_.next()) {
        if (converter_) {
            converter_->add(*envelope, observed);
        } else {
            printer_.append(*envelope, out);
            out += '\n';
        }
        measure(*envelope, now);
        ++envelopes;
    }
    if (converter_) {
        converter_->take_lines(out);
    }
    return envelopes;
}

// A clock of another machine may be ahead of this one's: such an event has the least age.
void encoder::measure(const schema::envelope_view& envelope, std::uint64_t now) const {
    if (!envelope.snapshot && envelope.time != 0) {
        event_age_.record(now - std::min(now, envelope.time));
    }
}

void encoder::count_losses() {
    const std::uint64_t errors = converter_ ? converter_->payload_errors() : printer_.payload_errors();
    payload_errors_.add(errors - std::exchange(told_payload_errors_, errors));
    for (std::size_t i = 0; converter_ && i < not_representable_.size(); ++i) {
        const std::uint64_t lost = converter_->lost(static_cast<schema::otlp_loss>(i));
        not_representable_[i].add(lost - std::exchange(told_not_representable_[i], lost));
    }
}

void encoder::flush(std::chrono::nanoseconds now) {
    const outcome done = file_->flush(now);
    pending_bytes_.set(static_cast<std::int64_t>(file_->pending().size()));
    report(done ? file_->trouble() : std::optional(done.error()));
}

std::chrono::nanoseconds encoder::idle(std::chrono::nanoseconds now) {
    flush(now);
    file_->sync_if_due(now);
    return file_->next_wake(now);
}

// Tells the host about changes only: one line per trouble, not one per batch.
void encoder::report(const std::optional<failure>& problem) {
    const std::string_view reason = problem ? problem->reason : std::string_view{};
    if (reason == reported_) {
        return;
    }
    reported_ = reason;
    if (problem) {
        host_.report(health::recoverable, problem->reason, problem->text);
    } else {
        host_.report(health::ok);
    }
}

result<void> encoder::stop(std::chrono::nanoseconds) {
    if (!file_) {
        return {};
    }
    const std::uint64_t lost = file_->close(host_.monotonic());
    const std::string reason(file_->last_reason());
    pending_bytes_.set(0);
    file_.reset();
    if (lost == 0) {
        return {};
    }
    host_.make_counter(lost_lines, "{line}", lost_help, {{"reason", reason}}).add(lost);
    return fail(errc::failed, fmt::format("{} lines could not be written before the stop ({})", lost, reason));
}

}  // namespace sonde::encode_jsonl
