// SPDX-License-Identifier: Apache-2.0
// What is asked and what comes back: requests, response heads, outcomes, and the two interfaces between whoever asks
// and whoever carries. Passive values; nothing here knows libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::common::http {

// Whom to trust and who we are. A text (PEM) wins over the file of the same name.
struct tls_settings {
    std::string ca_file{};  // neither file nor text: the system's authorities
    std::string ca_pem{};
    std::string certificate_file{};
    std::string certificate_pem{};
    std::string key_file{};
    std::string key_pem{};
    bool verifies_peer = true;
};

// What all requests of a client have in common.
struct client_settings {
    tls_settings tls{};
    std::string proxy{};     // empty: the environment's (https_proxy, no_proxy); http, https, socks5 or socks5h
    std::string no_proxy{};  // hosts that are asked directly although `proxy` is set
    // The address that is connected to in place of the one in the URL, "host:port"; the URL's name stays what the
    // certificate is checked against.
    std::string connect_to{};
    std::string unix_socket{};  // or the path of a socket; the URL's host is then only a name
    std::string user_agent = "sonde";
    std::chrono::milliseconds connect_limit{10'000};
};

struct request {
    std::string url{};
    std::vector<std::string> headers{};  // "Name: value"
    std::string bearer_token{};          // empty: none
    std::string username{};              // with `password` for basic authentication; empty: none
    std::string password{};
    std::optional<std::string> body{};  // makes it a POST; its Content-Type stands in `headers`
    bool accepts_compression = true;
    bool wants_fresh_connection = false;  // the ones there are may be dead without anybody having noticed
    std::chrono::milliseconds limit{};    // from begin to end; zero: none
    std::size_t body_limit = 0;           // after decompression; zero: none
};

struct response_head {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;

    // Value of a field, whatever the case of its name; empty if there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
    // Retry-After in its form of seconds.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept;
};

enum class failure : std::uint8_t {
    none,
    name_lookup,
    connection,
    tls,
    timeout,
    body_too_large,
    refused,  // by the receiver
    broken,   // ended early or against the protocol
};
[[nodiscard]] std::string_view name(failure what) noexcept;

struct outcome {
    failure why = failure::none;
    std::string text;  // for a failure: what happened
};

// Whoever asked. Calls come in this order: head at most once, body any number of times, end exactly once unless the
// request was cancelled. A receiver may start and cancel requests from within these calls.
class receiver {
public:
    virtual void on_head(const response_head& head) = 0;
    // False gives the request up; the outcome is then failure::refused.
    [[nodiscard]] virtual bool on_body(std::string_view bytes) = 0;
    virtual void on_end(const outcome& how) = 0;

protected:
    ~receiver() = default;
};

using request_id = std::uint64_t;

// Whoever carries requests: the client, or a test's stand-in.
class carrier {
public:
    // `to` must live until on_end or cancel.
    [[nodiscard]] virtual request_id start(request what, receiver& to) = 0;
    // No call to the receiver comes after this. Unknown ids are ignored.
    virtual void cancel(request_id id) = 0;

protected:
    ~carrier() = default;
};

// `text` for use in a query: everything but unreserved characters (RFC 3986, section 2.3) as %XX.
[[nodiscard]] std::string query_escape(std::string_view text);

}  // namespace sonde::common::http
