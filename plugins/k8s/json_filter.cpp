// SPDX-License-Identifier: Apache-2.0
#include "k8s/json_filter.hpp"

#include <charconv>

#include "common/json_fields.hpp"

namespace sonde::k8s {
namespace {

namespace json = common::json;

bool needs_escape(char c) noexcept { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// The parser has checked the encoding: runs without special characters are copied whole.
void write_text(std::string_view text, std::string& out) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back('"');
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!needs_escape(text[i])) {
            continue;
        }
        out.append(text.substr(begin, i - begin));
        begin = i + 1;
        const auto code = static_cast<unsigned char>(text[i]);
        switch (text[i]) {
        case '\n': out.append("\\n"); break;
        case '\t': out.append("\\t"); break;
        case '"':
        case '\\': out.append({'\\', text[i]}); break;
        default: out.append("\\u00").append({digits[code >> 4], digits[code & 0xf]});
        }
    }
    out.append(text.substr(begin));
    out.push_back('"');
}

template <class Number>
void write_number(Number value, std::string& out) {
    char digits[32];
    const auto [end, problem] = std::to_chars(std::begin(digits), std::end(digits), value);
    out.append(digits, end);
}

// Where in an object the writer is: decides what is left out.
enum class place : std::uint8_t { root, anywhere, metadata, annotations, environment, configuration };

class filter {
public:
    filter(const filter_settings& kept, std::string& out) : kept_(&kept), out_(&out) {}

    void write(json::element value, place at) {
        switch (value.type()) {
        case simdjson::dom::element_type::OBJECT: write_object(value, at); break;
        case simdjson::dom::element_type::ARRAY: write_array(value, at); break;
        case simdjson::dom::element_type::STRING: write_text(value.get_string().value_unsafe(), *out_); break;
        case simdjson::dom::element_type::INT64: write_number(value.get_int64().value_unsafe(), *out_); break;
        case simdjson::dom::element_type::UINT64: write_number(value.get_uint64().value_unsafe(), *out_); break;
        case simdjson::dom::element_type::DOUBLE: write_number(value.get_double().value_unsafe(), *out_); break;
        case simdjson::dom::element_type::BOOL: out_->append(value.get_bool().value_unsafe() ? "true" : "false"); break;
        case simdjson::dom::element_type::NULL_VALUE: out_->append("null"); break;
        }
    }

    void write_members(json::object members, place at, bool is_first) {
        for (const auto [key, value] : members) {
            if (is_left_out(key, at)) {
                continue;
            }
            if (!is_first) {
                out_->push_back(',');
            }
            is_first = false;
            write_text(key, *out_);
            out_->push_back(':');
            if (at == place::configuration) {
                out_->append("null");
            } else {
                write(value, inside(key, value, at));
            }
        }
    }

private:
    void write_object(json::element value, place at) {
        out_->push_back('{');
        write_members(value.get_object().value_unsafe(), at, true);
        out_->push_back('}');
    }
    void write_array(json::element value, place at) {
        out_->push_back('[');
        bool is_first = true;
        const json::array items = value.get_array().value_unsafe();
        for (const json::element item : items) {
            if (!is_first) {
                out_->push_back(',');
            }
            is_first = false;
            write(item, at == place::environment ? at : place::anywhere);
        }
        out_->push_back(']');
    }
    [[nodiscard]] bool is_left_out(std::string_view key, place at) const {
        switch (at) {
        case place::metadata: return key == "managedFields";
        case place::annotations: return !kept_->keeps(key) && key != kept_->trace_annotation;
        case place::environment: return key == "value" && !kept_->keeps_environment;
        default: return false;
        }
    }
    // `metadata` is that of the object or of a pod template within it; `env` is that of any container. What a config
    // map holds is the applications' own, and may be a password: its keys are told, its values never.
    [[nodiscard]] static place inside(std::string_view key, json::element value, place at) {
        if (key == "metadata" && value.is_object()) {
            return place::metadata;
        }
        if (at == place::metadata && key == "annotations") {
            return place::annotations;
        }
        if (at == place::root && (key == "data" || key == "binaryData")) {
            return place::configuration;
        }
        return key == "env" && value.is_array() ? place::environment : place::anywhere;
    }

    const filter_settings* kept_;
    std::string* out_;
};

}  // namespace

void write_filtered(const simdjson::dom::element& object, std::string_view api_version, std::string_view kind,
                    const filter_settings& kept, std::string& out) {
    json::object members;
    if (object.get(members) != simdjson::SUCCESS) {
        return;
    }
    out.push_back('{');
    bool is_first = true;
    if (object["kind"].error() != simdjson::SUCCESS) {
        out.append("\"kind\":");
        write_text(kind, out);
        out.append(",\"apiVersion\":");
        write_text(api_version, out);
        is_first = false;
    }
    filter(kept, out).write_members(members, place::root, is_first);
    out.push_back('}');
}

}  // namespace sonde::k8s
