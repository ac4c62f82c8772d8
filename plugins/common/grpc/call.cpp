// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/call.hpp"

#include <vector>

namespace sonde::common::grpc {
namespace {

constexpr std::size_t most_waiting = 64;  // messages of a stream that the server does not take

::grpc::ByteBuffer buffer_of(const std::string& message) {
    const ::grpc::Slice slice(message);
    return {&slice, 1};
}

}  // namespace

call::call(call_id id, call_request what, receiver& to) : id_(id), what_(std::move(what)), to_(&to) {
    for (std::size_t i = 0; i < tags_.size(); ++i) {
        tags_[i] = {this, static_cast<operation>(i)};
    }
    to_send_.push_back(std::move(what_.message));
    for (const auto& [key, value] : what_.headers) {
        context_.AddMetadata(key, value);
    }
    if (what_.limit.count() > 0) {
        context_.set_deadline(std::chrono::system_clock::now() + what_.limit);
    }
}

void* call::pending(operation what) noexcept {
    ++pending_;
    return &tags_[static_cast<std::size_t>(what)];
}

void call::begin(::grpc::GenericStub& stub, ::grpc::CompletionQueue& queue) {
    stream_ = stub.PrepareCall(&context_, what_.method, &queue);
    stream_->StartCall(pending(operation::start));
}

void call::advance(operation what, bool is_ok) {
    --pending_;
    if (what == operation::write) {
        is_writing_ = false;
    }
    if (to_ == nullptr) {
        return;
    }
    if (what == operation::finish) {
        is_told_ = true;
        to_->on_end({static_cast<code>(status_.error_code()), status_.error_message()});
        return;
    }
    if (what == operation::start) {
        if (is_ok) {
            is_started_ = true;
            read_next();
            write_next();
        } else {
            finish();
        }
    } else if (what == operation::read) {
        if (is_ok) {
            take_message();
        } else {
            finish();
        }
    } else if (is_ok) {
        write_next();
    }  // a failed write: the read that is under way fails too, and tells why
}

void call::write_next() {
    if (is_writing_ || is_finishing_ || to_send_.empty()) {
        return;
    }
    const ::grpc::ByteBuffer buffer = buffer_of(to_send_.front());
    to_send_.pop_front();
    is_writing_ = true;
    ::grpc::WriteOptions how;
    if (!what_.keeps_sending) {
        how.set_last_message();
    }
    stream_->Write(buffer, how, pending(operation::write));
}

void call::read_next() {
    received_.Clear();
    stream_->Read(&received_, pending(operation::read));
}

void call::take_message() {
    std::vector<::grpc::Slice> slices;
    if (!received_.Dump(&slices).ok()) {
        context_.TryCancel();
    } else if (slices.size() == 1) {
        to_->on_message({slices[0].begin(), slices[0].size()});
    } else {
        std::vector<std::uint8_t> whole;
        whole.reserve(received_.Length());
        for (const ::grpc::Slice& each : slices) {
            whole.insert(whole.end(), each.begin(), each.end());
        }
        to_->on_message(whole);
    }
    if (to_ == nullptr) {  // the receiver has cancelled
        return;
    }
    if (is_held_) {
        is_read_due_ = true;
    } else {
        read_next();
    }
}

void call::resume() {
    is_held_ = false;
    if (is_read_due_) {
        is_read_due_ = false;
        read_next();
    }
}

void call::finish() {
    is_finishing_ = true;
    stream_->Finish(&status_, pending(operation::finish));
}

bool call::send(std::string message) {
    if (to_ == nullptr || is_finishing_ || !what_.keeps_sending || to_send_.size() >= most_waiting) {
        return false;
    }
    to_send_.push_back(std::move(message));
    if (is_started_) {
        write_next();
    }
    return true;
}

void call::cancel() {
    to_ = nullptr;
    context_.TryCancel();
    resume();  // a read that fails is what ends it
}

}  // namespace sonde::common::grpc
