// SPDX-License-Identifier: Apache-2.0
// A gRPC server for streams of messages given as bytes: each call has one request, or more as fast as its answer takes
// them, and is answered step by step, as fast as its client takes the steps. Threads are the library's. Nothing here
// knows protobuf.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <sonde/result.hpp>

#include "common/grpc/message.hpp"

namespace sonde::common::grpc {

struct server_settings {
    std::string address;  // "unix:/run/x.sock" or "host:port"; port 0: any that is free
    // With a certificate and its key, TLS; with authorities too, clients need a certificate of theirs.
    std::optional<tls_settings> tls;
    std::size_t message_limit = 64U << 10U;  // of a request
};

struct incoming_call {
    std::string method;  // "/sonde.v1.EntityService/StreamEntities"
    std::span<const std::uint8_t> message;
    metadata headers;
};

// What one call is answered with.
class answer {
public:
    struct step {
        std::optional<std::string> message;
        std::optional<outcome> end;  // neither: nothing now, a wake will follow
    };
    answer() = default;
    answer(const answer&) = delete;
    answer& operator=(const answer&) = delete;
    virtual ~answer() = default;
    // Asked again when the client has taken the message before. From any thread, but never two at once.
    [[nodiscard]] virtual step next() = 0;
    // Whether to read a further message of the client; asked after each and at a wake. With true, the call ends when
    // the client sends no more.
    [[nodiscard]] virtual bool wants_message() { return false; }
    // A further message, valid until it returns. As next(): from any thread, but never two at once.
    virtual void take(std::span<const std::uint8_t> message) { static_cast<void>(message); }
};

// The answer to a call that is not served.
[[nodiscard]] std::unique_ptr<answer> refuse(code why, std::string text);

// Reaches a call from elsewhere; harmless once it is over. Copies reach the same call. Thread-safe.
class call_handle {
public:
    struct link;
    call_handle() = default;
    explicit call_handle(std::shared_ptr<link> to) : link_(std::move(to)) {}

    // There may be a next step. Must not be called from within next() or take().
    void wake() const;
    // Ends it at once, whatever its client takes.
    void cancel() const;

private:
    std::shared_ptr<link> link_;
};

// Called for each call, from any thread and maybe several at once. Never null.
using answerer = std::function<std::unique_ptr<answer>(const incoming_call& asked, const call_handle& self)>;

class server {
public:
    [[nodiscard]] static result<server> listen(const server_settings& settings, answerer answers);
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    // Ends all calls and waits for them.
    ~server();

    // Of a TCP address.
    [[nodiscard]] int port() const noexcept;

private:
    struct state;
    explicit server(std::unique_ptr<state> made) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::common::grpc
