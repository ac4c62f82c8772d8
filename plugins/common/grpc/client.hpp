// SPDX-License-Identifier: Apache-2.0
// A gRPC client for one thread that waits on descriptors: unary calls and streams of messages given as bytes, over a
// unix socket, TCP or TLS. It never tries again by itself. The owner polls fd() for reading and calls drive(), which
// calls receivers on the owner's thread; a thread of its own only waits for the library.
#pragma once

#include <memory>

#include <sonde/result.hpp>

#include "common/grpc/message.hpp"

namespace sonde::common::grpc {

class client final : public carrier {
public:
    // Does not connect yet: the first call does. Fails if the machine is out of descriptors or threads.
    [[nodiscard]] static result<client> make(const client_settings& settings);
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    // Cancels every call and waits for the thread.
    ~client();

    [[nodiscard]] call_id start(call_request what, receiver& to) override;
    [[nodiscard]] bool send(call_id id, std::string message) override;
    void cancel(call_id id) override;
    // Leaves a call's further messages with the server until it is resumed; may be called from within a receiver.
    void hold(call_id id);
    void resume(call_id id);

    [[nodiscard]] int fd() const noexcept;
    // Calls receivers with what has come. Never blocks.
    void drive();

private:
    struct state;
    explicit client(std::unique_ptr<state> made) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::common::grpc
