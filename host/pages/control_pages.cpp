// SPDX-License-Identifier: Apache-2.0
// POST /reload and POST /modules/{name}/restart: asked of the supervisor's thread, awaited for as long as the client
// waits, and answered 202 if the outcome takes longer.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "pages/answer.hpp"
#include "pages/context.hpp"

namespace sonde::pages {

namespace {

// The answer has to leave before the server gives the request up.
constexpr auto margin = std::chrono::milliseconds(500);

struct outcome {
    std::string error;     // empty: done
    bool refused = false;  // nothing was begun
};

class awaited_outcome final {
public:
    void set(outcome came) {
        const std::lock_guard lock(mutex_);
        came_ = std::move(came);
        ready_.notify_all();
    }
    [[nodiscard]] std::optional<outcome> wait(std::chrono::steady_clock::time_point until) {
        std::unique_lock lock(mutex_);
        ready_.wait_until(lock, until, [&] { return came_.has_value(); });
        return came_;
    }

private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::optional<outcome> came_;
};

using shared_outcome = std::shared_ptr<awaited_outcome>;

// Passed on one turn later, when what the supervisor publishes shows the change.
run::supervisor::reply reply_to(run::supervisor& by, const shared_outcome& to, const std::shared_ptr<bool>& begun) {
    return [&by, to, begun](const std::string& error) {
        by.post([to, came = outcome{error, !*begun}] { to->set(came); });
    };
}

std::chrono::steady_clock::time_point patience_of(const api::request& asked, const config::api_settings& api) {
    const auto deadline = asked.deadline == std::chrono::steady_clock::time_point{}
                              ? std::chrono::steady_clock::now() + api.request_timeout
                              : asked.deadline;
    return deadline - margin;
}

api::response answer_of(const std::optional<outcome>& came, std::string_view doing, int failed_status) {
    observe::json_writer json;
    if (!came) {
        json.begin_object().member("state", "pending").member("message", fmt::format("{} goes on", doing)).end_object();
        return json_answer(std::move(json), 202);
    }
    if (!came->error.empty()) {
        return came->refused ? api::failure(409, "refused", came->error)
                             : api::failure(failed_status, "failed", came->error);
    }
    json.begin_object().member("state", "done").end_object();
    return json_answer(std::move(json));
}

api::response restart(const context& of, const api::request& asked) {
    run::supervisor& by = *of.sources.supervisor;
    const std::string name(asked.parameter("name"));
    const auto known = by.status().instances;
    if (std::ranges::find(known, name, &run::instance_status::name) == known.end()) {
        return api::failure(404, "not_found", fmt::format("there is no instance '{}'; see /modules", name));
    }
    const auto waiting = std::make_shared<awaited_outcome>();
    by.post([&by, name, waiting] {
        const auto begun = std::make_shared<bool>(false);
        by.restart(name, reply_to(by, waiting, begun));
        *begun = true;
    });
    return answer_of(waiting->wait(patience_of(asked, of.sources.api)), fmt::format("the restart of '{}'", name), 500);
}

// A reload is all or nothing, so that a failure leaves the agent as it was: a conflict, not a breakdown.
api::response reload(const context& of, const api::request& asked) {
    const auto waiting = std::make_shared<awaited_outcome>();
    of.sources.reload(reply_to(*of.sources.supervisor, waiting, std::make_shared<bool>(true)));
    return answer_of(waiting->wait(patience_of(asked, of.sources.api)), "the reload", 409);
}

}  // namespace

page_list control_pages(const shared_context& of) {
    // Groups, so that waiting for the supervisor never takes the last worker.
    return {
        {"POST",
         "/modules/{name}/restart",
         "Stops and starts it; answers when it runs again",
         [of](const api::request& asked) { return restart(*of, asked); },
         {"{name}/restart", 1}},
        {"POST",
         "/reload",
         "Reads the configuration again and applies it, all or nothing",
         [of](const api::request& asked) { return reload(*of, asked); },
         {"reload", 1}},
    };
}

}  // namespace sonde::pages
