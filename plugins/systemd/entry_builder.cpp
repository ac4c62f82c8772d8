// SPDX-License-Identifier: Apache-2.0
#include "systemd/entry_builder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "common/valid_utf8.hpp"

namespace sonde::systemd {
namespace {

using schema::entry_field;

struct known_text {
    std::string_view name;
    entry_field field;
};
// systemd.journal-fields(7). Those with _ in front are vouched for by journald, the others are the writer's word.
constexpr std::array known_texts{
    known_text{"_SYSTEMD_UNIT", schema::entry_unit},
    known_text{"_SYSTEMD_USER_UNIT", schema::entry_user_unit},
    known_text{"UNIT", schema::entry_about_unit},
    known_text{"OBJECT_SYSTEMD_UNIT", schema::entry_about_unit},
    known_text{"COREDUMP_UNIT", schema::entry_about_unit},
    known_text{"_COMM", schema::entry_comm},
    known_text{"SYSLOG_IDENTIFIER", schema::entry_identifier},
    known_text{"_MACHINE_ID", schema::entry_machine_id},
    known_text{"_HOSTNAME", schema::entry_hostname},
    known_text{"_TRANSPORT", schema::entry_transport},
};
// Longer ones are told with the other fields, where they can be cut and marked.
constexpr std::size_t known_text_limit = 1024;
constexpr std::uint64_t ns_per_us = 1000;
constexpr std::uint32_t any_number = std::numeric_limits<std::uint32_t>::max();

std::span<const std::uint8_t> bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct told_value {
    std::string_view bytes;
    bool is_text = false;
};

// Text that was cut within a character loses the rest of it.
told_value judge(std::string_view value, bool is_cut) noexcept {
    constexpr std::size_t longest_rest = 3;
    const std::size_t valid = common::valid_utf8_size(value);
    if (valid == value.size() || (is_cut && value.size() - valid <= longest_rest)) {
        return {value.substr(0, valid), true};
    }
    return {value, false};
}

}  // namespace

void entry_builder::begin(wire::writer& out, const entry_place& at, std::string_view cursor) {
    out_ = &out;
    room_ = entry_limit_;
    seen_ = 0;
    facts_ = {};
    out.fixed64(schema::entry_realtime, at.realtime_us * ns_per_us);
    out.uint_if(schema::entry_monotonic, at.monotonic_us * ns_per_us);
    out.text(schema::entry_boot_id, at.boot);
    out.text(schema::entry_cursor, cursor);
}

void entry_builder::add(std::string_view data) {
    facts_.bytes += data.size();
    const std::size_t at = data.find('=');
    if (at == std::string_view::npos) {
        return;  // the journal has no such fields
    }
    const std::string_view name = data.substr(0, at);
    const std::string_view value = data.substr(at + 1);
    if (!add_known(name, value)) {
        add_other(name, value);
    }
}

bool entry_builder::is_first(entry_field field) noexcept {
    const std::uint32_t bit = 1U << static_cast<std::uint32_t>(field);
    const bool is = (seen_ & bit) == 0;
    seen_ |= bit;
    return is;
}

// False if the field has no place of its own, or none that fits this value.
bool entry_builder::add_known(std::string_view name, std::string_view value) {
    if (name == "MESSAGE") {
        if (!is_first(schema::entry_message)) {
            return false;
        }
        add_message(value);
        return true;
    }
    if (name == "_BOOT_ID") {
        return true;  // the cursor's
    }
    std::optional<std::uint32_t> number;
    if (name == "PRIORITY") {
        return add_number(schema::entry_priority, value, facts_.priority, least_important);
    }
    if (name == "_PID") {
        const bool is_known = add_number(schema::entry_pid, value, number, any_number);
        facts_.pid = is_known ? *number : facts_.pid;
        return is_known;
    }
    if (name == "_UID") {
        return add_number(schema::entry_uid, value, number, any_number);
    }
    if (name == "_GID") {
        return add_number(schema::entry_gid, value, number, any_number);
    }
    const auto* const known =
        std::find_if(known_texts.begin(), known_texts.end(), [&](const known_text& each) { return each.name == name; });
    if (known == known_texts.end() || value.size() > std::min(known_text_limit, room_) || !is_first(known->field)) {
        return false;
    }
    room_ -= value.size();
    out_->text_if(known->field, common::valid_utf8(value, scratch_));
    return true;
}

bool entry_builder::add_number(entry_field field, std::string_view value, std::optional<std::uint32_t>& kept,
                               std::uint32_t most) {
    std::uint32_t number = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (problem != std::errc{} || end != value.data() + value.size() || number > most || !is_first(field)) {
        return false;
    }
    kept = number;
    out_->uint(field, number);
    return true;
}

std::string_view entry_builder::within_limits(std::string_view value, bool& is_cut) {
    const std::size_t limit = std::min(field_limit_, room_);
    is_cut = value.size() > limit;
    if (is_cut) {
        ++facts_.truncated_fields;
        value = value.substr(0, limit);
    }
    room_ -= value.size();
    return value;
}

void entry_builder::add_message(std::string_view value) {
    bool is_cut = false;
    value = within_limits(value, is_cut);
    const auto [told, is_text] = judge(value, is_cut);
    if (is_text) {
        out_->text_if(schema::entry_message, told);
    } else {
        out_->bytes(schema::entry_message_binary, bytes_of(told));
    }
    out_->uint_if(schema::entry_message_truncated, is_cut ? 1 : 0);
}

void entry_builder::add_other(std::string_view name, std::string_view value) {
    if (!fields_.empty() && !std::binary_search(fields_.begin(), fields_.end(), name)) {
        return;
    }
    if (name.size() >= room_) {
        ++facts_.left_out_fields;
        return;
    }
    room_ -= name.size();
    out_->message(schema::entry_fields, [&] {
        bool is_cut = false;
        value = within_limits(value, is_cut);
        const auto [told, is_text] = judge(value, is_cut);
        out_->text(schema::field_name, name);
        if (is_text) {
            out_->text_if(schema::field_text, told);
        } else {
            out_->bytes(schema::field_binary, bytes_of(told));
        }
        out_->uint_if(schema::field_truncated, is_cut ? 1 : 0);
    });
}

void entry_builder::finish() { out_->uint_if(schema::entry_fields_left_out, facts_.left_out_fields); }

}  // namespace sonde::systemd
