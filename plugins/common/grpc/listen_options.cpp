// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/listen_options.hpp"

#include "common/optional_values.hpp"

namespace sonde::common::grpc {

result<listen_options> read_listening(const settings& values) {
    listen_options read{text_or_none(values, "socket"),          text_or_none(values, "listen"),
                        text_or_none(values, "tls_certificate"), text_or_none(values, "tls_key"),
                        text_or_none(values, "tls_client_ca"),   text_or_none(values, "token_file")};
    if (read.listen.empty()) {
        return read;
    }
    if (read.tls_certificate.empty() || read.tls_key.empty()) {
        return fail(errc::invalid, "clients are served over TCP with TLS only: give tls_certificate and tls_key",
                    "listen");
    }
    if (read.token_file.empty()) {
        return fail(errc::invalid, "clients are served over TCP with a token only: give token_file", "listen");
    }
    return read;
}

}  // namespace sonde::common::grpc
