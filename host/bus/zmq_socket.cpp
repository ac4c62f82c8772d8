// SPDX-License-Identifier: Apache-2.0
#include "bus/zmq_socket.hpp"

#include <fmt/format.h>

namespace sonde::bus {

namespace {

std::unexpected<error> zmq_failure(std::string_view doing) {
    return fail(errc::failed, fmt::format("{}: {}", doing, zmq_strerror(zmq_errno())));
}

}  // namespace

zmq_context::zmq_context() : context_(zmq_ctx_new()) {
    zmq_ctx_set(context_, ZMQ_IO_THREADS, 0);  // inproc needs none
}

zmq_context::~zmq_context() {
    // Every socket has linger 0 and is closed before its context, so this does not block.
    zmq_ctx_term(context_);
}

result<zmq_socket> zmq_socket::make(const zmq_context& in, int type) {
    void* made = ::zmq_socket(in.get(), type);
    if (made == nullptr) {
        return zmq_failure("making a bus socket");
    }
    zmq_socket socket(made);
    if (auto set = socket.set(ZMQ_LINGER, 0); !set) {
        return std::unexpected(set.error());
    }
    return socket;
}

zmq_socket::~zmq_socket() {
    if (socket_ != nullptr) {
        zmq_close(socket_);
    }
}

result<void> zmq_socket::set(int option, int value) {
    if (zmq_setsockopt(socket_, option, &value, sizeof value) != 0) {
        return zmq_failure(fmt::format("setting bus socket option {}", option));
    }
    return {};
}

result<void> zmq_socket::subscribe(std::string_view prefix) {
    if (zmq_setsockopt(socket_, ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) != 0) {
        return zmq_failure(fmt::format("subscribing to '{}'", prefix));
    }
    return {};
}

result<void> zmq_socket::bind(const std::string& endpoint) {
    if (zmq_bind(socket_, endpoint.c_str()) != 0) {
        return zmq_failure(fmt::format("binding {}", endpoint));
    }
    return {};
}

result<void> zmq_socket::connect(const std::string& endpoint) {
    if (zmq_connect(socket_, endpoint.c_str()) != 0) {
        return zmq_failure(fmt::format("connecting to {}", endpoint));
    }
    return {};
}

int zmq_socket::descriptor() const {
    int fd = -1;
    std::size_t size = sizeof fd;
    zmq_getsockopt(socket_, ZMQ_FD, &fd, &size);
    return fd;
}

int zmq_socket::settle() noexcept {
    int events = 0;
    std::size_t size = sizeof events;
    zmq_getsockopt(socket_, ZMQ_EVENTS, &events, &size);
    return events;
}

}  // namespace sonde::bus
