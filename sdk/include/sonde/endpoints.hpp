// SPDX-License-Identifier: Apache-2.0
// HTTP endpoints of an instance below /modules/{name}/, declared as data and answered by one member function.
#pragma once

#include <span>
#include <string_view>

#include <sonde/abi/ext/endpoints.h>
#include <sonde/text.hpp>

namespace sonde {

// One row of a component's static `endpoints` array.
using endpoint_info = sonde_endpoint;

class request {
public:
    explicit request(const sonde_request& from) noexcept : from_(&from) {}

    // Decoded value of a query parameter, or `otherwise`.
    [[nodiscard]] std::string_view parameter(std::string_view name, std::string_view otherwise = {}) const noexcept {
        for (std::uint32_t i = 0; i + 1 < from_->parameter_count; i += 2) {
            if (view(from_->parameters[i]) == name) {
                return view(from_->parameters[i + 1]);
            }
        }
        return otherwise;
    }
    [[nodiscard]] std::string_view body() const noexcept { return view(from_->body); }

private:
    const sonde_request* from_;
};

class response {
public:
    explicit response(const sonde_response& to) noexcept : to_(&to) {}

    // Appends; errc::exhausted beyond the host's limit.
    [[nodiscard]] result<void> write(std::string_view text) {
        if (const sonde_rc rc = to_->write(to_->context, text.data(), text.size()); rc != SONDE_OK) {
            return fail(static_cast<errc>(rc), "the answer is larger than the host allows");
        }
        return {};
    }

private:
    const sonde_response* to_;
};

}  // namespace sonde
