// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/options.hpp"

namespace sonde::serve_entities {

result<option_values> read_options(const settings& values) {
    const auto text = [&](const char* key) { return values.has(key) ? std::string(values.text(key)) : std::string(); };
    option_values read;
    read.socket = text("socket");
    read.listen = text("listen");
    read.tls_certificate = text("tls_certificate");
    read.tls_key = text("tls_key");
    read.tls_client_ca = text("tls_client_ca");
    read.token_file = text("token_file");
    read.client_limit = static_cast<std::size_t>(values.integer("client_limit"));
    read.client_buffer = values.bytes("client_buffer");
    read.entity_limit = static_cast<std::size_t>(values.integer("entity_limit"));
    read.settle_time = values.duration("settle_time");
    if (read.listen.empty()) {
        return read;
    }
    if (read.tls_certificate.empty() || read.tls_key.empty()) {
        return fail(errc::invalid, "entities are served over TCP with TLS only: give tls_certificate and tls_key",
                    "listen");
    }
    if (read.token_file.empty()) {
        return fail(errc::invalid, "entities are served over TCP to those with a token only: give token_file",
                    "listen");
    }
    return read;
}

}  // namespace sonde::serve_entities
