// SPDX-License-Identifier: Apache-2.0
#include "otlp/json_writer.hpp"

#include <bit>
#include <cmath>

#include <google/protobuf/message.h>

#include "json_sink.hpp"

namespace sonde::schema::otlp {
namespace {

bool is_trace_context(std::string_view name) {
    return name == "trace_id" || name == "span_id" || name == "parent_span_id";
}

class otlp_sink final : public json_sink {
public:
    using json_sink::json_sink;

    void member(const field_plan& field) override {
        comma();
        out_ += field.camel_key;
    }
    void scalar(const field_plan& field, const wire::field& value) override {
        switch (field.kind) {
        case field_kind::text: append_quoted(value.text(), out_); return;
        case field_kind::enumeration: append_integer(static_cast<std::int32_t>(value.value), out_); return;
        case field_kind::real64: number(std::bit_cast<double>(value.value)); return;
        case field_kind::int64:
        case field_kind::uint64:
        case field_kind::sint64:
            out_ += '"';
            append_plain(field, value, out_);
            out_ += '"';
            return;
        case field_kind::bytes:
            out_ += '"';
            is_trace_context(field.name) ? append_hex(value.bytes, out_) : append_base64(value.bytes, out_);
            out_ += '"';
            return;
        default: append_plain(field, value, out_); return;
        }
    }

private:
    void number(double value) {
        if (std::isfinite(value)) {
            append_number(value, out_);
        } else if (std::isnan(value)) {
            out_ += "\"NaN\"";
        } else {
            out_ += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
        }
    }
};

}  // namespace

void json_writer::append(const google::protobuf::Message& message, std::string& out) {
    encoded_.clear();
    message.AppendToString(&encoded_);
    out += '{';
    otlp_sink sink(out);
    // What protobuf encoded is well formed, and no deeper than value_builder lets it be.
    static_cast<void>(walker_.walk(*plans_.find(message.GetDescriptor()->full_name()),
                                   {reinterpret_cast<const std::uint8_t*>(encoded_.data()), encoded_.size()}, sink));
    out += '}';
}

}  // namespace sonde::schema::otlp
