// SPDX-License-Identifier: Apache-2.0
#include "api/message.hpp"

#include <algorithm>
#include <array>

#include "observe/json.hpp"

namespace sonde::api {
namespace {

int status_of(errc code) noexcept {
    switch (code) {
    case errc::invalid: return 400;
    case errc::denied: return 403;
    case errc::unsupported: return 501;
    case errc::again:
    case errc::exhausted:
    case errc::stopped: return 503;
    case errc::timeout: return 504;
    default: return 500;
    }
}

}  // namespace

bool request::query_flag(std::string_view name) const {
    const auto at = query.find(name);
    if (at == query.end()) {
        return false;
    }
    std::string word = at->second;
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    constexpr std::array<std::string_view, 7> yes{"", "1", "t", "true", "yes", "y", "on"};
    return std::ranges::find(yes, word) != yes.end();
}

std::vector<std::string> request::query_values(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : arguments) {
        if (key == name) {
            found.push_back(value);
        }
    }
    return found;
}

response failure(int status, std::string_view code, std::string_view message) {
    observe::json_writer json;
    json.begin_object().key("error").begin_object();
    json.member("code", code).member("message", message).end_object().end_object();
    response answer;
    answer.status = status;
    answer.body = json.take();
    return answer;
}

response failure(const error& of) { return failure(status_of(of.code), name(of.code), of.message()); }

}  // namespace sonde::api
