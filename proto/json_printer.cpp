// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/json.hpp>

#include "envelope_text.hpp"
#include "json_sink.hpp"

namespace sonde::schema {
namespace {

// Payloads as docs/formats/jsonl.md describes them.
class payload_sink final : public json_sink {
public:
    using json_sink::json_sink;

    void member(const field_plan& field) override {
        comma();
        out_ += field.key;
    }
    void scalar(const field_plan& field, const wire::field& value) override {
        switch (field.kind) {
        case field_kind::text: append_quoted(value.text(), out_); return;
        case field_kind::enumeration:
        case field_kind::address:
        case field_kind::bytes:
            out_ += '"';
            append_plain(field, value, out_);
            out_ += '"';
            return;
        default: append_plain(field, value, out_); return;
        }
    }
};

// The members of the envelope itself. Each is written after "time", so a comma always precedes it.
class envelope_members final {
public:
    explicit envelope_members(std::string& out) : out_(out) {}

    void text(std::string_view key, std::string_view value) {
        if (!value.empty()) {
            out_ += key;
            append_quoted(value, out_);
        }
    }
    void number(std::string_view key, std::uint64_t value) {
        if (value != 0) {
            out_ += key;
            append_integer(value, out_);
        }
    }
    void id(std::string_view key, std::span<const std::uint8_t> value) {
        if (!value.empty()) {
            out_ += key;
            out_ += '"';
            append_hex(value, out_);
            out_ += '"';
        }
    }
    // A string that `write` appends; no member if it appends nothing.
    template <class Write>
    void quoted(std::string_view key, Write&& write) {
        const std::size_t begin = out_.size();
        out_ += key;
        out_ += '"';
        const std::size_t empty = out_.size();
        write(out_);
        if (out_.size() == empty) {
            out_.resize(begin);
        } else {
            out_ += '"';
        }
    }

private:
    std::string& out_;
};

}  // namespace

struct json_printer::state {
    plan_store plans;
    message_walker walker;
    time_text time;
    time_text start_time;
    std::uint64_t payload_errors = 0;

    void append_origin(const envelope_view& envelope, std::string& out) const;
    void append_subject(const envelope_view& envelope, std::string& out);
    void append_payload(const envelope_view& envelope, std::string& out);
};

json_printer::json_printer() : state_(std::make_unique<state>()) {}
json_printer::json_printer(json_printer&&) noexcept = default;
json_printer& json_printer::operator=(json_printer&&) noexcept = default;
json_printer::~json_printer() = default;

std::uint64_t json_printer::payload_errors() const noexcept { return state_->payload_errors; }

void json_printer::append(const envelope_view& envelope, std::string& out) {
    out += "{\"time\":\"";
    state_->time.append(envelope.time, out);
    out += "\",\"time_unix_nano\":";
    append_integer(envelope.time, out);
    state_->append_origin(envelope, out);
    state_->append_subject(envelope, out);
    state_->append_payload(envelope, out);
    out += '}';
}

// Where the envelope comes from and what identifies it.
void json_printer::state::append_origin(const envelope_view& envelope, std::string& out) const {
    envelope_members to(out);
    if (envelope.clock != 0) {
        to.quoted(",\"clock\":", [&](std::string& text) { append_clock(envelope.clock, text); });
    }
    to.text(",\"topic\":", envelope.resource.topic);
    to.text(",\"source\":", envelope.resource.source);
    to.text(",\"instance\":", envelope.resource.instance);
    to.text(",\"node_name\":", envelope.resource.node_name);
    if (envelope.resource.node_name_origin != 0) {
        to.quoted(",\"node_name_origin\":",
                  [&](std::string& text) { append_node_name_origin(envelope.resource.node_name_origin, text); });
    }
    to.quoted(",\"event_id\":", [&](std::string& text) { append_event_id(envelope, text); });
    to.id(",\"trace_id\":", envelope.trace_id);
    to.id(",\"span_id\":", envelope.span_id);
    to.id(",\"object_trace_id\":", envelope.object_trace_id);
    if (envelope.snapshot) {
        out += ",\"snapshot\":true";
    }
}

// What the envelope is about, as far as it was known at collection.
void json_printer::state::append_subject(const envelope_view& envelope, std::string& out) {
    envelope_members to(out);
    to.number(",\"pid\":", envelope.pid);
    if (envelope.process_start_time != 0) {
        to.quoted(",\"process_start_time\":",
                  [&](std::string& text) { start_time.append(envelope.process_start_time, text); });
        to.number(",\"process_start_time_unix_nano\":", envelope.process_start_time);
    }
    to.number(",\"cgroup_id\":", envelope.cgroup_id);
    to.number(",\"network_namespace\":", envelope.network_namespace);
    to.text(",\"container_id\":", envelope.container_id);
    to.text(",\"pod_uid\":", envelope.pod_uid);
    to.text(",\"pod_name\":", envelope.pod_name);
    to.text(",\"pod_namespace\":", envelope.pod_namespace);
    if (envelope.attributes.empty()) {
        return;
    }
    out += ",\"attributes\":{";
    payload_sink sink(out);
    for (const auto& [key, value] : envelope.attributes) {
        sink.entry(key);
        append_quoted(value, out);
    }
    out += '}';
}

void json_printer::state::append_payload(const envelope_view& envelope, std::string& out) {
    envelope_members to(out);
    to.text(",\"content_type\":", envelope.content_type);
    to.number(",\"revision\":", envelope.revision);
    const std::size_t begin = out.size();
    const message_plan* const plan = plans.find(envelope.content_type);
    if (plan != nullptr) {
        out += ",\"payload\":{";
        payload_sink sink(out);
        if (walker.walk(*plan, envelope.data, sink)) {
            out += '}';
            return;
        }
        ++payload_errors;
        out.resize(begin);
        out += ",\"payload_error\":\"the data is not a valid message of this content type\"";
    }
    if (has_text(envelope)) {
        out += ",\"data_text\":";
        append_quoted({reinterpret_cast<const char*>(envelope.data.data()), envelope.data.size()}, out);
    } else if (!envelope.data.empty()) {
        out += ",\"data_base64\":\"";
        append_base64(envelope.data, out);
        out += '"';
    }
}

}  // namespace sonde::schema
