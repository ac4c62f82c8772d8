// SPDX-License-Identifier: Apache-2.0
#include "systemd/bus_messages.hpp"

#include <algorithm>
#include <array>

namespace sonde::systemd::bus_messages {
namespace {

template <class T>
using member = std::optional<T> unit_change::*;

struct text_row {
    std::string_view name;
    member<std::string> to;
};
constexpr std::array texts{
    text_row{"Description", &unit_change::description},
    text_row{"LoadState", &unit_change::load_state},
    text_row{"ActiveState", &unit_change::active_state},
    text_row{"SubState", &unit_change::sub_state},
    text_row{"Result", &unit_change::result},
    text_row{"ControlGroup", &unit_change::control_group},
    text_row{"StatusText", &unit_change::status_text},
};

struct long_row {
    std::string_view name;
    member<std::uint64_t> to;
};
constexpr std::array longs{
    long_row{"MemoryCurrent", &unit_change::memory_bytes},
    long_row{"CPUUsageNSec", &unit_change::cpu_time_ns},
    long_row{"TasksCurrent", &unit_change::tasks},
    long_row{"StateChangeTimestamp", &unit_change::state_change_us},
    long_row{"ExecMainStartTimestamp", &unit_change::main_start_us},
    long_row{"ExecMainExitTimestamp", &unit_change::main_exit_us},
};

struct unsigned_row {
    std::string_view name;
    member<std::uint32_t> to;
};
constexpr std::array unsigneds{unsigned_row{"MainPID", &unit_change::main_pid},
                               unsigned_row{"NRestarts", &unit_change::restarts}};

struct signed_row {
    std::string_view name;
    member<std::int32_t> to;
};
constexpr std::array signeds{signed_row{"ExecMainCode", &unit_change::exit_kind},
                             signed_row{"ExecMainStatus", &unit_change::exit_status}};

template <class Rows>
const typename Rows::value_type* find(const Rows& rows, std::string_view name) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
    return found == rows.end() ? nullptr : &*found;
}

template <class T>
bool read_basic(sd_bus_message* from, char type, std::optional<T>& to) {
    T value{};
    const bool is_read = sd_bus_message_read_basic(from, type, &value) > 0;
    if (is_read) {
        to = value;
    }
    return is_read;
}

bool read_id(sd_bus_message* from, std::optional<std::string>& to) {
    constexpr std::string_view digits = "0123456789abcdef";
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_bus_message_read_array(from, 'y', &data, &size) < 0) {
        return false;
    }
    to.emplace();
    for (const auto byte : std::string_view(static_cast<const char*>(data), size)) {
        const auto code = static_cast<unsigned char>(byte);
        to->append({digits[code >> 4U], digits[code & 0xfU]});
    }
    return true;
}

// Reads the content of a variant of this type; false if it cannot.
bool read_value(sd_bus_message* from, std::string_view name, std::string_view type, unit_change& to) {
    if (type == "s") {
        const char* text = nullptr;
        if (const auto* row = find(texts, name)) {
            if (sd_bus_message_read(from, "s", &text) <= 0) {
                return false;
            }
            to.*(row->to) = text;
            return true;
        }
    }
    if (const auto* row = type == "t" ? find(longs, name) : nullptr) {
        return read_basic(from, 't', to.*(row->to));
    }
    if (const auto* row = type == "u" ? find(unsigneds, name) : nullptr) {
        return read_basic(from, 'u', to.*(row->to));
    }
    if (const auto* row = type == "i" ? find(signeds, name) : nullptr) {
        return read_basic(from, 'i', to.*(row->to));
    }
    if (type == "ay" && name == "InvocationID") {
        return read_id(from, to.invocation_id);
    }
    return sd_bus_message_skip(from, std::string(type).c_str()) >= 0;
}

bool read_variant(sd_bus_message* from, std::string_view name, unit_change& to) {
    char kind = 0;
    const char* type = nullptr;
    if (sd_bus_message_peek_type(from, &kind, &type) <= 0 || kind != 'v') {
        return false;
    }
    return sd_bus_message_enter_container(from, 'v', type) > 0 && read_value(from, name, type, to) &&
           sd_bus_message_exit_container(from) >= 0;
}

}  // namespace

std::optional<unit_change> read_properties(sd_bus_message* from) {
    unit_change found;
    if (sd_bus_message_enter_container(from, 'a', "{sv}") <= 0) {
        return std::nullopt;
    }
    int entered = 0;
    while ((entered = sd_bus_message_enter_container(from, 'e', "sv")) > 0) {
        const char* name = nullptr;
        if (sd_bus_message_read(from, "s", &name) <= 0 || !read_variant(from, name, found) ||
            sd_bus_message_exit_container(from) < 0) {
            return std::nullopt;
        }
    }
    return entered < 0 || sd_bus_message_exit_container(from) < 0 ? std::nullopt : std::optional(std::move(found));
}

std::optional<unit_change> read_property(sd_bus_message* from, std::string_view property) {
    unit_change found;
    return read_variant(from, property, found) ? std::optional(std::move(found)) : std::nullopt;
}

std::optional<std::vector<listed_unit>> read_list(sd_bus_message* from) {
    std::vector<listed_unit> all;
    if (sd_bus_message_enter_container(from, 'a', "(ssssssouso)") < 0) {
        return std::nullopt;
    }
    // name, description, load, active, sub, followed unit, path, job id, job type, job path
    std::array<const char*, 9> text{};
    std::uint32_t job = 0;
    int got = 0;
    while ((got = sd_bus_message_read(from, "(ssssssouso)", &text[0], &text[1], &text[2], &text[3], &text[4], &text[5],
                                      &text[6], &job, &text[7], &text[8])) > 0) {
        listed_unit unit;
        unit.name = text[0];
        unit.facts.description = text[1];
        unit.facts.load_state = text[2];
        unit.facts.active_state = text[3];
        unit.facts.sub_state = text[4];
        all.push_back(std::move(unit));
    }
    return got < 0 ? std::nullopt : std::optional(std::move(all));
}

std::string read_text(sd_bus_message* from) {
    const char* text = nullptr;
    return sd_bus_message_read(from, "v", "s", &text) > 0 ? text : "";
}

std::optional<job_facts> read_job(sd_bus_message* from, bool has_result, std::string& path) {
    std::uint32_t id = 0;
    const char* object = nullptr;
    const char* unit = nullptr;
    const char* outcome = nullptr;
    const int got = has_result ? sd_bus_message_read(from, "uoss", &id, &object, &unit, &outcome)
                               : sd_bus_message_read(from, "uos", &id, &object, &unit);
    if (got <= 0) {
        return std::nullopt;
    }
    path = object;
    return job_facts{id, unit, {}, outcome == nullptr ? "" : outcome};
}

}  // namespace sonde::systemd::bus_messages
