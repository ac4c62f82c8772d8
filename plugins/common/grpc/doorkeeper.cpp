// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/doorkeeper.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>

#include "common/grpc/pem_file.hpp"

namespace sonde::common::grpc {
namespace {

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
        auto read = read_pem(*path, option);
        if (!read) {
            return std::unexpected(read.error());
        }
        *to = std::move(*read);
    }
    return made;
}

std::unique_ptr<answer> doorkeeper::refusal(const incoming_call& asked) {
    return admits(asked) ? nullptr
                         : refuse(code::unauthenticated, "send the right token, as authorization: Bearer ...");
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
