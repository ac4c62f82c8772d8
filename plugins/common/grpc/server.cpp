// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/server.hpp"

#include <mutex>
#include <vector>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

namespace sonde::common::grpc {
namespace {

constexpr int keepalive_ms = 30'000;  // a client that is gone without a word is noticed
constexpr int keepalive_timeout_ms = 10'000;

std::vector<std::uint8_t> bytes_of(const ::grpc::ByteBuffer& buffer) {
    std::vector<::grpc::Slice> slices;
    std::vector<std::uint8_t> whole;
    if (buffer.Dump(&slices).ok()) {
        for (const ::grpc::Slice& each : slices) {
            whole.insert(whole.end(), each.begin(), each.end());
        }
    }
    return whole;
}

::grpc::Status status_of(const outcome& how) {
    return how.why == code::ok ? ::grpc::Status() : ::grpc::Status(static_cast<::grpc::StatusCode>(how.why), how.text);
}

std::shared_ptr<::grpc::ServerCredentials> credentials_of(const server_settings& settings) {
    if (!settings.tls) {
        return ::grpc::InsecureServerCredentials();
    }
    ::grpc::SslServerCredentialsOptions with(settings.tls->ca_pem.empty()
                                                 ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                 : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    with.pem_root_certs = settings.tls->ca_pem;
    with.pem_key_cert_pairs.push_back({settings.tls->key_pem, settings.tls->certificate_pem});
    return ::grpc::SslServerCredentials(with);
}

class refusal final : public answer {
public:
    explicit refusal(outcome why) : why_(std::move(why)) {}
    [[nodiscard]] step next() override { return {.message = {}, .end = why_}; }

private:
    outcome why_;
};

class server_call;

}  // namespace

std::unique_ptr<answer> refuse(code why, std::string text) {
    return std::make_unique<refusal>(outcome{why, std::move(text)});
}

struct call_handle::link {
    std::mutex mutex;  // taken before that of the call
    server_call* call = nullptr;
};

namespace {

// Deletes itself when the library is done with it.
class server_call final : public ::grpc::ServerGenericBidiReactor {
public:
    server_call(const answerer& answers, ::grpc::GenericCallbackServerContext& context)
        : answers_(&answers), context_(&context), link_(std::make_shared<call_handle::link>()) {
        link_->call = this;
        StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
        if (ok && has_answer_) {
            const std::vector<std::uint8_t> message = bytes_of(request_);
            const std::lock_guard lock(mutex_);
            is_reading_ = false;
            answer_->take(message);
        } else if (ok) {
            incoming_call asked{context_->method(), {}, {}};
            const std::vector<std::uint8_t> message = bytes_of(request_);
            asked.message = message;
            for (const auto& [key, value] : context_->client_metadata()) {
                asked.headers.emplace_back(std::string(key.data(), key.size()),
                                           std::string(value.data(), value.size()));
            }
            std::unique_ptr<answer> made = (*answers_)(asked, call_handle(link_));
            const std::lock_guard lock(mutex_);
            answer_ = std::move(made);
            is_reading_ = false;
            has_answer_ = true;
        } else {
            const std::lock_guard lock(mutex_);
            is_cancelled_ = true;  // it asked for nothing, or for no more
        }
        go_on();
    }
    void OnWriteDone(bool ok) override {
        {
            const std::lock_guard lock(mutex_);
            is_writing_ = false;
            is_cancelled_ = is_cancelled_ || !ok;
        }
        go_on();
    }
    void OnCancel() override {
        {
            const std::lock_guard lock(mutex_);
            is_cancelled_ = true;
        }
        go_on();
    }
    void OnDone() override {
        {
            const std::lock_guard lock(link_->mutex);
            link_->call = nullptr;
        }
        delete this;
    }

    void go_on() {
        read_on();
        answer_on();
    }
    void cancel() { context_->TryCancel(); }

private:
    // A further message, unless one is under way.
    void read_on() {
        std::unique_lock lock(mutex_);
        if (is_reading_ || is_finished_ || is_cancelled_ || !answer_->wants_message()) {
            return;
        }
        is_reading_ = true;
        request_.Clear();
        lock.unlock();  // the library may read, and call us, at once
        StartRead(&request_);
    }
    // The next step, unless one is under way.
    void answer_on() {
        std::unique_lock lock(mutex_);
        if (is_writing_ || is_finished_ || (answer_ == nullptr && !is_cancelled_)) {
            return;
        }
        answer::step step;
        if (is_cancelled_) {
            step.end = outcome{code::cancelled, {}};
        } else {
            step = answer_->next();
        }
        if (step.end) {
            is_finished_ = true;
            lock.unlock();
            Finish(status_of(*step.end));  // after this the call may be gone
        } else if (step.message) {
            is_writing_ = true;
            const ::grpc::Slice slice(*step.message);
            response_ = ::grpc::ByteBuffer(&slice, 1);
            lock.unlock();
            StartWrite(&response_);
        }
    }

    const answerer* answers_;
    ::grpc::GenericCallbackServerContext* context_;
    std::shared_ptr<call_handle::link> link_;
    ::grpc::ByteBuffer request_;
    std::mutex mutex_;
    ::grpc::ByteBuffer response_;
    std::unique_ptr<answer> answer_;
    bool has_answer_ = false;  // changed by the reader alone
    bool is_reading_ = true;
    bool is_writing_ = false;
    bool is_finished_ = false;
    bool is_cancelled_ = false;
};

class generic_service final : public ::grpc::CallbackGenericService {
public:
    explicit generic_service(answerer answers) : answers_(std::move(answers)) {}

private:
    ::grpc::ServerGenericBidiReactor* CreateReactor(::grpc::GenericCallbackServerContext* context) override {
        return new server_call(answers_, *context);
    }
    answerer answers_;
};

}  // namespace

void call_handle::wake() const {
    if (link_ == nullptr) {
        return;
    }
    const std::lock_guard lock(link_->mutex);
    if (link_->call != nullptr) {
        link_->call->go_on();
    }
}

void call_handle::cancel() const {
    if (link_ == nullptr) {
        return;
    }
    const std::lock_guard lock(link_->mutex);
    if (link_->call != nullptr) {
        link_->call->cancel();
    }
}

struct server::state {
    generic_service service;
    int port = 0;
    std::unique_ptr<::grpc::Server> running;  // destroyed first: it waits for its calls

    explicit state(answerer answers) : service(std::move(answers)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        if (running != nullptr) {
            running->Shutdown(std::chrono::system_clock::now());
        }
    }
};

result<server> server::listen(const server_settings& settings, answerer answers) {
    auto made = std::make_unique<state>(std::move(answers));
    ::grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_timeout_ms);
    builder.SetMaxReceiveMessageSize(static_cast<int>(settings.message_limit));
    builder.AddListeningPort(settings.address, credentials_of(settings), &made->port);
    builder.RegisterCallbackGenericService(&made->service);
    made->running = builder.BuildAndStart();
    if (made->running == nullptr || made->port == 0) {
        return fail(errc::failed, "cannot listen: the address is in use or not ours, or the certificate is none",
                    settings.address);
    }
    return server(std::move(made));
}

server::server(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
server::server(server&&) noexcept = default;
server& server::operator=(server&&) noexcept = default;
server::~server() = default;

int server::port() const noexcept { return state_->port; }

}  // namespace sonde::common::grpc
