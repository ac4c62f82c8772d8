// SPDX-License-Identifier: Apache-2.0
// One call on its way: the operations it has under way in gRPC's completion queue. Private to the client; used by the
// client's owner only, the queue's thread hands its tags on without looking inside.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include <grpcpp/generic/generic_stub.h>

#include "common/grpc/message.hpp"

namespace sonde::common::grpc {

enum class operation : std::uint8_t { start, write, read, finish };

class call {
public:
    struct tag {
        call* of = nullptr;
        operation what{};
    };

    call(call_id id, call_request what, receiver& to);
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    void begin(::grpc::GenericStub& stub, ::grpc::CompletionQueue& queue);
    // An operation has ended; may call the receiver.
    void advance(operation what, bool is_ok);
    [[nodiscard]] bool send(std::string message);
    // No message is read while it is held: the server has to wait. Neither is the end noticed.
    void hold() noexcept { is_held_ = true; }
    void resume();
    // After this nothing is told to the receiver.
    void cancel();
    // No operation is under way and none will be: it may be destroyed.
    [[nodiscard]] bool is_over() const noexcept { return pending_ == 0 && (to_ == nullptr || is_told_); }
    [[nodiscard]] call_id id() const noexcept { return id_; }

private:
    [[nodiscard]] void* pending(operation what) noexcept;
    void write_next();
    void read_next();
    void take_message();
    void finish();

    call_id id_;
    call_request what_;
    receiver* to_;
    ::grpc::ClientContext context_;
    std::unique_ptr<::grpc::GenericClientAsyncReaderWriter> stream_;
    std::array<tag, 4> tags_;
    std::size_t pending_ = 0;
    std::deque<std::string> to_send_;
    bool is_started_ = false;
    bool is_held_ = false;
    bool is_read_due_ = false;  // the next read has been put off while held
    bool is_writing_ = false;
    bool is_finishing_ = false;
    bool is_told_ = false;
    ::grpc::ByteBuffer received_;
    ::grpc::Status status_;
};

}  // namespace sonde::common::grpc
