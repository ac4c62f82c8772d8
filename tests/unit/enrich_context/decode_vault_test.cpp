// SPDX-License-Identifier: Apache-2.0
// The state of a Vault server and its audit entries: type, severity and message, row by row.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

struct change_row {
    v1::VaultStatus_Change change;
    std::string_view type;
    severity wanted;
    std::string_view message;
};

TEST_F(Decode, each_change_of_a_vault_names_an_event) {
    const change_row rows[] = {
        {v1::VaultStatus_Change_CHANGE_UNSPECIFIED, "vault.changed", severity::info, "https://vault has changed"},
        {v1::VaultStatus_Change_CHANGE_ANSWERS, "vault.answers", severity::info, "https://vault answers"},
        {v1::VaultStatus_Change_CHANGE_SILENT, "vault.silent", severity::error, "https://vault does not answer"},
        {v1::VaultStatus_Change_CHANGE_INITIALIZED, "vault.initialized", severity::info2,
         "https://vault was initialized"},
        {v1::VaultStatus_Change_CHANGE_SEALED, "vault.sealed", severity::error, "https://vault is sealed"},
        {v1::VaultStatus_Change_CHANGE_UNSEALED, "vault.unsealed", severity::info2, "https://vault is unsealed"},
        {v1::VaultStatus_Change_CHANGE_ACTIVE, "vault.active", severity::info2, "https://vault is active"},
        {v1::VaultStatus_Change_CHANGE_STANDBY, "vault.standby", severity::info2, "https://vault stands by"},
        {v1::VaultStatus_Change_CHANGE_LEADER, "vault.leader", severity::info2, "https://vault has another leader"},
        {v1::VaultStatus_Change_CHANGE_VERSION, "vault.version", severity::info2, "https://vault runs another version"},
        {v1::VaultStatus_Change_CHANGE_REPLICATION, "vault.replication", severity::info2,
         "https://vault replicates otherwise"},
        {v1::VaultStatus_Change_CHANGE_UNSEAL_PROGRESS, "vault.unseal_progress", severity::info,
         "https://vault is being unsealed"},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::VaultStatus_Change_descriptor()->value_count()));
    for (const change_row& row : rows) {
        v1::VaultStatus status;
        status.set_action(v1::VaultStatus_Action_ACTION_CHANGED);
        status.set_address("https://vault");
        status.add_changes(row.change);
        EXPECT_EQ(of("sonde.v1.VaultStatus", status), verdict::event);
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.severity, row.wanted) << row.type;
        EXPECT_EQ(said.message, row.message);
        EXPECT_EQ(said.to, decode::domain::vault);
    }
}

TEST_F(Decode, the_most_severe_of_several_changes_names_the_event) {
    v1::VaultStatus status;
    status.set_action(v1::VaultStatus_Action_ACTION_CHANGED);
    status.set_address("https://vault");
    status.add_changes(v1::VaultStatus_Change_CHANGE_LEADER);
    status.add_changes(v1::VaultStatus_Change_CHANGE_SILENT);
    status.add_changes(v1::VaultStatus_Change_CHANGE_SEALED);
    status.set_failure("timeout");
    static_cast<void>(of("sonde.v1.VaultStatus", status));
    EXPECT_EQ(said.type, "vault.silent");
    EXPECT_EQ(said.severity, severity::error);
    EXPECT_EQ(said.message, "https://vault does not answer: timeout");

    // As whoever does not pack numbers writes them; the second is of a later version.
    schema::envelope_view envelope;
    envelope.content_type = "sonde.v1.VaultStatus";
    envelope.revision = 1;
    const std::vector<std::uint8_t> apart{0x08, 2, 0x10, 8, 0x10, 99, 0x10, 4};
    envelope.data = apart;
    EXPECT_EQ(decode::decode(envelope, said), verdict::event);
    EXPECT_EQ(said.type, "vault.sealed");
    const std::vector<std::uint8_t> torn{0x08, 2, 0x12, 2, 0x04, 0x84};
    envelope.data = torn;
    EXPECT_EQ(decode::decode(envelope, said), verdict::malformed) << "the last number has no end";
}

struct state_row {
    v1::VaultStatus_State state;
    severity wanted;
};

TEST_F(Decode, a_sample_of_a_vault_is_as_severe_as_its_state) {
    const state_row rows[] = {
        {v1::VaultStatus_State_STATE_UNSPECIFIED, severity::info},
        {v1::VaultStatus_State_STATE_ACTIVE, severity::info},
        {v1::VaultStatus_State_STATE_STANDBY, severity::info},
        {v1::VaultStatus_State_STATE_DR_SECONDARY, severity::info},
        {v1::VaultStatus_State_STATE_PERFORMANCE_STANDBY, severity::info},
        {v1::VaultStatus_State_STATE_CUT_OFF_STANDBY, severity::warn},
        {v1::VaultStatus_State_STATE_NOT_INITIALIZED, severity::warn},
        {v1::VaultStatus_State_STATE_SEALED, severity::error},
        {v1::VaultStatus_State_STATE_REMOVED, severity::error},
        {v1::VaultStatus_State_STATE_SILENT, severity::error},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::VaultStatus_State_descriptor()->value_count()));
    for (const state_row& row : rows) {
        v1::VaultStatus status;
        status.set_action(v1::VaultStatus_Action_ACTION_SAMPLED);
        status.set_state(row.state);
        EXPECT_EQ(of("sonde.v1.VaultStatus", status), verdict::event);
        EXPECT_EQ(said.type, "vault.status");
        EXPECT_EQ(said.severity, row.wanted) << row.state;
    }
    v1::VaultStatus status;
    EXPECT_EQ(of("sonde.v1.VaultStatus", status), verdict::malformed);
    EXPECT_EQ(said.fault, "action");
    status.set_action(static_cast<v1::VaultStatus_Action>(9));
    EXPECT_EQ(of("sonde.v1.VaultStatus", status), verdict::unknown);
}

TEST_F(Decode, an_audit_entry_says_what_was_asked_and_is_a_warning_if_it_was_refused) {
    v1::VaultAuditEvent entry;
    entry.set_type(v1::VaultAuditEvent_Type_TYPE_REQUEST);
    entry.set_operation("read");
    entry.set_path("secret/data/web");
    EXPECT_EQ(of("sonde.v1.VaultAuditEvent", entry), verdict::event);
    EXPECT_EQ(said.type, "vault.audit.request");
    EXPECT_EQ(said.severity, severity::info);
    EXPECT_EQ(said.message, "read of secret/data/web");
    entry.set_allowed(true);
    static_cast<void>(of("sonde.v1.VaultAuditEvent", entry));
    EXPECT_EQ(said.severity, severity::info);
    entry.set_allowed(false);
    static_cast<void>(of("sonde.v1.VaultAuditEvent", entry));
    EXPECT_EQ(said.severity, severity::warn);

    entry.clear_allowed();
    entry.set_type(v1::VaultAuditEvent_Type_TYPE_RESPONSE);
    entry.add_errors("permission denied");
    entry.add_errors("another");
    static_cast<void>(of("sonde.v1.VaultAuditEvent", entry));
    EXPECT_EQ(said.type, "vault.audit.response");
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.message, "read of secret/data/web: permission denied");
    entry.clear_errors();
    entry.set_error_withheld(true);
    static_cast<void>(of("sonde.v1.VaultAuditEvent", entry));
    EXPECT_EQ(said.severity, severity::warn);

    entry.clear_type();
    EXPECT_EQ(of("sonde.v1.VaultAuditEvent", entry), verdict::malformed);
    entry.set_type(static_cast<v1::VaultAuditEvent_Type>(9));
    EXPECT_EQ(of("sonde.v1.VaultAuditEvent", entry), verdict::unknown);
}

}  // namespace
}  // namespace sonde::enrich_context::testing
