// SPDX-License-Identifier: Apache-2.0
// /modules and below: status, metrics, check and the endpoints that plugins bring.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "pages/answer.hpp"
#include "pages/context.hpp"
#include "support/nearest.hpp"

namespace sonde::pages {

namespace {

// Clients that do not say who they are share one cursor.
constexpr std::string_view anonymous = "default";

std::optional<run::instance_status> status_of(const context& of, std::string_view name) {
    for (auto& each : of.sources.supervisor->status().instances) {
        if (each.name == name) {
            return std::move(each);
        }
    }
    return std::nullopt;
}

api::response unknown_instance(const context& of, std::string_view name) {
    std::vector<std::string> names;
    for (const auto& each : of.sources.supervisor->status().instances) {
        names.push_back(each.name);
    }
    const std::string hint = support::did_you_mean(name, names);
    return api::failure(404, "not_found",
                        fmt::format("there is no instance '{}'; {}", name, hint.empty() ? "see /modules" : hint));
}

api::response not_running(const context& of, std::string_view name) {
    const auto status = status_of(of, name);
    if (!status) {
        return unknown_instance(of, name);
    }
    // A restart may have finished between the call and this look.
    const std::string_view state = status->state == run::state::running ? "restarting" : run::name(status->state);
    api::response answer = api::failure(503, "down",
                                        fmt::format("instance '{}' is {}{}{}", name, state,
                                                    status->last_error.empty() ? "" : ": ", status->last_error));
    answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

void write_endpoints(observe::json_writer& json, const context& of, std::string_view name) {
    json.key("endpoints").begin_array();
    if (const auto running = of.sources.supervisor->find(name)) {
        for (const auto& each : running->endpoints()) {
            json.begin_object().member("method", each.method);
            json.member("path", fmt::format("/modules/{}/{}", name, each.name)).member("summary", each.summary);
            json.end_object();
        }
    }
    json.end_array();
}

api::response list(const context& of) {
    observe::json_writer json;
    json.begin_object().key("modules").begin_array();
    for (const auto& each : of.sources.supervisor->status().instances) {
        json.begin_object();
        write_instance(json, each);
        write_endpoints(json, of, each.name);
        json.end_object();
    }
    json.end_array().end_object();
    return json_answer(std::move(json));
}

api::response show_one(const context& of, const api::request& asked) {
    const auto status = status_of(of, asked.parameter("name"));
    if (!status) {
        return unknown_instance(of, asked.parameter("name"));
    }
    observe::json_writer json;
    json.begin_object();
    write_instance(json, *status);
    write_endpoints(json, of, status->name);
    json.end_object();
    return json_answer(std::move(json));
}

api::response stats(const context& of, const api::request& asked) {
    const auto status = status_of(of, asked.parameter("name"));
    if (!status) {
        return unknown_instance(of, asked.parameter("name"));
    }
    observe::json_writer json;
    json.begin_object().member("name", status->name).member("state", run::name(status->state)).key("metrics");
    write_readings(json, of.sources.metrics->read(status->name));
    json.end_object();
    return json_answer(std::move(json));
}

// 404 or 405 for what the instance does not offer; an error of its own keeps its meaning.
api::response refused(const std::vector<sonde_endpoint>& offered, const api::request& asked, std::string_view endpoint,
                      const error& why) {
    std::string names;
    std::string methods;
    for (const auto& each : offered) {
        names += fmt::format("{}{} {}", names.empty() ? "" : ", ", each.method, each.name);
        if (endpoint != each.name) {
            continue;
        }
        if (asked.method == each.method) {
            return api::failure(why);
        }
        methods += fmt::format("{}{}", methods.empty() ? "" : ", ", each.method);
    }
    if (!methods.empty()) {
        api::response answer =
            api::failure(405, "method_not_allowed", fmt::format("{} does not take {}", asked.path, asked.method));
        answer.headers.emplace_back("Allow", methods);
        return answer;
    }
    return api::failure(404, "not_found",
                        fmt::format("instance '{}' has no endpoint '{}'; it has: {}", asked.parameter("name"), endpoint,
                                    names.empty() ? "none" : names));
}

api::response call(const context& of, run::instance& on, const api::request& asked, std::string_view endpoint) {
    run::endpoint_call wanted{endpoint, asked.method, asked.arguments, asked.body, of.sources.api.response_limit};
    auto answered = on.call(wanted);
    if (!answered) {
        const error& why = answered.error();
        if (why.code == errc::stopped) {
            return not_running(of, on.settings().name);
        }
        return why.code == errc::unsupported ? refused(on.endpoints(), asked, endpoint, why) : api::failure(why);
    }
    api::response answer;
    answer.content_type = std::move(answered->content_type);
    answer.body = std::move(answered->body);
    return answer;
}

api::response endpoint(const context& of, const api::request& asked) {
    const auto running = of.sources.supervisor->find(asked.parameter("name"));
    return running ? call(of, *running, asked, asked.parameter("endpoint")) : not_running(of, asked.parameter("name"));
}

// What the instance's counters gained since this client last asked.
api::response generic_check(context& of, std::string_view name, std::string_view client) {
    const auto gained = of.deltas.take(name, client);
    observe::json_writer json;
    json.begin_object().member("name", name).member("client_id", client).member("first", gained.first);
    json.member("elapsed_seconds", seconds(gained.elapsed.count())).key("counters").begin_array();
    for (const auto& each : gained.counters) {
        json.begin_object().member("name", each.name).member("unit", each.unit).key("labels");
        write_labels(json, each.with);
        json.member("by", each.by).end_object();
    }
    json.end_array().end_object();
    return json_answer(std::move(json));
}

api::response check(context& of, const api::request& asked) {
    const std::string name(asked.parameter("name"));
    const auto running = of.sources.supervisor->find(name);
    if (!running) {
        return not_running(of, name);
    }
    const bool has_own = std::ranges::any_of(running->endpoints(), [](const auto& each) {
        return std::string_view(each.name) == "check" && std::string_view(each.method) == "GET";
    });
    api::response answer = has_own ? call(of, *running, asked, "check")
                                   : generic_check(of, name, asked.query_value("client_id", anonymous));
    if (answer.status == 200) {
        of.stats.count_check(name);
    }
    return answer;
}

}  // namespace

page_list module_pages(const shared_context& of) {
    const api::route_limits each{"{name}", static_cast<std::uint32_t>(of->sources.api.module_concurrency)};
    const auto checked = [of](const api::request& asked) { return check(*of, asked); };
    const auto forwarded = [of](const api::request& asked) { return endpoint(*of, asked); };
    return {
        {"GET",
         "/modules",
         "Instances with their state and endpoints",
         [of](const api::request&) { return list(*of); },
         {}},
        {"GET",
         "/modules/{name}",
         "One instance",
         [of](const api::request& asked) { return show_one(*of, asked); },
         {}},
        {"GET",
         "/modules/{name}/stats",
         "Its metrics now",
         [of](const api::request& asked) { return stats(*of, asked); },
         {}},
        {"GET", "/modules/{name}/check", "Its data since client_id= last asked", checked, each},
        {"GET", "/{name}/check", "The same", checked, each},
        {"GET", "/modules/{name}/{endpoint}", "An endpoint that its plugin brings", forwarded, each},
        {"POST", "/modules/{name}/{endpoint}", "The same for requests that change something", forwarded, each},
    };
}

}  // namespace sonde::pages
