// SPDX-License-Identifier: Apache-2.0
#include "container/grpc_session.hpp"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace sonde::container {
namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 250ms;
constexpr auto longest_pause = 30s;

}  // namespace

std::optional<socket_problem> check_socket(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) {
        const int why = errno;
        return socket_problem{why == EACCES ? health_of_source::denied : health_of_source::absent,
                              ::strerrordesc_np(why)};
    }
    if (!S_ISSOCK(found.st_mode)) {
        return socket_problem{health_of_source::failing, "it is no socket"};
    }
    // Connecting to a unix socket takes write permission, unix(7).
    if (::access(path.c_str(), W_OK) != 0) {
        return socket_problem{health_of_source::denied, ::strerrordesc_np(errno)};
    }
    return std::nullopt;
}

grpc_session::grpc_session(std::string socket, std::uint32_t seed)
    : socket_(std::move(socket)), backoff_(first_pause, longest_pause, seed) {}

bool grpc_session::open_if_due(std::chrono::nanoseconds now) {
    if (client_ || now < due_) {
        return false;
    }
    if (auto problem = check_socket(socket_)) {
        how_ = problem->how;
        text_ = std::move(problem->text);
        due_ = now + backoff_.next();
        return false;
    }
    common::grpc::client_settings settings;
    settings.target = "unix:" + socket_;
    auto made = common::grpc::client::make(settings);
    if (!made) {
        fail(now, health_of_source::failing, made.error().message());
        return false;
    }
    client_.emplace(std::move(*made));
    how_ = health_of_source::connecting;
    return true;
}

void grpc_session::fail(std::chrono::nanoseconds now, health_of_source how, std::string text) {
    client_.reset();
    how_ = how;
    text_ = std::move(text);
    due_ = now + backoff_.next();
    ++failures_;
}

void grpc_session::hurry(std::chrono::nanoseconds now) noexcept {
    if (how_ == health_of_source::absent) {
        due_ = std::min(due_, now);
    }
}

void grpc_session::succeed(std::string text) {
    how_ = health_of_source::answering;
    text_ = std::move(text);
    backoff_.reset();
}

}  // namespace sonde::container
