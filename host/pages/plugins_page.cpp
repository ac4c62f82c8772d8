// SPDX-License-Identifier: Apache-2.0
// /debug/plugins: what is loaded, what each component is for and used by, and what was refused.
#include <array>
#include <utility>

#include <sonde/abi/component.h>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "loader/module_json.hpp"
#include "pages/answer.hpp"
#include "pages/context.hpp"

namespace sonde::pages {

namespace {

constexpr std::array flag_names{
    std::pair{std::uint32_t{SONDE_COMPONENT_LOSSLESS}, "lossless"},
    std::pair{std::uint32_t{SONDE_COMPONENT_STATEFUL}, "stateful"},
    std::pair{std::uint32_t{SONDE_COMPONENT_NEEDS_EBPF}, "needs_ebpf"},
};

void write_texts(observe::json_writer& json, std::string_view key, const std::vector<std::string>& texts) {
    json.key(key).begin_array();
    for (const auto& each : texts) {
        json.value(each);
    }
    json.end_array();
}

void write_component(observe::json_writer& json, const config::component_spec& of,
                     const run::supervisor_status& status) {
    json.begin_object().member("role", config::name(of.role)).member("type", of.type).member("summary", of.summary);
    json.member("stability", of.stability).key("flags").begin_array();
    for (const auto& [bit, word] : flag_names) {
        if ((of.flags & bit) != 0) {
            json.value(word);
        }
    }
    json.end_array().key("options").begin_array();
    for (const auto& each : of.options) {
        json.value(each.key);
    }
    json.end_array();
    write_texts(json, "publishes", of.publishes);
    write_texts(json, "subscribes", of.subscribes);
    json.key("instances").begin_array();
    for (const auto& each : status.instances) {
        if (each.role == of.role && each.type == of.type) {
            json.value(each.name);
        }
    }
    json.end_array().end_object();
}

void write_module(observe::json_writer& json, const loader::module_info& of, const run::supervisor_status& status) {
    json.begin_object().member("file", of.file.native()).member("digest", of.digest).member("id", of.id);
    json.member("version", of.version).member("vendor", of.vendor).member("license", of.license);
    json.member("sdk_build", of.sdk_build).member("abi", fmt::format("{}.{}", of.abi_major, of.abi_minor));
    json.key("components").begin_array();
    for (const auto& each : of.components) {
        write_component(json, each, status);
    }
    json.end_array().end_object();
}

api::response plugins(const context& of) {
    const auto status = of.sources.supervisor->status();
    observe::json_writer json;
    json.begin_object().key("modules").begin_array();
    for (const auto& each : loaded_modules(*of.sources.plugins)) {
        write_module(json, each->info(), status);
    }
    json.end_array().member("retired", of.sources.plugins->retired_count()).key("refused").begin_array();
    for (const auto& each : of.sources.refusals()) {
        json.raw(loader::to_json(each));
    }
    json.end_array().end_object();
    return json_answer(std::move(json));
}

}  // namespace

std::vector<loader::module_ptr> loaded_modules(const loader::registry& in) {
    std::vector<loader::module_ptr> modules;
    const auto all = in.all();
    for (const auto& each : *all) {
        if (modules.empty() || modules.back() != each.owner) {
            modules.push_back(each.owner);
        }
    }
    return modules;
}

page_list plugins_pages(const shared_context& of) {
    return {{"GET",
             "/debug/plugins",
             "Loaded modules with their components, and refused files",
             [of](const api::request&) { return plugins(*of); },
             {}}};
}

}  // namespace sonde::pages
