// SPDX-License-Identifier: Apache-2.0
#include "vault/api.hpp"

namespace sonde::vault {
namespace {

namespace http = common::http;

constexpr std::size_t answer_limit = 16U << 20;  // the metrics of a large cluster take about 2 MiB

std::string_view advice(http::failure why) noexcept {
    switch (why) {
    case http::failure::name_lookup: return "its name is unknown";
    case http::failure::connection: return "nobody listens there";
    case http::failure::tls: return "its certificate is not trusted, or ours is not; see ca_file, certificate_file";
    case http::failure::timeout: return "no answer within request_timeout";
    case http::failure::body_too_large: return "the answer is too large";
    default: return "the answer ended early";
    }
}

std::string_view advice(int status) noexcept {
    switch (status) {
    case 307: return "it sends to the active server; give that one's address, or let standbys forward";
    case 400: return "it does not take the request";
    case 403: return "it does not accept the token, or the token's policies do not allow this";
    case 404: return "it does not know the path, or the namespace";
    case 429: return "too many requests for its quota";
    case 503: return "it is sealed, or in maintenance";
    default: return "it failed";
    }
}

}  // namespace

http::request api::get(std::string_view path, std::string_view token) const {
    http::request made;
    made.url = of_->address + "/v1/" + std::string(path);
    made.headers.emplace_back("X-Vault-Request: true");
    if (!of_->name_space.empty()) {
        made.headers.push_back("X-Vault-Namespace: " + of_->name_space);
    }
    if (!token.empty()) {
        made.headers.push_back("X-Vault-Token: " + std::string(token));
    }
    made.limit = of_->request_limit;
    made.body_limit = answer_limit;
    return made;
}

http::request api::post(std::string_view path, std::string_view token, std::string body) const {
    http::request made = get(path, token);
    made.headers.emplace_back("Content-Type: application/json");
    made.body = std::move(body);
    return made;
}

common::part_state api::trouble(const http::answer& of, std::string_view doing) const {
    std::string text(doing);
    text.append(" at ").append(of_->address).append(": ");
    if (!of.is_whole()) {
        return {common::part_health::missing, "vault_" + std::string(http::name(of.how.why)),
                text.append(advice(of.how.why)).append(of.how.text.empty() ? "" : " (" + of.how.text + ")")};
    }
    const int status = of.head.status;
    return {common::part_health::missing, "vault_answer_" + std::to_string(status),
            text.append(std::to_string(status)).append(": ").append(advice(status))};
}

}  // namespace sonde::vault
