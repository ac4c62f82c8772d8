// SPDX-License-Identifier: Apache-2.0
// Which handler answers a request. Routes come and go at run time, because modules do: removal waits until the handlers
// in flight have ended, so that what they use can be taken down afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "api/message.hpp"

namespace sonde::api {

// Called on an API worker, concurrently with itself. Exceptions become 500.
using handler = std::function<response(const request&)>;

struct route_limits {
    // Routes of one module share a group; empty: the host's own page. "{name}" in it stands for what "{name}" in the
    // route's pattern stands for in the request, so that each module has a group of its own.
    std::string group;
    std::uint32_t concurrency = 0;  // requests in flight in the group before 429; 0: no limit
};

// Permission to run one handler. While it exists, its route counts as busy.
class ticket final {
public:
    ticket() noexcept;
    ticket(ticket&& other) noexcept;
    ticket& operator=(ticket&& other) noexcept;
    ~ticket();

    explicit operator bool() const noexcept { return state_ != nullptr; }
    [[nodiscard]] const std::string& pattern() const noexcept;
    [[nodiscard]] bool is_module() const noexcept;  // has a group

    // Runs the handler and lets go of it: removal of the route no longer waits for this ticket, while the group's
    // place stays taken until the ticket is closed (a stream's place is taken while it lasts). What the handler throws
    // passes through.
    [[nodiscard]] response run(const request& of);
    void close() noexcept;

private:
    friend class router;
    struct state;
    explicit ticket(std::unique_ptr<state> from) noexcept;
    std::unique_ptr<state> state_;
};

struct admission {
    ticket permit;  // empty: `refusal` is the answer
    response refusal;
    std::string route;  // the pattern, or "unmatched"
};

// Thread-safe. Handlers must not destroy the router; a handler's captures are destroyed inside `remove` and must not
// call the router.
class router final {
public:
    router();
    ~router();
    router(const router&) = delete;
    router& operator=(const router&) = delete;

    // `pattern`: "/modules/{name}/check"; a literal segment goes before a "{name}" one. Refused if it is malformed or
    // method and pattern are taken.
    [[nodiscard]] result<void> add(std::string_view method, std::string_view pattern, handler run,
                                   route_limits with = {});

    // Removes the routes whose pattern is `prefix` or below it ("/modules/p" is not above "/modules/p2", nor above
    // "/modules/{name}"), then waits for their handlers. False: some still ran after `patience`; what they use must
    // stay. Not to be called by a handler of such a route.
    [[nodiscard]] bool remove(std::string_view prefix, std::chrono::nanoseconds patience);

    // Until `clear_down`, unknown paths at or below `prefix` answer 503 with this reason instead of 404.
    void mark_down(std::string_view prefix, std::string_view reason);
    void clear_down(std::string_view prefix);

    // Finds the route, fills `of.parameters` and takes a place in its group; or says 404, 405, 429 or 503.
    [[nodiscard]] admission admit(request& of);

    [[nodiscard]] std::size_t size() const;

private:
    friend class ticket;
    struct core;
    std::shared_ptr<core> core_;  // shared with tickets, which may outlive the router
};

}  // namespace sonde::api
