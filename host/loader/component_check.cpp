// SPDX-License-Identifier: Apache-2.0
// Reads a module's factories and checks every descriptor before anything else relies on it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "loader/loaded_module.hpp"

namespace sonde::loader {

namespace {

constexpr std::uint32_t most_components = 64;  // of one factory
constexpr std::uint32_t most_options = 1024;   // of one component
constexpr std::size_t most_topics = 64;
constexpr std::size_t longest_type = 63;

// Members that plugin ABI 1.0 has; later minors only append.
constexpr std::size_t ops_floor = offsetof(sonde_ops, get_extension) + sizeof(sonde_ops::get_extension);
constexpr std::size_t option_floor = offsetof(sonde_option, conflicts_key) + sizeof(sonde_option::conflicts_key);
constexpr std::size_t component_floor = offsetof(sonde_component, create) + sizeof(sonde_component::create);
constexpr std::size_t factory_floor = offsetof(sonde_factory, component) + sizeof(sonde_factory::component);

constexpr std::array factories{
    std::pair{SONDE_FACTORY_COLLECTOR, role::collector},
    std::pair{SONDE_FACTORY_ENRICHER, role::enricher},
    std::pair{SONDE_FACTORY_ENCODER, role::encoder},
};

bool is_type_name(std::string_view text) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    return !text.empty() && text.size() <= longest_type && text.front() >= 'a' && text.front() <= 'z' &&
           std::all_of(text.begin(), text.end(), allowed);
}

// All checks answer with what is wrong; empty means nothing.
std::string check_topics(const char* const* topics, std::string_view what) {
    for (std::size_t i = 0; topics != nullptr && topics[i] != nullptr; ++i) {
        if (i == most_topics) {
            return fmt::format("has more than {} topics to {}", most_topics, what);
        }
        if (!std::string_view(topics[i]).ends_with('/')) {
            return fmt::format("has the topic '{}' to {}, which does not end with '/'", topics[i], what);
        }
    }
    return {};
}

std::string check_ops(const sonde_ops* ops, role as) {
    if (ops == nullptr || ops->struct_size < ops_floor) {
        return "has no operations, or fewer than plugin ABI 1.0 has";
    }
    if (ops->configure == nullptr || ops->start == nullptr || ops->stop == nullptr || ops->destroy == nullptr ||
        ops->get_extension == nullptr) {
        return "lacks one of configure, start, stop, destroy and get_extension";
    }
    if (as == role::collector ? ops->run == nullptr : ops->consume == nullptr) {
        return as == role::collector ? "is a collector without run" : "takes batches but has no consume";
    }
    return {};
}

std::string check_options(const sonde_component& component) {
    if (component.option_count == 0) {
        return {};
    }
    if (component.option_count > most_options || component.options == nullptr || component.option_size < option_floor) {
        return "has an option table that makes no sense";
    }
    const auto* at = reinterpret_cast<const unsigned char*>(component.options);
    std::vector<std::string_view> keys;
    for (std::uint32_t i = 0; i < component.option_count; ++i, at += component.option_size) {
        const auto& option = *reinterpret_cast<const sonde_option*>(at);
        if (option.key == nullptr || option.key[0] == '\0' || option.type < SONDE_OPTION_BOOL ||
            option.type > SONDE_OPTION_ENDPOINT) {
            return fmt::format("has an option without key or of an unknown type, at place {}", i);
        }
        if (option.type == SONDE_OPTION_ENUM && option.choices == nullptr) {
            return fmt::format("has the option '{}', an enumeration without choices", option.key);
        }
        if (std::find(keys.begin(), keys.end(), option.key) != keys.end()) {
            return fmt::format("has two options '{}'", option.key);
        }
        keys.emplace_back(option.key);
    }
    return {};
}

std::string check_component(const sonde_component* component, role as) {
    if (component == nullptr || component->struct_size < component_floor) {
        return "is missing or smaller than plugin ABI 1.0 has it";
    }
    if (component->type == nullptr || !is_type_name(component->type)) {
        return "has a type name that is not lower_snake_case";
    }
    if (component->summary == nullptr || component->create == nullptr) {
        return "lacks its summary or create";
    }
    if (as == role::collector && component->subscribes != nullptr && component->subscribes[0] != nullptr &&
        component->ops != nullptr && component->ops->struct_size >= ops_floor && component->ops->consume == nullptr) {
        return "is a collector that subscribes but has no consume";
    }
    for (std::string fault :
         {check_ops(component->ops, as), check_options(*component), check_topics(component->publishes, "publish"),
          check_topics(component->subscribes, "subscribe to")}) {
        if (!fault.empty()) {
            return fault;
        }
    }
    return {};
}

refusal bad_component(const std::string& file, role as, std::uint32_t index, const sonde_component* component,
                      std::string_view fault) {
    const bool is_named = component != nullptr && component->struct_size >= component_floor &&
                          component->type != nullptr && is_type_name(component->type);
    const std::string which = is_named ? fmt::format("'{}'", component->type) : fmt::format("number {}", index);
    return {file, reason::bad_component, fmt::format("its {} {} {}", config::name(as), which, fault),
            "this host uses components that are described as <sonde/abi/component.h> says",
            "correct the description and rebuild it"};
}

// One factory's components are added to `found`.
std::optional<refusal> read_factory(const sonde_factory* factory, role as, const std::string& file,
                                    std::vector<found_component>& found) {
    if (factory == nullptr) {
        return std::nullopt;
    }
    if (factory->struct_size < factory_floor || factory->component == nullptr ||
        factory->component_count > most_components) {
        return bad_component(file, as, 0, nullptr, "is in a factory that makes no sense");
    }
    for (std::uint32_t i = 0; i < factory->component_count; ++i) {
        const sonde_component* component = factory->component(i);
        if (const std::string fault = check_component(component, as); !fault.empty()) {
            return bad_component(file, as, i, component, fault);
        }
        for (const found_component& other : found) {
            if (other.spec.role == as && other.spec.type == component->type) {
                return refusal{file, reason::duplicate_type,
                               fmt::format("it has two {}s of the type '{}'", config::name(as), component->type),
                               "this host knows a component by role and type", "rename one of them and rebuild it"};
            }
        }
        found.push_back({config::read_component(*component, as), component});
    }
    return std::nullopt;
}

}  // namespace

std::expected<std::vector<found_component>, refusal> read_components(const sonde_entry& entry,
                                                                     const std::string& file) {
    std::vector<found_component> found;
    try {
        for (const auto& [id, as] : factories) {
            const auto* factory = static_cast<const sonde_factory*>(entry.get_factory(id));
            if (auto wrong = read_factory(factory, as, file, found)) {
                return std::unexpected(std::move(*wrong));
            }
        }
    } catch (const std::exception& e) {
        return std::unexpected(refusal{file, reason::bad_component,
                                       fmt::format("reading its components threw an exception: {}", e.what()),
                                       "no function of a plugin may throw", "ask the plugin's vendor"});
    } catch (...) {
        return std::unexpected(refusal{file, reason::bad_component, "reading its components threw an exception",
                                       "no function of a plugin may throw", "ask the plugin's vendor"});
    }
    return found;
}

}  // namespace sonde::loader
