// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/service_name/service_name.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "enrich_context/service_name/rules.hpp"

namespace sonde::enrich_context::service_name {
namespace {

struct interpreter {
    std::string_view name;
    bool has_versions;  // "python3.11"
    std::string_view (*conclude)(words);
};

constexpr std::array interpreters{
    interpreter{"java", false, &of_java}, interpreter{"python", true, &of_python},  interpreter{"ruby", true, &of_ruby},
    interpreter{"node", false, &of_node}, interpreter{"dotnet", false, &of_dotnet},
};

void split(std::string_view line, std::vector<std::string_view>& to) {
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end != 0) {
            to.push_back(line.substr(0, end));
        }
        line.remove_prefix(std::min(end + 1, line.size()));
    }
}

// "service:x" in a list of tags, which commas or spaces divide.
std::string_view service_tag(std::string_view tags) {
    constexpr std::string_view key = "service:";
    while (!tags.empty()) {
        const std::size_t end = std::min(tags.find_first_of(", "), tags.size());
        const std::string_view tag = tags.substr(0, end);
        if (tag.starts_with(key)) {
            return tag.substr(key.size());
        }
        tags.remove_prefix(std::min(end + 1, tags.size()));
    }
    return {};
}

// Assignments before the command, as a shell or env(1) has them, go; what they say of the service is the answer.
std::string_view take_environment(words& arguments) {
    constexpr std::string_view service = "DD_SERVICE=";
    constexpr std::string_view tags = "DD_TAGS=";
    while (!arguments.empty() && arguments.front().find('=') != std::string_view::npos) {
        const std::string_view each = arguments.front();
        if (each.starts_with(service) && each.size() > service.size()) {
            return each.substr(service.size());
        }
        if (each.starts_with(tags)) {
            if (const std::string_view named = service_tag(each.substr(tags.size())); !named.empty()) {
                return named;
            }
        }
        arguments = arguments.subspan(1);
    }
    return {};
}

// "-bash" and "(systemd)" are names with ornaments.
std::string_view executable(std::string_view path) {
    while (!path.empty() && (path.front() == '"' || path.front() == '\'')) {
        path.remove_prefix(1);
    }
    while (!path.empty() && (path.back() == '"' || path.back() == '\'')) {
        path.remove_suffix(1);
    }
    std::string_view name = base_name(path);
    if (!name.empty() && !is_letter(name.front())) {
        name.remove_prefix(1);
        if (!name.empty() && !is_letter(name.back())) {
            name.remove_suffix(1);
        }
    }
    return name;
}

bool is(const interpreter& of, std::string_view name) {
    if (!name.starts_with(of.name)) {
        return false;
    }
    const std::string_view rest = name.substr(of.name.size());
    return of.has_versions ? rest.find_first_not_of("0123456789.") == std::string_view::npos : rest.empty();
}

}  // namespace

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view base_name(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos || colon == 0 ? name : name.substr(0, colon);
}

std::string_view stem(std::string_view name) noexcept {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

bool holds(words list, std::string_view text) noexcept { return std::ranges::find(list, text) != list.end(); }

std::string conclude(std::span<const std::string_view> arguments) {
    std::vector<std::string_view> pieces;
    if (arguments.size() == 1) {
        split(arguments.front(), pieces);
        arguments = pieces;
    }
    for (;;) {
        if (const std::string_view named = take_environment(arguments); !named.empty()) {
            return std::string(named);
        }
        if (arguments.empty()) {
            return {};
        }
        if (executable(arguments.front()) != "sudo") {
            break;
        }
        const words command = behind_sudo(arguments.subspan(1));
        if (command.empty()) {
            return "sudo";
        }
        arguments = command;
    }
    std::string_view name = executable(arguments.front());
    if (name.ends_with(".exe")) {
        name.remove_suffix(4);
    }
    for (const interpreter& each : interpreters) {
        if (is(each, name)) {
            const std::string_view found = each.conclude(arguments.subspan(1));
            return std::string(found.empty() ? each.name : found);
        }
    }
    return std::string(stem(name));
}

}  // namespace sonde::enrich_context::service_name
