// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/match.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "envelope_text.hpp"
#include "message_walker.hpp"

namespace sonde::schema {
namespace {

using append_member = void (*)(const envelope_view&, std::string&);

struct named_member {
    std::string_view name;
    append_member append;
};

template <std::string_view envelope_view::* Text>
void text(const envelope_view& from, std::string& out) {
    out += from.*Text;
}
template <std::string_view resource_view::* Text>
void resource_text(const envelope_view& from, std::string& out) {
    out += from.resource.*Text;
}
template <auto Number>
void number(const envelope_view& from, std::string& out) {
    append_integer(from.*Number, out);
}
template <std::span<const std::uint8_t> envelope_view::* Id>
void id(const envelope_view& from, std::string& out) {
    append_hex(from.*Id, out);
}
void time(const envelope_view& from, std::string& out) { time_text().append(from.time, out); }
void start_time(const envelope_view& from, std::string& out) {
    if (from.process_start_time != 0) {
        time_text().append(from.process_start_time, out);
    }
}

// The scalar members of docs/formats/jsonl.md.
constexpr named_member members[] = {
    {"time", time},
    {"time_unix_nano", number<&envelope_view::time>},
    {"clock", [](const envelope_view& from, std::string& out) { append_clock(from.clock, out); }},
    {"topic", resource_text<&resource_view::topic>},
    {"source", resource_text<&resource_view::source>},
    {"instance", resource_text<&resource_view::instance>},
    {"node_name", resource_text<&resource_view::node_name>},
    {"node_name_origin",
     [](const envelope_view& from, std::string& out) { append_node_name_origin(from.resource.node_name_origin, out); }},
    {"event_id", append_event_id},
    {"trace_id", id<&envelope_view::trace_id>},
    {"span_id", id<&envelope_view::span_id>},
    {"object_trace_id", id<&envelope_view::object_trace_id>},
    {"snapshot", [](const envelope_view& from, std::string& out) { out += from.snapshot ? "true" : "false"; }},
    {"pid", number<&envelope_view::pid>},
    {"process_start_time", start_time},
    {"process_start_time_unix_nano", number<&envelope_view::process_start_time>},
    {"cgroup_id", number<&envelope_view::cgroup_id>},
    {"network_namespace", number<&envelope_view::network_namespace>},
    {"container_id", text<&envelope_view::container_id>},
    {"pod_uid", text<&envelope_view::pod_uid>},
    {"pod_name", text<&envelope_view::pod_name>},
    {"pod_namespace", text<&envelope_view::pod_namespace>},
    {"content_type", text<&envelope_view::content_type>},
    {"revision", number<&envelope_view::revision>},
};

constexpr std::string_view attribute_prefix = "attributes.";
constexpr std::string_view payload_prefix = "payload.";

// Follows a dotted path through a message. Deciding needs the values of one field only, in whatever order they come.
class path_search final {
public:
    path_search(std::string_view wanted, std::string& scratch) : wanted_(wanted), scratch_(scratch) {}

    // True if the field at `path` has the wanted value.
    bool found_in(const message_plan& plan, std::span<const std::uint8_t> bytes, std::string_view path) {
        const std::size_t dot = path.find('.');
        const field_plan* const field = plan.find(path.substr(0, dot));
        if (field == nullptr) {
            return false;
        }
        const std::string_view rest = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
        if (field->is_map) {
            return !rest.empty() && in_map(*field, bytes, rest);
        }
        if (field->kind == field_kind::message) {
            return !rest.empty() && in_messages(*field, bytes, rest);
        }
        return rest.empty() && in_values(*field, bytes);
    }

private:
    template <class Visit>
    static void for_each(const field_plan& field, std::span<const std::uint8_t> bytes, Visit&& visit) {
        wire::reader in(bytes);
        while (const auto next = in.next()) {
            if (next->number == field.number) {
                visit(*next);
            }
        }
    }

    bool in_messages(const field_plan& field, std::span<const std::uint8_t> bytes, std::string_view rest) {
        if (field.is_list) {
            bool found = false;
            for_each(field, bytes, [&](const wire::field& next) {
                found = found || (next.type == SONDE_WIRE_BYTES && found_in(*field.message, next.bytes, rest));
            });
            return found;
        }
        std::vector<std::uint8_t> merged;  // empty if absent, which is a message of default values
        for_each(field, bytes, [&](const wire::field& next) {
            if (next.type == SONDE_WIRE_BYTES) {
                merged.insert(merged.end(), next.bytes.begin(), next.bytes.end());
            }
        });
        return found_in(*field.message, merged, rest);
    }

    bool in_values(const field_plan& field, std::span<const std::uint8_t> bytes) {
        wire::field last{field.number, field.wire_type, 0, {}};
        bool present = !field.has_presence;
        bool found = false;
        for_each(field, bytes, [&](const wire::field& next) {
            if (next.type == field.wire_type) {
                last = next;
                present = true;
                found = found || (field.is_list && equals(field, next));
            } else if (field.is_list && next.type == SONDE_WIRE_BYTES) {
                const bool whole = for_each_packed(
                    field, next.bytes, [&](const wire::field& one) { found = found || equals(field, one); });
                found = found && whole;
            }
        });
        return field.is_list ? found : present && equals(field, last);
    }

    // The rest of the path is the key, dots and all.
    bool in_map(const field_plan& field, std::span<const std::uint8_t> bytes, std::string_view wanted_key) {
        const field_plan& key = field.message->fields.front();
        const field_plan& value = field.message->fields.back();
        bool found = false;
        for_each(field, bytes, [&](const wire::field& entry) {
            wire::field entry_key{1, key.wire_type, 0, {}};
            for_each(key, entry.bytes, [&](const wire::field& next) { entry_key = next; });
            scratch_.clear();
            append_plain(key, entry_key, scratch_);
            if (scratch_ == wanted_key && value.kind != field_kind::message) {
                found = in_values(value, entry.bytes);
            }
        });
        return found;
    }

    bool equals(const field_plan& field, const wire::field& value) {
        scratch_.clear();
        append_plain(field, value, scratch_);
        return scratch_ == wanted_;
    }

    std::string_view wanted_;
    std::string& scratch_;
};

// A topic may be written without the slash that ends it.
bool same_topic(std::string_view topic, std::string_view wanted) {
    return topic == wanted || (topic.ends_with('/') && topic.substr(0, topic.size() - 1) == wanted);
}

}  // namespace

struct field_matcher::state {
    const named_member* member = nullptr;
    std::optional<std::string> attribute{};
    std::string path{};  // below the payload
    std::string wanted{};
    std::string scratch{};
    plan_store plans{};

    bool matches(const envelope_view& envelope);
};

field_matcher::field_matcher(std::unique_ptr<state> from) noexcept : state_(std::move(from)) {}
field_matcher::field_matcher(field_matcher&&) noexcept = default;
field_matcher& field_matcher::operator=(field_matcher&&) noexcept = default;
field_matcher::~field_matcher() = default;

result<field_matcher> field_matcher::parse(std::string_view expression) {
    const std::size_t equal = expression.find('=');
    if (equal == 0 || equal == std::string_view::npos) {
        return fail(errc::invalid, fmt::format("filter '{}' is not of the form KEY=VALUE", expression));
    }
    const std::string_view key = expression.substr(0, equal);
    auto made = std::make_unique<state>();
    made->wanted = expression.substr(equal + 1);
    if (key.starts_with(payload_prefix) && key.size() > payload_prefix.size()) {
        made->path = key.substr(payload_prefix.size());
        return field_matcher(std::move(made));
    }
    if (key.starts_with(attribute_prefix)) {
        made->attribute = key.substr(attribute_prefix.size());
        return field_matcher(std::move(made));
    }
    const auto* const member = std::ranges::find(members, key, &named_member::name);
    if (member == std::end(members)) {
        std::vector<std::string_view> names;
        std::ranges::transform(members, std::back_inserter(names), &named_member::name);
        return fail(errc::invalid,
                    fmt::format("no envelope has a member '{}'; there are {}, attributes.NAME and payload.PATH", key,
                                fmt::join(names, ", ")));
    }
    made->member = member;
    return field_matcher(std::move(made));
}

bool field_matcher::matches(const envelope_view& envelope) { return state_->matches(envelope); }

bool field_matcher::state::matches(const envelope_view& envelope) {
    if (attribute) {
        const auto found = std::ranges::find(envelope.attributes, std::string_view(*attribute),
                                             &std::pair<std::string_view, std::string_view>::first);
        return found == envelope.attributes.end() ? wanted.empty() : found->second == wanted;
    }
    if (!path.empty()) {
        const message_plan* const plan = plans.find(envelope.content_type);
        return plan != nullptr && path_search(wanted, scratch).found_in(*plan, envelope.data, path);
    }
    if (member->name == "topic") {
        return same_topic(envelope.resource.topic, wanted);
    }
    scratch.clear();
    member->append(envelope, scratch);
    return scratch == wanted;
}

}  // namespace sonde::schema
