// SPDX-License-Identifier: Apache-2.0
// What is asked of a gRPC server and what comes back: calls, messages as bytes, outcomes, and the two interfaces
// between whoever asks and whoever carries. Passive values; nothing here knows gRPC or protobuf.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::common::grpc {

// Whom to trust and who we are, as PEM. Without authorities those of the system count.
struct tls_settings {
    std::string ca_pem;
    std::string certificate_pem;
    std::string key_pem;
};

// What all calls of a client have in common.
struct client_settings {
    std::string target;  // "unix:/run/containerd/containerd.sock" or "host:port"
    bool uses_tls = false;
    tls_settings tls;
    std::string server_name;  // that the certificate is checked against, if it is not the target's
    std::size_t message_limit = 16U << 20U;
    std::chrono::milliseconds keepalive{};  // pings on an idle connection with calls; zero: none
};

using metadata = std::vector<std::pair<std::string, std::string>>;

struct call_request {
    std::string method;   // "/runtime.v1.RuntimeService/Version"
    std::string message;  // protobuf
    metadata headers;
    std::chrono::milliseconds limit{};  // from begin to end; zero: none
    bool keeps_sending = false;         // more messages follow by send()
};

// Numbered as in the gRPC protocol (doc/statuscodes.md of its specification).
enum class code : std::uint8_t {
    ok = 0,
    cancelled = 1,
    unknown = 2,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    already_exists = 6,
    permission_denied = 7,
    resource_exhausted = 8,
    failed_precondition = 9,
    aborted = 10,
    out_of_range = 11,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    data_loss = 15,
    unauthenticated = 16,
};
[[nodiscard]] std::string_view name(code what) noexcept;

struct outcome {
    code why = code::ok;
    std::string text;  // of a failure, in the server's words or the transport's
};

// Whoever asked. Any number of messages, then the end exactly once unless the call was cancelled. A receiver may start
// and cancel calls from within.
class receiver {
public:
    // `message` is valid until the function returns.
    virtual void on_message(std::span<const std::uint8_t> message) = 0;
    virtual void on_end(const outcome& how) = 0;

protected:
    ~receiver() = default;
};

using call_id = std::uint64_t;

// Whoever carries calls: the client, or a test's stand-in.
class carrier {
public:
    // `to` must live until on_end or cancel.
    [[nodiscard]] virtual call_id start(call_request what, receiver& to) = 0;
    // One more message of a call that keeps sending; false if too many wait already or the call is no more.
    [[nodiscard]] virtual bool send(call_id id, std::string message) = 0;
    // No call to the receiver comes after this. Unknown ids are ignored.
    virtual void cancel(call_id id) = 0;

protected:
    ~carrier() = default;
};

}  // namespace sonde::common::grpc
