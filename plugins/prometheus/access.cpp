// SPDX-License-Identifier: Apache-2.0
#include "prometheus/access.hpp"

namespace sonde::prometheus {

access::access(const credentials& of) : of_(&of) {
    if (!of.bearer_token_file.empty()) {
        file_.emplace(of.bearer_token_file);
    }
    for (const auto& [name, path] : of.header_files) {
        field_files_.emplace_back(name, common::http::token_file(path));
    }
}

result<void> access::authorise(common::http::request& what) {
    what.username = of_->username;
    what.password = of_->password;
    what.bearer_token = of_->bearer_token;
    if (file_) {
        auto token = file_->current();
        if (!token) {
            return std::unexpected(token.error());
        }
        what.bearer_token = std::move(*token);
    }
    for (const auto& [name, value] : of_->headers) {
        // libcurl takes "Name:" for a field to leave out, and "Name;" for one without value.
        std::string& field = what.headers.emplace_back(name);
        field.append(value.empty() ? ";" : ": ").append(value);
    }
    for (auto& [name, file] : field_files_) {
        auto value = file.current();
        if (!value) {
            return std::unexpected(value.error());
        }
        what.headers.emplace_back(name).append(": ").append(*value);
    }
    return {};
}

void access::refused() noexcept {
    if (file_) {
        file_->distrust();
    }
    for (auto& [name, file] : field_files_) {
        file.distrust();
    }
}

}  // namespace sonde::prometheus
