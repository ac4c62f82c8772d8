// SPDX-License-Identifier: Apache-2.0
#include "support/digest.hpp"

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <system_error>

#include <openssl/evp.h>
#include <unistd.h>

namespace sonde::support {
namespace {

using context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

[[nodiscard]] std::unexpected<error> no_digest() {
    return fail(errc::failed, "OpenSSL does not offer SHA-256; check the OpenSSL configuration of this system");
}

[[nodiscard]] context begin() {
    context made(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (made && EVP_DigestInit_ex(made.get(), EVP_sha256(), nullptr) != 1) {
        made.reset();
    }
    return made;
}

[[nodiscard]] result<std::string> finish(const context& running) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(running.get(), digest.data(), &size) != 1) {
        return no_digest();
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(std::size_t{size} * 2);
    for (const unsigned char byte : std::span(digest).first(size)) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

result<std::string> sha256(std::string_view bytes) {
    const context running = begin();
    if (!running || EVP_DigestUpdate(running.get(), bytes.data(), bytes.size()) != 1) {
        return no_digest();
    }
    return finish(running);
}

result<std::string> sha256_of_file(int fd) {
    const context running = begin();
    if (!running) {
        return no_digest();
    }
    std::string buffer(64u << 10, '\0');
    off_t offset = 0;
    for (;;) {
        const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail(errc::failed, "reading for the digest: " + std::generic_category().message(errno));
        }
        if (got == 0) {
            return finish(running);
        }
        if (EVP_DigestUpdate(running.get(), buffer.data(), static_cast<std::size_t>(got)) != 1) {
            return no_digest();
        }
        offset += got;
    }
}

}  // namespace sonde::support
