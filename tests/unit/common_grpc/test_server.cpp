// SPDX-License-Identifier: Apache-2.0
#include "common_grpc/test_server.hpp"

#include <deque>
#include <mutex>
#include <set>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

namespace sonde::testing {
namespace {

std::string text_of(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    static_cast<void>(buffer.Dump(&slices));
    std::string text;
    for (const grpc::Slice& each : slices) {
        text.append(reinterpret_cast<const char*>(each.begin()), each.size());
    }
    return text;
}

grpc::ByteBuffer buffer_of(const std::string& text) {
    const grpc::Slice slice(text);
    return {&slice, 1};
}

}  // namespace

struct grpc_test_server::state final : public grpc::CallbackGenericService {
    class call final : public grpc::ServerGenericBidiReactor {
    public:
        call(state& of, grpc::GenericCallbackServerContext& context) : of_(&of), context_(&context) {
            StartRead(&request_);
        }
        void OnReadDone(bool ok) override {
            if (!ok) {
                return;
            }
            std::multimap<std::string, std::string> headers;
            for (const auto& [key, value] : context_->client_metadata()) {
                headers.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
            }
            answer given = of_->answers(context_->method(), text_of(request_), headers);
            const std::lock_guard lock(mutex_);
            is_answered_ = true;
            stays_open_ = given.stays_open;
            status_ = grpc::Status(static_cast<grpc::StatusCode>(given.status), given.text);
            to_send_.insert(to_send_.end(), given.messages.begin(), given.messages.end());
            go_on();
            if (stays_open_) {
                StartRead(&request_);
            }
        }
        void OnWriteDone(bool) override {
            const std::lock_guard lock(mutex_);
            is_writing_ = false;
            go_on();
        }
        void OnCancel() override {
            const std::lock_guard lock(mutex_);
            stays_open_ = false;
            to_send_.clear();
            is_answered_ = true;
            go_on();
        }
        void OnDone() override {
            of_->remove(*this);
            delete this;
        }
        void push(const std::string& message) {
            const std::lock_guard lock(mutex_);
            to_send_.push_back(message);
            go_on();
        }
        [[nodiscard]] bool is_open(std::string_view method) {
            const std::lock_guard lock(mutex_);
            return stays_open_ && context_->method() == method;
        }

    private:
        void go_on() {
            if (is_writing_ || is_finished_ || !is_answered_) {
                return;
            }
            if (!to_send_.empty()) {
                response_ = buffer_of(to_send_.front());
                to_send_.pop_front();
                is_writing_ = true;
                StartWrite(&response_);
            } else if (!stays_open_) {
                is_finished_ = true;
                Finish(status_);
            }
        }

        state* of_;
        grpc::GenericCallbackServerContext* context_;
        std::mutex mutex_;
        grpc::ByteBuffer request_;
        grpc::ByteBuffer response_;
        std::deque<std::string> to_send_;
        grpc::Status status_;
        bool is_answered_ = false;
        bool is_writing_ = false;
        bool is_finished_ = false;
        bool stays_open_ = false;
    };

    explicit state(handler with) : answers(std::move(with)) {}

    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
        const std::lock_guard lock(mutex);
        return *calls.insert(new call(*this, *context)).first;  // it deletes itself when it is done
    }
    void remove(call& done) {
        const std::lock_guard lock(mutex);
        calls.erase(&done);
    }

    handler answers;
    std::mutex mutex;
    std::set<call*> calls;
    std::unique_ptr<grpc::Server> server;
};

grpc_test_server::grpc_test_server(std::string socket, handler answers)
    : socket_(std::move(socket)), state_(std::make_unique<state>(std::move(answers))) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(state_.get());
    state_->server = builder.BuildAndStart();
}

grpc_test_server::~grpc_test_server() {
    if (state_->server != nullptr) {
        state_->server->Shutdown(std::chrono::system_clock::now());
    }
}

std::size_t grpc_test_server::push(std::string_view method, const std::string& message) {
    const std::lock_guard lock(state_->mutex);
    std::size_t count = 0;
    for (state::call* const each : state_->calls) {
        if (each->is_open(method)) {
            each->push(message);
            ++count;
        }
    }
    return count;
}

}  // namespace sonde::testing
