// SPDX-License-Identifier: Apache-2.0
#include "loader/refusal.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace sonde::loader {

namespace {

constexpr std::array names{
    std::pair{reason::unreadable, std::string_view("unreadable")},
    std::pair{reason::not_regular, std::string_view("not_regular")},
    std::pair{reason::unsafe_permissions, std::string_view("unsafe_permissions")},
    std::pair{reason::unsafe_directory, std::string_view("unsafe_directory")},
    std::pair{reason::symlink, std::string_view("symlink")},
    std::pair{reason::too_large, std::string_view("too_large")},
    std::pair{reason::not_elf, std::string_view("not_elf")},
    std::pair{reason::wrong_machine, std::string_view("wrong_machine")},
    std::pair{reason::malformed, std::string_view("malformed")},
    std::pair{reason::no_entry, std::string_view("no_entry")},
    std::pair{reason::bad_note, std::string_view("bad_note")},
    std::pair{reason::bad_entry, std::string_view("bad_entry")},
    std::pair{reason::bad_component, std::string_view("bad_component")},
    std::pair{reason::abi_major, std::string_view("abi_major")},
    std::pair{reason::abi_minor, std::string_view("abi_minor")},
    std::pair{reason::missing_symbol_version, std::string_view("missing_symbol_version")},
    std::pair{reason::missing_library, std::string_view("missing_library")},
    std::pair{reason::load_failed, std::string_view("load_failed")},
    std::pair{reason::init_failed, std::string_view("init_failed")},
    std::pair{reason::crashed, std::string_view("crashed")},
    std::pair{reason::hung, std::string_view("hung")},
    std::pair{reason::duplicate_id, std::string_view("duplicate_id")},
    std::pair{reason::duplicate_type, std::string_view("duplicate_type")},
};

}  // namespace

std::string_view name(reason why) noexcept {
    for (const auto& [value, word] : names) {
        if (value == why) {
            return word;
        }
    }
    return "unknown";
}

std::optional<reason> reason_named(std::string_view word) noexcept {
    for (const auto& [value, known] : names) {
        if (known == word) {
            return value;
        }
    }
    return std::nullopt;
}

std::string refusal::message() const {
    std::string line = fmt::format("{} is refused ({}): {}", file, name(why), text);
    for (const std::string* part : {&offer, &remedy}) {
        if (!part->empty()) {
            line += "; " + *part;
        }
    }
    return line + fmt::format("; `sonde plugin inspect {}` shows more", file);
}

}  // namespace sonde::loader
