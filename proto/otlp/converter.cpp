// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/otlp.hpp>

#include <map>

#include <google/protobuf/arena.h>
#include <sonde/v1/metric.pb.h>
#include <sonde/v1/span.pb.h>

#include "otlp/groups.hpp"
#include "otlp/json_writer.hpp"
#include "otlp/log_writer.hpp"
#include "otlp/metric_writer.hpp"
#include "otlp/text_check.hpp"

namespace sonde::schema {
namespace {

namespace pb = otlp::pb;

constexpr std::string_view event_type = "sonde.v1.UnifiedEvent";
constexpr std::string_view metric_type = "sonde.v1.MetricSet";
constexpr std::string_view span_type = "sonde.v1.Span";
constexpr std::size_t trace_id_size = 16;
constexpr std::size_t span_id_size = 8;

// Whose span it is: the agent's, not that of the process that the event is about.
constexpr std::string_view own_service = "sonde";

bool is_span(const v1::Span& span) {
    return span.trace_id().size() == trace_id_size && span.span_id().size() == span_id_size &&
           (span.parent_span_id().empty() || span.parent_span_id().size() == span_id_size);
}

void write_span(const v1::Span& from, pb::Span& to) {
    to.set_trace_id(from.trace_id());
    to.set_span_id(from.span_id());
    to.set_parent_span_id(from.parent_span_id());
    to.set_name(from.name());
    to.set_kind(from.kind());
    to.set_start_time_unix_nano(from.start_time_unix_nano());
    to.set_end_time_unix_nano(from.end_time_unix_nano());
    otlp::attribute_list attributes(*to.mutable_attributes());
    for (const auto& [key, value] :
         std::map<std::string_view, std::string_view>(from.attributes().begin(), from.attributes().end())) {
        attributes.text(key, value);
    }
    if (from.has_status()) {
        to.mutable_status()->set_code(from.status().code());
        to.mutable_status()->set_message(from.status().message());
    }
}

}  // namespace

struct otlp_converter::state {
    google::protobuf::Arena arena;
    otlp::grouped<otlp::logs_signal> logs;
    otlp::grouped<otlp::metrics_signal> metrics;
    otlp::grouped<otlp::traces_signal> traces;
    otlp::log_writer writer;
    otlp::text_check texts;
    otlp::origin from;  // of the envelope that is being added
    otlp::json_writer json;
    otlp::loss_counts lost{};
    std::uint64_t payload_errors = 0;

    state() { restart(); }

    void restart() {
        arena.Reset();
        logs.reset(arena);
        metrics.reset(arena);
        traces.reset(arena);
    }

    // Each: false if the payload is not what its content type says.
    [[nodiscard]] bool add_event(const envelope_view& envelope, std::uint64_t observed);
    [[nodiscard]] bool add_metrics(const envelope_view& envelope);
    [[nodiscard]] bool add_span(const envelope_view& envelope);
    // Of the origin that `from` says.
    [[nodiscard]] bool add_numbers(std::span<const std::uint8_t> set, std::uint64_t time);
    // As a log record with the payload as body.
    void add_raw(const envelope_view& envelope, std::uint64_t observed);
    void add_broken(const envelope_view& envelope, std::uint64_t observed);

    template <class Signal>
    std::size_t take_lines(const otlp::grouped<Signal>& of, std::string& out) {
        for (const auto& group : Signal::groups(of.request())) {
            out += Signal::opening;
            json.append(group, out);
            out += "]}\n";
        }
        return static_cast<std::size_t>(Signal::groups(of.request()).size());
    }
};

bool otlp_converter::state::add_event(const envelope_view& envelope, std::uint64_t observed) {
    from.clear();
    otlp::read_event event{from, otlp::made_beside<pb::LogRecord>(logs.request())};
    if (!writer.read(envelope, event)) {
        return false;
    }
    if (!event.has_metrics) {
        otlp::log_writer::write_identity(envelope, observed, event.record);
        logs.at(from).mutable_log_records()->UnsafeArenaAddAllocated(&event.record);
        return true;
    }
    if (event.is_amendment) {
        ++lost[static_cast<std::size_t>(otlp_loss::amendment)];
        return true;
    }
    return add_numbers(otlp::bytes_of(event.metrics), envelope.time);
}

bool otlp_converter::state::add_metrics(const envelope_view& envelope) {
    from.clear();
    otlp::log_writer::write_origin(envelope, from);
    return add_numbers(envelope.data, envelope.time);
}

bool otlp_converter::state::add_numbers(std::span<const std::uint8_t> set, std::uint64_t time) {
    v1::MetricSet read;
    if (!texts.holds(metric_type, set) || !read.ParseFromArray(set.data(), static_cast<int>(set.size()))) {
        return false;
    }
    otlp::attribute_list(*from.scope.mutable_attributes()).text("sonde.group", read.group());
    otlp::write_metrics(read, time, metrics.at(from), lost);
    return true;
}

bool otlp_converter::state::add_span(const envelope_view& envelope) {
    v1::Span span;
    if (!texts.holds(span_type, envelope.data) ||
        !span.ParseFromArray(envelope.data.data(), static_cast<int>(envelope.data.size())) || !is_span(span)) {
        return false;
    }
    from.clear();
    otlp::log_writer::write_origin(envelope, from);
    otlp::attribute_list(*from.resource.mutable_attributes()).text("service.name", own_service);
    write_span(span, *traces.at(from).add_spans());
    return true;
}

void otlp_converter::state::add_raw(const envelope_view& envelope, std::uint64_t observed) {
    from.clear();
    auto& record = otlp::made_beside<pb::LogRecord>(logs.request());
    payload_errors += writer.write_raw(envelope, from, record) ? 0 : 1;
    otlp::log_writer::write_identity(envelope, observed, record);
    logs.at(from).mutable_log_records()->UnsafeArenaAddAllocated(&record);
}

void otlp_converter::state::add_broken(const envelope_view& envelope, std::uint64_t observed) {
    const std::uint64_t counted = payload_errors;
    add_raw(envelope, observed);
    payload_errors = counted + 1;
}

otlp_converter::otlp_converter() : state_(std::make_unique<state>()) {}
otlp_converter::otlp_converter(otlp_converter&&) noexcept = default;
otlp_converter& otlp_converter::operator=(otlp_converter&&) noexcept = default;
otlp_converter::~otlp_converter() = default;

void otlp_converter::add(const envelope_view& envelope, std::uint64_t observed) {
    const std::string_view type = envelope.content_type;
    const bool has_own_form = type == event_type || type == metric_type || type == span_type;
    if (!has_own_form) {
        state_->add_raw(envelope, observed);
        return;
    }
    const bool is_told = type == event_type    ? state_->add_event(envelope, observed)
                         : type == metric_type ? state_->add_metrics(envelope)
                                               : state_->add_span(envelope);
    if (!is_told) {
        state_->add_broken(envelope, observed);
    }
}

std::size_t otlp_converter::take_lines(std::string& out) {
    const std::size_t lines = state_->take_lines(state_->logs, out) + state_->take_lines(state_->metrics, out) +
                              state_->take_lines(state_->traces, out);
    clear();
    return lines;
}

otlp_requests otlp_converter::take_requests() {
    otlp_requests taken{state_->logs.request().SerializeAsString(), state_->metrics.request().SerializeAsString(),
                        state_->traces.request().SerializeAsString()};
    clear();
    return taken;
}

void otlp_converter::clear() { state_->restart(); }

std::uint64_t otlp_converter::payload_errors() const noexcept { return state_->payload_errors; }

std::uint64_t otlp_converter::lost(otlp_loss why) const noexcept { return state_->lost[static_cast<std::size_t>(why)]; }

}  // namespace sonde::schema
