// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/doorkeeper.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <tuple>

namespace sonde::common::grpc {
namespace {

result<void> read_pem(const std::string& path, const char* option, std::string& to) {
    if (path.empty()) {
        return {};
    }
    std::ifstream file(path, std::ios::binary);
    to.assign(std::istreambuf_iterator<char>(file), {});
    if (!file || to.empty()) {
        return fail(errc::invalid, "cannot read '" + path + "', or it is empty", option);
    }
    return {};
}

// Takes as long for a wrong token as for the right one.
bool is_equal(std::string_view one, std::string_view other) {
    unsigned difference = one.size() == other.size() ? 0 : 1;
    for (std::size_t i = 0; i < one.size(); ++i) {
        difference |= static_cast<unsigned char>(one[i]) ^
                      static_cast<unsigned char>(other.empty() ? '\0' : other[i % other.size()]);
    }
    return difference == 0;
}

}  // namespace

result<listen_options> read_listen_options(const settings& values, std::string_view what) {
    const auto text = [&](const char* key) { return values.has(key) ? std::string(values.text(key)) : std::string(); };
    listen_options read{text("socket"),  text("listen"),        text("tls_certificate"),
                        text("tls_key"), text("tls_client_ca"), text("token_file")};
    if (read.listen.empty()) {
        return read;
    }
    if (read.tls_certificate.empty() || read.tls_key.empty()) {
        return fail(errc::invalid,
                    std::string(what) + " are served over TCP with TLS only: give tls_certificate and tls_key",
                    "listen");
    }
    if (read.token_file.empty()) {
        return fail(errc::invalid,
                    std::string(what) + " are served over TCP to those with a token only: give token_file", "listen");
    }
    return read;
}

result<std::unique_ptr<doorkeeper>> doorkeeper::prepare(const host& on, const listen_options& options) {
    std::unique_ptr<doorkeeper> made(new doorkeeper(on));
    if (!options.token_file.empty()) {
        made->token_.emplace(options.token_file);
        if (const auto readable = made->token_->current(); !readable) {
            return fail(errc::invalid, readable.error().message(), "token_file");
        }
    }
    if (options.listen.empty()) {
        auto socket = private_socket::prepare(options.socket);
        if (!socket) {
            return std::unexpected(socket.error());
        }
        made->socket_.emplace(std::move(*socket));
        made->where_.address = "unix:" + made->socket_->binding_path();
        return made;
    }
    made->where_.address = options.listen;
    tls_settings& tls = made->where_.tls.emplace();
    for (const auto& [path, option, to] :
         {std::tuple(&options.tls_certificate, "tls_certificate", &tls.certificate_pem),
          std::tuple(&options.tls_key, "tls_key", &tls.key_pem),
          std::tuple(&options.tls_client_ca, "tls_client_ca", &tls.ca_pem)}) {
        if (auto read = read_pem(*path, option, *to); !read) {
            return std::unexpected(read.error());
        }
    }
    return made;
}

bool doorkeeper::admits(const incoming_call& asked) {
    if (!token_) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    const auto token = token_->current();
    if (!token) {
        host_.warn("all clients are refused: " + token.error().message());
        return false;
    }
    const std::string wanted = "Bearer " + *token;
    return std::ranges::any_of(asked.headers, [&](const auto& each) {
        return each.first == "authorization" && is_equal(each.second, wanted);
    });
}

}  // namespace sonde::common::grpc
