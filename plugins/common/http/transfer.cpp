// SPDX-License-Identifier: Apache-2.0
#include "common/http/transfer.hpp"

#include <charconv>
#include <new>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sonde::common::http {
namespace {

// A peer that is gone without a word is noticed within some 6 s, also by streams that only listen. Otherwise, once the
// network is back, data would wait for a retransmission: after a minute without one, the next is a minute off.
// A peer that merely takes its time is not affected: its kernel acknowledges.
constexpr long keepalive_idle = 4;  // seconds
constexpr long keepalive_interval = 2;
constexpr unsigned int user_timeout = 5'000;  // milliseconds; it ends attempts to connect too (tcp(7))

int set_socket_options(void*, curl_socket_t fd, curlsocktype) {
    // Unix sockets have no such option and need none.
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout));
    return CURL_SOCKOPT_OK;
}

curl_blob blob_of(const std::string& text) noexcept {
    // libcurl takes a void* but only reads with CURL_BLOB_COPY.
    return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blank);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

failure failure_of(CURLcode code) noexcept {
    switch (code) {
    case CURLE_OK: return failure::none;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST: return failure::name_lookup;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY: return failure::connection;
    case CURLE_OPERATION_TIMEDOUT: return failure::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return failure::tls;
    default: return failure::broken;
    }
}

}  // namespace

std::unique_ptr<transfer> transfer::make(request_id id, request what, const client_settings& settings, receiver& to) {
    std::unique_ptr<transfer> made(new (std::nothrow) transfer(id, std::move(what), to));
    return made != nullptr && made->prepare(settings) ? std::move(made) : nullptr;
}

transfer::~transfer() {
    curl_easy_cleanup(handle_);
    curl_slist_free_all(headers_);
    curl_slist_free_all(connect_to_);
}

bool transfer::prepare(const client_settings& settings) {
    handle_ = curl_easy_init();
    if (handle_ == nullptr) {
        return false;
    }
    for (const std::string& line : what_.headers) {
        curl_slist* const longer = curl_slist_append(headers_, line.c_str());
        if (longer == nullptr) {
            return false;
        }
        headers_ = longer;
    }
    curl_easy_setopt(handle_, CURLOPT_URL, what_.url.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(handle_, CURLOPT_USERAGENT, settings.user_agent.c_str());
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Many requests to one server share an HTTP/2 connection instead of racing to open several. HTTP/2 is only spoken
    // over TLS, so elsewhere waiting for it would hold up all requests behind the first.
    const bool may_share = settings.unix_socket.empty() && what_.url.starts_with("https:");
    curl_easy_setopt(handle_, CURLOPT_PIPEWAIT, may_share ? 1L : 0L);
    curl_easy_setopt(handle_, CURLOPT_FRESH_CONNECT, what_.wants_fresh_connection ? 1L : 0L);
    curl_easy_setopt(handle_, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle_, CURLOPT_TCP_KEEPIDLE, keepalive_idle);
    curl_easy_setopt(handle_, CURLOPT_TCP_KEEPINTVL, keepalive_interval);
    curl_easy_setopt(handle_, CURLOPT_SOCKOPTFUNCTION, &set_socket_options);
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_limit.count()));
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(what_.limit.count()));
    if (what_.body) {
        // Not copied: `what_` lives as long as the handle.
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what_.body->size()));
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, what_.body->data());
    }
    if (what_.accepts_compression) {
        curl_easy_setopt(handle_, CURLOPT_ACCEPT_ENCODING, "");
    }
    set_credentials();
    if (!settings.connect_to.empty()) {
        connect_to_ = curl_slist_append(nullptr, ("::" + settings.connect_to).c_str());
        curl_easy_setopt(handle_, CURLOPT_CONNECT_TO, connect_to_);
    }
    if (!settings.unix_socket.empty()) {
        curl_easy_setopt(handle_, CURLOPT_UNIX_SOCKET_PATH, settings.unix_socket.c_str());
    }
    set_tls(settings.tls);
    set_proxy(settings);
    curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, problem_);
    curl_easy_setopt(handle_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &header_arrived);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &body_arrived);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
    return true;
}

void transfer::set_credentials() {
    if (!what_.bearer_token.empty()) {
        curl_easy_setopt(handle_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
        curl_easy_setopt(handle_, CURLOPT_XOAUTH2_BEARER, what_.bearer_token.c_str());
    } else if (!what_.username.empty()) {
        curl_easy_setopt(handle_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        curl_easy_setopt(handle_, CURLOPT_USERNAME, what_.username.c_str());
        curl_easy_setopt(handle_, CURLOPT_PASSWORD, what_.password.c_str());
    }
}

void transfer::set_tls(const tls_settings& tls) {
    const auto give = [this](CURLoption as_blob, const std::string& pem, CURLoption as_file, const std::string& file) {
        if (!pem.empty()) {
            const curl_blob blob = blob_of(pem);
            curl_easy_setopt(handle_, as_blob, &blob);
        } else if (!file.empty()) {
            curl_easy_setopt(handle_, as_file, file.c_str());
        }
    };
    curl_easy_setopt(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYPEER, tls.verifies_peer ? 1L : 0L);
    curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYHOST, tls.verifies_peer ? 2L : 0L);
    if (!tls.ca_pem.empty() || !tls.ca_file.empty()) {
        curl_easy_setopt(handle_, CURLOPT_CAPATH, nullptr);  // else the system's authorities would count too
    }
    give(CURLOPT_CAINFO_BLOB, tls.ca_pem, CURLOPT_CAINFO, tls.ca_file);
    give(CURLOPT_SSLCERT_BLOB, tls.certificate_pem, CURLOPT_SSLCERT, tls.certificate_file);
    give(CURLOPT_SSLKEY_BLOB, tls.key_pem, CURLOPT_SSLKEY, tls.key_file);
}

void transfer::set_proxy(const client_settings& settings) {
    if (settings.proxy.empty()) {
        return;
    }
    curl_easy_setopt(handle_, CURLOPT_PROXY, settings.proxy.c_str());
    curl_easy_setopt(handle_, CURLOPT_NOPROXY, settings.no_proxy.c_str());
}

void transfer::finish(CURLcode code) {
    receiver* const to = to_;
    if (to == nullptr) {
        return;
    }
    if (code == CURLE_OK) {
        announce();
    }
    if (is_silent()) {
        return;
    }
    silence();
    outcome how{failure_of(code), {}};
    if (is_too_large_) {
        how = {failure::body_too_large, "the answer is larger than " + std::to_string(what_.body_limit) + " bytes"};
    } else if (was_refused_) {
        how.why = failure::refused;
    } else if (code != CURLE_OK) {
        how.text = problem_[0] != '\0' ? problem_ : curl_easy_strerror(code);
    }
    to->on_end(how);
}

// "HTTP/2 200" begins a head: of an interim answer, or the final one. "name: value" continues it.
void transfer::take_header(std::string_view line) {
    line = trimmed(line);
    if (line.starts_with("HTTP/")) {
        head_ = {};
        const std::size_t space = line.find(' ');
        if (space != std::string_view::npos) {
            std::from_chars(line.data() + space + 1, line.data() + line.size(), head_.status);
        }
        return;
    }
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
        head_.fields.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    } else if (line.empty() && head_.status >= 200) {
        announce();
    }
}

bool transfer::take_body(std::string_view bytes) {
    announce();
    if (to_ == nullptr) {
        return false;
    }
    body_size_ += bytes.size();
    if (what_.body_limit != 0 && body_size_ > what_.body_limit) {
        is_too_large_ = true;
        return false;
    }
    was_refused_ = !to_->on_body(bytes);
    return !was_refused_;
}

void transfer::announce() {
    if (!is_announced_ && to_ != nullptr) {
        is_announced_ = true;
        to_->on_head(head_);
    }
}

std::size_t transfer::header_arrived(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<transfer*>(self)->take_header({data, size});
    return size;
}

std::size_t transfer::body_arrived(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<transfer*>(self)->take_body({data, size}) ? size : 0;
}

}  // namespace sonde::common::http
