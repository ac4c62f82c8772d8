// SPDX-License-Identifier: Apache-2.0
#include "vault/secrecy.hpp"

#include <algorithm>
#include <array>

namespace sonde::vault {
namespace {

// The fields of https://developer.hashicorp.com/vault/docs/audit/schema that say who asked for what, where and how, but
// nothing of what was stored. Not among them, on purpose: request.request_uri and response.redirect (queries),
// auth.metadata (free text), response.warnings (echo), response.secret.lease_id (lets its holder revoke).
constexpr std::array harmless{
    std::string_view("auth.display_name"),
    std::string_view("auth.entity_created"),
    std::string_view("auth.entity_id"),
    std::string_view("auth.identity_policies"),
    std::string_view("auth.no_default_policy"),
    std::string_view("auth.num_uses"),
    std::string_view("auth.policies"),
    std::string_view("auth.policy_results.allowed"),
    std::string_view("auth.policy_results.granting_policies.name"),
    std::string_view("auth.policy_results.granting_policies.namespace_id"),
    std::string_view("auth.policy_results.granting_policies.namespace_path"),
    std::string_view("auth.policy_results.granting_policies.type"),
    std::string_view("auth.remaining_uses"),
    std::string_view("auth.token_issue_time"),
    std::string_view("auth.token_policies"),
    std::string_view("auth.token_ttl"),
    std::string_view("auth.token_type"),
    std::string_view("error"),
    std::string_view("forwarded"),
    std::string_view("forwarded_from"),
    std::string_view("request.client_certificate_serial_number"),
    std::string_view("request.client_id"),
    std::string_view("request.id"),
    std::string_view("request.mount_accessor"),
    std::string_view("request.mount_class"),
    std::string_view("request.mount_is_external_plugin"),
    std::string_view("request.mount_point"),
    std::string_view("request.mount_running_sha256"),
    std::string_view("request.mount_running_version"),
    std::string_view("request.mount_type"),
    std::string_view("request.namespace.id"),
    std::string_view("request.namespace.path"),
    std::string_view("request.operation"),
    std::string_view("request.path"),
    std::string_view("request.policy_override"),
    std::string_view("request.remote_address"),
    std::string_view("request.remote_port"),
    std::string_view("request.replication_cluster"),
    std::string_view("request.wrap_ttl"),
    std::string_view("response.auth.display_name"),
    std::string_view("response.auth.entity_created"),
    std::string_view("response.auth.entity_id"),
    std::string_view("response.auth.identity_policies"),
    std::string_view("response.auth.no_default_policy"),
    std::string_view("response.auth.num_uses"),
    std::string_view("response.auth.policies"),
    std::string_view("response.auth.token_issue_time"),
    std::string_view("response.auth.token_policies"),
    std::string_view("response.auth.token_ttl"),
    std::string_view("response.auth.token_type"),
    std::string_view("response.mount_accessor"),
    std::string_view("response.mount_class"),
    std::string_view("response.mount_is_external_plugin"),
    std::string_view("response.mount_point"),
    std::string_view("response.mount_running_plugin_version"),
    std::string_view("response.mount_running_sha256"),
    std::string_view("response.mount_type"),
    std::string_view("response.wrap_info.creation_path"),
    std::string_view("response.wrap_info.creation_time"),
    std::string_view("response.wrap_info.ttl"),
    std::string_view("time"),
    std::string_view("type"),
};
static_assert(std::ranges::is_sorted(harmless));

// Messages of Vault itself, without anything of the request in them.
constexpr std::array messages{
    std::string_view("permission denied"),
    std::string_view("invalid token"),
    std::string_view("bad token"),
    std::string_view("missing client token"),
    std::string_view("unsupported operation"),
    std::string_view("unsupported path"),
    std::string_view("no handler for route"),
    std::string_view("invalid request"),
    std::string_view("invalid username or password"),
    std::string_view("invalid role or secret ID"),
    std::string_view("invalid role ID"),
    std::string_view("invalid secret id"),
    std::string_view("wrapping token is not valid or does not exist"),
    std::string_view("check-and-set parameter did not match the current version"),
    std::string_view("Vault is sealed"),
    std::string_view("internal error"),
    std::string_view("service unavailable"),
    std::string_view("rate limit quota exceeded"),
    std::string_view("lease count quota exceeded"),
    std::string_view("lease not found"),
    std::string_view("context canceled"),
    std::string_view("context deadline exceeded"),
};

constexpr std::string_view hmac_prefix = "hmac-sha256:";
constexpr std::size_t hmac_digits = 64;
constexpr std::size_t longest_name = 64;
// Shorter than any token, longer than what follows these prefixes in names of hosts and files.
constexpr std::size_t token_size = 12;
constexpr std::size_t old_token_size = 20;

// Beside them in a path: a token or accessor, where old clients put it into the URL.
constexpr std::array before_secrets{
    std::string_view("lookup"),        std::string_view("lookup-accessor"),
    std::string_view("renew"),         std::string_view("renew-accessor"),
    std::string_view("revoke"),        std::string_view("revoke-accessor"),
    std::string_view("revoke-orphan"), std::string_view("secret-id-accessor"),
};

bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_of_token(char c) noexcept { return is_alphanumeric(c) || c == '_' || c == '-'; }

std::size_t token_length(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_of_token) - text.begin());
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blank = " \t\r\n*";
    const std::size_t begin = text.find_first_not_of(blank);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

// "2 errors occurred:"
bool is_heading(std::string_view line) noexcept {
    const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
    line.remove_prefix(digits);
    return digits != 0 && (line == " error occurred:" || line == " errors occurred:");
}

}  // namespace

bool is_hmac(std::string_view text) noexcept {
    return text.size() == hmac_prefix.size() + hmac_digits && text.starts_with(hmac_prefix) &&
           std::ranges::all_of(text.substr(hmac_prefix.size()),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool holds_token(std::string_view text) noexcept {
    for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
        const std::string_view before = text.substr(0, dot);
        const std::size_t size = token_length(text.substr(dot + 1));
        if (size >= token_size && (before.ends_with("hvs") || before.ends_with("hvb") || before.ends_with("hvr"))) {
            return true;
        }
        const bool is_old = before.ends_with('s') || before.ends_with('b') || before.ends_with('r');
        if (is_old && size >= old_token_size && (dot == 1 || !is_alphanumeric(text[dot - 2]))) {
            return true;
        }
    }
    return false;
}

bool is_harmless(std::string_view path) noexcept { return std::ranges::binary_search(harmless, path); }

std::uint32_t write_request_path(std::string_view path, std::string& to) {
    to.clear();
    std::uint32_t count = 0;
    const bool is_login = path.starts_with("auth/") || path.contains("/auth/");
    bool is_secret = false;
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        const std::string_view part = rest.substr(0, slash);
        if (!part.empty() && (is_secret || holds_token(part))) {
            to.append(withheld);
            ++count;
        } else {
            to.append(part);
            is_secret = is_login && std::ranges::find(before_secrets, part) != before_secrets.end();
        }
        to.append(rest.substr(slash, 1));
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    return count;
}

void find_known_errors(std::string_view text, known_errors& to) {
    to.messages.clear();
    to.has_more = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || is_heading(line)) {
            continue;
        }
        const auto known = std::ranges::find_if(messages, [&](std::string_view each) { return line.contains(each); });
        to.has_more = to.has_more || known == messages.end() || line != *known;
        if (known != messages.end() && std::ranges::find(to.messages, *known) == to.messages.end()) {
            to.messages.push_back(*known);
        }
    }
}

std::string_view plain_name(std::string_view name) noexcept {
    const bool is_plain = !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
        return is_of_token(c) || c == '.' || c == '/' || c == ':' || c == ' ';
    });
    return is_plain && !holds_token(name) ? name : withheld;
}

}  // namespace sonde::vault
