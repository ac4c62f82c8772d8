// SPDX-License-Identifier: Apache-2.0
#include "k8s/yaml.hpp"

#include <yaml.h>

namespace sonde::k8s {
namespace {

constexpr int deepest = 64;

// The library's parser with its events, released whatever happens.
class event_reader {
public:
    explicit event_reader(std::string_view text) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    event_reader(const event_reader&) = delete;
    event_reader& operator=(const event_reader&) = delete;
    ~event_reader() {
        release();
        yaml_parser_delete(&parser_);
    }

    [[nodiscard]] result<yaml_event_type_t> next() {
        release();
        if (yaml_parser_parse(&parser_, &event_) == 0) {
            return fail(errc::invalid, "line " + std::to_string(parser_.problem_mark.line + 1) + ": " +
                                           (parser_.problem != nullptr ? parser_.problem : "not YAML"));
        }
        holds_event_ = true;
        return event_.type;
    }
    // Of the scalar that next() came to.
    [[nodiscard]] std::string text() const {
        return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
    }

private:
    void release() noexcept {
        if (holds_event_) {
            yaml_event_delete(&event_);
            holds_event_ = false;
        }
    }
    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool holds_event_ = false;
};

result<yaml_node> read_node(event_reader& from, yaml_event_type_t begins, int depth);

result<yaml_node> read_sequence(event_reader& from, int depth) {
    yaml_node node{.is = yaml_node::form::sequence, .text = {}, .keys = {}, .items = {}};
    for (;;) {
        const auto type = from.next();
        if (!type) {
            return std::unexpected(type.error());
        }
        if (*type == YAML_SEQUENCE_END_EVENT) {
            return node;
        }
        auto item = read_node(from, *type, depth + 1);
        if (!item) {
            return item;
        }
        node.items.push_back(std::move(*item));
    }
}

result<yaml_node> read_mapping(event_reader& from, int depth) {
    yaml_node node{.is = yaml_node::form::mapping, .text = {}, .keys = {}, .items = {}};
    for (;;) {
        auto type = from.next();
        if (!type) {
            return std::unexpected(type.error());
        }
        if (*type == YAML_MAPPING_END_EVENT) {
            return node;
        }
        if (*type != YAML_SCALAR_EVENT) {
            return fail(errc::invalid, "a key that is not a text");
        }
        std::string key = from.text();
        type = from.next();
        if (!type) {
            return std::unexpected(type.error());
        }
        auto value = read_node(from, *type, depth + 1);
        if (!value) {
            return value;
        }
        node.keys.push_back(std::move(key));
        node.items.push_back(std::move(*value));
    }
}

result<yaml_node> read_node(event_reader& from, yaml_event_type_t begins, int depth) {
    if (depth > deepest) {
        return fail(errc::invalid, "nested too deeply");
    }
    switch (begins) {
    case YAML_SCALAR_EVENT: return yaml_node{.is = yaml_node::form::text, .text = from.text(), .keys = {}, .items = {}};
    case YAML_SEQUENCE_START_EVENT: return read_sequence(from, depth);
    case YAML_MAPPING_START_EVENT: return read_mapping(from, depth);
    case YAML_ALIAS_EVENT: return fail(errc::unsupported, "aliases are not supported");
    default: return fail(errc::invalid, "unexpected end");
    }
}

}  // namespace

const yaml_node& yaml_node::operator[](std::string_view key) const noexcept {
    static const yaml_node none;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] == key) {
            return items[i];
        }
    }
    return none;
}

const yaml_node& yaml_node::named(std::string_view name) const noexcept {
    static const yaml_node none;
    for (const yaml_node& item : items) {
        if (item["name"].text == name) {
            return item;
        }
    }
    return none;
}

result<yaml_node> parse_yaml(std::string_view text) {
    event_reader from(text);
    for (;;) {
        const auto type = from.next();
        if (!type) {
            return std::unexpected(type.error());
        }
        if (*type == YAML_STREAM_END_EVENT) {
            return yaml_node{};
        }
        if (*type != YAML_STREAM_START_EVENT && *type != YAML_DOCUMENT_START_EVENT) {
            return read_node(from, *type, 0);
        }
    }
}

}  // namespace sonde::k8s
