// SPDX-License-Identifier: Apache-2.0
// What a handler is asked and what it answers, as plain values; and answers that go on for a while.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::api {

struct request {
    using values = std::map<std::string, std::string, std::less<>>;

    std::string method;                                          // upper case; HEAD arrives as GET
    std::string path;                                            // decoded, without the query
    std::vector<std::string> segments;                           // of the path, each decoded
    values parameters;                                           // what "{name}" in the route's pattern stood for
    values query;                                                // decoded; of a repeated key the last value
    std::vector<std::pair<std::string, std::string>> arguments;  // the whole query in its order
    std::string body;
    std::string remote;                                // "unix uid=0 pid=12" or "127.0.0.1:41234"
    std::chrono::steady_clock::time_point deadline{};  // after it nobody waits for the answer

    [[nodiscard]] std::string_view parameter(std::string_view name) const { return find(parameters, name); }
    // The query's value, or `otherwise` if the key is absent.
    [[nodiscard]] std::string_view query_value(std::string_view name, std::string_view otherwise = {}) const {
        return find(query, name, otherwise);
    }
    // All values of a repeated query key, in their order.
    [[nodiscard]] std::vector<std::string> query_values(std::string_view name) const;
    // Whether a query key is switched on: present and empty, or 1, t, true, yes, y, on in any case.
    [[nodiscard]] bool query_flag(std::string_view name) const;

private:
    [[nodiscard]] static std::string_view find(const values& in, std::string_view name,
                                               std::string_view otherwise = {}) {
        const auto at = in.find(name);
        return at == in.end() ? otherwise : std::string_view(at->second);
    }
};

// Tells the server that a waiting stream has something. Callable from any thread, also after the stream has ended.
class waker final {
public:
    waker() = default;
    explicit waker(std::function<void()> wake)
        : wake_(std::make_shared<const std::function<void()>>(std::move(wake))) {}
    void notify() const {
        if (wake_) {
            (*wake_)();
        }
    }

private:
    std::shared_ptr<const std::function<void()>> wake_;
};

enum class flow { chunk, wait, end };

// An answer in pieces. At most one piece is on its way: the next is asked for when the client has taken the last.
// Destroyed when it ends or the client has gone; that may happen on the server's I/O thread, so it must be short.
class stream {
public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    virtual ~stream() = default;

    // Once, before the first `next`.
    virtual void start(waker wake) = 0;

    // On an API worker, never twice at a time, must not block. After `wait` it is asked again when the waker was
    // notified, including a notification during the call.
    [[nodiscard]] virtual flow next(std::string& chunk) = 0;
};

struct response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::unique_ptr<stream> live;  // instead of `body`
};

// {"error":{"code":"not_found","message":"..."}}
[[nodiscard]] response failure(int status, std::string_view code, std::string_view message);

// The same for a failed operation: invalid 400, denied 403, unsupported 501, exhausted and again 503, timeout 504,
// others 500; the code is the errc's name.
[[nodiscard]] response failure(const error& of);

}  // namespace sonde::api
