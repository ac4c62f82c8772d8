// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/encoder.hpp"

#include <fmt/format.h>

namespace sonde::encode_jsonl {
namespace {

constexpr const char* lost_lines = "encode_jsonl.lost.lines";
constexpr const char* lost_help = "Lines that never reached the output, by reason";

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
    pending_bytes_ = host_.make_gauge("encode_jsonl.pending.bytes", "By", "Bytes of lines that wait to be written");
}

result<void> encoder::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    options_ = std::move(*read);
    return {};
}

result<void> encoder::start() {
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
    const std::uint64_t errors_before = printer_.payload_errors();
    std::uint64_t lines = 0;
    try {
        reader_.open(batch.body(), batch.header().first_item, batch.topic());
        while (const schema::envelope_view* envelope = reader_.next()) {
            printer_.append(*envelope, out);
            out += '\n';
            ++lines;
        }
    } catch (...) {  // out of memory: the host counts the batch as failed, so none of it may stay
        out.resize(before);
        throw;
    }
    payload_errors_.add(printer_.payload_errors() - errors_before);
    if (lines < batch.items()) {
        malformed_.add(batch.items() - lines);
        host_.warn(fmt::format("{} of {} envelopes on {} are malformed and left out", batch.items() - lines,
                               batch.items(), batch.topic()));
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
