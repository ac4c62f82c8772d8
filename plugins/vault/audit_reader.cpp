// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_reader.hpp"

#include <algorithm>

#include "common/json_fields.hpp"
#include "vault/time_text.hpp"

namespace sonde::vault {
namespace {

namespace json = common::json;

// Vault's entries nest about eight deep; what is stored may be deeper, and then is counted as one value.
constexpr std::size_t deepest = 32;
constexpr std::size_t parser_depth = 256;
constexpr std::size_t longest_prefix = 256;
constexpr std::size_t most_policies = 256;
constexpr std::size_t longest_header = 512;
constexpr std::size_t longest_text = 4096;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(std::string_view text) noexcept {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace

struct audit_reader::parts {
    simdjson::dom::parser parser;
    audit_facts facts;
    std::string path;
    std::vector<hmac_field> hmac_fields;  // the first `hmac_count` are those of this entry; their room is used again
    std::size_t hmac_count = 0;
};

// Goes through every value of an entry, so that each is passed on, known to be harmless, or counted.
class audit_reader::walk {
public:
    walk(const audit_reader& of, parts& into) : of_(&of), into_(&into) {}

    void value(json::element of) {
        if (names_.size() > deepest) {
            ++into_->facts.values_withheld;
            return;
        }
        switch (of.type()) {
        case simdjson::dom::element_type::OBJECT: members(of); break;
        case simdjson::dom::element_type::ARRAY: items(of); break;
        case simdjson::dom::element_type::STRING: text(of.get_string().value_unsafe()); break;
        case simdjson::dom::element_type::NULL_VALUE: break;
        default: into_->facts.values_withheld += is_harmless(path_) ? 0 : 1;
        }
    }

private:
    void members(json::element of) {
        const std::size_t size = path_.size();
        simdjson::dom::object all;
        if (of.get_object().get(all) != simdjson::SUCCESS) {
            return;
        }
        for (const auto [name, value_of] : all) {
            path_.append(size == 0 ? "" : ".").append(name);
            names_.push_back({name, none});
            value(value_of);
            names_.pop_back();
            path_.resize(size);
        }
    }
    void items(json::element of) {
        std::size_t number = 0;
        simdjson::dom::array all;
        if (of.get_array().get(all) != simdjson::SUCCESS) {
            return;
        }
        for (const json::element each : all) {
            names_.push_back({{}, number++});
            value(each);
            names_.pop_back();
        }
    }
    void text(std::string_view of) {
        if (of.empty() || is_harmless(path_)) {
            return;
        }
        if (is_hmac(of)) {
            return hmac(of);
        }
        if (is_known_header(of)) {
            return header(of);
        }
        ++into_->facts.values_withheld;
    }
    void hmac(std::string_view of) {
        if (into_->hmac_count == of_->hmac_limit_) {
            ++into_->facts.hmac_fields_left_out;
            return;
        }
        if (into_->hmac_count == into_->hmac_fields.size()) {
            into_->hmac_fields.emplace_back();
        }
        hmac_field& to = into_->hmac_fields[into_->hmac_count++];
        to.value = of;
        to.name.clear();
        for (const auto& [name, number] : names_) {
            if (number != none) {
                to.name.append("[").append(std::to_string(number)).append("]");
            } else {
                to.name.append(to.name.empty() ? "" : ".").append(plain_name(name));
            }
        }
        if (holds_token(to.name)) {
            to.name = withheld;
        }
    }
    // A member of request.headers, or a text in the array that it is.
    [[nodiscard]] bool is_known_header(std::string_view value) const {
        const bool is_header = (names_.size() == 3 || (names_.size() == 4 && names_[3].number != none)) &&
                               names_[0].name == "request" && names_[1].name == "headers";
        if (!is_header) {
            return false;
        }
        std::string name(names_[header_step].name);
        std::ranges::transform(name, name.begin(), lower);
        return std::ranges::binary_search(of_->headers_, name) && value.size() <= longest_header && is_plain(value) &&
               !holds_token(value);
    }
    void header(std::string_view of) {
        const std::string_view name = names_[header_step].name;
        auto& headers = into_->facts.headers;
        const auto found = std::ranges::find(headers, name, [](const auto& each) { return each.first; });
        if (found == headers.end()) {
            headers.emplace_back(name, of);
        } else {
            found->second.append(", ").append(of);
        }
    }

    static constexpr std::size_t header_step = 2;  // request, headers, its name
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    struct step {
        std::string_view name;
        std::size_t number;  // in an array; else `none`
    };

    const audit_reader* of_;
    parts* into_;
    std::string path_;
    std::vector<step> names_;
};

namespace {

// Reads the fields that have a place of their own.
class known_fields {
public:
    known_fields(audit_facts& into, std::string& path) : into_(&into), path_(&path) {}

    void read(json::element entry) {
        into_->time = parse_time(json::text(entry, "time")).value_or(0);
        take(entry, "forwarded_from", into_->forwarded_from);
        find_known_errors(json::text(entry, "error"), into_->error);
        into_->values_withheld += into_->error.has_more ? 1 : 0;
        json::with(entry, "request", [&](json::element request) { read_request(request); });
        json::with(entry, "auth", [&](json::element auth) { read_auth(auth); });
        // A login's token is in its response.
        json::with(entry, "response", [&](json::element response) {
            json::with(response, "auth", [&](json::element auth) { read_auth(auth); });
        });
    }

private:
    void take(json::element from, std::string_view key, std::string_view& to) {
        const std::string_view found = json::text(from, key);
        if (to.empty()) {
            to = guarded(found);
        }
    }
    [[nodiscard]] std::string_view guarded(std::string_view text) {
        if (text.size() <= longest_text && !holds_token(text)) {
            return text;
        }
        ++into_->values_withheld;
        return withheld;
    }
    void read_request(json::element request) {
        take(request, "id", into_->request_id);
        take(request, "operation", into_->operation);
        const std::string_view path = json::text(request, "path");
        if (path.size() <= longest_text) {
            into_->values_withheld += write_request_path(path, *path_);
            into_->path = *path_;
        } else {
            into_->path = guarded(path);
        }
        take(request, "mount_point", into_->mount_point);
        take(request, "mount_type", into_->mount_type);
        take(request, "mount_class", into_->mount_class);
        take(request, "mount_accessor", into_->mount_accessor);
        take(request, "remote_address", into_->remote_address);
        const std::int64_t port = json::integer(request, "remote_port");
        into_->remote_port = port > 0 && port <= 65535 ? static_cast<std::uint32_t>(port) : 0;
        json::with(request, "namespace", [&](json::element of) {
            take(of, "id", into_->namespace_id);
            take(of, "path", into_->namespace_path);
        });
    }
    void read_auth(json::element auth) {
        take(auth, "display_name", into_->display_name);
        take(auth, "entity_id", into_->entity_id);
        take(auth, "token_type", into_->token_type);
        if (into_->policies.empty()) {
            json::with(auth, "policies", [&](json::element of) {
                json::each_item(of, [&](json::element each) {
                    std::string_view policy;
                    if (into_->policies.size() < most_policies && each.get(policy) == simdjson::SUCCESS) {
                        into_->policies.push_back(guarded(policy));
                    }
                });
            });
        }
        json::with(auth, "policy_results", [&](json::element of) {
            bool is_allowed = false;
            if (of["allowed"].get(is_allowed) == simdjson::SUCCESS) {
                into_->is_allowed = is_allowed;
            }
        });
    }

    audit_facts* into_;
    std::string* path_;
};

// Entries have no other use for a reader than their own type.
std::optional<schema::entry_type> type_of(json::element entry) {
    const std::string_view type = json::text(entry, "type");
    if (type == "request") {
        return schema::entry_type::request;
    }
    return type == "response" ? std::optional(schema::entry_type::response) : std::nullopt;
}

}  // namespace

audit_reader::audit_reader(std::vector<std::string> headers, std::size_t hmac_limit)
    : headers_(std::move(headers)), hmac_limit_(hmac_limit), parts_(std::make_unique<parts>()) {}

audit_reader::~audit_reader() = default;

result<const audit_facts*> audit_reader::read(std::string_view line) {
    parts& own = *parts_;
    const std::size_t brace = line.substr(0, longest_prefix).find('{');
    if (brace == std::string_view::npos) {
        return fail(errc::invalid, "an audit entry is no JSON object");
    }
    line.remove_prefix(brace);
    if (own.parser.capacity() < line.size() && own.parser.allocate(line.size(), parser_depth) != simdjson::SUCCESS) {
        return fail(errc::exhausted, "no memory for an audit entry");
    }
    json::element entry;
    if (own.parser.parse(line.data(), line.size()).get(entry) != simdjson::SUCCESS || !entry.is_object()) {
        return fail(errc::invalid, "an audit entry is no JSON object");
    }
    const auto type = type_of(entry);
    if (!type) {
        return fail(errc::invalid, "an audit entry is neither a request nor a response");
    }
    audit_facts& facts = own.facts;
    std::vector<std::string_view> policies = std::move(facts.policies);
    policies.clear();
    facts = {};
    facts.policies = std::move(policies);
    facts.type = *type;
    own.hmac_count = 0;
    known_fields(facts, own.path).read(entry);
    walk(*this, own).value(entry);
    facts.hmac_fields = std::span(own.hmac_fields).first(own.hmac_count);
    return &facts;
}

}  // namespace sonde::vault
