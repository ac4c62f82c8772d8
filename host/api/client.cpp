// SPDX-License-Identifier: Apache-2.0
#include "api/client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "api/address.hpp"
#include "api/reader.hpp"

namespace sonde::api {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using support::unique_fd;

constexpr auto ready_pause = 50ms;
constexpr std::size_t longest_line = 4u << 20;
constexpr std::size_t read_size = 16u << 10;

struct socket_address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

std::optional<socket_address> resolve(const std::string& text) {
    socket_address to;
    if (text.find('/') != std::string::npos) {
        auto* unix = reinterpret_cast<sockaddr_un*>(&to.storage);
        if (text.size() >= sizeof unix->sun_path) {
            return {};
        }
        unix->sun_family = AF_UNIX;
        std::memcpy(unix->sun_path, text.data(), text.size());
        to.size = sizeof *unix;
        return to;
    }
    const auto parts = parse_address(text);
    if (!parts || !parts->port) {
        return {};
    }
    const std::string host = parts->host == "localhost" ? "127.0.0.1" : parts->host;
    auto* four = reinterpret_cast<sockaddr_in*>(&to.storage);
    auto* six = reinterpret_cast<sockaddr_in6*>(&to.storage);
    if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(*parts->port);
        to.size = sizeof *four;
    } else if (::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(*parts->port);
        to.size = sizeof *six;
    } else {
        return {};
    }
    return to;
}

// Waits for `events`; without a deadline for ever, but a signal ends the wait.
result<void> wait_for(int fd, short events, std::optional<clock::time_point> until) {
    for (;;) {
        int milliseconds = -1;
        if (until) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - clock::now()).count();
            milliseconds = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
        }
        pollfd wanted{fd, events, 0};
        const int ready = ::poll(&wanted, 1, milliseconds);
        if (ready > 0) {
            return {};
        }
        if (ready == 0) {
            return fail(errc::timeout, "the agent did not answer in time");
        }
        if (errno != EINTR) {
            return fail(errc::failed, "waiting for the agent: " + std::generic_category().message(errno));
        }
        if (!until) {
            return fail(errc::stopped, "interrupted");
        }
    }
}

// Appends what has come; false at the end of the stream.
result<bool> receive(int fd, std::string& into, std::optional<clock::time_point> until) {
    if (auto ready = wait_for(fd, POLLIN, until); !ready) {
        return std::unexpected(ready.error());
    }
    std::array<char, read_size> part;
    const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return true;
    }
    if (got < 0) {
        return fail(errc::failed, "the agent broke the connection: " + std::generic_category().message(errno));
    }
    into.append(part.data(), static_cast<std::size_t>(got));
    return got > 0;
}

// One step of an answer. False: complete.
result<bool> step(answer_reader& reader, int fd, std::string& input, std::optional<clock::time_point> until) {
    const auto open = receive(fd, input, until);
    if (!open) {
        return open;
    }
    progress at = progress::more;
    if (!input.empty()) {
        at = reader.feed(input);
    }
    if (at == progress::more && !*open) {
        at = reader.finish();
    }
    if (at == progress::refused) {
        return fail(errc::failed, "the answer is cut short or not HTTP");
    }
    return at == progress::more;
}

// Hands out whole lines; what is left stays. False: the receiver has enough.
bool hand_out(std::string& text, const std::function<bool(std::string_view)>& line) {
    std::size_t from = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
        const std::string_view whole = std::string_view(text).substr(from, end - from);
        from = end + 1;
        if (!line(whole)) {
            return false;
        }
    }
    text.erase(0, from);
    return true;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view content_type) {
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, target);
    if (method == "POST") {
        text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", content_type, body.size());
    }
    text += "\r\n";
    text += body;
    return text;
}

}  // namespace

client::client(client_settings settings) : settings_(std::move(settings)), made_(settings_.now()) {}

std::unexpected<error> client::not_there(int number) const {
    const std::string why = std::generic_category().message(number);
    if (number == EACCES || number == EPERM) {
        return fail(errc::denied, why + "; run this as the agent's user or as root", settings_.address);
    }
    if (settings_.now() - made_ < settings_.grace) {
        return fail(errc::again, "the agent has not started yet: " + why, settings_.address);
    }
    return fail(errc::failed, why + "; is the agent running, and is this its address?", settings_.address);
}

result<unique_fd> client::open(deadline until) const {
    const auto to = resolve(settings_.address);
    if (!to) {
        return fail(errc::invalid, "this is neither the path of a socket (below 108 bytes) nor like 127.0.0.1:3333",
                    settings_.address);
    }
    unique_fd fd(::socket(to->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
        return fail(errc::failed, "making a socket: " + std::generic_category().message(errno));
    }
    if (::connect(fd.value(), reinterpret_cast<const sockaddr*>(&to->storage), to->size) == 0) {
        return fd;
    }
    if (errno != EINPROGRESS) {
        return not_there(errno);
    }
    if (auto ready = wait_for(fd.value(), POLLOUT, until); !ready) {
        return std::unexpected(ready.error());
    }
    int number = 0;
    socklen_t size = sizeof number;
    if (::getsockopt(fd.value(), SOL_SOCKET, SO_ERROR, &number, &size) != 0 || number != 0) {
        return not_there(number);
    }
    return fd;
}

result<unique_fd> client::open_and_send(const std::string& request, deadline until) const {
    auto fd = open(until);
    if (!fd) {
        return fd;
    }
    for (std::string_view rest = request; !rest.empty();) {
        if (auto ready = wait_for(fd->value(), POLLOUT, until); !ready) {
            return std::unexpected(ready.error());
        }
        const ssize_t done = ::send(fd->value(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (done >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(done));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            break;  // the server may have refused already; its answer says why
        } else if (errno != EINTR && errno != EAGAIN) {
            return fail(errc::failed, "asking the agent: " + std::generic_category().message(errno));
        }
    }
    return fd;
}

result<answer> client::exchange(std::string_view method, std::string_view target, std::string_view body,
                                std::string_view content_type, std::chrono::nanoseconds timeout) const {
    const deadline until = clock::now() + timeout;
    const auto fd = open_and_send(request_text(method, target, body, content_type), until);
    if (!fd) {
        return std::unexpected(fd.error());
    }
    answer_reader reader;
    answer got;
    std::string input;
    for (bool more = true; more;) {
        const auto stepped = step(reader, fd->value(), input, until);
        if (!stepped) {
            return std::unexpected(stepped.error());
        }
        more = *stepped;
        got.body += reader.take_body();
        if (got.body.size() > settings_.answer_limit) {
            return fail(errc::exhausted, fmt::format("the answer exceeds {} bytes", settings_.answer_limit));
        }
    }
    got.status = reader.status();
    got.content_type = reader.content_type();
    return got;
}

result<answer> client::get(std::string_view target) const { return exchange("GET", target, {}, {}, settings_.timeout); }

result<answer> client::post(std::string_view target, std::string_view body, std::string_view content_type) const {
    return exchange("POST", target, body, content_type, settings_.timeout);
}

result<void> client::follow(std::string_view target, const std::function<bool(std::string_view)>& line) const {
    std::string text;
    bool has_enough = false;
    const auto received = receive(target, [&](std::string_view piece) {
        text += piece;
        has_enough = !hand_out(text, line);
        return !has_enough && text.size() <= longest_line;
    });
    if (!received || has_enough) {
        return received;
    }
    if (text.size() > longest_line) {
        return fail(errc::exhausted, fmt::format("a line exceeds {} bytes", longest_line));
    }
    if (!text.empty()) {
        static_cast<void>(line(text));
    }
    return {};
}

result<void> client::receive(std::string_view target, const std::function<bool(std::string_view)>& piece) const {
    const deadline until = clock::now() + settings_.timeout;
    const auto fd = open_and_send(request_text("GET", target, {}, {}), until);
    if (!fd) {
        return std::unexpected(fd.error());
    }
    answer_reader reader;
    std::string input;
    std::string refusal;
    for (bool more = true; more;) {
        const bool endless = reader.has_head();
        const auto stepped = step(reader, fd->value(), input, endless ? std::nullopt : std::optional(until));
        if (!stepped) {
            return std::unexpected(stepped.error());
        }
        more = *stepped;
        const std::string body = reader.take_body();
        if (reader.has_head() && reader.status() / 100 != 2) {
            refusal += body;
            if (refusal.size() > longest_line) {
                return fail(errc::exhausted, fmt::format("a refusal exceeds {} bytes", longest_line));
            }
            if (!more) {
                return fail(errc::failed, fmt::format("the agent answers {}: {}", reader.status(), refusal));
            }
        } else if (!body.empty() && !piece(body)) {
            return {};
        }
    }
    return {};
}

result<void> client::wait_until_ready(std::chrono::nanoseconds patience) const {
    const deadline until = clock::now() + patience;
    std::string reason = "no time to ask";
    for (auto left = patience; left > 0ns; left = until - clock::now()) {
        const auto asked = exchange("GET", "/readyz", {}, {}, std::min(left, settings_.timeout));
        if (asked && asked->status == 200) {
            return {};
        }
        reason = asked ? fmt::format("/readyz answers {}", asked->status) : asked.error().message();
        if (!asked && (asked.error().code == errc::denied || asked.error().code == errc::invalid)) {
            return std::unexpected(asked.error());
        }
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(ready_pause, until - clock::now()));
    }
    return fail(errc::again, "not ready: " + reason, settings_.address);
}

}  // namespace sonde::api
