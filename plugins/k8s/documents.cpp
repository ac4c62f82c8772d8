// SPDX-License-Identifier: Apache-2.0
#include "k8s/documents.hpp"

#include "common/json_fields.hpp"
#include "k8s/json_filter.hpp"
#include "k8s/read_object.hpp"

namespace sonde::k8s {
namespace {

namespace json = common::json;

static_assert(document_reader::padding >= simdjson::SIMDJSON_PADDING);

error parse_error(simdjson::error_code code) {
    return {errc::invalid, std::string("the answer is not valid JSON: ") + simdjson::error_message(code), {}};
}

status_facts status_of(json::element from) {
    status_facts found{json::integer(from, "code"), std::string(json::text(from, "reason")),
                       std::string(json::text(from, "message")), 0};
    json::with_object(from, "details", [&](json::element details) {
        found.retry_after_seconds = json::integer(details, "retryAfterSeconds");
    });
    return found;
}

frame_type type_of(std::string_view text) noexcept {
    if (text == "MODIFIED") {
        return frame_type::modified;
    }
    if (text == "ADDED") {
        return frame_type::added;
    }
    if (text == "DELETED") {
        return frame_type::deleted;
    }
    if (text == "BOOKMARK") {
        return frame_type::bookmark;
    }
    return text == "ERROR" ? frame_type::error : frame_type::unknown;
}

// What this parser kept for one large page is given back; frames are small.
constexpr std::size_t kept_capacity = 512U << 10;

}  // namespace

struct document_reader::state {
    filter_settings kept;
    simdjson::dom::parser parser;
    json::element root;
    object_facts facts;

    simdjson::error_code parse(std::string_view padded) {
        if (parser.capacity() > kept_capacity && padded.size() < kept_capacity) {
            parser = simdjson::dom::parser();
        }
        return parser.parse(padded.data(), padded.size(), false).get(root);
    }
};

document_reader::document_reader(filter_settings kept) : state_(std::make_unique<state>()) {
    state_->kept = std::move(kept);
}
document_reader::document_reader(document_reader&&) noexcept = default;
document_reader& document_reader::operator=(document_reader&&) noexcept = default;
document_reader::~document_reader() = default;

result<list_facts> document_reader::read_list(std::string_view padded, const kind_info& kind, const take_object& take) {
    state& own = *state_;
    if (const auto code = own.parse(padded); code != simdjson::SUCCESS) {
        return std::unexpected(parse_error(code));
    }
    json::element items;
    if (own.root["items"].get(items) != simdjson::SUCCESS || !(items.is_array() || items.is_null())) {
        return fail(errc::invalid, "the answer is not a list of objects");
    }
    list_facts page;
    json::with_object(own.root, "metadata", [&](json::element metadata) {
        page.resource_version = json::text(metadata, "resourceVersion");
        page.next = json::text(metadata, "continue");
    });
    const std::string_view api_version = json::text(own.root, "apiVersion");
    json::each_item(own.root, "items", [&](const json::element& item) {
        ++page.items;
        read_facts(item, kind, api_version, own.kept, own.facts);
        if (own.facts.name.empty()) {
            ++page.malformed;
        } else {
            take(own.facts);
        }
    });
    return page;
}

result<frame_facts> document_reader::read_frame(std::string_view padded, const kind_info& kind) {
    state& own = *state_;
    if (const auto code = own.parse(padded); code != simdjson::SUCCESS) {
        return std::unexpected(parse_error(code));
    }
    frame_facts frame;
    frame.type = type_of(json::text(own.root, "type"));
    json::element object;
    if (own.root["object"].get(object) != simdjson::SUCCESS || !object.is_object()) {
        return fail(errc::invalid, "a watch frame holds no object");
    }
    if (frame.type == frame_type::error) {
        frame.status = status_of(object);
        return frame;
    }
    own.root = object;
    read_facts(own.root, kind, {}, own.kept, own.facts);
    frame.resource_version = own.facts.resource_version;
    if (frame.type != frame_type::bookmark) {
        if (own.facts.name.empty()) {
            return fail(errc::invalid, "an object in a watch frame has no name");
        }
        frame.object = &own.facts;
    }
    return frame;
}

result<const object_facts*> document_reader::read_object(std::string_view padded, const kind_info& kind) {
    state& own = *state_;
    if (const auto code = own.parse(padded); code != simdjson::SUCCESS) {
        return std::unexpected(parse_error(code));
    }
    read_facts(own.root, kind, {}, own.kept, own.facts);
    if (own.facts.name.empty()) {
        return fail(errc::invalid, "the object has no name");
    }
    return &own.facts;
}

void document_reader::render(const object_facts& facts, std::string& out) const {
    if (facts.source != nullptr) {
        write_filtered(*facts.source, facts.api_version, facts.kind, state_->kept, out);
    }
}

status_facts read_status(std::string_view text) {
    simdjson::dom::parser parser;
    json::element root;
    if (parser.parse(text.data(), text.size(), true).get(root) != simdjson::SUCCESS || !root.is_object()) {
        return {};
    }
    return json::text(root, "kind") == "Status" ? status_of(root) : status_facts{};
}

std::set<std::string, std::less<>> read_groups(std::string_view text) {
    std::set<std::string, std::less<>> found;
    simdjson::dom::parser parser;
    json::element root;
    if (parser.parse(text.data(), text.size(), true).get(root) == simdjson::SUCCESS && root.is_object()) {
        json::each_item(root, "groups", [&](json::element group) {
            json::each_item(group, "versions",
                            [&](json::element version) { found.emplace(json::text(version, "groupVersion")); });
        });
    }
    return found;
}

}  // namespace sonde::k8s
