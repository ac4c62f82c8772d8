// SPDX-License-Identifier: Apache-2.0
// sonde.v1.JournalEntry: about the process that wrote it, as journald saw it, with the severity and the message that it
// gave. Journals may come from other machines.
#include <optional>

#include "enrich_context/decode/control_group.hpp"
#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/one_line.hpp"
#include "systemd/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = systemd::schema;

// The value of _SYSTEMD_CGROUP, which journald vouches for; empty if the field is another one.
std::string_view control_group_in(std::span<const std::uint8_t> field) {
    bool is_it = false;
    std::string_view value;
    wire::reader in(field);
    while (const auto each = in.next()) {
        if (each->number == fields::field_text) {
            value = each->text();
        } else if (each->number == fields::field_name) {
            is_it = each->text() == "_SYSTEMD_CGROUP";
            if (!is_it) {
                break;
            }
        }
    }
    return is_it ? value : std::string_view{};
}

}  // namespace

verdict journal_entry(const schema::envelope_view& from, decoded& to) {
    std::optional<std::uint64_t> priority;
    std::string_view control_group;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::entry_priority: priority = field.value; break;
        case fields::entry_message: to.message = one_line(field.text()); break;
        case fields::entry_pid:
            to.about.pid = to.about.pid != 0 ? to.about.pid : static_cast<std::uint32_t>(field.value);
            break;
        case fields::entry_machine_id: to.about.machine_id = field.text(); break;
        case fields::entry_fields:
            control_group = control_group.empty() ? control_group_in(field.bytes) : control_group;
            break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "systemd.journal";
    to.message_is_told = true;
    if (priority && *priority < syslog_severities.size()) {
        to.severity = syslog_severities[static_cast<std::size_t>(*priority)];
        to.severity_is_told = true;
    }
    place_in(control_group, to);
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
