// SPDX-License-Identifier: Apache-2.0
// Requests to a Vault server as all parts of the collector make them, and what is wrong when one fails.
#pragma once

#include <string>
#include <string_view>

#include "common/http/fetch.hpp"
#include "common/part_state.hpp"
#include "vault/options.hpp"

namespace sonde::vault {

class api {
public:
    explicit api(const server_options& of) : of_(&of) {}

    // `path` below /v1/; an empty token is left out.
    [[nodiscard]] common::http::request get(std::string_view path, std::string_view token = {}) const;
    [[nodiscard]] common::http::request post(std::string_view path, std::string_view token, std::string body) const;
    [[nodiscard]] const server_options& options() const noexcept { return *of_; }

    // The server did not answer, or not as Vault does. Nothing of the answer is in the text.
    [[nodiscard]] common::part_state trouble(const common::http::answer& of, std::string_view doing) const;

private:
    const server_options* of_;
};

}  // namespace sonde::vault
