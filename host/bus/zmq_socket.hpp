// SPDX-License-Identifier: Apache-2.0
// RAII over libzmq's C API for what the bus needs. Failures of set-up calls are defects or exhausted limits and come
// back as errors; see docs/adr/0004 for why the high-water marks are what they are.
#pragma once

#include <zmq.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sonde/result.hpp>

namespace sonde::bus {

class zmq_context {
public:
    zmq_context();
    ~zmq_context();
    zmq_context(const zmq_context&) = delete;
    zmq_context& operator=(const zmq_context&) = delete;
    [[nodiscard]] void* get() const noexcept { return context_; }

private:
    void* context_;
};

// One received or to-be-sent frame.
class zmq_message {
public:
    zmq_message() noexcept { zmq_msg_init(&message_); }
    ~zmq_message() { zmq_msg_close(&message_); }
    zmq_message(const zmq_message&) = delete;
    zmq_message& operator=(const zmq_message&) = delete;

    [[nodiscard]] zmq_msg_t* get() noexcept { return &message_; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() noexcept {
        return {static_cast<const std::uint8_t*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
    }
    [[nodiscard]] bool has_more() const noexcept { return zmq_msg_more(&message_) != 0; }

private:
    zmq_msg_t message_;
};

// Not thread-safe: the owner serialises calls with a mutex, which also gives the fence that libzmq asks for.
class zmq_socket {
public:
    [[nodiscard]] static result<zmq_socket> make(const zmq_context& in, int type);
    zmq_socket(zmq_socket&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    zmq_socket& operator=(zmq_socket&&) = delete;
    ~zmq_socket();

    [[nodiscard]] result<void> set(int option, int value);
    [[nodiscard]] result<void> subscribe(std::string_view prefix);
    [[nodiscard]] result<void> bind(const std::string& endpoint);
    [[nodiscard]] result<void> connect(const std::string& endpoint);
    // Descriptor that becomes readable, edge-triggered, when something may have happened.
    [[nodiscard]] int descriptor() const;
    // Handles pending commands of peers (new pipes, freed space): libzmq does so by itself only now and then.
    int settle() noexcept;

    [[nodiscard]] void* get() const noexcept { return socket_; }

private:
    explicit zmq_socket(void* socket) noexcept : socket_(socket) {}
    void* socket_;
};

}  // namespace sonde::bus
