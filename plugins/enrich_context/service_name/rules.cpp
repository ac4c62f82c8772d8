// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/service_name/rules.hpp"

#include <array>

namespace sonde::enrich_context::service_name {
namespace {

bool is_flag(std::string_view argument) { return argument.starts_with('-'); }

// The first argument that is no flag and no flag's value.
std::string_view first_operand(words arguments, words flags_with_value) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!is_flag(arguments[i])) {
            return arguments[i];
        }
        i += holds(flags_with_value, arguments[i]) ? 1 : 0;
    }
    return {};
}

std::string_view script_name(std::string_view path) {
    const std::string_view name = base_name(path);
    return name.empty() || !is_letter(name.front()) ? std::string_view{} : stem(name);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "app-1.2.3" without "-1.2.3", and without "-SNAPSHOT" behind it.
std::string_view without_version(std::string_view name) {
    constexpr std::string_view snapshot = "-SNAPSHOT";
    if (name.ends_with(snapshot)) {
        name.remove_suffix(snapshot.size());
    }
    const std::size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash == 0) {
        return name;
    }
    const std::string_view version = name.substr(dash + 1);
    const bool is_version =
        !version.empty() && is_digit(version.front()) && version.find('.') != std::string_view::npos;
    return is_version ? name.substr(0, dash) : name;
}

// Of a jar file or a main class, perhaps with its module.
std::string_view java_name(std::string_view candidate) {
    constexpr std::string_view foundation = "org.apache.";
    const std::string_view name = base_name(candidate);
    if (name.empty() || !is_letter(name.front())) {
        return {};
    }
    if (name.ends_with(".jar")) {
        return without_version(name.substr(0, name.size() - 4));
    }
    if (name.starts_with(foundation)) {
        const std::string_view project = name.substr(foundation.size());
        return project.substr(0, project.find('.'));
    }
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// Flags of java that are a word of their own but take no value, by how they begin; what has a '=' takes none either.
bool stands_alone(std::string_view flag) {
    constexpr std::array beginnings{std::string_view("-X"),         std::string_view("-javaagent:"),
                                    std::string_view("-verbose:"),  std::string_view("-D"),
                                    std::string_view("-agentlib:"), std::string_view("-agentpath:"),
                                    std::string_view("-e"),         std::string_view("-d"),
                                    std::string_view("-s"),         std::string_view("-v")};
    for (const std::string_view each : beginnings) {
        if (flag.starts_with(each)) {
            return true;
        }
    }
    return flag.find('=') != std::string_view::npos;
}

}  // namespace

std::string_view of_java(words arguments) {
    constexpr std::string_view service = "-Ddd.service=";
    for (const std::string_view each : arguments) {
        if (each.starts_with(service) && each.size() > service.size()) {
            return each.substr(service.size());
        }
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view each = arguments[i];
        if (each == "-jar" || each == "-m" || each == "--module") {
            return i + 1 < arguments.size() ? java_name(arguments[i + 1]) : std::string_view{};
        }
        if (!is_flag(each)) {
            return java_name(each);
        }
        i += stands_alone(each) ? 0 : 1;
    }
    return {};
}

std::string_view of_python(words arguments) {
    constexpr std::array<std::string_view, 4> with_value{"-W", "-X", "-Q", "--check-hash-based-pycs"};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view each = arguments[i];
        if (each == "-m") {
            return i + 1 < arguments.size() ? base_name(arguments[i + 1]) : std::string_view{};
        }
        if (each == "-c" || each == "-") {
            return {};
        }
        if (!is_flag(each)) {
            return script_name(each);
        }
        i += holds(with_value, each) ? 1 : 0;
    }
    return {};
}

std::string_view of_ruby(words arguments) {
    constexpr std::array<std::string_view, 6> with_value{"-C", "-E", "-F", "-I", "-K", "-r"};
    if (holds(arguments, "-e")) {
        return {};
    }
    return script_name(first_operand(arguments, with_value));
}

std::string_view of_node(words arguments) {
    constexpr std::array<std::string_view, 7> with_value{
        "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"};
    for (const std::string_view inline_code : {"-e", "--eval", "-p", "--print"}) {
        if (holds(arguments, inline_code)) {
            return {};
        }
    }
    return script_name(first_operand(arguments, with_value));
}

std::string_view of_dotnet(words arguments) {
    for (const std::string_view each : arguments) {
        if (!is_flag(each) && each.ends_with(".dll")) {
            return stem(base_name(each));
        }
    }
    return {};
}

words behind_sudo(words arguments) {
    // sudo(8)
    constexpr std::array<std::string_view, 22> with_value{"-C",           "-D",
                                                          "-R",           "-T",
                                                          "-U",           "-g",
                                                          "-h",           "-p",
                                                          "-r",           "-t",
                                                          "-u",           "--user",
                                                          "--group",      "--host",
                                                          "--prompt",     "--chdir",
                                                          "--role",       "--type",
                                                          "--chroot",     "--other-user",
                                                          "--close-from", "--command-timeout"};
    std::size_t i = 0;
    for (; i < arguments.size() && is_flag(arguments[i]); ++i) {
        if (arguments[i] == "--") {
            ++i;
            break;
        }
        i += holds(with_value, arguments[i]) ? 1 : 0;
    }
    return arguments.subspan(i < arguments.size() ? i : arguments.size());
}

}  // namespace sonde::enrich_context::service_name
