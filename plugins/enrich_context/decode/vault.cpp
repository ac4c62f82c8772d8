// SPDX-License-Identifier: Apache-2.0
// sonde.v1.VaultStatus and VaultAuditEvent. Of several changes at once the most severe one names the event.
#include <array>
#include <utility>

#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/one_line.hpp"
#include "vault/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = vault::schema;

struct change_row {
    std::string_view type;
    decode::severity severity;
    std::string_view said;
};

// By sonde.v1.VaultStatus.Change; the first is for what this version does not know.
constexpr std::array<change_row, 12> changes{{
    {"vault.changed", severity::info, "has changed"},
    {"vault.answers", severity::info, "answers"},
    {"vault.silent", severity::error, "does not answer"},
    {"vault.initialized", severity::info2, "was initialized"},
    {"vault.sealed", severity::error, "is sealed"},
    {"vault.unsealed", severity::info2, "is unsealed"},
    {"vault.active", severity::info2, "is active"},
    {"vault.standby", severity::info2, "stands by"},
    {"vault.leader", severity::info2, "has another leader"},
    {"vault.version", severity::info2, "runs another version"},
    {"vault.replication", severity::info2, "replicates otherwise"},
    {"vault.unseal_progress", severity::info, "is being unsealed"},
}};

// Of samples, by sonde.v1.VaultStatus.State.
constexpr std::array states{
    severity::info,   // not told
    severity::info,   // active
    severity::info,   // standby
    severity::info,   // secondary for disaster recovery
    severity::info,   // performance standby
    severity::warn,   // standby that does not reach the active server
    severity::warn,   // not initialized
    severity::error,  // sealed
    severity::error,  // removed from its cluster
    severity::error,  // no answer
};

const change_row& row_of(std::uint64_t change) noexcept {
    return changes[change < changes.size() ? static_cast<std::size_t>(change) : 0];
}

// A list of numbers comes packed, or one by one.
template <class Each>
bool each_number(const wire::field& field, Each&& each) {
    if (field.type == SONDE_WIRE_VARINT) {
        each(field.value);
        return true;
    }
    std::uint64_t number = 0;
    unsigned shift = 0;
    for (const std::uint8_t byte : field.bytes) {
        number |= shift < 64 ? static_cast<std::uint64_t>(byte & 0x7f) << shift : 0;
        shift += 7;
        if (byte < 0x80) {
            each(std::exchange(number, 0));
            shift = 0;
        }
    }
    return shift == 0;
}

struct status_facts {
    std::uint64_t action = 0;
    std::uint64_t state = 0;
    const change_row* change = nullptr;  // the most severe one; of equals the first
    std::string_view address;
    std::string_view failure;
    bool is_whole = true;
};

void take(const wire::field& field, status_facts& to) {
    switch (field.number) {
    case fields::status_action_field: to.action = field.value; break;
    case fields::status_state: to.state = field.value; break;
    case fields::status_address: to.address = field.text(); break;
    case fields::status_failure: to.failure = field.text(); break;
    case fields::status_changes:
        to.is_whole = each_number(field,
                                  [&](std::uint64_t change) {
                                      const change_row& row = row_of(change);
                                      to.change =
                                          to.change == nullptr || row.severity > to.change->severity ? &row : to.change;
                                  }) &&
                      to.is_whole;
        break;
    default: break;
    }
}

}  // namespace

verdict vault_status(const schema::envelope_view& from, decoded& to) {
    using enum fields::status_action;
    status_facts status;
    const bool whole = walk(from.data, [&](const wire::field& field) { take(field, status); });
    if (!whole || !status.is_whole) {
        return verdict::malformed;
    }
    if (status.action > static_cast<std::uint64_t>(changed)) {
        return verdict::unknown;
    }
    if (status.action == 0) {
        to.fault = "action";
        return verdict::malformed;
    }
    if (status.action == static_cast<std::uint64_t>(sampled)) {
        to.type = "vault.status";
        to.severity = status.state < states.size() ? states[static_cast<std::size_t>(status.state)] : severity::info;
        return verdict::event;
    }
    const change_row& row = status.change != nullptr ? *status.change : changes.front();
    to.type = row.type;
    to.severity = row.severity;
    auto& text = to.message_text.begin().add(status.address).add(" ").add(row.said);
    if (!status.failure.empty()) {
        text.add(": ").add(status.failure);
    }
    to.message = text.view();
    return verdict::event;
}

verdict vault_audit(const schema::envelope_view& from, decoded& to) {
    using enum fields::entry_type;
    std::uint64_t type = 0;
    std::string_view operation;
    std::string_view path;
    std::string_view error;
    bool is_refused = false;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::audit_type_field: type = field.value; break;
        case fields::audit_operation: operation = field.text(); break;
        case fields::audit_path: path = field.text(); break;
        case fields::audit_allowed: is_refused = is_refused || field.value == 0; break;
        case fields::audit_error_withheld: is_refused = is_refused || field.value != 0; break;
        case fields::audit_errors: error = error.empty() ? field.text() : error; break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    if (type > static_cast<std::uint64_t>(response)) {
        return verdict::unknown;
    }
    if (type == 0) {
        to.fault = "type";
        return verdict::malformed;
    }
    to.type = type == static_cast<std::uint64_t>(request) ? "vault.audit.request" : "vault.audit.response";
    to.severity = is_refused || !error.empty() ? severity::warn : severity::info;
    auto& text = to.message_text.begin().add(operation).add(" of ").add(path);
    if (!error.empty()) {
        text.add(": ").add(one_line(error));
    }
    to.message = text.view();
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
