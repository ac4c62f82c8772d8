// SPDX-License-Identifier: Apache-2.0
// /debug/config: every value in force with its origin; secrets are *** already.
#include "pages/answer.hpp"
#include "pages/context.hpp"

namespace sonde::pages {

namespace {

void write_values(observe::json_writer& json, const std::vector<shown_value>& values) {
    json.begin_array();
    for (const auto& each : values) {
        json.begin_object().member("key", each.key).member("value", each.value).member("origin", each.origin);
        json.end_object();
    }
    json.end_array();
}

api::response configuration(const context& of) {
    const shown_config shown = of.sources.config();
    observe::json_writer json;
    json.begin_object().member("hash", shown.hash).key("files").begin_array();
    for (const auto& each : shown.files) {
        json.value(each);
    }
    json.end_array().key("host");
    write_values(json, shown.host);
    json.key("instances").begin_array();
    for (const auto& each : shown.instances) {
        json.begin_object().member("name", each.name).member("role", each.role).member("type", each.type);
        json.member("enabled", each.enabled).member("required", each.required).key("values");
        write_values(json, each.values);
        json.key("problem");
        each.problem.empty() ? json.value(nullptr) : json.value(each.problem);
        json.end_object();
    }
    json.end_array().end_object();
    return json_answer(std::move(json));
}

}  // namespace

page_list config_pages(const shared_context& of) {
    return {{"GET",
             "/debug/config",
             "Configuration in force with the origin of every value; secrets are hidden",
             [of](const api::request&) { return configuration(*of); },
             {}}};
}

}  // namespace sonde::pages
