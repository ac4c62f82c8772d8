// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/client.hpp"

#include <array>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include <sys/eventfd.h>
#include <unistd.h>

#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/grpc/call.hpp"

namespace sonde::common::grpc {
namespace {

// How long the library refuses calls after a failed connection. Callers have back-offs of their own, which are longer.
constexpr int reconnect_pause_ms = 100;
// How long one attempt may take, to the server's first frame: some round trips, and TCP's second and third try. The
// library calls this the least pause between attempts, but a refused one is followed after reconnect_pause_ms.
constexpr int connect_limit_ms = 5'000;

struct ended_operation {
    call::tag* tag;
    bool is_ok;
};

::grpc::ChannelArguments arguments_of(const client_settings& settings) {
    ::grpc::ChannelArguments with;
    with.SetMaxReceiveMessageSize(static_cast<int>(settings.message_limit));
    with.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    with.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    with.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, reconnect_pause_ms);
    with.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, connect_limit_ms);
    with.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, reconnect_pause_ms);
    if (settings.target.starts_with("unix:")) {
        with.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    }
    if (settings.keepalive.count() > 0) {
        with.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(settings.keepalive.count()));
    }
    if (!settings.server_name.empty()) {
        with.SetSslTargetNameOverride(settings.server_name);
    }
    return with;
}

// The library would write each failed handshake to the standard error; whoever asks is told by the call's outcome.
void silence_library() {
    static std::once_flag once;
    std::call_once(once, [] { ::gpr_set_log_function([](gpr_log_func_args*) {}); });
}

std::shared_ptr<::grpc::ChannelCredentials> credentials_of(const client_settings& settings) {
    if (!settings.uses_tls) {
        return ::grpc::InsecureChannelCredentials();
    }
    return ::grpc::SslCredentials({settings.tls.ca_pem, settings.tls.key_pem, settings.tls.certificate_pem});
}

}  // namespace

std::string_view name(code what) noexcept {
    static constexpr std::array<std::string_view, 17> names{
        "ok",        "cancelled",      "unknown",           "invalid argument",   "deadline exceeded",
        "not found", "already exists", "permission denied", "resource exhausted", "failed precondition",
        "aborted",   "out of range",   "unimplemented",     "internal",           "unavailable",
        "data loss", "unauthenticated"};
    const auto at = static_cast<std::size_t>(what);
    return at < names.size() ? names[at] : "unknown";
}

struct client::state {
    std::shared_ptr<::grpc::Channel> channel;
    ::grpc::GenericStub stub;
    ::grpc::CompletionQueue queue;
    int event = -1;
    std::mutex mutex;
    std::vector<ended_operation> ended;  // guarded by mutex; each call has at most four operations under way
    std::map<call_id, std::unique_ptr<call>> running;
    call_id last_id = 0;
    std::thread waiter;

    explicit state(std::shared_ptr<::grpc::Channel> over) : channel(std::move(over)), stub(channel) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        for (auto& [id, each] : running) {
            each->cancel();
        }
        queue.Shutdown();
        if (waiter.joinable()) {
            waiter.join();
        }
        if (event >= 0) {
            ::close(event);
        }
    }

    void wait_for_operations() {
        void* place = nullptr;
        bool is_ok = false;
        while (queue.Next(&place, &is_ok)) {
            {
                const std::lock_guard lock(mutex);
                ended.push_back({static_cast<call::tag*>(place), is_ok});
            }
            const std::uint64_t one = 1;
            // It can only fail for a counter of 2^64 - 2 unread writes.
            static_cast<void>(::write(event, &one, sizeof one) == sizeof one);
        }
    }
};

result<client> client::make(const client_settings& settings) {
    silence_library();
    auto made = std::make_unique<state>(
        ::grpc::CreateCustomChannel(settings.target, credentials_of(settings), arguments_of(settings)));
    made->event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->event < 0) {
        return fail(errc::exhausted, "cannot make a gRPC client: no descriptors left");
    }
    try {
        made->waiter = std::thread([&own = *made] { own.wait_for_operations(); });
    } catch (const std::system_error&) {
        return fail(errc::exhausted, "cannot make a gRPC client: no threads left");
    }
    return client(std::move(made));
}

client::client(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

call_id client::start(call_request what, receiver& to) {
    const call_id id = ++state_->last_id;
    const auto at = state_->running.emplace(id, std::make_unique<call>(id, std::move(what), to)).first;
    at->second->begin(state_->stub, state_->queue);
    return id;
}

bool client::send(call_id id, std::string message) {
    const auto found = state_->running.find(id);
    return found != state_->running.end() && found->second->send(std::move(message));
}

void client::cancel(call_id id) {
    // It stays until its operations have ended; drive() removes it then.
    if (const auto found = state_->running.find(id); found != state_->running.end()) {
        found->second->cancel();
    }
}

void client::hold(call_id id) {
    if (const auto found = state_->running.find(id); found != state_->running.end()) {
        found->second->hold();
    }
}

void client::resume(call_id id) {
    if (const auto found = state_->running.find(id); found != state_->running.end()) {
        found->second->resume();
    }
}

int client::fd() const noexcept { return state_->event; }

void client::drive() {
    std::uint64_t ignored = 0;
    static_cast<void>(::read(state_->event, &ignored, sizeof ignored) == sizeof ignored);
    std::vector<ended_operation> ended;
    {
        const std::lock_guard lock(state_->mutex);
        ended.swap(state_->ended);
    }
    for (const ended_operation& each : ended) {
        call* const of = each.tag->of;
        of->advance(each.tag->what, each.is_ok);
        if (of->is_over()) {
            state_->running.erase(of->id());
        }
    }
}

}  // namespace sonde::common::grpc
